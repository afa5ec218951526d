"""ssmtp: /etc/ssmtp/ssmtp.conf and, beside it, revaliases (ssmtp(8), ssmtp.conf(5); Debian's 2.64 was tried)."""

from __future__ import annotations

import re
from pathlib import Path

from admin.migrate.aliases import read_system_aliases
from admin.migrate.conversion import (
    IMPLICIT_PORT,
    SMTP_PORT,
    SYSTEM_STORES,
    Conversion,
    Line,
    Place,
    first,
    host,
    names,
    numbered,
)

Settings = dict[str, Line]

ORDINARY_UIDS = 1000  # ssmtp gives mail for those below to who is named by `root`
FIRST_COUNTS = names("authuser authpass authmethod")  # of the others it is the last
KEYS = names(
    "Root MailHub RemotePort HostName RewriteDomain FromLineOverride UseTLS UseSTARTTLS UseTLSCert TLSCert TLSKey "
    "TLS_CA_File TLS_CA_Dir AuthUser AuthPass AuthMethod UseOldAUTH AddHeader Debug"
)
SPELLED = {name.lower(): name for name in KEYS}
UNKNOWN, DROPPED = (
    "ssmtp does not know this key",
    "ssmtp drops this line: a value must not contain #, and = must not have a blank beside it",
)
IGNORED = names("debug useoldauth")
LEFT_OUT = {
    "tlscert": "name the certificate and the key with tls_certificate and tls_privatekey",
    "tlskey": "name the certificate and the key with tls_certificate and tls_privatekey",
    "addheader": "see headers_add",
}
CARRIED = names(
    "mailhub remoteport usetls usestarttls usetlscert authuser authpass authmethod root rewritedomain hostname "
    "fromlineoverride tls_ca_file tls_ca_dir"
)
SETTING = re.compile(r"([^=\s#]+)=(.*)")


def read(place: Place) -> Conversion | None:
    """Return what ssmtp.conf and revaliases come to."""
    file = place.found("/etc/ssmtp/ssmtp.conf")
    if file is None:
        return None
    plan = place.plan("ssmtp", file)
    settings = settings_of(file, plan)
    for name, line in settings.items():
        if name not in CARRIED | IGNORED:
            plan.leave_out(line, LEFT_OUT.get(name, "Gatepost has no equivalent"))
    connect(plan, settings, file)
    name_us(plan, settings)
    give_roots_mail(plan, settings, place)
    rewrite(plan, file.with_name("revaliases"))
    read_system_aliases(plan, place, was_read=False)
    return plan.finish()


def settings_of(file: Path, plan: Conversion) -> Settings:
    """Return the settings of a file, `key=value` without white space before or after the `=`.

    A value ends at white space or `=`, but for that of Root and MailHub at a colon, too; ssmtp drops a line that has
    a `#` in its value. What it drops is said.
    """
    settings: Settings = {}
    for number, text in numbered(file):
        match = SETTING.match(text)
        name = (match[1] if match else text.partition("=")[0].strip()).lower()
        if "=" not in text or text.lstrip().startswith("#"):
            continue
        line = Line(str(file), number, SPELLED.get(name, ""), "")
        value = match[2] if match else ""
        if name not in SPELLED or not match or re.match(r"\s", value) or re.match(r"[^\s=]*#", value):
            plan.leave_out(line, DROPPED if name in SPELLED else UNKNOWN)
            continue
        word = re.match(r"[^\s=]*", value)
        value = word[0] if word else ""
        if name in FIRST_COUNTS:
            settings.setdefault(name, Line(line.file, number, line.name, value))
        else:
            settings[name] = Line(line.file, number, line.name, value)
            put_port(settings, name)
            put_tls(settings, name)
    return settings


def put_port(settings: Settings, name: str) -> None:
    """Keep what MailHub=host:port says as host and port; RemotePort may come before or after it."""
    if name == "mailhub":
        line = settings[name]
        hub, _, port = line.value.partition(":")
        settings[name] = Line(line.file, line.number, line.name, hub)
        if port:
            settings["remoteport"] = Line(line.file, line.number, line.name, port.partition(":")[0])


def put_tls(settings: Settings, name: str) -> None:
    """Keep that UseSTARTTLS=YES means UseTLS=YES, and UseTLS=NO no STARTTLS either, each for what stood before it."""
    yes = settings[name].value.lower() == "yes"
    if name == "usestarttls" and yes:
        settings["usetls"] = settings[name]
    elif name == "usetls" and not yes:
        settings.pop("usestarttls", None)


def is_yes(settings: Settings, name: str) -> bool:
    """Return whether a switch is on."""
    return name in settings and settings[name].value.lower() == "yes"


def connect(plan: Conversion, settings: Settings, file: Path) -> None:
    """Convert the smart host, TLS and the login."""
    hub = settings.get("mailhub") or Line(str(file), 0, "mailhub", "mail")
    tls = "none" if not is_yes(settings, "usetls") else "starttls" if is_yes(settings, "usestarttls") else "implicit"
    plan.put("transports.relay.tls", tls, first(settings, "usestarttls", "usetls"))
    port = settings["remoteport"].value if "remoteport" in settings else None
    plan.put(
        "transports.relay.hosts", [host(hub.value, port or (IMPLICIT_PORT if tls == "implicit" else SMTP_PORT))], hub
    )
    if "authuser" in settings:
        log_in(plan, settings)
    if tls == "none":
        plan.go_unencrypted(first(settings, "usetls") or Line(hub.file, hub.number, "MailHub", ""))
        return
    for key, ours in (("tls_ca_file", "tls_ca_file"), ("tls_ca_dir", "tls_ca_path")):
        if key in settings and settings[key].value not in SYSTEM_STORES:
            plan.put(f"transports.relay.{ours}", settings[key].value, settings[key])
    if "tls_ca_file" not in settings:
        line = first(settings, "usestarttls", "usetls") or hub
        plan.warn(line, "no certificate was verified; Gatepost verifies the smart host's")
    if is_yes(settings, "usetlscert") and "tlscert" in settings:
        plan.leave_out(settings["usetlscert"], LEFT_OUT["tlscert"])


def log_in(plan: Conversion, settings: Settings) -> None:
    """Carry over the login: by LOGIN, unless CRAM-MD5 is named."""
    user = settings["authuser"]
    password = settings.get("authpass", user)
    plan.log_in(password, user.value, settings["authpass"].value if "authpass" in settings else "")
    if "authmethod" in settings and settings["authmethod"].value.lower() == "cram-md5":
        plan.relay["auth"]["mechanisms"] = ["CRAM-MD5"]


def name_us(plan: Conversion, settings: Settings) -> None:
    """Carry over our name, and the domain of addresses without one, senders' and recipients'."""
    hostname = settings.get("hostname")
    name = hostname.value if hostname and hostname.value else plan.names.host_name
    if name:
        plan.put("primary_hostname", name, hostname)
    rewritten = settings.get("rewritedomain")
    domain = rewritten.value.rpartition("@")[2] if rewritten and rewritten.value else name
    if domain:
        plan.put("qualify_domain", domain, rewritten if rewritten and rewritten.value else hostname)
    if is_yes(settings, "fromlineoverride"):
        reason = "From: stays unchanged, but the reverse-path is not taken from it: see trusted_users and -f"
        plan.leave_out(settings["fromlineoverride"], reason)


def give_roots_mail(plan: Conversion, settings: Settings, place: Place) -> None:
    """Keep the recipient of the mail of system accounts."""
    line = settings.get("root")
    if line is None or not line.value:
        return
    target = line.value.partition(":")[0]
    accounts = system_accounts(place)
    domains = [plan.own_domain] if plan.own_domain else plan.local_domains(line)
    plan.redirect(line, name="system-accounts", local_parts=accounts, domains=domains, data=[target])
    if domains[0] not in (plan.names.full_name, plan.names.host_name, plan.names.mail_name):
        plan.warn(
            line,
            f"also gets mail for root@{domains[0]} and the like, because recipients without a domain get that domain",
        )


def system_accounts(place: Place) -> list[str]:
    """Return the logins below the ordinary ones; root in any case."""
    file = place.below("/etc/passwd")
    accounts = ["root"]
    for _, text in numbered(file) if file.is_file() else ():
        fields = text.split(":")
        if len(fields) > 2 and fields[2].isdecimal() and int(fields[2]) < ORDINARY_UIDS and fields[0] not in accounts:
            accounts.append(fields[0])
    return accounts


def rewrite(plan: Conversion, file: Path) -> None:
    """Carry over revaliases: login:address[:mailhub[:port]]; of two entries for a login the last counts."""
    if not file.is_file():
        return
    plan.read.append(str(file))
    entries: dict[str, Line] = {}
    for number, text in numbered(file):
        login, colon, rest = text.partition("#")[0].partition(":")
        if colon:
            entries[login] = Line(str(file), number, login, rest)
    for login, line in entries.items():
        address, mailhub, port, *_ = [*re.split(r"[:\s]+", line.value.strip()), "", "", ""]
        if "@" not in address:
            raise line.error("is an address without a domain: add the domain")
        plan.rewrite(login, address, line)
        if mailhub:
            send_by(plan, line, login, mailhub, port)


def send_by(plan: Conversion, line: Line, login: str, mailhub: str, port: str) -> None:
    """Have the mail of a login go by a smart host of its own, all else as for the others."""
    hosts = [host(mailhub, port or plan.relay["hosts"][0].rpartition(":")[2])]
    if hosts == plan.relay["hosts"]:
        return
    transport = f"relay-{re.sub('[^A-Za-z0-9_-]', '-', login)}"
    for key, value in plan.relay.items():
        plan.put(f"transports.{transport}.{key}", value, line)
    plan.put(f"transports.{transport}.hosts", hosts, line)
    plan.send_for(transport, line, callers=[login])
