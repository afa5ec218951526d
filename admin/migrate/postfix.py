"""Postfix: main.cf with a relayhost, and the text files of the tables that it names (postconf(5), SASL_README)."""

from __future__ import annotations

import re
from pathlib import Path

from admin.migrate.plan import (
    IMPLICIT_PORT,
    SMTP_PORT,
    SYSTEM_STORES,
    Line,
    MigrateError,
    Plan,
    first_line,
    found,
    host,
    text_of,
)
from helper.config.parsers import PROTECTING

Settings = dict[str, Line]

TEXT_TABLES = frozenset(("hash", "btree", "lmdb", "cdb", "texthash", "dbm", "sdbm"))
DEFAULTS = {"mydomain": "", "myhostname": "", "myorigin": "$myhostname", "config_directory": "/etc/postfix"}
# Without these, mail would take another way than before, or none.
DECIDING = {
    "transport_maps": "one way is carried over, the relayhost: see [[routers]] for others",
    "sender_dependent_relayhost_maps": "one way is carried over: see [[routers]], senders",
    "sender_dependent_default_transport_maps": "one way is carried over: see [[routers]], senders",
    "smtp_sender_dependent_authentication": "one login is carried over: see [[routers]], senders",
}
# What names a table that a satellite may have; everything else of Postfix's 900 is about receiving, queues and limits.
LEFT_OUT = {
    "smtp_tls_policy_maps": "the transport says how TLS is used: tls, tls_verify, tls_min_version",
    "smtp_tls_fingerprint_digest": "tls_pins wants the SHA-256 of a key",
    "smtp_tls_cert_file": "name the certificate and the key by tls_certificate and tls_privatekey",
    "smtp_tls_key_file": "name the certificate and the key by tls_certificate and tls_privatekey",
    "smtp_header_checks": "see headers_add and headers_remove",
    "header_checks": "see headers_add and headers_remove",
    "virtual_alias_maps": "see [[routers]], driver redirect",
    "recipient_canonical_maps": "see [[routers]], driver redirect",
    "smtp_fallback_relay": "hosts are tried in order: add it to hosts",
    "fallback_relay": "hosts are tried in order: add it to hosts",
    "authorized_submit_users": "see [[policies]], callers",
    "sender_bcc_maps": "has no equal here",
    "recipient_bcc_maps": "has no equal here",
    "always_bcc": "has no equal here",
}
VERIFYING, DANE = frozenset(("verify", "secure")), frozenset(("dane", "dane-only"))
IN_THE_CLEAR = frozenset(("", "none"))


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what main.cf comes to."""
    file = found(root, named, "/etc/postfix/main.cf")
    if file is None:
        return None
    plan = Plan("Postfix", read=[str(file)])
    settings = {line.name: line for line in lines_of(file)}
    for name, line in settings.items():
        if name in DECIDING and line.value not in ("", "no"):
            raise line.error(DECIDING[name])
        if name in LEFT_OUT and line.value:
            plan.leave_out(line, LEFT_OUT[name])
    name_us(plan, settings, root)
    relayhost = connect(plan, settings, file)
    prove(plan, settings)
    log_in(plan, settings, relayhost, root)
    if plan.relay["tls"] == "none":
        plan.go_unencrypted("smtp_tls_security_level is none")
    discard(plan, settings)
    limit = value_of("message_size_limit", settings)
    if limit.isdecimal() and limit != "0":
        plan.settings["message_size_limit"] = int(limit)
    rewrite(plan, settings, root)
    alias(plan, settings)
    master(plan, file.with_name("master.cf"))
    return plan.finish()


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file: `name = value`, gone on with by lines that begin with white space."""
    lines: list[Line] = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if text[0].isspace() and lines:
            last = lines[-1]
            lines[-1] = Line(last.file, last.number, last.name, f"{last.value} {text.strip()}".strip())
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise MigrateError(str(file), number, "is no setting")
        lines.append(Line(str(file), number, name.strip(), value.strip()))
    return lines


def value_of(name: str, settings: Settings, depth: int = 0) -> str:
    """Return a setting with the others that it names by $name, ${name} and $(name)."""
    text = settings[name].value if name in settings else DEFAULTS.get(name, "")
    if depth > 20:
        raise settings[name].error("refers to itself")

    def other(match: re.Match[str]) -> str:
        return value_of(next(filter(None, match.groups())), settings, depth + 1)

    if re.search(r"\$[{(][^})]*[?:]", text):
        raise settings[name].error("conditional values are not understood")
    return re.sub(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))", other, text)


def name_us(plan: Plan, settings: Settings, root: Path) -> None:
    """Carry over our name, and the domain for addresses without one."""
    hostname = value_of("myhostname", settings)
    if hostname:
        plan.settings["primary_hostname"] = hostname
    origin = value_of("myorigin", settings)
    if origin.startswith("/"):
        origin = first_line(root, origin)
    if origin:
        plan.settings["qualify_domain"] = origin
    helo = value_of("smtp_helo_name", settings)
    if helo and helo != hostname:
        plan.relay["helo_data"] = helo
    for name in ("smtp_bind_address", "smtp_bind_address6"):
        if value_of(name, settings):
            plan.relay["interface"] = value_of(name, settings)


def connect(plan: Plan, settings: Settings, file: Path) -> str:
    """Carry over the relayhost, and return it as the tables name it."""
    relayhost = value_of("relayhost", settings)
    if not relayhost:
        raise MigrateError(str(file), 0, "names no relayhost: Postfix brings mail to the hosts of its domain")
    if re.search(r"[\s,]", relayhost):
        raise settings["relayhost"].error("one relayhost is carried over: add the others to hosts")
    literal = re.fullmatch(r"\[([^\]]+)\](?::(.+))?", relayhost)
    if literal:
        name, port = literal.groups()
        name = name.removeprefix("IPv6:")
    else:
        name, _, port = relayhost.partition(":")
    level = value_of("smtp_tls_security_level", settings) or ("may" if is_on("smtp_use_tls", settings) else "none")
    if is_on("smtp_enforce_tls", settings):
        level = "encrypt"
    relay = plan.relay
    wrapped = is_on("smtp_tls_wrappermode", settings) or port in ("465", "smtps", "submissions")
    relay["tls"] = "none" if level in IN_THE_CLEAR else "implicit" if wrapped else "starttls"
    port = port or str(IMPLICIT_PORT if relay["tls"] == "implicit" else SMTP_PORT)
    relay["hosts"] = [host(name, port) if literal else f"mx:{host(name, port)}"]
    if level == "may":
        plan.warnings.append("smtp_tls_security_level is may; TLS is never silently done without now")
    if level in DANE:
        relay["dane"] = True
    return relayhost


def is_on(name: str, settings: Settings) -> bool:
    """Say whether a switch is on."""
    return value_of(name, settings) == "yes"


def prove(plan: Plan, settings: Settings) -> None:
    """Carry over whom to trust. What Postfix does not verify is verified from now on, and that is said."""
    if plan.relay["tls"] == "none":
        return
    for name, ours in (("smtp_tls_CAfile", "tls_ca_file"), ("smtp_tls_CApath", "tls_ca_path")):
        value = value_of(name, settings)
        if value and value not in SYSTEM_STORES:
            plan.relay[ours] = value
    if value_of("smtp_tls_security_level", settings) not in VERIFYING | DANE:
        plan.warnings.append("Postfix did not verify the certificate of the smart host; now it has to be right")


def discard(plan: Plan, settings: Settings) -> None:
    """Carry over what the smart host offers and does badly; `silent-discard` only silences Postfix's own log."""
    name = "smtp_discard_ehlo_keywords"
    words = re.split(r"[\s,]+", value_of(name, settings).upper())
    kept = [word for word in words if word not in ("", "SILENT-DISCARD", *PROTECTING)]
    if kept:
        plan.relay["discard_ehlo_keywords"] = kept
    if set(words) & set(PROTECTING):
        plan.leave_out(settings[name], "whether TLS and a login are used is for tls and auth to say")


def log_in(plan: Plan, settings: Settings, relayhost: str, root: Path) -> None:
    """Carry over the login for the relayhost."""
    if not is_on("smtp_sasl_auth_enable", settings):
        return
    line = settings.get("smtp_sasl_password_maps")
    if line is None:
        raise settings["smtp_sasl_auth_enable"].error("there is no smtp_sasl_password_maps")
    for entry in entries_of(line, value_of(line.name, settings), root, plan):
        if entry.name in (relayhost, re.sub(r"[\[\]]", "", relayhost), relayhost.rpartition(":")[0], "*"):
            user, colon, password = entry.value.partition(":")
            if not colon:
                raise entry.error("is no user:password")
            plan.log_in(user, password)
            return
        plan.leave_out(entry, "is not the relayhost")
    raise line.error("holds no login for the relayhost")


def entries_of(line: Line, value: str, root: Path, plan: Plan) -> list[Line]:
    """Return the entries of the tables that a setting names, from their text."""
    entries = []
    for table in re.split(r"[\s,]+", value):
        kind, _, path = table.partition(":")
        if kind == "static":
            entries.append(Line(line.file, line.number, "*", path))
        elif kind in TEXT_TABLES:
            file = root / path.lstrip("/")
            plan.read.append(str(file))
            entries += [entry for entry in lines_of_table(file) if entry.name]
        elif table:
            raise line.error("only tables that are made of text files are read, and static:")
    return entries


def lines_of_table(file: Path) -> list[Line]:
    """Return the entries of a table: a key, white space, a value."""
    entries = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        words = text.split(None, 1)
        if words and not text.startswith("#"):
            entries.append(Line(str(file), number, words[0], words[1].strip() if len(words) > 1 else ""))
    return entries


def rewrite(plan: Plan, settings: Settings, root: Path) -> None:
    """Carry over the tables that turn addresses of this machine into public ones."""
    table: dict[str, str] = {}
    for name in ("sender_canonical_maps", "canonical_maps", "smtp_generic_maps"):
        if name not in settings or not settings[name].value:
            continue
        for entry in entries_of(settings[name], value_of(name, settings), root, plan):
            key = f"*{entry.name}" if entry.name.startswith("@") else entry.name
            value = f"*{entry.value}" if entry.value.startswith("@") else entry.value
            if key.startswith("*") and not value.startswith("*"):
                plan.leave_out(entry, "one address for a whole domain: see return_path")
            elif "@" not in value:
                plan.leave_out(entry, "is no address")
            else:
                table.setdefault(key, value)
    if table:
        plan.settings["rewrite"] = table


def alias(plan: Plan, settings: Settings) -> None:
    """Carry over alias files; /etc/aliases is read without being told."""
    line = settings.get("alias_maps")
    if line is None:
        return
    for table in re.split(r"[\s,]+", value_of("alias_maps", settings)):
        kind, _, path = table.partition(":")
        if kind in TEXT_TABLES and path != "/etc/aliases":
            if "qualify_domain" not in plan.settings:
                raise line.error("nothing says what the domain of local addresses is: set myorigin")
            domains = [plan.settings["qualify_domain"]]
            plan.redirect(name=f"aliases-{len(plan.settings.get('routers', ())) + 1}", file=path, domains=domains)
        elif kind not in TEXT_TABLES and table:
            plan.leave_out(line, "only alias files are carried over")


def master(plan: Plan, file: Path) -> None:
    """Say which settings of the client's own in master.cf are not looked at."""
    if not file.is_file():
        return
    service = ""
    for number, text in enumerate(text_of(file).split("\n"), 1):
        if text and not text[0].isspace() and not text.startswith("#"):
            service = text.split()[0]
        option = re.match(r"\s+-o\s+([\w]+)\s*=", text)
        if option and service in ("smtp", "relay") and option[1] not in ("syslog_name", "smtp_fallback_relay"):
            plan.leave_out(Line(str(file), number, option[1], ""), "settings of one service are not looked at")
