"""Find the owner of a subordinate uid in /etc/subuid (subuid(5)).

A user becomes one of their subordinate uids at will, by newuidmap(1) or by a file that is set-id to it. Policies have
to see that user.
"""

from __future__ import annotations

import posix as os
import pwd

from helper.privileged import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SUBUID = "/etc/subuid"
# A range of root's is lent to containers, which are not root; and nobody becomes our own accounts.
NO_OWNERS = ("root", paths.SERVICE_USER, paths.STANDIN_USER)


def owner_of(uid: int, octets: bytes) -> pwd.struct_passwd | None:
    """Return the account that a uid is subordinate to; None if it is nobody's, root's, or that of more than one."""
    owners = {owner for owner, first, count in ranges(octets) if first <= uid < first + count}
    entries = {entry.pw_uid: entry for entry in map(account, owners) if entry is not None}
    if len(entries) != 1 or any(account(owner) is None for owner in owners):
        return None
    (entry,) = entries.values()
    return None if entry.pw_uid == 0 or entry.pw_name in NO_OWNERS else entry


def ranges(octets: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the owner, the first uid and the count of each range; what is no range is passed over."""
    for line in octets.split(b"\n"):
        owner, *numbers = line.strip().split(b":")
        if owner and len(numbers) == 2 and all(number.isdigit() and len(number) <= 10 for number in numbers):
            yield owner.decode(errors="surrogateescape"), int(numbers[0]), int(numbers[1])


def account(owner: str) -> pwd.struct_passwd | None:
    """Return the account of an owner, who is named by login or uid."""
    try:
        return pwd.getpwuid(int(owner)) if owner.isascii() and owner.isdigit() else pwd.getpwnam(owner)
    except (KeyError, ValueError, OverflowError):
        return None


def subordinate_uids() -> bytes:
    """Return the octets of /etc/subuid, none if it cannot be read."""
    try:
        descriptor = os.open(SUBUID, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb", buffering=0) as file:
        return file.read()
