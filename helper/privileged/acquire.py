"""Acquire: open and read what root wrote, before the drop. What it means is worked out after the drop.

The compiled copy of the configuration lists these files in plain values. Without a compiled copy, the configuration is
parsed here.
"""

from __future__ import annotations

from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files
from helper.privileged.begin import CHANNEL
from helper.privileged.compiled_copy import content_of
from helper.record import Record
from helper.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from helper.config.values import Configuration
    from helper.failure import Failure
    from helper.privileged.compiled_copy import Facts
    from helper.privileged.protected_files import Owner


class Needs(Record):
    """What a configuration names that has to be opened with the service user's rights.

    `passwords`: the transport, the key of a function in SOURCES, and the argument of that function. `certificates`: the
    transport, the file of the certificate, and the file of its key, None if one file holds both.
    """

    log: str  # "syslog", or a path
    passwords: tuple[tuple[str, str, Any], ...]
    certificates: tuple[tuple[str, str, str | None], ...]
    alias_files: tuple[str, ...]


class Acquired(Record):
    """What was read before the drop, uninterpreted. `failure` is what was wrong with it, reported after the drop.

    It has either a `configuration`, or its values from the compiled copy (`packed`), made from `source`.
    """

    failure: Failure | None = None
    configuration: Configuration | None = None
    packed: Any = None
    source: bytes = b""
    machine: Facts | None = None
    # Passwords and certificates stand under the name of their transport: a certificate's file and content, the file and
    # content of its key. Alias files stand under their path, None for a missing one.
    passwords: dict[str, Secret] = {}  # noqa: RUF012 # nobody changes a field of a Record
    certificates: dict[str, tuple[str, Secret, str, Secret]] = {}  # noqa: RUF012 # as above
    alias_files: dict[str, bytes | None] = {}  # noqa: RUF012 # as above
    log: int | None = None  # a descriptor, None for the system log


def acquire() -> Acquired:
    """Open and read what root wrote. Keep a ConfigError: it is reported when the caller is known."""
    try:
        source, machine = protected_files.configuration(), machine_facts()
        content = content_of(protected_files.compiled(), source, machine)
        if content is None:
            from helper.config.configuration import parse_configuration  # few sends need it
            from helper.config.values import this_host_of

            return acquire_for(parse_configuration(source, paths.CONFIGURATION, this_host_of(*machine)), root())
        needs, packed = content
        return acquire_needs(Needs(*needs), root()).replace(packed=packed, source=source, machine=machine)
    except ConfigError as error:
        return Acquired(error)


def root() -> Owner:
    """Return the owner of an installation's files. A program that is asked for a password ends with our frontend."""
    return protected_files.ROOT.replace(frontend=CHANNEL)


def acquire_for(configuration: Configuration, owner: Owner) -> Acquired:
    """Open and read what a parsed configuration names. ConfigError as acquire_needs()."""
    from helper.config.values import needs_of

    return acquire_needs(Needs(*needs_of(configuration)), owner).replace(configuration=configuration)


def machine_facts() -> Facts:
    """Return what a configuration's defaults depend on: the host name, /etc/mailname, whether /etc/aliases exists."""
    return protected_files.host_name(), protected_files.mailname(), protected_files.exists("/etc/aliases")


def acquire_needs(needs: Needs, owner: Owner) -> Acquired:
    """Open and read what a configuration names. ConfigError if the log cannot be used; other failures are kept."""
    log = None
    if needs.log != "syslog":
        from helper.privileged.log_file import log_file

        log = log_file(needs.log, owner)
    try:
        return Acquired(
            passwords={name: SOURCES[kind](where, owner) for name, kind, where in needs.passwords},
            certificates={name: certificate(file, key, owner) for name, file, key in needs.certificates},
            alias_files={file: protected_files.alias_file(file, owner) for file in needs.alias_files},
            log=log,
        )
    except (ConfigError, SystemFault) as error:
        return Acquired(error, log=log)


def from_systemd(name: str, _: Owner) -> Secret:
    """Return a password that systemd passed to this process."""
    from helper.privileged.credential import credential

    return credential(name)


def from_command(command: tuple[str, ...], owner: Owner) -> Secret:
    """Return the output of a program."""
    from helper.privileged.command import output_of

    return output_of(command, owner)


def from_nowhere(_nothing: None, _: Owner) -> Secret:
    """Return no password: the TLS certificate authenticates us (EXTERNAL)."""
    return Secret(b"")


SOURCES: dict[str, Callable[[Any, Owner], Secret]] = {
    "file": protected_files.secret,
    "systemd": from_systemd,
    "command": from_command,
    "none": from_nowhere,
}


def certificate(file: str, key_file: str | None, owner: Owner) -> tuple[str, Secret, str, Secret]:
    """Return our certificate for a smart host, and its key, which may be in the same file."""
    key_name, key = protected_files.private_key(key_file or file, owner)
    name, content = protected_files.certificate(file, owner) if key_file is not None else (key_name, key)
    return name, content, key_name, key
