"""Files of a send without privilege: the caller's own or root's, and nobody else's to write."""

from __future__ import annotations

import os
import pwd

from helper.failure import ConfigError
from helper.privileged import load, paths
from helper.privileged.load import Keeper, Writer


def given_configuration(path: str) -> tuple[Keeper, bytes]:
    """Return who keeps the configuration that the caller named, and its octets. ConfigError where it is not fit."""
    keeper = keeper_of(path)
    return keeper, load.configuration(keeper)


def own_configuration(path: str) -> tuple[Keeper, bytes]:
    """Return the same for the caller's own configuration, for the system's where there is none at `path`.

    An own configuration that is not fit is told, never passed over for another.
    """
    if load.exists(path):
        return given_configuration(path)
    try:
        return given_configuration(paths.CONFIGURATION)
    except ConfigError as error:
        reason = f"without the set-id bit of {paths.LAUNCHER}, each caller needs a configuration"
        raise ConfigError(path, f"does not exist, and {error.file} {error.problem} ({reason})") from None


def keeper_of(configuration: str) -> Keeper:
    """Return the caller as the keeper of a configuration, with the folder of secrets beside it."""
    secrets = os.path.join(os.path.dirname(configuration), "secrets")
    return Keeper(configuration, secrets, caller, refuse_writable)


def refuse_writable(path: str, status: os.stat_result) -> None:
    """Raise ConfigError where anyone but root and the caller can write it."""
    if status.st_uid not in (0, os.getuid()):
        raise ConfigError(path, f"must belong to {login()} or root: {load.chown(status)} {login()}")
    if load.is_writable_by_others(status):
        raise ConfigError(path, "can be written by others: chmod go-w")


def caller() -> Writer:
    """Return who writes the log of a send without privilege."""
    return Writer(login(), str(os.getgid()), os.getuid(), os.getgid())


def login() -> str:
    """Return what the caller is called in a sentence."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
