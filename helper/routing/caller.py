"""The caller as routers and policies see it: the user that the kernel reports, with the names of the groups."""

from __future__ import annotations

from helper.record import Record

ROOT = 0


class Caller(Record):
    """Who runs sendmail. `groups` are the names of all groups; `trusted` callers may send as another user."""

    login: bytes
    uid: int
    groups: frozenset[bytes] = frozenset()
    trusted: bool = False
    has_account: bool = True

    def is_among(self, names: tuple[bytes, ...]) -> bool:
        """Return whether one of the names is the login, a group of the caller, or includes a uid without an account."""
        return any(name[1:] in self.groups if name.startswith(b"@") else self._is_called(name) for name in names)

    def _is_called(self, name: bytes) -> bool:
        if self.has_account:
            return name == self.login
        from helper.config.uids import uid_range  # few callers have no account

        uids = uid_range(name)
        return uids is not None and uids[0] <= self.uid <= uids[1]


def identify(
    login: bytes,
    uid: int,
    groups: frozenset[bytes],
    trusted_users: tuple[bytes, ...],
    trusted_groups: tuple[bytes, ...],
    *,
    has_account: bool = True,
) -> Caller:
    """Return the caller; root and the users in the configuration are trusted (Exim, chapter 5, "Trusted users")."""
    trusted = uid == ROOT or login in trusted_users or not groups.isdisjoint(trusted_groups)
    return Caller(login, uid, groups, trusted, has_account)
