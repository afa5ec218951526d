"""Exim as Debian configures it: /etc/exim4/update-exim4.conf.conf and passwd.client (update-exim4.conf(8))."""

from __future__ import annotations

import fnmatch
import re
import shlex
from pathlib import Path

from admin.migrate.aliases import SYSTEM, carry_aliases, read_system_aliases
from admin.migrate.conversion import IMPLICIT_PORT, SMTP_PORT, Conversion, Line, MigrateError, Place, host, numbered

Settings = dict[str, Line]

SATELLITE, SMARTHOST = "satellite", "smarthost"
ADDRESSES = "/etc/email-addresses"
MODE = "CFILEMODE"  # of the file that update-exim4.conf makes
OVERRIDING = "exim4.conf"  # is used as it stands, and all of Debian's questions count for nothing
ORDINARY_UIDS = 1000
HUB_USERS_MAX = 200
TLS = "REMOTE_SMTP_SMARTHOST_"
TEXTS = {
    "REMOTE_SMTP_HELO_DATA": "transports.relay.helo_data",
    f"{TLS}TLS_CERTIFICATE": "transports.relay.tls_certificate",
    f"{TLS}PRIVATEKEY": "transports.relay.tls_privatekey",
    "MESSAGE_SIZE_LIMIT": "message_size_limit",
    "MAIN_HARDCODE_PRIMARY_HOSTNAME": "primary_hostname",
    "MAIN_QUALIFY_DOMAIN": "qualify_domain",
}
HANDLED = {
    *TEXTS,
    *(f"{TLS}{name}" for name in ("PROTOCOL", "HOSTS_AVOID_TLS", "HOSTS_REQUIRE_TLS", "TLS_VERIFY_HOSTS")),
    f"{TLS}TLS_VERIFY_CERTIFICATES",
    "AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS",
    "MAIN_FORCE_SENDER",
}
DECIDING = {
    "REMOTE_SMTP_RETURN_PATH": "is an expansion, which only Exim can evaluate: write the addresses into [rewrite]",
    "REMOTE_SMTP_HEADERS_REWRITE": "rewrites header fields by an Exim expansion: write the addresses into [rewrite]",
}
# Names that a provider's smart hosts have besides the one that is written down: Exim looks logins up by these.
OTHER_NAMES = {"smtp.gmail.com": "gmail-smtp-msa.l.google.com"}
MACRO = re.compile(r"\s*([A-Z]\w*)\s*==?\s*(.*)")


def read(place: Place) -> Conversion | None:
    """Return what debconf's answers come to."""
    file = place.found("/etc/exim4/update-exim4.conf.conf")
    if file is None or (place.named is None and file.with_name(OVERRIDING).is_file()):
        return None
    plan = place.plan("Exim", file)
    settings = {line.name: line for line in lines_of(file)}
    macros = {line.name: line for line in settings.values() if line.name[:1].isupper() and line.name != MODE}
    macros |= macros_of(file.with_name("exim4.conf.localmacros"), plan)
    kind = setting(settings, "dc_eximconfig_configtype")
    if kind is None or kind.value not in (SATELLITE, SMARTHOST):
        reason = "it sends nothing to a smart host"
        raise (
            kind.error(reason) if kind else MigrateError(str(file), 0, f"dc_eximconfig_configtype is not set: {reason}")
        )
    hosts = connect(plan, settings, macros, file)
    log_in(plan, hosts, macros, file.with_name("passwd.client"))
    if plan.relay["tls"] == "none":
        plan.go_unencrypted(macros[f"{TLS}HOSTS_AVOID_TLS"])
    carry_macros(plan, macros)
    name_us(plan, settings, kind)
    rewrite(plan, place)
    hide(plan, settings)
    keep_local_mail(plan, place, settings, kind)
    trust_callers(plan, macros)
    reason = f"{file.with_name('exim4.conf.template')}, {file.with_name('conf.d')}: changes in these are not read"
    plan.warnings.append(reason)
    return plan.finish()


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file of shell variables."""
    lines = []
    for number, text in numbered(file):
        name, equals, value = text.partition("=")
        if not equals or text.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(value, comments=True)
        except ValueError:
            raise MigrateError(str(file), number, "has an unterminated quote") from None
        lines.append(Line(str(file), number, name.strip(), words[0].strip() if words else ""))
    return lines


def setting(settings: Settings, name: str) -> Line | None:
    """Return an answer that is not empty."""
    line = settings.get(name)
    return line if line is not None and line.value else None


def macros_of(file: Path, plan: Conversion) -> Settings:
    """Return the macros of exim4.conf.localmacros."""
    if not file.is_file():
        return {}
    plan.read.append(str(file))
    matches = [(number, MACRO.fullmatch(text)) for number, text in numbered(file)]
    return {match[1]: Line(str(file), number, match[1], match[2].strip()) for number, match in matches if match}


def connect(plan: Conversion, settings: Settings, macros: Settings, file: Path) -> list[str]:
    """Carry over the smart hosts, and return their names: host::port;host::port."""
    line = setting(settings, "dc_smarthost")
    if line is None:
        raise MigrateError(str(file), 0, "dc_smarthost is empty")
    names, hosts, ports = [], [], set()
    for each in filter(None, (part.strip() for part in line.value.split(";"))):
        name, _, port = each.partition("::")
        names.append(name)
        port = port or str(SMTP_PORT)
        ports.add(port in (str(IMPLICIT_PORT), "smtps", "submissions"))
        hosts.append(host(name, port))
    plan.put("transports.relay.hosts", hosts, line)
    protocol, avoided = macros.get(f"{TLS}PROTOCOL"), macros.get(f"{TLS}HOSTS_AVOID_TLS")
    if avoided and avoided.value == "*":
        plan.put("transports.relay.tls", "none", avoided)
        return names
    if len(ports) > 1:
        raise line.error("some of these ports use implicit TLS and others do not: keep one kind")
    implicit = ports == {True} or (protocol is not None and protocol.value == "smtps")
    plan.put("transports.relay.tls", "implicit" if implicit else "starttls", protocol or line)
    if not implicit and f"{TLS}HOSTS_REQUIRE_TLS" not in macros:
        plan.warn(line, "TLS was optional; Gatepost requires it")
    return names


def log_in(plan: Conversion, hosts: list[str], macros: Settings, file: Path) -> None:
    """Carry over the login: host:user:password, the first line that is for a smart host."""
    if not file.is_file():
        return
    plan.read.append(str(file))
    for number, text in numbered(file):
        entry = re.fullmatch(r"\s*([^\s:#\"]+|\"[^\"]*\")\s*:?\s*([^:]*):(.*?)\s*", text)
        line = Line(str(file), number, "", "")
        if text.lstrip().startswith("#") or not text.strip():
            continue
        if entry is None:
            raise line.error("is not host:user:password")
        if "auth" in plan.relay or not any(is_for(entry[1].strip('"'), host, line) for host in hosts):
            plan.leave_out(line, "does not name the smart host; Exim also looks for the host's other names")
        elif plan.relay["tls"] == "none" and "AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS" not in macros:
            avoided = macros[f"{TLS}HOSTS_AVOID_TLS"]
            raise avoided.error("without TLS, and without AUTH_CLIENT_ALLOW_NOTLS_PASSWORDS, Exim sends no password")
        else:
            plan.log_in(line, entry[2], entry[3])


def is_for(pattern: str, host: str, line: Line) -> bool:
    """Return whether an entry is for a smart host (Exim, "nwildlsearch"): a name, `*` at its start or an expression."""
    names = [name.lower() for name in (host, OTHER_NAMES.get(host.lower(), host))]
    if pattern.startswith("^"):
        try:
            return any(re.search(pattern, name, re.IGNORECASE) for name in names)
        except re.error:
            raise line.error(
                "contains a pattern that gatepost migrate does not know: write the smart host's name"
            ) from None
    return any(fnmatch.fnmatchcase(name, pattern.lower()) for name in names)


def carry_macros(plan: Conversion, macros: Settings) -> None:
    """Convert the settings that the administrator made by macros."""
    for name, line in macros.items():
        if name in DECIDING:
            raise line.error(DECIDING[name])
        if name in TEXTS:
            if "$" in line.value:
                raise line.error("is an expansion, which only Exim can evaluate: write its value")
            plan.put(TEXTS[name], line.value, line)
        elif name not in HANDLED:
            plan.leave_out(line, "Gatepost has no equivalent")
    authorities = macros.get(f"{TLS}TLS_VERIFY_CERTIFICATES")
    if authorities and authorities.value not in ("system", "") and plan.relay["tls"] != "none":
        ours = "tls_ca_path" if authorities.value.endswith("/") else "tls_ca_file"
        plan.put(f"transports.relay.{ours}", authorities.value, authorities)
    verifying = macros.get(f"{TLS}TLS_VERIFY_HOSTS")
    if verifying and not verifying.value and plan.relay["tls"] != "none":
        plan.warn(verifying, "certificates were not verified; Gatepost verifies the smart host's")


def name_us(plan: Conversion, settings: Settings, kind: Line) -> None:
    """Carry over the domain of our addresses, which is that of /etc/mailname."""
    if "qualify_domain" in plan.settings:
        return
    if not plan.names.mail_name:
        raise kind.error("the domain of local addresses is not known: write it into /etc/mailname")
    plan.put("qualify_domain", plan.names.mail_name, setting(settings, "dc_readhost") or kind)


def hide(plan: Conversion, settings: Settings) -> None:
    """Convert the hiding of the machine's domains behind another one, if two answers ask for it."""
    readhost, hides = setting(settings, "dc_readhost"), setting(settings, "dc_hide_mailname")
    if readhost and hides and hides.value.lower() == "true":
        plan.send_as(f"*@{readhost.value}", readhost)


def rewrite(plan: Conversion, place: Place) -> None:
    """Carry over /etc/email-addresses: login: address."""
    file = place.below(ADDRESSES)
    if not file.is_file():
        return
    plan.read.append(str(file))
    for number, text in numbered(file):
        login, colon, address = (part.strip() for part in text.partition("#")[0].partition(":"))
        if colon and address:
            plan.rewrite(login, address, Line(str(file), number, login, address))


def keep_local_mail(plan: Conversion, place: Place, settings: Settings, kind: Line) -> None:
    """Convert the routing of local mail: through /etc/aliases, and for a satellite to its hub."""
    other = setting(settings, "dc_other_hostnames")
    named = [each.strip().lower() for each in re.split("[;:]", other.value)] if other else []
    local = list(dict.fromkeys(each for each in (plan.names.full_name, "localhost", *named) if each))
    if plan.own_domain not in local:
        plan.warn(
            kind, "mail for local users went to the smart host, because the mail name is not in dc_other_hostnames"
        )
    readhost = setting(settings, "dc_readhost")
    if place.below(SYSTEM).is_file():
        carry_aliases(plan, place, other or kind, SYSTEM, local)
    if kind.value == SATELLITE and readhost:
        hub_users(plan, place, readhost, local)
    elif kind.value == SMARTHOST:
        plan.warn(kind, "Exim delivered to mailboxes on this machine; now each local name needs an alias")
    read_system_aliases(plan, place, was_read=True)


def hub_users(plan: Conversion, place: Place, readhost: Line, local: list[str]) -> None:
    """Send the mail of each user on to the same name at the hub. What is no user's stays in the local domains."""
    file = place.below("/etc/passwd")
    users = [fields for _, text in numbered(file) if len(fields := text.split(":")) > 2] if file.is_file() else []
    logins = [login for login, _, uid, *_ in users if uid.isdecimal() and (int(uid) >= ORDINARY_UIDS or uid == "0")]
    domains = [each for each in local if each != readhost.value.lower()]
    for login in logins[:HUB_USERS_MAX] if domains else ():
        name = f"hub-{re.sub('[^A-Za-z0-9_-]', '-', login)}"[:64]
        plan.redirect(readhost, name=name, domains=domains, local_parts=[login], data=[f"{login}@{readhost.value}"])
    if logins and domains:
        plan.warn(readhost, "a user added later needs a router like those of the other users")


def trust_callers(plan: Conversion, macros: Settings) -> None:
    """Carry over that Debian's Exim lets everybody name a sender, unless MAIN_FORCE_SENDER is set."""
    if "MAIN_FORCE_SENDER" not in macros:
        plan.settings |= {"local_from_check": False, "local_sender_retain": True, "untrusted_set_sender": ["*"]}
