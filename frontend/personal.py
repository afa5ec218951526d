"""Personal: a helper of the caller's own, without any privilege, where there is none to be had or `-C` renounces it."""

from __future__ import annotations

import _socket
import os
import pwd
import sys

from frontend.submit import CHANNEL, show
from helper import status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

HELPER = f"{__file__.rsplit('/', 2)[0]}/helper/personal/__main__.py"
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
SIGNALS = range(1, 32)
UNCHANGEABLE = (9, 19)  # SIGKILL, SIGSTOP


def start_with(configuration: str) -> None:
    """Leave a helper on the channel that uses this configuration, in place of the one that may be there."""
    try:
        path = os.path.abspath(configuration)
    except FileNotFoundError:
        refuse(f"{configuration} cannot be found: the working folder is gone")
    start("given", path)


def start_by_default() -> None:
    """Leave a helper on the channel that uses the caller's own configuration, the system's where there is none."""
    start("own", own_configuration())


def is_configured() -> bool:
    """Say whether the caller has a configuration of their own, fit or not."""
    return os.path.lexists(own_configuration())


def own_configuration() -> str:
    """Return where the caller's own configuration is (XDG Base Directory Specification); relative paths are ignored."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    if not folder.startswith("/"):
        folder = f"{home()}/.config"
    return f"{folder}/gatepost/gatepost.toml"


def home() -> str:
    """Return the caller's home folder, from the password file where the environment is silent."""
    folder = os.environ.get("HOME", "")
    if folder.startswith("/"):
        return folder.rstrip("/")
    try:
        return pwd.getpwuid(os.getuid()).pw_dir.rstrip("/")
    except KeyError:
        return "/nonexistent"


def start(which: str, path: str) -> None:
    """Start the helper as the launcher would: in a session of its own, with nothing of the caller's but the channel.

    The helper that sendmail has started beside us sees its channel close, and ends without having done anything.
    """
    command = [sys.executable, "-I", "-S", "-B", HELPER, ":".join(module_folders()), which, path]
    nowhere = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)]
    try:
        hold_standard_descriptors()
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        os.posix_spawn(
            sys.executable,
            command,
            ENVIRONMENT,
            file_actions=[*nowhere, (os.POSIX_SPAWN_DUP2, theirs.fileno(), CHANNEL)],
            setsid=True,
            setsigmask=[],
            setsigdef=[number for number in SIGNALS if number not in UNCHANGEABLE],
        )
    except OSError as error:
        refuse(f"no second process can be had: {error.strerror}")
    theirs.close()
    end = ours.detach()
    if end != CHANNEL:
        os.dup2(end, CHANNEL, inheritable=False)
        os.close(end)


def module_folders() -> list[str]:
    """Return where this interpreter looks for modules, without the working folder or a script's, which stand first."""
    return [folder for folder in sys.path[0 if sys.flags.safe_path else 1 :] if folder.startswith("/")]


def hold_standard_descriptors() -> None:
    """Open what is closed of them, as sendmail.c does: a channel must not take the place of standard input."""
    while (descriptor := os.open("/dev/null", os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def refuse(reason: str) -> NoReturn:
    """Say why nothing is sent, and end."""
    show(f"sendmail: not sent: {reason}".encode("ascii", "backslashreplace"))
    os._exit(status.FAILED)
