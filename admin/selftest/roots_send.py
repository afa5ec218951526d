"""Attacks on root's own sends: the launcher belongs to the service user, who can replace it."""

from __future__ import annotations

import ctypes
import os
import select

from admin.apart import Apart, finish, program
from admin.finding import Caution
from admin.installed import SENDMAIL
from admin.selftest.attacker import TIME_LIMIT_S, Attacker
from admin.selftest.halves import halves
from admin.selftest.held import has_only_rights_of, status_now
from admin.selftest.proof import Proof
from admin.selftest.spy import LIBC, check
from helper.privileged import paths
from helper.privileged.accounts import account

IN_OPEN = 0x20
ATTEMPTS = 3  # somebody else may send at the same time


def lay_in_wait(_: Attacker) -> list[str]:
    """Watch the launcher's file while root speaks SMTP with sendmail, for as long as it takes to say goodbye."""
    if all(is_opened_by_roots_send() for _ in range(ATTEMPTS)):
        return ["the launcher was opened while root sent"]
    return []


def is_opened_by_roots_send() -> bool:
    """Return whether anybody opens the launcher while root runs sendmail, which an execution does."""
    watch = LIBC.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if watch < 0:
        raise Caution(f"inotify: {os.strerror(ctypes.get_errno())}")
    try:
        check(LIBC.inotify_add_watch(watch, os.fsencode(paths.LAUNCHER), IN_OPEN))
        with Apart(None, program(str(SENDMAIL), "-bs"), TIME_LIMIT_S) as made:
            finish(made, b"QUIT\r\n")
        return bool(select.select([watch], [], [], 0)[0])
    finally:
        os.close(watch)


def keep_root(_: Attacker) -> list[str]:
    """Look for root's rights in a send of root's."""
    standin = account(paths.STANDIN_USER)
    with halves("-bs", who=None) as (frontend, helper):
        statuses = {"the frontend": status_now(frontend), "the helper": status_now(helper)}
    return [
        f"{half} has {what}"
        for half, status in statuses.items()
        for what in has_only_rights_of(status, standin.pw_uid, standin.pw_gid, [])
    ]


PROOFS = (
    Proof("root", "when root sends, the launcher, which does not belong to root, is not executed", lay_in_wait),
    Proof("root", "when root sends, neither process has an id or a capability of root", keep_root),
)
