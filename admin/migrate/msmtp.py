"""msmtp: its accounts, as /etc/msmtprc or a user's ~/.msmtprc has them (msmtp(1))."""

from __future__ import annotations

import os
import re

from admin.migrate.aliases import SYSTEM, addresses_of, carry_aliases, default_of_msmtp, read_system_aliases
from admin.migrate.conversion import (
    IMPLICIT_PORT,
    RELAY,
    SMTP_PORT,
    SYSTEM_STORES,
    Conversion,
    Line,
    MigrateError,
    Place,
    first,
    host,
    names,
)
from admin.migrate.msmtp_file import Account, Settings, accounts_of, given, is_on
from admin.migrate.passwords import carry_command

# Without these, mail would take another way than before, or be less protected: an option, and what there is instead.
DECIDING = {
    "proxy_host": "Gatepost supports no proxy",
    "socket": "Gatepost cannot use a socket as the smart host",
    "eval": "Gatepost reads no settings from programs: write the output here instead",
}
RESTRICTING = {
    "tls_crl_file": "Gatepost reads no certificate revocation lists",
    "tls_fingerprint": "pins the certificate, but tls_pins needs the digest of its key: "
    "openssl s_client shows the certificate; take the line out, and set tls_pins in gatepost.toml",
}
LEFT_OUT = {
    "logfile": 'the system log has a line for each message; a file of its own is named by log = "…"',
    "logfile_time_format": "the system log writes its own timestamps",
    "allow_from_override": "root and trusted_users may name a reverse-path; everybody may name the null one",
    "tls_priorities": "see tls_min_version",
    "tls_min_dh_prime_bits": "Gatepost leaves this to the system's TLS library",
    "dsn_notify": "use sendmail -N",
    "dsn_return": "use sendmail -R",
    "undisclosed_recipients": "Gatepost leaves To: and Cc: unchanged; see headers_remove",
}
CARRIED = names(
    "host port tls tls_starttls tls_trust_file tls_certcheck tls_host_override tls_key_file tls_cert_file auth user "
    "password passwordeval from auto_from maildomain domain aliases source_ip timeout connect_timeout syslog protocol "
    "set_from_header add_missing_from_header"
)
# What is always so here, or what says no more than the default.
NO_CHANGE = {
    "allow_from_override": ("on", ""),
    "set_date_header": ("auto",),
    "set_msgid_header": ("auto",),
    "add_missing_date_header": ("on", ""),
    "remove_bcc_headers": ("on", ""),
    "keepbcc": ("off",),
    "undisclosed_recipients": ("off",),
    "dsn_notify": ("off",),
    "dsn_return": ("off",),
}
METHODS = names(
    "plain login cram-md5 scram-sha-1 scram-sha-1-plus scram-sha-256 scram-sha-256-plus external oauthbearer xoauth2"
)
TOKENS = ("oauthbearer", "xoauth2")


def read(place: Place) -> Conversion | None:
    """Convert the accounts of a file: the requested one, or the default one and others."""
    file = place.found(*usual(place))
    if file is None:
        return None
    plan = place.plan("msmtp", file)
    accounts = accounts_of(file)
    name = place.account or "default"
    if name not in accounts:
        reason = f"there is no account {name}: choose one with --account ({', '.join(accounts)})"
        raise MigrateError(str(file), 0, reason)
    account = accounts[name]
    carry_account(plan, place, RELAY, account)
    name_sender(plan, account.settings)
    carry_from(plan, account.settings)
    carry_alias_file(plan, place, account.settings)
    plan.complete_recipients(account.settings["host"])
    if place.account is None:
        for other, each in accounts.items():
            if other != name:
                carry_other(plan, place, other, each, account)
    else:
        for other in accounts.keys() - {name}:
            plan.leave_out(accounts[other].line, f"{other} is not the one that you chose")
    read_system_aliases(plan, place, was_read=False)
    return plan.finish()


def usual(place: Place) -> tuple[str, ...]:
    """Return the paths where msmtp looks for its file."""
    if place.home is None:
        return ("/etc/msmtprc",)
    configurations = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return ("~/.msmtprc", f"{configurations}/msmtp/config")


def carry_account(plan: Conversion, place: Place, transport: str, account: Account) -> None:
    """Carry over how one account speaks to its smart host. MigrateError if that cannot be done."""
    settings = account.settings
    for name, line in settings.items():
        if name in DECIDING and line.value:
            raise line.error(DECIDING[name])
        if name not in CARRIED and name not in RESTRICTING and line.value not in NO_CHANGE.get(name, ("",)):
            plan.leave_out(line, LEFT_OUT.get(name, "Gatepost has no equivalent"))
    if "protocol" in settings and settings["protocol"].value != "smtp":
        raise settings["protocol"].error("Gatepost speaks only SMTP")
    if "host" not in settings:
        raise account.line.error("has no host")
    connect(plan, transport, settings)
    prove(plan, place, transport, settings)
    log_in(plan, place, transport, settings)
    if plan.transport(transport)["tls"] == "none":
        plan.go_unencrypted(first(settings, "tls", "host") or account.line, transport)


def connect(plan: Conversion, transport: str, settings: Settings) -> None:
    """Convert the smart host and TLS."""
    implicit = not is_on(settings, "tls_starttls", default=True)
    has_tls = is_on(settings, "tls", default=False)
    tls = ("implicit" if implicit else "starttls") if has_tls else "none"
    port = settings["port"].value if "port" in settings else IMPLICIT_PORT if tls == "implicit" else SMTP_PORT
    to = f"transports.{transport}."
    plan.put(f"{to}hosts", [host(settings["host"].value, port)], first(settings, "port", "host"))
    plan.put(f"{to}tls", tls, first(settings, "tls"))
    domain = given(settings, "domain")
    name = expanded(domain, plan) if domain else "localhost"  # what msmtp says where it is told nothing
    plan.put(f"{to}helo_data", name, domain)
    source = given(settings, "source_ip")
    if source:
        plan.put(f"{to}interface", source.value, source)
    timeout = first(settings, "timeout", "connect_timeout")
    if timeout and timeout.value.isdecimal():
        plan.put(f"{to}connect_timeout", f"{timeout.value}s", timeout)


def expanded(line: Line, plan: Conversion) -> str:
    """Return a value with the machine's names in the place of %H, %C and %M. MigrateError if one is not known."""
    known = {"%H": plan.names.host_name, "%C": plan.names.full_name, "%M": plan.names.mail_name}
    text = line.value
    for pattern, name in known.items():
        if pattern in text and not name:
            raise line.error(f"the value of {pattern} is not known: write the name")
        text = text.replace(pattern, name)
    return text


def prove(plan: Conversion, place: Place, transport: str, settings: Settings) -> None:
    """Convert the trusted CAs and the client certificate."""
    if plan.transport(transport)["tls"] == "none":
        return
    to = f"transports.{transport}."
    if not is_on(settings, "tls_certcheck", default=True):
        plan.trust_nobody_special(settings["tls_certcheck"], transport)
    else:
        for name, reason in RESTRICTING.items():
            if line := given(settings, name):
                raise line.error(reason)
        trusted = given(settings, "tls_trust_file")
        if trusted and trusted.value not in {"system", *SYSTEM_STORES}:
            plan.put(f"{to}tls_ca_file", path_of(trusted, place), trusted)
    for name, ours in (("tls_cert_file", "tls_certificate"), ("tls_key_file", "tls_privatekey")):
        if line := given(settings, name):
            plan.put(f"{to}{ours}", path_of(line, place), line)
    if line := given(settings, "tls_host_override"):
        plan.put(f"{to}tls_verify_name", line.value, line)


def path_of(line: Line, place: Place) -> str:
    """Return the path of a file that a line names. MigrateError for one that differs from user to user."""
    if not line.value.startswith("~"):
        return line.value
    if place.home is None:
        raise line.error("is a different file for each user: name one file for all, or use --user")
    return str(place.below(line.value))


def log_in(plan: Conversion, place: Place, transport: str, settings: Settings) -> None:
    """Convert the login at the smart host."""
    auth = settings.get("auth")
    if auth is None or auth.value.lower() == "off":
        return
    method = auth.value.lower() or "on"
    if method not in METHODS | {"on"}:
        raise auth.error("Gatepost does not support this method; auth on takes the best one that the smart host offers")
    if method == "on" and plan.transport(transport)["tls"] == "none":
        reason = (
            "with tls off, msmtp sends no password if auth is on: turn tls on, or name a method, such as auth plain"
        )
        raise auth.error(reason)
    user = given(settings, "user")
    mechanisms = {} if method == "on" else {"mechanisms": [method.upper()]}
    if method == "external":
        plan.put(f"transports.{transport}.auth", ({"user": user.value} if user else {}) | mechanisms, auth)
        return
    if user is None:
        raise (first(settings, "user") or auth).error("no user name is given")
    password, program = given(settings, "password"), given(settings, "passwordeval")
    if password:
        plan.log_in(password, user.value, password.value, transport)
    elif program:
        carry_command(plan, place, program, user.value, transport, is_token=method in TOKENS)
    elif "password" in settings or "passwordeval" in settings:
        raise (first(settings, "password", "passwordeval") or auth).error("the password is missing or empty")
    else:
        reason = "there is no password, so msmtp asks a keyring, ~/.netrc or the user"
        raise user.error(f"{reason}: write password, or passwordeval cat FILE")
    plan.transport(transport)["auth"] |= mechanisms


def name_sender(plan: Conversion, settings: Settings) -> None:
    """Convert the sender of all mail; -f overrides it if that is allowed."""
    line = given(settings, "from")
    if is_on(settings, "auto_from", default=False):
        domain = given(settings, "maildomain")
        if domain:
            plan.send_as(f"*@{domain.value}", domain)
            plan.warn(
                settings["auto_from"], "msmtp ignored -f; Gatepost accepts the null reverse-path, and any -f from root"
            )
        else:
            plan.leave_out(settings["auto_from"], "there is no maildomain, so senders get this machine's own domain")
    elif line:
        sender = re.sub(r"^%U@", "*@", expanded(line, plan))
        if "%" in sender or re.search(r"[?\[*]", sender.removeprefix("*@")) or line.value.startswith("*"):
            plan.leave_out(line, "only an address or %U@domain can be carried over: see [rewrite]")
        elif "@" not in sender:
            raise line.error("is an address without a domain: add the domain")
        else:
            plan.send_as(sender, line)


def carry_from(plan: Conversion, settings: Settings) -> None:
    """Carry over what becomes of From:."""
    line = first(settings, "set_from_header", "add_missing_from_header")
    if line is None or line.value == "auto" or (line.name != "set_from_header" and line.value in ("on", "")):
        return
    if line.value == "off":
        plan.leave_out(line, "Gatepost always adds a missing From:")
    else:
        plan.put("from_override", True, line)


def carry_alias_file(plan: Conversion, place: Place, settings: Settings) -> None:
    """Carry over the aliases, which are for recipients without a domain; `default` is for all the others of these."""
    line = given(settings, "aliases")
    if line is None:
        return
    path = line.value if line.value.startswith("~/") and place.home else path_of(line, place)
    catch_all = default_of_msmtp(place, path)
    if path != SYSTEM or catch_all:
        carry_aliases(plan, place, line, path)
    if catch_all:
        domains = plan.local_domains(line)
        plan.redirect(catch_all, name="aliases-default", domains=domains, data=addresses_of(catch_all))


def carry_other(plan: Conversion, place: Place, name: str, account: Account, default: Account) -> None:
    """Carry over another account, for mail whose reverse-path (-f) is that of its `from`."""
    line = Line(account.line.file, account.line.number, f"account {name}", "")
    sender, ours = given(account.settings, "from"), given(default.settings, "from")
    if account.settings == default.settings:
        return
    if sender is None or (ours is not None and ours.value == sender.value):
        plan.leave_out(line, "it has no from of its own that selects it: use --account NAME to carry it over alone")
    elif patterns := patterns_of(sender):
        plan.beside(name, line, patterns, lambda transport: carry_account(plan, place, transport, account))
    else:
        plan.leave_out(line, "its from is not an address that -f can name")


def patterns_of(sender: Line) -> list[str]:
    """Return which reverse-paths choose an account: its address with or without a +detail, or a pattern with *."""
    local_part, at, domain = sender.value.rpartition("@")
    if not at or re.search(r"[?\[%]", sender.value) or not local_part:
        return []
    return [sender.value] if "*" in sender.value else [sender.value, f"{local_part}+*@{domain}"]
