"""The files of msmtp: commands with an argument, in accounts that take over from others (msmtp(1), "Configuration")."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from admin.migrate.conversion import Line, MigrateError, names, numbered

Settings = dict[str, Line]

BLANKS = " \t"
COMMANDS = names(
    "host port source_ip proxy_host proxy_port socket timeout connect_timeout protocol domain auth user password "
    "passwordeval ntlmdomain tls tls_starttls tls_trust_file tls_crl_file tls_fingerprint tls_key_file tls_cert_file "
    "tls_certcheck tls_force_sslv3 tls_min_dh_prime_bits tls_priorities tls_host_override from allow_from_override "
    "dsn_notify dsn_return set_from_header add_missing_from_header set_date_header add_missing_date_header "
    "set_msgid_header remove_bcc_headers undisclosed_recipients logfile logfile_time_format syslog aliases auto_from "
    "maildomain keepbcc eval"
)


@dataclass
class Account:
    """One account: its line, its defaults, its settings, and those of the accounts that it inherits from."""

    line: Line
    defaults: Settings = field(default_factory=dict)
    own: Settings = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Return the settings of the account; an empty argument unsets most options."""
        return self.defaults | self.own


def accounts_of(file: Path) -> dict[str, Account]:
    """Return the accounts of a file in their order. MigrateError for a file that msmtp would refuse."""
    defaults: Settings = {}
    accounts: dict[str, Account] = {}
    current: Settings | None = None
    for line in lines_of(file):
        if line.name == "defaults":
            current = defaults
        elif line.name == "account":
            current = begun(line, defaults, accounts).own
        else:
            if current is None:  # what stands above all accounts is one called default
                accounts["default"] = Account(Line(line.file, line.number, "account", "default"))
                current = accounts["default"].own
            current[line.name] = line
    if not accounts:
        raise MigrateError(str(file), 0, "has no account")
    return accounts


def begun(line: Line, defaults: Settings, accounts: dict[str, Account]) -> Account:
    """Begin an account: `account NAME`, or `account NAME : OTHER, OTHER`."""
    name, colon, bases = (part.strip(BLANKS) for part in line.value.partition(":"))
    if not name or name in accounts:
        raise line.error("has no name" if not name else f"the account {name} is defined twice")
    account = accounts[name] = Account(line, dict(defaults))
    for base in (each.strip(BLANKS) for each in (bases.split(",") if colon else ())):
        if base not in accounts or base == name:
            raise line.error(f"the account {base} is not defined before it")
        account.own |= accounts[base].own
    return account


def lines_of(file: Path) -> list[Line]:
    """Return the settings of a file: a word, and an argument that may be quoted. White space is blanks and tabs."""
    lines = []
    for number, text in numbered(file):
        stripped = text.strip(BLANKS)
        if not stripped or stripped.startswith("#"):
            continue
        words = stripped.replace("\t", " ", 1) if "\t" in stripped.partition(" ")[0] else stripped
        name, _, value = words.partition(" ")
        if name not in COMMANDS | {"account", "defaults"}:
            raise MigrateError(str(file), number, "is not a command of msmtp")
        lines.append(Line(str(file), number, name, unquoted(value.strip(BLANKS))))
    return lines


def unquoted(value: str) -> str:
    """Return an argument without the quotes around it; there are no escapes."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def is_on(settings: Settings, name: str, *, default: bool) -> bool:
    """Return whether a switch is on. MigrateError if it is neither."""
    if name not in settings:
        return default
    if settings[name].value not in ("on", "off", ""):
        raise settings[name].error("must be on or off")
    return settings[name].value != "off"


def given(settings: Settings, name: str) -> Line | None:
    """Return an option that is set to something."""
    line = settings.get(name)
    return line if line is not None and line.value else None
