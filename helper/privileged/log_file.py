"""Log file: opened before the drop and written after it, so a caller must not be able to choose the file.

Whoever can write the directory of the log decides what its name leads to, for example our launcher. A write would
remove the launcher's set-id bit.
"""

from __future__ import annotations

import errno
import posix as os
import resource
import stat

from helper.failure import ConfigError, SystemFault
from helper.privileged.path_walk import steps
from helper.privileged.protected_files import OPEN_QUIETLY, ROOT, Owner, Writer, is_writable_by_others

LOG_ROOM = 1024 * 1024  # octets; a line has some thousands, and other sends write meanwhile
SET_ID_OR_EXECUTE = stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def log_file(path: str, owner: Owner = ROOT) -> int:
    """Open the log for appending. It is never created here, so we need no writable directory.

    ConfigError if it is a link, not a regular file, or if others than root and its writer can write or exchange it.
    SystemFault if the caller's limits would cut off a line.
    """
    writer = owner.log_writer()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | OPEN_QUIETLY)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ConfigError(path, "cannot be the log: it is a link; name the file itself") from None
        hint = f"create it, writable only by {writer.login}"
        raise ConfigError(path, f"cannot be opened as the log ({error.strerror}): {hint}") from None
    try:
        refuse_unfit(path, os.fstat(descriptor), writer)
        refuse_exchangeable(path, writer)
        refuse_cut_line(descriptor)
    except BaseException:  # close the descriptor in any case
        os.close(descriptor)
        raise
    return descriptor


def refuse_unfit(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError if it is not a regular file with one name, or if others than its writer can write it."""
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(path, "cannot be the log: not a regular file")
    if status.st_mode & SET_ID_OR_EXECUTE:
        raise ConfigError(path, "cannot be the log: it has a set-id or execute bit: chmod 0640")
    if status.st_nlink != 1:
        raise ConfigError(path, "cannot be the log: the file has a second name (a hard link): create a new file")
    refuse_writable(path, status, writer)


def refuse_exchangeable(path: str, writer: Writer) -> None:
    """Raise ConfigError for a directory or link of the path with which others than root and the writer choose the file.

    At most the writer's group may write the last directory. Any group may write those above, because what it puts there
    must belong to root or the writer as well; `gatepost check` warns.
    """
    *above, (last, status) = ancestry_of(path)
    for place, each in above:
        refuse_owner(place, each, writer)
        if is_writable_by_others(each) and each.st_mode & stat.S_IWOTH:
            raise ConfigError(place, "can be written by everybody, but the log is below it: chmod o-w")
    refuse_writable(last, status, writer)


def refuse_writable(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError if others than root, the writer and its group can write the log or its directory."""
    refuse_owner(path, status, writer)
    if is_writable_by_others(status) and (status.st_mode & stat.S_IWOTH or is_shared(status, writer)):
        kind = "its directory" if stat.S_ISDIR(status.st_mode) else "it"
        remedy = f"chgrp {writer.group}, chmod o-w"
        raise ConfigError(path, f"cannot be the log: users other than {writer.login} can write {kind}: {remedy}")


def refuse_owner(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError if it belongs neither to root nor to the writer."""
    if status.st_uid not in (0, writer.uid):
        raise ConfigError(path, f"must belong to root or {writer.login}, because of the log: chown -h {writer.login}")


def shared_directories(path: str, writer: Writer) -> list[str]:
    """Return the directories above that of the log that another group than the writer's can write."""
    *above, _last = ancestry_of(path)
    return [place for place, status in above if is_writable_by_others(status) and is_shared(status, writer)]


def is_shared(status: os.stat_result, writer: Writer) -> bool:
    """Return whether a group other than the writer's can write it."""
    return bool(status.st_mode & stat.S_IWGRP) and status.st_gid != writer.gid


def ancestry_of(path: str) -> list[tuple[str, os.stat_result]]:
    """Return the directories and links of the path to a log. The log's own directory comes last."""
    try:
        return list(steps(path.rpartition("/")[0]))
    except OSError as error:
        raise ConfigError(path, f"cannot be opened as the log ({error.strerror})") from None


def refuse_cut_line(log: int) -> None:
    """Raise SystemFault if the kernel would cut off our line, which would also spoil the next one (RLIMIT_FSIZE)."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and os.fstat(log).st_size + LOG_ROOM > limit:
        raise SystemFault("the caller may not write files as large as the log (ulimit -f)")
