"""Write: a plan becomes gatepost.toml and secrets, each with its owner and mode before its first octet, or nothing."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from admin.draft import draft
from admin.migrate.conversion import Conversion, MigrateError
from admin.migrate.write_toml import text_of
from admin.reinstall import reinstall_command
from helper.config.configuration import parse_configuration
from helper.config.values import this_host_of
from helper.failure import ConfigError
from helper.privileged import paths
from helper.privileged.acquire import machine_facts

FILE_MODE, DIRECTORY_MODE = 0o640, 0o750
OWN_FILE_MODE, OWN_DIRECTORY_MODE = 0o600, 0o700
KEPT = ".before-migrate"
# What `make install` put there, and nobody has written in yet.
SAMPLE = Path(paths.LAUNCHER).parents[2] / "share/gatepost/gatepost.toml"


@dataclass(frozen=True)
class Destination:
    """Which files are written: the system's, for the service user to read, or a user's own."""

    configuration: Path = Path(paths.CONFIGURATION)
    secrets: Path = Path(paths.SECRETS)
    is_own: bool = False


def users_own(home: Path) -> Destination:
    """Return the path of a user's own configuration: below $XDG_CONFIG_HOME or ~/.config."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    directory = (Path(named) if named.startswith("/") else home / ".config") / "gatepost"
    return Destination(directory / "gatepost.toml", directory / "secrets", is_own=True)


def configuration_text(plan: Conversion) -> str:
    """Return the text of gatepost.toml. MigrateError, with the peer's line, if a send would refuse it."""
    text = unchecked_text(plan)
    octets = text.encode("utf-8", "surrogateescape")
    try:
        parse_configuration(octets, "gatepost.toml", this_host_of(*machine_facts()))
    except ConfigError as error:
        line = plan.origin_of(error.key or "")
        if line is not None:
            raise line.error(f"cannot be carried over: it {error.problem}") from None
        place = f"{error.key}: " if error.key else ""
        raise MigrateError(", ".join(plan.read), 0, f"cannot be carried over: {place}{error.problem}") from None
    return text


def unchecked_text(plan: Conversion) -> str:
    """Return the settings of a plan as TOML."""
    return text_of(plan.settings, f"Carried over from {plan.peer} by gatepost migrate. All options: gatepost.toml(5).")


def write(plan: Conversion, destination: Destination, *, may_replace: bool) -> list[str]:
    """Write all files of a plan, the configuration last, and return their names.

    MigrateError if one is there already, unless they may be replaced: then the old ones are kept beside them. A
    configuration that is still the one we came with is in nobody's way.
    """
    text = configuration_text(plan)
    secrets = {destination.secrets / name: octets for name, octets in plan.secrets.items()}
    files = {**secrets, destination.configuration: text.encode("utf-8", "surrogateescape")}
    standing = [str(path) for path in files if os.path.lexists(path) and not is_sample(path)]
    if standing and not may_replace:
        raise MigrateError(", ".join(standing), 0, "already exists: move it away, or use --force to replace it")
    group, mode = (os.getgid(), OWN_FILE_MODE) if destination.is_own else (account().pw_gid, FILE_MODE)
    try:
        make_directories(destination, group)
        drafts = {path: draft(path, octets, group, mode) for path, octets in files.items()}
        for path, drafted in drafts.items():
            if os.path.lexists(path) and not is_sample(path):
                path.replace(f"{path}{KEPT}")
            drafted.replace(path)
    except OSError as error:
        raise MigrateError(str(error.filename), 0, f"cannot be written: {error.strerror}") from None
    return [str(path) for path in files]


def is_sample(path: Path) -> bool:
    """Return whether a file is the unchanged sample."""
    return SAMPLE.is_file() and path.is_file() and path.read_bytes() == SAMPLE.read_bytes()


def account() -> pwd.struct_passwd:
    """Return the service user, who reads these files."""
    try:
        return pwd.getpwnam(paths.SERVICE_USER)
    except KeyError:
        reason = f"the user {paths.SERVICE_USER} does not exist: {reinstall_command()}"
        raise MigrateError(paths.CONFIGURATION, 0, reason) from None


def make_directories(destination: Destination, group: int) -> None:
    """Make the directory of secrets if it is missing, and for a user's own files the directories above it."""
    if destination.is_own:
        destination.secrets.mkdir(mode=OWN_DIRECTORY_MODE, parents=True, exist_ok=True)
    elif not destination.secrets.is_dir():
        destination.secrets.mkdir(mode=0o700)
        os.chown(destination.secrets, 0, group)
        destination.secrets.chmod(DIRECTORY_MODE)
