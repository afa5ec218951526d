"""Acquire: open and read what root wrote, while we still may. What it means is found out after the drop.

Which files those are the compiled copy of the configuration says, in plain values. Where there is none, the
configuration is parsed here.
"""

from __future__ import annotations

from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files
from helper.privileged.begin import CHANNEL
from helper.privileged.compiled import content_of
from helper.record import Record
from helper.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from helper.config.values import Configuration
    from helper.failure import Failure
    from helper.privileged.compiled import Facts
    from helper.privileged.protected_files import Owner


class Needs(Record):
    """What a configuration names that has to be opened with our rights.

    `passwords` and `certificates` have the name of their transport first. Then comes a function of SOURCES by its name,
    and what that is given; or a certificate and its key, None where one file has both.
    """

    log: str  # "syslog", or a path
    passwords: tuple[tuple[str, str, Any], ...]
    certificates: tuple[tuple[str, str, str | None], ...]
    alias_files: tuple[str, ...]


class Acquired(Record):
    """What was read before the drop, as it stands in the files; `failure` is what was wrong with it, told later.

    Either `configuration` is there, or `packed`, its values as the compiled copy has them, made from `source`.
    """

    failure: Failure | None = None
    configuration: Configuration | None = None
    packed: Any = None
    source: bytes = b""
    machine: Facts | None = None
    passwords: dict[str, Secret] = {}  # noqa: RUF012 # by the name of the transport
    certificates: dict[str, tuple[str, Secret, str, Secret]] = {}  # noqa: RUF012 # file, content, file of the key, key
    alias_files: dict[str, bytes | None] = {}  # noqa: RUF012 # by the path; None for one that is not there
    log: int | None = None  # a descriptor, None for the system log


def acquire() -> Acquired:
    """Open and read what root wrote, while we may. What is wrong there is told when we know whose message it stops."""
    try:
        source, machine = protected_files.configuration(), machine_facts()
        content = content_of(protected_files.compiled(), source, machine)
        if content is None:
            from helper.config.configuration import parse_configuration  # half of what a send would load
            from helper.config.values import this_host_of

            return acquire_for(parse_configuration(source, paths.CONFIGURATION, this_host_of(*machine)), root())
        needs, packed = content
        return acquire_needs(Needs(*needs), root()).replace(packed=packed, source=source, machine=machine)
    except ConfigError as error:
        return Acquired(error)


def root() -> Owner:
    """Return who owns the files of an installation; a program that is asked for a password ends with our frontend."""
    return protected_files.ROOT.replace(frontend=CHANNEL)


def acquire_for(configuration: Configuration, owner: Owner) -> Acquired:
    """Open and read what a configuration names that was parsed already. ConfigError as acquire_needs()."""
    from helper.config.values import needs_of

    return acquire_needs(Needs(*needs_of(configuration)), owner).replace(configuration=configuration)


def machine_facts() -> Facts:
    """Return what a configuration takes from the machine where it is silent, as it stands there."""
    return protected_files.host_name(), protected_files.mailname(), protected_files.exists("/etc/aliases")


def acquire_needs(needs: Needs, owner: Owner) -> Acquired:
    """Open and read what a configuration names. ConfigError for a log that cannot be used; all else is kept."""
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
    """Return a password that systemd has handed over."""
    from helper.privileged.credential import credential

    return credential(name)


def from_command(command: tuple[str, ...], owner: Owner) -> Secret:
    """Return what a program writes."""
    from helper.privileged.command import output_of

    return output_of(command, owner)


def from_nowhere(_nothing: None, _: Owner) -> Secret:
    """Return no password: TLS says who we are (EXTERNAL)."""
    return Secret(b"")


SOURCES: dict[str, Callable[[Any, Owner], Secret]] = {
    "file": protected_files.secret,
    "systemd": from_systemd,
    "command": from_command,
    "none": from_nowhere,
}


def certificate(file: str, key_file: str | None, owner: Owner) -> tuple[str, Secret, str, Secret]:
    """Return our certificate for a smart host and the key to it, which may stand in the same file."""
    key_name, key = protected_files.private_key(key_file or file, owner)
    name, content = protected_files.certificate(file, owner) if key_file is not None else (key_name, key)
    return name, content, key_name, key
