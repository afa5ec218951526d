"""The files of Postfix: main.cf with what it refers to, master.cf, and the tables that are made of text files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from admin.migrate.conversion import Conversion, Line, MigrateError, Place, numbered
from admin.migrate.names import Names, first_word
from admin.migrate.passwords import refuse_foreign

TEXT_TABLES = frozenset(("hash", "btree", "lmdb", "cdb", "texthash", "dbm", "sdbm"))
DEFAULTS = {
    "myorigin": "$myhostname",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "alias_maps": "hash:/etc/aliases",
    "config_directory": "/etc/postfix",
    "meta_directory": "/etc/postfix",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "command_directory": "/usr/sbin",
    "data_directory": "/var/lib/postfix",
    "queue_directory": "/var/spool/postfix",
    "default_database_type": "hash",
    "smtp_helo_name": "$myhostname",
    "smtp_sasl_security_options": "noplaintext, noanonymous",
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
    "smtp_tls_fingerprint_digest": "md5",
    "smtp_tls_verify_cert_match": "hostname",
    "smtp_tls_secure_cert_match": "nexthop, dot-nexthop",
    "authorized_submit_users": "static:anyone",
}
DEPTH_MAX = 20
EVERY_KEY = "*"  # that of static:


class Settings:
    """The settings of main.cf, each with those that it names by $name in their place."""

    def __init__(self, lines: dict[str, Line], names: Names) -> None:
        self.lines = lines
        domain = names.full_name.partition(".")[2] or "localdomain"
        hostname = names.full_name if "." in names.full_name else f"{names.full_name or 'localhost'}.$mydomain"
        self.defaults = DEFAULTS | {"myhostname": hostname, "mydomain": domain}
        if "myhostname" in lines and "mydomain" not in lines:
            self.defaults["mydomain"] = self.value("myhostname").partition(".")[2] or "localdomain"

    def line(self, name: str) -> Line | None:
        """Return the line of a setting, None if it is not set."""
        line = self.lines.get(name)
        return line if line is not None and line.value else None

    def value(self, name: str, depth: int = 0) -> str:
        """Return the value of a setting. MigrateError for one that refers to itself, or to a condition."""
        text = self.lines[name].value if name in self.lines else self.defaults.get(name, "")
        if depth > DEPTH_MAX:
            raise self.lines[name].error("refers to itself")
        if re.search(r"\$[{(][^})]*[?:]", text):
            raise self.lines[name].error("gatepost migrate does not understand conditional values")

        def other(match: re.Match[str]) -> str:
            return self.value(next(filter(None, match.groups())), depth + 1)

        return re.sub(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))", other, text)

    def values(self, name: str) -> list[str]:
        """Return the items of a list: separated by commas and white space."""
        return [each for each in re.split(r"[\s,]+", self.value(name)) if each]

    def is_on(self, name: str) -> bool:
        """Return whether a switch is on."""
        return self.value(name) == "yes"


def settings_of(file: Path, names: Names, plan: Conversion) -> Settings:
    """Return the settings of main.cf, with those that master.cf has for the service that sends."""
    lines = {line.name: line for line in lines_of(file)}
    master = file.with_name("master.cf")
    if master.is_file():
        lines |= overridden(master, plan)
    return Settings(lines, names)


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file: `name = value`, gone on with by lines that begin with white space."""
    lines: list[Line] = []
    for number, text in numbered(file):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if text[0].isspace() and lines:
            last = lines[-1]
            lines[-1] = Line(last.file, last.number, last.name, f"{last.value} {text.strip()}".strip())
            continue
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"\w+", name.strip()):
            raise MigrateError(str(file), number, "is not a setting")
        lines.append(Line(str(file), number, name.strip(), value.strip()))
    return lines


def overridden(file: Path, plan: Conversion) -> dict[str, Line]:
    """Return the settings that master.cf has for the service `smtp unix`; those of others are said."""
    service, settings = "", dict[str, Line]()
    for number, text in numbered(file):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if not text[0].isspace():
            service = " ".join(text.split()[:2])
        for name, value in re.findall(r"\s-o\s+(?:\{\s*)?(\w+)\s*=\s*([^\s}]*)", text):
            line = Line(str(file), number, name, value)
            if service == "smtp unix":
                settings[name] = line
            elif service == "relay unix" and name != "syslog_name" and name != "smtp_fallback_relay":
                plan.leave_out(line, "gatepost migrate does not read the settings of this service")
    return settings


@dataclass
class Reading:
    """What is at hand while main.cf is read: the plan, the place, the settings, and the tables that were read."""

    plan: Conversion
    place: Place
    settings: Settings
    tables: dict[str, list[Line]] = field(default_factory=dict)

    def entries(self, name: str) -> list[Line]:
        """Return the entries of the tables that a setting names: from their text, or from `static:`.

        Tables of other kinds are left out by their names. An entry's name is its key, to be compared, and not to be
        shown where it is that of a password.
        """
        line = self.settings.line(name)
        if line is None:
            return []
        if name not in self.tables:
            found = (self.entries_of_table(line, table) for table in self.settings.values(name))
            self.tables[name] = [entry for entries in found for entry in entries]
        return self.tables[name]

    def entries_of_table(self, line: Line, table: str) -> list[Line]:
        """Return the entries of one table."""
        kind, _, path = table.partition(":")
        if kind == "static":
            return [Line(line.file, line.number, EVERY_KEY, path)]
        if kind not in TEXT_TABLES:
            reason = f"the table {table} is left out: only tables in text files and static: are read"
            self.plan.leave_out(line, reason)
            return []
        refuse_foreign(line)
        file = self.place.below(path)
        self.plan.read.append(str(file))
        return lines_of_table(file)


def lines_of_table(file: Path) -> list[Line]:
    """Return the entries of a table: a key, white space, a value, gone on with by lines that begin with white space."""
    logical: list[tuple[int, str]] = []
    for number, text in numbered(file):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if text[0].isspace() and logical:
            first, begun = logical[-1]
            logical[-1] = first, f"{begun} {text.strip()}"
        elif not text[0].isspace():
            logical.append((number, text))
    entries = []
    for number, text in logical:
        words = text.split(None, 1)
        entries.append(Line(str(file), number, words[0], words[1].strip() if len(words) > 1 else ""))
    return entries


def origin(settings: Settings, place: Place) -> str:
    """Return the domain for addresses without one; a path stands for the word in a file."""
    value = settings.value("myorigin")
    return first_word(place.below(value)) if value.startswith("/") else value
