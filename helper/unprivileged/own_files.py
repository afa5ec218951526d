"""The files of a send without privilege: only the caller and root may own or write them."""

from __future__ import annotations

import _socket
import errno
import os
import pwd

from helper.failure import ConfigError
from helper.privileged import paths, protected_files
from helper.privileged.protected_files import Owner, Writer


def given_configuration(path: str) -> tuple[Owner, bytes]:
    """Return who keeps the configuration that the caller named, and its octets. ConfigError if it is not fit."""
    owner = owner_of(path)
    return owner, protected_files.configuration(owner)


def configuration_of_system(own: str) -> tuple[Owner, bytes]:
    """Return the same for the system's configuration, where the caller has none of their own at `own`."""
    try:
        return given_configuration(paths.CONFIGURATION)
    except ConfigError as error:
        reason = f"without the set-id bit of {paths.LAUNCHER}, each caller needs a configuration"
        raise ConfigError(own, f"does not exist, and {error.file} {error.problem} ({reason})") from None


def own_configuration() -> str:
    """Return where the caller's own configuration is (XDG Base Directory Specification); relative paths are ignored."""
    directory = os.environ.get("XDG_CONFIG_HOME", "")
    if not directory.startswith("/"):
        directory = f"{home()}/.config"
    return f"{directory}/gatepost/gatepost.toml"


def home() -> str:
    """Return the caller's home directory, from the password file if HOME is not set."""
    directory = os.environ.get("HOME", "")
    if directory.startswith("/"):
        return directory.rstrip("/")
    try:
        return pwd.getpwuid(os.getuid()).pw_dir.rstrip("/")
    except KeyError:
        return "/nonexistent"


def is_bound(path: str) -> bool:
    """Return whether somebody listens at a socket that we may connect to, without connecting to it.

    A datagram socket never fits one that listens, which the kernel says after it has found who has bound the path.
    """
    probe = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
    try:
        probe.connect(path)
    except OSError as error:
        return error.errno == errno.EPROTOTYPE
    finally:
        probe.close()
    return False


def owner_of(configuration: str) -> Owner:
    """Return the caller as the owner of a configuration, with the directory of secrets beside it."""
    secrets = os.path.join(os.path.dirname(configuration), "secrets")
    return Owner(configuration, secrets, caller, refuse_writable, environment_of_programs())


def environment_of_programs() -> dict[str, str]:
    """Return what a program that is asked for a password needs of the caller's: pass, secret-tool, scripts with `~`."""
    given = {name: os.environ[name] for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS") if name in os.environ}
    return {"HOME": home() or "/"} | given


def refuse_writable(path: str, status: os.stat_result) -> None:
    """Raise ConfigError if anyone but root and the caller can write it."""
    if status.st_uid not in (0, os.getuid()):
        raise ConfigError(path, owner_problem(status))
    if protected_files.is_writable_by_others(status):
        raise ConfigError(path, "can be written by others: chmod go-w")


def owner_problem(status: os.stat_result) -> str:
    """Return the problem of a file with another owner; for root's stand-in the file must be root's."""
    if login() == paths.STANDIN_USER:
        return f"must belong to root: {protected_files.chown(status)} root"
    return f"must belong to {login()} or root: {protected_files.chown(status)} {login().removeprefix('uid ')}"


def caller() -> Writer:
    """Return who writes the log of a send without privilege."""
    return Writer(login(), str(os.getgid()), os.getuid(), os.getgid())


def login() -> str:
    """Return what the caller is called in a sentence."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
