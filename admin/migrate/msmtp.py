"""msmtp: its default account, as a system-wide /etc/msmtprc has it (msmtp(1), "Configuration files")."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from admin.migrate.plan import (
    IMPLICIT_PORT,
    SMTP_PORT,
    SYSTEM_STORES,
    Line,
    MigrateError,
    Plan,
    found,
    host,
    names,
    text_of,
)

Settings = dict[str, Line]

# By their names in msmtp(1): what each comes to in ours is in the functions below.
CARRIED = names(
    "host port tls tls_starttls tls_trust_file tls_certcheck tls_host_override auth user password passwordeval "
    "from auto_from maildomain domain aliases source_ip timeout syslog protocol"
)
LEFT_OUT = {
    "logfile": 'the system log has a line for each message; a file of its own is named by log = "…"',
    "tls_fingerprint": "this is the digest of a certificate; tls_pins wants that of its key",
    "tls_key_file": "name the certificate and the key by tls_certificate and tls_privatekey",
    "tls_cert_file": "name the certificate and the key by tls_certificate and tls_privatekey",
    "set_from_header": "From: is added where it is missing; [rewrite] changes a user's own address",
    "allow_from_override": "who may name a reverse-path is said by trusted_users and untrusted_set_sender",
}
# Without these, mail would take another way than before.
DECIDING = {
    "proxy_host": "there are no proxies",
    "socket": "there are no sockets in place of a smart host",
    "eval": "settings are not read from programs",
}
METHODS = {"plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "external", "oauthbearer", "xoauth2"}
ON = ("on", "")


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what the default account of msmtprc comes to."""
    file = found(root, named, "/etc/msmtprc")
    if file is None:
        return None
    plan = Plan("msmtp", read=[str(file)])
    settings = default_account(file, plan)
    for name, line in settings.items():
        if name in DECIDING:
            raise line.error(DECIDING[name])
        if name not in CARRIED:
            plan.leave_out(line, LEFT_OUT.get(name, "has no equal here"))
    if "protocol" in settings and settings["protocol"].value != "smtp":
        raise settings["protocol"].error("only SMTP is spoken")
    connect(plan, settings, file)
    prove(plan, settings)
    log_in(plan, settings)
    if plan.relay["tls"] == "none":
        plan.go_unencrypted("tls off")
    name_sender(plan, settings)
    alias(plan, settings)
    return plan.finish()


def default_account(file: Path, plan: Plan) -> Settings:
    """Return the settings of the account `default`, with what it takes from others and from the defaults."""
    defaults: Settings = {}
    accounts: dict[str, Settings] = {}
    current = defaults
    for line in lines_of(file):
        if line.name == "defaults":
            current = defaults
        elif line.name == "account":
            name, _, bases = (part.strip() for part in line.value.partition(":"))
            current = accounts[name] = dict(defaults)
            for base in filter(None, map(str.strip, bases.split(","))):
                if base not in accounts:
                    raise line.error(f"there is no account {base} above it")
                current |= accounts[base]
        else:
            current[line.name] = line
    if not accounts:  # msmtp takes settings above any account for those of one
        accounts["default"] = defaults
    if "default" not in accounts:
        raise MigrateError(str(file), 0, "has no account called default, so that msmtp would not know which to take")
    for name in accounts.keys() - {"default"}:
        if accounts[name].items() - accounts["default"].items():
            plan.leave_out(Line(str(file), 0, f"account {name}", ""), "one account is carried over, the default one")
    return accounts["default"]


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file: a word, and a value that may be quoted."""
    lines = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        stripped = text.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, _, value = (part.strip() for part in re.sub(r"\s", " ", stripped).partition(" "))
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        lines.append(Line(str(file), number, name.lower(), value))
    return lines


def is_on(settings: Settings, name: str, *, default: bool) -> bool:
    """Say whether a switch is on."""
    return settings[name].value in ON if name in settings else default


def connect(plan: Plan, settings: Settings, file: Path) -> None:
    """Carry over where to, and how."""
    if "host" not in settings:
        raise MigrateError(str(file), 0, "the default account names no host")
    relay = plan.relay
    implicit = not is_on(settings, "tls_starttls", default=True)
    relay["tls"] = ("implicit" if implicit else "starttls") if is_on(settings, "tls", default=False) else "none"
    default = IMPLICIT_PORT if relay["tls"] == "implicit" else SMTP_PORT
    port = settings["port"].value if "port" in settings else default
    relay["hosts"] = [host(settings["host"].value, port)]
    for name, ours in (("source_ip", "interface"), ("domain", "helo_data")):
        if name in settings:
            relay[ours] = settings[name].value
    if "timeout" in settings and settings["timeout"].value.isdecimal():
        relay["connect_timeout"] = f"{settings['timeout'].value}s"


def prove(plan: Plan, settings: Settings) -> None:
    """Carry over whom to trust."""
    if plan.relay["tls"] == "none":
        return
    if not is_on(settings, "tls_certcheck", default=True):
        plan.trust_nobody_special("tls_certcheck off")
    elif "tls_trust_file" in settings and settings["tls_trust_file"].value not in {"system", "", *SYSTEM_STORES}:
        plan.relay["tls_ca_file"] = settings["tls_trust_file"].value
    if "tls_host_override" in settings:
        plan.relay["tls_verify_name"] = settings["tls_host_override"].value


def log_in(plan: Plan, settings: Settings) -> None:
    """Carry over who we are to the smart host."""
    method = settings["auth"].value.lower() if "auth" in settings else "off"
    if method == "off":
        return
    if "user" not in settings:
        raise settings["auth"].error("there is no user to log in as")
    user = settings["user"].value
    if "password" in settings:
        plan.log_in(user, settings["password"].value)
    elif "passwordeval" in settings:
        plan.relay["auth"] = {"user": user, "password_command": command_of(settings["passwordeval"])}
    else:
        raise settings["user"].error("no password stands here: msmtp would ask a keyring or ~/.netrc for it")
    if method in METHODS:
        plan.relay["auth"]["mechanisms"] = [method.upper()]
    elif method != "on":
        raise settings["auth"].error("this method is not known here")


def command_of(line: Line) -> list[str]:
    """Return a program with its arguments, where no shell is needed to run it."""
    try:
        words = shlex.split(line.value)
    except ValueError:
        words = []
    if not words or not words[0].startswith("/") or re.search(r"[|&;<>$`*?(){}~]", line.value):
        raise line.error("is run without a shell and as the service user: put the password into a file")
    return words


def name_sender(plan: Plan, settings: Settings) -> None:
    """Carry over the reverse-path."""
    if "from" in settings:
        pattern = settings["from"].value
        if pattern.startswith("%U@") and "%" not in pattern[3:]:
            plan.settings["qualify_domain"] = pattern[3:]
        elif "%" in pattern:
            plan.leave_out(settings["from"], "patterns but %U@domain have no equal: see qualify_domain and [rewrite]")
        else:
            plan.relay["return_path"] = pattern
            plan.settings["qualify_domain"] = pattern.rpartition("@")[2]
    elif is_on(settings, "auto_from", default=False) and "maildomain" in settings:
        plan.settings["qualify_domain"] = settings["maildomain"].value


def alias(plan: Plan, settings: Settings) -> None:
    """Carry over the aliases; /etc/aliases is read without being told."""
    if "aliases" not in settings or settings["aliases"].value == "/etc/aliases":
        return
    if "qualify_domain" not in plan.settings:
        raise settings["aliases"].error("nothing says what the domain of local addresses is: set from or maildomain")
    domains = [plan.settings["qualify_domain"]]
    plan.redirect(name="aliases", file=settings["aliases"].value, domains=domains)
    plan.warnings.append('an entry "default:" of the aliases has to be called "*:"')
