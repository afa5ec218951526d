"""The harmless attacks of our test suite, run against this installation as an ordinary user of this machine.

Nothing is sent to anybody: no helper is ever given a message.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import resource
from collections.abc import Iterator, Mapping

from admin.finding import FAILS, Finding, reason
from admin.installed import refuse_taken
from admin.selftest import environment, helper, launcher, options, roots_send, unreadable_files
from admin.selftest.attacker import Attacker
from admin.selftest.proof import examine
from helper.failure import Failure, NotPermitted, SystemFault
from helper.privileged import paths

PROOFS = (
    *unreadable_files.PROOFS,
    *launcher.PROOFS,
    *environment.PROOFS,
    *helper.PROOFS,
    *options.PROOFS,
    *roots_send.PROOFS,
)
BY_DEFAULT = "nobody"


def selftest(who: pwd.struct_passwd) -> Iterator[Finding]:
    """Yield what holds and what does not when this user attacks."""
    allow_core_files()
    try:
        refuse_taken()
        attacker = Attacker(who)
    except Failure as failure:
        yield Finding(FAILS, "selftest", f"cannot attack as {who.pw_name}: {reason(failure)}")
        return
    with attacker:
        for proof in PROOFS:
            yield examine(proof, attacker)


def allow_core_files() -> None:
    """Raise the hard limit of core files, which sudo(8) sets to 0, if we have CAP_SYS_RESOURCE to do so."""
    soft_limit = resource.getrlimit(resource.RLIMIT_CORE)[0]
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (soft_limit, resource.RLIM_INFINITY))


def attacker_named(login: str | None, environment: Mapping[str, str]) -> pwd.struct_passwd:
    """Return the user to attack as: the one named, else the one who used sudo, else the user nobody.

    SystemFault for who is not there, NotPermitted for who has other rights than a user.
    """
    if os.geteuid() != 0:
        raise NotPermitted("only root can run selftest: sudo gatepost selftest")
    login = login or sudo_user(environment) or BY_DEFAULT
    try:
        who = pwd.getpwnam(login)
    except KeyError:
        raise SystemFault(f"there is no user {login}: choose another with --as USER") from None
    if who.pw_uid == 0 or login in (paths.SERVICE_USER, paths.STANDIN_USER):
        raise NotPermitted(f"{login} is not an ordinary user: choose another with --as USER")
    return who


def sudo_user(environment: Mapping[str, str]) -> str:
    """Return who has become root by sudo; root, who has done so as well, has not."""
    login = environment.get("SUDO_USER", "")
    return "" if login == "root" else login
