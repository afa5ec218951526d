"""Examine the configuration as a send would read it: all mistakes in it, and its compiled copy."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from admin.configured_files import examine_files, how_to_replace, or_edit
from admin.correction.edit import Source
from admin.correction.mistakes import read_whole
from admin.finding import OK, WRONG, Caution, Finding, finding
from admin.limits import check_limits
from admin.machine import check_sandbox
from admin.matching import check_matching
from admin.plausibility import check_plausibility
from admin.reach import refuse_beyond_sends, refuse_open
from admin.unroutable import check_routes
from admin.unused import check_unused
from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import Configuration, this_host_of
from helper.failure import ConfigError
from helper.privileged import paths, protected_files
from helper.privileged.acquire import machine_facts
from helper.privileged.protected_files import ROOT, Owner
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.privileged.compiled_copy import Facts

Visit = Callable[[Configuration, Owner], Iterator[Finding]]
SAMPLE = os.path.normpath(os.path.join(os.path.dirname(paths.LAUNCHER), "../../share/gatepost/gatepost.toml"))


class Parsed(Record):
    """A configuration, and what it was made of: octets of the file, and what the machine says where they are silent."""

    configuration: Configuration
    source: bytes
    machine: Facts


def read_configuration() -> Parsed:
    """Return root's configuration. ConfigError if the file or its content is wrong."""
    source = protected_files.configuration()
    machine = machine_facts()
    refuse_beyond_sends(paths.CONFIGURATION, os.R_OK, ROOT)
    return Parsed(parse_configuration(source, paths.CONFIGURATION, this_host_of(*machine)), source, machine)


def check_configuration(owner: Owner, then: Visit) -> Iterator[Finding]:
    """Yield all findings about a configuration and the files that it names.

    `then` goes on where the configuration is right. Root does not look into what others can write.
    """
    protection = finding("configuration", partial(examine_configuration, owner))
    if protection.word == WRONG:
        yield or_edit(protection, how_to_replace(owner.configuration, how_to_install(owner.configuration, owner)))
        if owner.is_root or not os.access(owner.configuration, os.R_OK):
            return
    octets, machine = octets_of(owner.configuration), machine_facts()
    reading = read_whole(Source(owner.configuration, octets), this_host_of(*machine))
    yield from reading.findings
    if protection.word == OK and not reading.findings:
        yield protection
    configuration = reading.configuration
    if configuration is None:
        return
    if owner.is_root:
        if not reading.findings:
            yield finding("compiled", partial(write_compiled, Parsed(configuration, octets, machine)))
        yield finding("sandbox", partial(check_sandbox, configuration))
    yield from examine_files(configuration, owner, reading.source)
    yield from check_plausibility(configuration, reading.source)
    yield from check_matching(configuration, reading.source)
    yield from check_limits(configuration, reading.source)
    yield from check_unused(configuration, reading.source)
    yield from check_routes(configuration, owner, reading.source)
    if not reading.findings:
        yield from then(configuration, owner)


def nothing_more(_configuration: Configuration, _owner: Owner) -> Iterator[Finding]:
    """Do nothing more: no smart host is contacted."""
    return iter(())


def examine_configuration(owner: Owner) -> str:
    """Check that only the owner can write the file, and that sends can read it."""
    path = owner.configuration
    if not protected_files.exists(path):
        raise ConfigError(path, f"does not exist: {how_to_install(path, owner)}")
    refuse_open(path, 0, owner)
    refuse_beyond_sends(path, os.R_OK, owner)
    return path


def how_to_install(path: str, owner: Owner) -> str:
    """Return the command that makes a configuration of the sample, or of what is typed in where there is none."""
    source = shlex.quote(SAMPLE if os.path.exists(SAMPLE) else "/dev/stdin")
    mode = f"-m 0640 -g {paths.SERVICE_USER}" if owner.is_root else "-D -m 0600"
    return f"install {mode} {source} {shlex.quote(path)}"


def octets_of(path: str) -> bytes:
    """Return the octets of a configuration, and one more than it may have where it is too large."""
    return protected_files.readable_octets(path, protected_files.CONFIGURATION_LIMIT + 1)


def write_compiled(parsed: Parsed) -> str:
    """Put the compiled copy in its place whole, with owner and mode of the configuration."""
    new = Path(f"{paths.COMPILED}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(compile_configuration(parsed.configuration, parsed.source, parsed.machine))
            os.fchown(descriptor, 0, pwd.getpwnam(paths.SERVICE_USER).pw_gid)
            os.fchmod(descriptor, 0o640)
        new.rename(paths.COMPILED)
    except OSError as error:
        problem = f"{paths.COMPILED} cannot be written ({error.strerror}), so sends are slower"
        raise Caution(f"{problem}: rm -r {shlex.quote(str(new))}" if new.is_dir() else problem) from None
    return paths.COMPILED
