"""Log file: opened before the drop and appended to after it, so it must not be what a caller chose to have written to.

A write takes away set-id bits, and whoever can write the directory of the log chooses what its name leads to: our own
launcher, for example.
"""

from __future__ import annotations

import os
import resource
import stat

from helper.failure import ConfigError, SystemFault
from helper.privileged.path_walk import steps
from helper.privileged.protected_files import OPEN_QUIETLY, ROOT, Owner, Writer, is_writable_by_others

LOG_ROOM = 1024 * 1024  # octets; a line has some thousands, and others may write some meanwhile
SET_ID_OR_EXECUTE = stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def log_file(path: str, owner: Owner = ROOT) -> int:
    """Open the log for appending; it is never created here, so that no directory has to be writable for us.

    ConfigError where it is a link, no plain file, or others than root and its writer can write or exchange it;
    SystemFault where the caller's limits would cut a line.
    """
    writer = owner.log_writer()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | OPEN_QUIETLY)
    except OSError as error:
        if os.path.islink(path):
            raise ConfigError(path, "cannot be the log: it is a link; name the file itself") from None
        hint = f"create it, writable for {writer.login} alone"
        raise ConfigError(path, f"cannot be opened as the log ({error.strerror}): {hint}") from None
    try:
        refuse_unfit(path, os.fstat(descriptor), writer)
        refuse_exchangeable(path, writer)
        refuse_cut_line(descriptor)
    except BaseException:  # the descriptor is closed, and the error goes on
        os.close(descriptor)
        raise
    return descriptor


def refuse_unfit(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError for what is no plain file with one name, or not its writer's to write."""
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(path, "cannot be the log: it is not a regular file")
    if status.st_mode & SET_ID_OR_EXECUTE:
        raise ConfigError(path, "cannot be the log: it has a set-id or execute bit: chmod 0640")
    if status.st_nlink != 1:
        raise ConfigError(path, "cannot be the log: the file has another name, too (a hard link): create a new one")
    refuse_writable(path, status, writer)


def refuse_exchangeable(path: str, writer: Writer) -> None:
    """Raise ConfigError for a directory or a link on the way by which others than root and the writer choose the file.

    The last directory is as the file: at most the writer's group may write it. In those above a group may: what it can
    put there has to belong to root or the writer as well. `gatepost check` warns of it.
    """
    *above, (last, status) = way_to(path)
    for place, each in above:
        refuse_owner(place, each, writer)
        if is_writable_by_others(each) and each.st_mode & stat.S_IWOTH:
            raise ConfigError(place, "can be written by everybody, and the log is below it: chmod o-w")
    refuse_writable(last, status, writer)


def refuse_writable(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError where others than root, the writer and its group can write the log or its directory."""
    refuse_owner(path, status, writer)
    if is_writable_by_others(status) and (status.st_mode & stat.S_IWOTH or is_shared(status, writer)):
        kind = "its directory" if stat.S_ISDIR(status.st_mode) else "it"
        remedy = f"chgrp {writer.group} {path}, and chmod o-w"
        raise ConfigError(path, f"cannot be the log: others than {writer.login} can write {kind}: {remedy}")


def refuse_owner(path: str, status: os.stat_result, writer: Writer) -> None:
    """Raise ConfigError for what belongs neither to root nor to the writer."""
    if status.st_uid not in (0, writer.uid):
        raise ConfigError(path, f"must belong to root or {writer.login}, because of the log: chown -h {writer.login}")


def shared_directories(path: str, writer: Writer) -> list[str]:
    """Return the directories above that of the log that another group than the writer's can write."""
    *above, _last = way_to(path)
    return [place for place, status in above if is_writable_by_others(status) and is_shared(status, writer)]


def is_shared(status: os.stat_result, writer: Writer) -> bool:
    """Say whether a group that is not the writer's can write it."""
    return bool(status.st_mode & stat.S_IWGRP) and status.st_gid != writer.gid


def way_to(path: str) -> list[tuple[str, os.stat_result]]:
    """Return the directories and links on the way to a log; that of the log stands last."""
    try:
        return list(steps(os.path.dirname(path)))
    except OSError as error:
        raise ConfigError(path, f"cannot be opened as the log ({error.strerror})") from None


def refuse_cut_line(log: int) -> None:
    """Raise SystemFault where the kernel would cut our line of the log, and so spoil the next one (RLIMIT_FSIZE)."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and os.fstat(log).st_size + LOG_ROOM > limit:
        raise SystemFault("the caller may not write files as large as the log (ulimit -f)")
