"""What gatepost.toml says, as values that cannot change. They say where a secret is, and never contain one.

`None` and `()` mean that an option was not given. Domains and host names are in lower case; patterns, logins and paths
are as written. A default here is what an absent key means; schema.py says the same in the words of the file.
"""

from __future__ import annotations

from helper.record import Record
from helper.text import without_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CREDENTIAL = "credential:"  # what begins a password_file that systemd hands over (systemd.exec(5), "Credentials")


class ThisHost(Record):
    """The values that the configuration takes from the machine if the file does not set them."""

    host_name: bytes  # the machine's full name
    mailname: bytes | None  # the content of /etc/mailname
    has_aliases: bool  # whether /etc/aliases exists


def this_host_of(host_name: bytes, mailname: bytes, has_aliases: bool) -> ThisHost:
    """Return these values from the content of the files; only the first line of /etc/mailname counts."""
    line = without_mark(mailname).split(b"\n", 1)[0].strip()
    return ThisHost(host_name, line or None, has_aliases)


class Host(Record):
    """A smart host as one entry of `hosts` names it; neither `port` nor `service`: the transport's port.

    `kind`: "name" (one machine), "mx" (the MX hosts of a domain) or "srv" (RFC 6186). An address has no brackets.
    """

    kind: str
    name: bytes
    port: int | None = None
    service: bytes | None = None
    is_address: bool = False


class Authentication(Record):
    """The login at the smart host; at most one of password_file, password_command and token_command is given."""

    user: bytes = b""
    mechanisms: tuple[str, ...] = ()
    password_file: str | None = None
    password_command: tuple[str, ...] = ()
    token_command: tuple[str, ...] = ()
    allow_plaintext: bool = False


class Transport(Record):
    """How messages reach one group of smart hosts. `tls` is "starttls", "implicit" or "none".

    The defaults are those of schema.py. A test keeps them equal.
    """

    name: str
    helo_data: bytes
    driver: str = "smtp"
    hosts: tuple[Host, ...] = ()
    hosts_randomize: bool = False
    port: int = 587
    tls: str = "starttls"
    tls_verify: bool = True
    tls_verify_name: bytes | None = None
    tls_ca_file: str | None = None
    tls_ca_path: str | None = None
    tls_min_version: str = "1.2"
    tls_pins: tuple[bytes, ...] = ()  # 32 octets each
    tls_certificate: str | None = None
    tls_privatekey: str | None = None
    dane: bool = False
    requiretls: bool = False
    discard_ehlo_keywords: tuple[str, ...] = ()  # in upper case
    auth: Authentication | None = None
    interface: bytes | None = None
    connect_timeout_s: float = 30.0
    command_timeout_s: float = 120.0
    data_timeout_s: float = 300.0
    final_timeout_s: float = 600.0
    headers_add: tuple[bytes, ...] = ()  # whole fields, without line end
    headers_remove: tuple[bytes, ...] = ()  # field names in lower case
    return_path: bytes | None = None  # b"": the null reverse-path

    @property
    def is_verified(self) -> bool:
        """Return whether, with TLS, the smart host is verified: by its certificate, its key, or DANE."""
        return self.tls_verify or bool(self.tls_pins) or self.dane


class Router(Record):
    """One step of routing; which fields a driver uses is schema.py's to say, the others keep their defaults.

    `callers` holds logins and `@group` names. `file` is absolute, or begins with `$home/`.
    """

    name: str
    driver: str
    transport: str | None = None
    hosts: tuple[Host, ...] = ()
    file: str | None = None
    data: tuple[bytes, ...] = ()
    domains: tuple[bytes, ...] = ()
    local_parts: tuple[bytes, ...] = ()
    senders: tuple[bytes, ...] = ()
    callers: tuple[bytes, ...] = ()
    check_local_user: bool = False
    headers_add: tuple[bytes, ...] = ()
    headers_remove: tuple[bytes, ...] = ()
    errors_to: bytes | None = None  # b"": the null reverse-path
    more: bool = True
    allow_fail: bool = False
    allow_defer: bool = False


class Policy(Record):
    """A policy for callers; a limit of None means that this policy sets no limit."""

    callers: tuple[bytes, ...] = ()
    allow: bool = True
    recipients: tuple[bytes, ...] = ()
    senders: tuple[bytes, ...] = ()
    message_size_limit_octets: int | None = None
    recipients_max: int | None = None


class Configuration(Record):
    """All that gatepost.toml and the machine say. `rewrite` holds pairs of a pattern and an address, in order."""

    primary_hostname: bytes
    qualify_domain: bytes
    qualify_recipient: bytes
    transports: tuple[Transport, ...]
    routers: tuple[Router, ...]
    rewrite: tuple[tuple[bytes, bytes], ...] = ()
    policies: tuple[Policy, ...] = ()
    trusted_users: tuple[bytes, ...] = ()
    trusted_groups: tuple[bytes, ...] = ()
    untrusted_set_sender: tuple[bytes, ...] = ()
    local_from_check: bool = True
    local_sender_retain: bool = False
    local_from_prefix: bytes = b""
    local_from_suffix: bytes = b""
    from_override: bool = False
    message_size_limit_octets: int | None = 50 * 1024 * 1024
    recipients_max: int | None = 50_000
    received_header: bool = True
    log: str = "syslog"
    log_format: str = "text"
    exit_codes: str = "simple"
    sandbox: str = "best-effort"
    extract_addresses_remove_arguments: bool = False

    def transport(self, name: str) -> Transport:
        """Return the transport of a router; its name was checked when the configuration was read."""
        return next(each for each in self.transports if each.name == name)


def needs_of(configuration: Configuration) -> tuple[Any, ...]:
    """Return the files to open before the drop, as the fields of helper.privileged.acquire.Needs."""
    passwords = [(each.name, *source_of(each.auth)) for each in configuration.transports if each.auth is not None]
    certificates = [
        (each.name, each.tls_certificate, each.tls_privatekey)
        for each in configuration.transports
        if each.tls_certificate is not None
    ]
    return configuration.log, tuple(passwords), tuple(certificates), alias_files(configuration)


def source_of(auth: Authentication) -> tuple[str, Any]:
    """Return the source of a password, as a key of helper.privileged.acquire.SOURCES and its argument."""
    if auth.password_file is not None:
        return ("systemd" if auth.password_file.startswith(CREDENTIAL) else "file"), auth.password_file
    command = auth.password_command or auth.token_command
    return ("command", command) if command else ("none", None)


def alias_files(configuration: Configuration) -> tuple[str, ...]:
    """Return the alias files that can be opened before anything is known of an address, each once."""
    files = (router.file for router in configuration.routers if router.driver == "redirect")
    return tuple(dict.fromkeys(file for file in files if file and "$" not in file))


def secret_files(configuration: Configuration) -> tuple[str, ...]:
    """Return the password files of all transports as written, each once; keys of TLS are not among them."""
    files = (transport.auth.password_file for transport in configuration.transports if transport.auth)
    return tuple(dict.fromkeys(file for file in files if file))
