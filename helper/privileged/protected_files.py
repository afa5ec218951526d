"""Protected files: open and read what root wrote, before the drop.

The caller wrote, named or chose nothing here.
"""

from __future__ import annotations

import posix as os
import stat

from helper.failure import ConfigError
from helper.privileged import paths
from helper.privileged.accounts import account
from helper.privileged.path_walk import below, steps
from helper.record import Record
from helper.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGURATION_LIMIT = 64 * 1024  # octets; no configuration for a smart host is larger
COMPILED_LIMIT = 8 * CONFIGURATION_LIMIT
SECRET_LIMIT = 16 * 1024  # octets; the longest tokens in use are about 4,000
PEM_LIMIT = 64 * 1024  # octets; a certificate with its chain has about 6,000
HOSTS_LIMIT = 1024 * 1024  # octets
MAILNAME_LIMIT = 1024  # octets; one name
ALIASES_LIMIT = 64 * 1024 * 1024  # octets; half a million entries

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
OPEN_QUIETLY = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # never wait for a FIFO, terminal or device


def refuse_writable(path: str, status: os.stat_result) -> None:
    """Raise ConfigError if anyone but root can write it. An ACL shows in the group's mode bits (acl(5))."""
    if status.st_uid != 0:
        raise ConfigError(path, f"must belong to root: {chown(status)} root")
    if is_writable_by_others(status):
        raise ConfigError(path, "can be written by users other than root: chmod go-w")


def is_writable_by_others(status: os.stat_result) -> bool:
    """Return whether others than the owner can write a file, or exchange files in a directory.

    In a sticky directory only the owner of a file can exchange it, and that owner is checked as well. A link has no
    mode.
    """
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    return bool(status.st_mode & WRITABLE_BY_OTHERS) and not is_sticky and not stat.S_ISLNK(status.st_mode)


def chown(status: os.stat_result) -> str:
    """Return the command that changes the owner; `-h` for the link itself."""
    return "chown -h" if stat.S_ISLNK(status.st_mode) else "chown"


class Writer(Record):
    """Who writes the log. `gid` is the one group that may write it, too."""

    login: str
    group: str
    uid: int
    gid: int


class Owner(Record):
    """Who owns the files that a send reads: root for an installation, a user for a send without privilege.

    `refuse_writable` raises ConfigError for a file, directory or link that others than the owner can write.
    `log_writer` returns who opens the log.
    """

    configuration: str
    secrets: str
    log_writer: Callable[[], Writer]
    refuse_writable: Callable[[str, os.stat_result], None]
    # The variables of a user's own programs, besides PATH. Root's programs get none.
    environment: dict[str, str] = {}  # noqa: RUF012 # nobody changes a field of a Record
    frontend: int = -1  # a password_command ends when this socket closes

    @property
    def is_root(self) -> bool:
        """Return whether the files belong to an installation."""
        return self.refuse_writable is refuse_writable


def service_user() -> Writer:
    """Return the writer of an installation's log."""
    service = account(paths.SERVICE_USER)
    return Writer(service.pw_name, service.pw_name, service.pw_uid, service.pw_gid)


ROOT = Owner(paths.CONFIGURATION, paths.SECRETS, service_user, refuse_writable)


def configuration(owner: Owner = ROOT) -> bytes:
    """Return the octets of gatepost.toml. ConfigError if it is missing, or others than its owner can write it."""
    return protected_file(owner.configuration, CONFIGURATION_LIMIT, owner=owner)


def compiled() -> bytes:
    """Return the octets of the compiled copy, empty if there is none that only root can write: it is optional."""
    try:
        return protected_file(paths.COMPILED, COMPILED_LIMIT)
    except ConfigError:
        return b""


def secret(name: str, owner: Owner = ROOT) -> Secret:
    """Return a file with a password or token. Its name is relative to the directory of secrets.

    ConfigError if others than its owner can write it, or if others can read it.
    """
    path = below(owner.secrets, name)
    return Secret(protected_file(path, SECRET_LIMIT, stat.S_IRWXO, owner), path)


def private_key(name: str, owner: Owner = ROOT) -> tuple[str, Secret]:
    """Return the path and content of a TLS key, by the rules for a secret. OpenSSL parses it later."""
    path = below(owner.secrets, name)
    return path, Secret(protected_file(path, PEM_LIMIT, stat.S_IRWXO, owner))


def certificate(name: str, owner: Owner = ROOT) -> tuple[str, Secret]:
    """Return the path and content of our certificate, which everybody may read. The name is relative as a key's is."""
    path = below(owner.secrets, name)
    return path, Secret(protected_file(path, PEM_LIMIT, owner=owner))


def alias_file(path: str, owner: Owner = ROOT) -> bytes | None:
    """Return the octets of an alias file, None if it does not exist: routing decides what that means."""
    try:
        return protected_file(path, ALIASES_LIMIT, owner=owner)
    except ConfigError:
        if exists(path):
            raise
        return None


def exists(path: str) -> bool:
    """Return whether a file exists, readable or not."""
    try:
        os.lstat(path)
    except OSError:
        return False
    return True


def host_name() -> bytes:
    """Return the machine's full name: the kernel's, completed by its line in /etc/hosts (hosts(5)).

    The DNS is not asked: before the drop nothing is read from the network.
    """
    name = os.uname().nodename.encode("ascii", "replace")
    if b"." in name:
        return name
    for line in readable_octets("/etc/hosts", HOSTS_LIMIT).splitlines():
        names = line.partition(b"#")[0].split()[1:]
        if name in names:
            return next((each for each in names if b"." in each), name)
    return name


def mailname() -> bytes:
    """Return the start of /etc/mailname (Debian Policy 11.6), empty if there is none."""
    return readable_octets("/etc/mailname", MAILNAME_LIMIT)


def readable_octets(path: str, limit: int) -> bytes:
    """Return the content of a system file, empty if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | OPEN_QUIETLY)
    except OSError:
        return b""
    try:
        return read(descriptor, limit)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def protected_file(path: str, limit: int, unreadable_by: int = 0, owner: Owner = ROOT) -> bytes:
    """Return the octets of a regular file, if only its owner can write it and change the directories of its path.

    Owner and mode are taken from the open descriptor, so the file that was checked is the file that is read (threat
    F4).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | OPEN_QUIETLY)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    try:
        refuse_unsafe(path, os.fstat(descriptor), unreadable_by, owner)
        refuse_unsafe_directories(path, owner)
        octets = read(descriptor, limit + 1)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(octets) > limit:
        raise ConfigError(path, f"is larger than {limit} octets")
    return octets


def refuse_unsafe_file(path: str, owner: Owner = ROOT) -> None:
    """Raise ConfigError for a program that others than its owner can write or exchange."""
    try:
        refuse_unsafe(path, os.stat(path), 0, owner)
        refuse_unsafe_directories(path, owner)
    except OSError as error:
        raise ConfigError(path, f"cannot be found: {error.strerror}") from None


def refuse_unsafe(path: str, status: os.stat_result, unreadable_by: int, owner: Owner) -> None:
    """Raise ConfigError for a file that others than its owner can write, or that too many can read."""
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(path, "is not a regular file")
    owner.refuse_writable(path, status)
    # The helper reads root's files by their group. A user's own files need no group.
    if status.st_uid != 0 and status.st_mode & (unreadable_by | unreadable_by << 3):
        raise ConfigError(path, "can be read by others: chmod go-rwx")
    if status.st_mode & unreadable_by:
        raise ConfigError(path, "can be read by every user: chmod o-rwx")


def refuse_unsafe_directories(path: str, owner: Owner) -> None:
    """Raise ConfigError for a directory or link of the path with which others than the owner could exchange the file.

    Links are followed: the directories of the written path and those that links lead to are all checked.
    """
    for place, status in steps(path):
        if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode):
            owner.refuse_writable(place, status)


def read(descriptor: int, limit: int) -> bytes:
    """Return at most `limit` octets up to the end of the file."""
    parts = []
    while limit > 0 and (part := os.read(descriptor, limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
