"""ssmtp: /etc/ssmtp/ssmtp.conf and, beside it, revaliases (ssmtp(8), "Configuration")."""

from __future__ import annotations

from pathlib import Path

from admin.migrate.plan import IMPLICIT_PORT, SMTP_PORT, SYSTEM_STORES, Line, Plan, found, host, names, text_of

ORDINARY_UIDS = 1000  # ssmtp gives mail for those below to who is named by `root`
IGNORED = frozenset(("debug",))
LEFT_OUT = {
    "tlscert": "name the certificate and the key by tls_certificate and tls_privatekey",
    "tlskey": "name the certificate and the key by tls_certificate and tls_privatekey",
    "usetlscert": "name the certificate and the key by tls_certificate and tls_privatekey",
}
CARRIED = names(
    "mailhub usetls usestarttls authuser authpass authmethod root rewritedomain hostname fromlineoverride "
    "tls_ca_file tls_ca_dir"
)


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what ssmtp.conf and revaliases come to."""
    file = found(root, named, "/etc/ssmtp/ssmtp.conf")
    if file is None:
        return None
    plan = Plan("ssmtp", read=[str(file)])
    settings = {line.name: line for line in lines_of(file)}
    for name, line in settings.items():
        if name not in CARRIED | IGNORED:
            plan.leave_out(line, LEFT_OUT.get(name, "has no equal here"))
    connect(plan, settings)
    if "rewritedomain" in settings and settings["rewritedomain"].value:
        plan.settings["qualify_domain"] = settings["rewritedomain"].value
    if "fromlineoverride" in settings and settings["fromlineoverride"].value.lower() != "yes":
        reason = "a From: of the caller's is kept, and Sender: says who it was; [rewrite] changes a user's own address"
        plan.leave_out(settings["fromlineoverride"], reason)
    give_roots_mail(plan, settings, root)
    rewrite(plan, file.with_name("revaliases"), settings)
    return plan.finish()


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file, `key=value`."""
    lines = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        name, equals, value = text.partition("#")[0].partition("=")
        if equals:
            lines.append(Line(str(file), number, name.strip().lower(), value.strip()))
    return lines


def connect(plan: Plan, settings: dict[str, Line]) -> None:
    """Carry over where to, how, and as whom."""
    is_set = {name: name in settings and settings[name].value.lower() == "yes" for name in ("usetls", "usestarttls")}
    relay = plan.relay
    relay["tls"] = "starttls" if is_set["usestarttls"] else "implicit" if is_set["usetls"] else "none"
    name, _, port = (settings["mailhub"].value if "mailhub" in settings else "mail").partition(":")
    relay["hosts"] = [host(name, port or (IMPLICIT_PORT if relay["tls"] == "implicit" else SMTP_PORT))]
    if "hostname" in settings and settings["hostname"].value:
        relay["helo_data"] = settings["hostname"].value
    if "authuser" in settings:
        if "authpass" not in settings:
            raise settings["authuser"].error("there is no AuthPass")
        plan.log_in(settings["authuser"].value, settings["authpass"].value)
        if "authmethod" in settings:
            relay["auth"]["mechanisms"] = [settings["authmethod"].value.upper()]
    if relay["tls"] == "none":
        plan.go_unencrypted("neither UseTLS nor UseSTARTTLS")
    for key, ours in (("tls_ca_file", "tls_ca_file"), ("tls_ca_dir", "tls_ca_path")):
        if key in settings and relay["tls"] != "none" and settings[key].value not in SYSTEM_STORES:
            relay[ours] = settings[key].value
    if relay["tls"] != "none" and "tls_ca_file" not in settings:
        plan.warnings.append("ssmtp did not verify the certificate of the smart host; now it has to be right")


def give_roots_mail(plan: Plan, settings: dict[str, Line], root: Path) -> None:
    """Give the mail of the system's accounts to who had it."""
    target = settings["root"].value if "root" in settings else ""
    if not target:
        return
    if "@" not in target and "qualify_domain" not in plan.settings:
        plan.leave_out(settings["root"], "nothing says in which domain it is: see [[routers]], driver redirect")
        return
    router: dict[str, object] = {"name": "system-accounts", "local_parts": system_accounts(root), "data": [target]}
    if "qualify_domain" in plan.settings:
        router["domains"] = [plan.settings["qualify_domain"]]
    else:
        plan.settings["qualify_domain"] = target.rpartition("@")[2]
        router["domains"] = [plan.settings["qualify_domain"]]
        reason = f"local addresses are in {plan.settings['qualify_domain']} now, as that of root is"
        plan.warnings.append(reason)
    plan.redirect(**router)


def system_accounts(root: Path) -> list[str]:
    """Return the logins below the ordinary ones; root and postmaster in any case."""
    file = root / "etc/passwd"
    names = ["root", "postmaster"]
    for text in text_of(file).split("\n") if file.is_file() else ():
        fields = text.split(":")
        if len(fields) > 2 and fields[2].isdecimal() and int(fields[2]) < ORDINARY_UIDS and fields[0] not in names:
            names.append(fields[0])
    return names


def rewrite(plan: Plan, file: Path, settings: dict[str, Line]) -> None:
    """Carry over revaliases: login:address[:mailhub[:port]]."""
    if not file.is_file():
        return
    plan.read.append(str(file))
    table: dict[str, str] = {}
    for number, text in enumerate(text_of(file).split("\n"), 1):
        login, colon, rest = text.partition("#")[0].strip().partition(":")
        if not colon:
            continue
        address, _, mailhub = rest.partition(":")
        if mailhub and ("mailhub" not in settings or mailhub != settings["mailhub"].value):
            raise Line(str(file), number, login, rest).error("a smart host of its own: see [[routers]], callers")
        table[login.strip()] = address.strip()
    if table:
        plan.settings["rewrite"] = table
