"""Write: a plan becomes gatepost.toml and secrets, each with its owner and mode before its first octet, or nothing."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from admin.draft import draft
from admin.migrate.plan import MigrateError, Plan
from admin.migrate.toml import text_of
from helper.config.configuration import parse_configuration
from helper.config.values import Configuration
from helper.failure import ConfigError
from helper.hold import this_machine
from helper.privileged import paths

FILE_MODE, FOLDER_MODE = 0o640, 0o750
KEPT = ".before-migrate"
# What `make install` put there, and nobody has written in yet.
SAMPLE = Path(paths.LAUNCHER).parents[2] / "share/gatepost/gatepost.toml"


def configuration_text(plan: Plan) -> str:
    """Return what will stand in gatepost.toml. MigrateError where a send would refuse it: a defect of the reader's."""
    text = text_of(plan.settings, f"Carried over from {plan.peer} by gatepost migrate. All options: gatepost.toml(5).")
    parsed(text, plan)
    return text


def parsed(text: str, plan: Plan) -> Configuration:
    """Return the configuration that a send would read."""
    try:
        return parse_configuration(text.encode("utf-8", "surrogateescape"), "gatepost.toml", this_machine())
    except ConfigError as error:
        place = f"{error.key}: " if error.key else ""
        raise MigrateError(", ".join(plan.read), 0, f"cannot be carried over: {place}{error}") from None


def write(plan: Plan, *, may_replace: bool) -> list[str]:
    """Write all files of a plan, the configuration last, and return their names.

    MigrateError where one is there already, unless they may be replaced: then the old ones are kept beside them. A
    configuration that is still the one we came with is in nobody's way.
    """
    text = configuration_text(plan)
    secrets = {Path(paths.SECRETS, name): octets for name, octets in plan.secrets.items()}
    files = {**secrets, Path(paths.CONFIGURATION): text.encode("utf-8", "surrogateescape")}
    standing = [str(path) for path in files if os.path.lexists(path) and not is_sample(path)]
    if standing and not may_replace:
        raise MigrateError(", ".join(standing), 0, "is there already: move it away, or replace it with --force")
    service = account()
    try:
        make_secrets_folder(service)
        drafts = {path: draft(path, octets, service.pw_gid, FILE_MODE) for path, octets in files.items()}
        for path, drafted in drafts.items():
            if os.path.lexists(path) and not is_sample(path):
                path.replace(f"{path}{KEPT}")
            drafted.replace(path)
    except OSError as error:
        raise MigrateError(str(error.filename), 0, f"cannot be written: {error.strerror}") from None
    return [str(path) for path in files]


def is_sample(path: Path) -> bool:
    """Say whether a file holds what we came with."""
    return SAMPLE.is_file() and path.is_file() and path.read_bytes() == SAMPLE.read_bytes()


def account() -> pwd.struct_passwd:
    """Return the service user, who reads all of this."""
    try:
        return pwd.getpwnam(paths.SERVICE_USER)
    except KeyError:
        reason = f"the user {paths.SERVICE_USER} does not exist: install Gatepost again"
        raise MigrateError(paths.CONFIGURATION, 0, reason) from None


def make_secrets_folder(service: pwd.struct_passwd) -> None:
    """Make the folder of secrets where it is not there."""
    folder = Path(paths.SECRETS)
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        os.chown(folder, 0, service.pw_gid)
        folder.chmod(FOLDER_MODE)
