"""dma, the DragonFly Mail Agent: /etc/dma/dma.conf with auth.conf (dma(8), "CONFIGURATION")."""

from __future__ import annotations

from pathlib import Path

from admin.migrate.plan import SMTP_PORT, Line, MigrateError, Plan, first_line, found, host, names, text_of

ALIASES = "/etc/aliases"
# What a queue, a mailbox or a temporary file is about.
IGNORED = frozenset(("SPOOLDIR", "DEFER", "FULLBOUNCE", "AUTHPATH", "NULLCLIENT", "INSECURE", "VERIFYCERT"))
LEFT_OUT = {
    "CERTFILE": "name the certificate and the key by tls_certificate and tls_privatekey",
    "FINGERPRINT": "this is the digest of a certificate; tls_pins wants that of its key",
}
CARRIED = names("SMARTHOST PORT SECURETRANSFER STARTTLS OPPORTUNISTIC_TLS ALIASES MAILNAME MASQUERADE")


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what dma.conf and auth.conf come to."""
    file = found(root, named, "/etc/dma/dma.conf")
    if file is None:
        return None
    plan = Plan("dma", read=[str(file)])
    settings = {line.name: line for line in lines_of(file)}
    for name, line in settings.items():
        if name not in CARRIED | IGNORED:
            plan.leave_out(line, LEFT_OUT.get(name, "has no equal here"))
    if "SMARTHOST" not in settings:
        raise MigrateError(str(file), 0, "names no SMARTHOST: dma brings mail to the hosts of its domain itself")
    if "NULLCLIENT" not in settings:
        plan.warnings.append("dma delivers to mailboxes of this machine; now an alias has to say where that mail goes")
    connect(plan, settings)
    log_in(plan, settings, root, file)
    if plan.relay["tls"] == "none":
        plan.go_unencrypted("no SECURETRANSFER")
    name_us(plan, settings, root)
    alias(plan, settings)
    return plan.finish()


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file: a word, and a value where it is no switch."""
    lines = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        name, _, value = text.partition("#")[0].strip().partition(" ")
        if name:
            lines.append(Line(str(file), number, name, value.strip()))
    return lines


def connect(plan: Plan, settings: dict[str, Line]) -> None:
    """Carry over where to, and how."""
    is_private = "SECURETRANSFER" in settings
    plan.relay["tls"] = ("starttls" if "STARTTLS" in settings else "implicit") if is_private else "none"
    port = settings["PORT"].value if "PORT" in settings else SMTP_PORT
    plan.relay["hosts"] = [host(settings["SMARTHOST"].value, port)]
    if "OPPORTUNISTIC_TLS" in settings:
        plan.leave_out(settings["OPPORTUNISTIC_TLS"], "TLS is never silently done without")
    if is_private and "VERIFYCERT" not in settings:
        plan.warnings.append("dma did not verify the certificate of the smart host; now it has to be right")


def log_in(plan: Plan, settings: dict[str, Line], root: Path, file: Path) -> None:
    """Carry over the login for the smart host: user|host:password."""
    named = settings["AUTHPATH"].value if "AUTHPATH" in settings else ""
    path = root / named.lstrip("/") if named else file.with_name("auth.conf")
    if not path.is_file():
        return
    plan.read.append(str(path))
    smarthost = settings["SMARTHOST"].value
    for number, text in enumerate(text_of(path).split("\n"), 1):
        user, _, rest = text.strip().partition("|")
        name, colon, password = rest.partition(":")
        if text.startswith("#") or not colon:
            continue
        if name == smarthost and "auth" not in plan.relay:
            plan.log_in(user, password)
        elif name != smarthost:
            plan.leave_out(Line(str(path), number, name, ""), "is not the smart host")


def name_us(plan: Plan, settings: dict[str, Line], root: Path) -> None:
    """Carry over our own name and that of our addresses."""
    if "MAILNAME" in settings:
        value = settings["MAILNAME"].value
        name = first_line(root, value) if value.startswith("/") else value
        if name:
            plan.settings["primary_hostname"] = plan.settings["qualify_domain"] = name
    if "MASQUERADE" in settings:
        local_part, at, domain = settings["MASQUERADE"].value.rpartition("@")
        if domain:
            plan.settings["qualify_domain"] = domain
        if local_part and domain:
            plan.relay["return_path"] = f"{local_part}@{domain}"
        elif at and local_part:
            plan.leave_out(settings["MASQUERADE"], "a local part without a domain has no equal: see [rewrite]")


def alias(plan: Plan, settings: dict[str, Line]) -> None:
    """Carry over the aliases; /etc/aliases is read without being told."""
    if "ALIASES" not in settings or settings["ALIASES"].value == ALIASES:
        return
    if "qualify_domain" not in plan.settings:
        raise settings["ALIASES"].error("nothing says what the domain of local addresses is: set MAILNAME")
    plan.redirect(name="aliases", file=settings["ALIASES"].value, domains=[plan.settings["qualify_domain"]])
