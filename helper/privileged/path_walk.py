"""Path walk: every directory and link that the kernel passes on the way to a file, because each could be exchanged."""

from __future__ import annotations

import errno
import posix as os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LINKS_MAX = 40  # as many as the kernel follows (path_resolution(7))


def steps(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each directory and link that the path passes, beginning with /, then the file itself (path_resolution(7)).

    A second walk passes the same places, unless somebody who can write one of them has changed it. OSError if the path
    ends before the file. If only the file is missing, it is not yielded.
    """
    yield "/", os.lstat("/")
    place, rest, links = "/", path.split("/")[::-1], 0
    while rest:
        name = rest.pop()
        if name in ("", "."):
            continue
        here = place.rpartition("/")[0] or "/" if name == ".." else below(place, name)
        try:
            status = os.lstat(here)
        except FileNotFoundError:
            if rest:
                raise
            return
        yield here, status
        if not stat.S_ISLNK(status.st_mode):
            place = here
            continue
        links += 1
        if links > LINKS_MAX:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = os.readlink(here)
        rest += target.split("/")[::-1]
        if target.startswith("/"):
            place = "/"


def below(directory: str, path: str) -> str:
    """Return a path that is relative to a directory; an absolute one as it is."""
    return path if path.startswith("/") else f"{directory.rstrip('/')}/{path}"
