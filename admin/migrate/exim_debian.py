"""Exim as Debian configures it: /etc/exim4/update-exim4.conf.conf and passwd.client (update-exim4.conf(8))."""

from __future__ import annotations

import fnmatch
import shlex
from pathlib import Path

from admin.migrate.plan import SMTP_PORT, Line, MigrateError, Plan, first_line, found, host, text_of

SATELLITE, SMARTHOST = "satellite", "smarthost"
ADDRESSES = "/etc/email-addresses"


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what debconf's answers come to."""
    file = found(root, named, "/etc/exim4/update-exim4.conf.conf")
    if file is None:
        return None
    plan = Plan("Exim", read=[str(file)])
    settings = {line.name: line for line in lines_of(file)}
    kind = settings["dc_eximconfig_configtype"].value if "dc_eximconfig_configtype" in settings else ""
    if kind not in (SATELLITE, SMARTHOST):
        reason = f"dc_eximconfig_configtype is {kind or 'not set'}: nothing goes to a smart host"
        raise MigrateError(str(file), 0, reason)
    name_us(plan, settings, root, kind)
    names = connect(plan, settings, file)
    log_in(plan, names, file.with_name("passwd.client"))
    rewrite(plan, root / ADDRESSES.lstrip("/"), settings)
    return plan.finish()


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file of shell variables."""
    lines = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        name, equals, value = text.partition("=")
        if not equals or text.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            raise MigrateError(str(file), number, "has a quote without its end") from None
        lines.append(Line(str(file), number, name.strip(), words[0] if words else ""))
    return lines


def name_us(plan: Plan, settings: dict[str, Line], root: Path, kind: str) -> None:
    """Carry over the domain of our addresses, and where the mail of local users goes."""
    mailname = first_line(root, "/etc/mailname")
    readhost = settings["dc_readhost"].value if "dc_readhost" in settings else ""
    hides = "dc_hide_mailname" in settings and settings["dc_hide_mailname"].value == "true"
    domain = readhost if readhost and (hides or kind == SATELLITE) else mailname
    if domain:
        plan.settings["qualify_domain"] = domain
    if kind == SMARTHOST:
        reason = "Exim delivers to mailboxes of this machine; now an alias has to say where that mail goes"
        plan.warnings.append(reason)
    elif readhost and mailname and readhost != mailname:
        # A satellite sends the mail of its own users on to the domain that they are seen from.
        plan.settings["rewrite"] = {f"*@{mailname}": f"*@{readhost}"}


def connect(plan: Plan, settings: dict[str, Line], file: Path) -> list[str]:
    """Carry over the smart hosts, and return their names: host::port;host::port."""
    value = settings["dc_smarthost"].value if "dc_smarthost" in settings else ""
    names, plan.relay["hosts"] = [], []
    for each in filter(None, (part.strip() for part in value.split(";"))):
        name, _, port = each.partition("::")
        names.append(name)
        plan.relay["hosts"].append(host(name, port or SMTP_PORT))
    if not names:
        raise MigrateError(str(file), 0, "dc_smarthost names no host")
    plan.relay["tls"] = "starttls"
    reason = "Exim used TLS where it was offered, and verified nothing; now it has to be offered, and right"
    plan.warnings.append(reason)
    return names


def log_in(plan: Plan, names: list[str], file: Path) -> None:
    """Carry over the login: host:user:password, where the host may have wildcards."""
    if not file.is_file():
        return
    plan.read.append(str(file))
    for number, text in enumerate(text_of(file).split("\n"), 1):
        fields = text.split(":", 2)
        if text.startswith("#") or len(fields) != 3:
            continue
        pattern, user, password = fields
        if "auth" not in plan.relay and any(fnmatch.fnmatch(name, pattern) for name in names):
            plan.log_in(user, password)
        else:
            reason = "is not the name of a smart host: Exim may have found it by the name of its address (PTR)"
            plan.leave_out(Line(str(file), number, pattern, ""), reason)


def rewrite(plan: Plan, file: Path, settings: dict[str, Line]) -> None:
    """Carry over /etc/email-addresses: login: address."""
    if not file.is_file():
        return
    table: dict[str, str] = plan.settings.get("rewrite", {})
    for text in text_of(file).split("\n"):
        login, colon, address = (part.strip() for part in text.partition("#")[0].partition(":"))
        if colon and address:
            table[login] = address
    if table:
        plan.settings["rewrite"] = table
        plan.read.append(str(file))
