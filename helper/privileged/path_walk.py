"""Path walk: what the kernel passes on the way to a file, so that nobody who could exchange any of it is overlooked."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LINKS_MAX = 40  # as many as the kernel follows (path_resolution(7))


def steps(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each directory and each link that is passed, from / on, and at last the file itself (path_resolution(7)).

    A path that is asked for again passes the same places unless somebody changed what they hold, who had to be able to
    write one of them. OSError where the way ends before the file; where only that is not there, it is not yielded.
    """
    yield "/", os.lstat("/")
    place, rest, links = "/", path.split("/")[::-1], 0
    while rest:
        name = rest.pop()
        if name in ("", "."):
            continue
        here = os.path.dirname(place) if name == ".." else os.path.join(place, name)
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
