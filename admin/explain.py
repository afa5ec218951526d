"""gatepost explain: how a message of somebody's would be routed, as `sendmail -bt` tells it to them."""

from __future__ import annotations

import os
import pwd

from admin.check import reason, source_and_machine
from helper.config.configuration import parse_configuration
from helper.config.values import alias_files
from helper.delivery.identify import ROOT, identify
from helper.delivery.inquire import inquire
from helper.failure import Failure, SystemFault
from helper.privileged import load, paths
from helper.wire import Inquiry


def explain(addresses: list[str], login: str) -> int:
    """Print the way of each address, for a message of this user's, and return 0 where all of them can be sent to.

    Everything of root's is read first; then this process becomes the user, as a helper does, so that what stands in
    the way of a send (a .forward file that the user may not read) stands in ours.
    """
    if os.geteuid() != 0:
        print("only root can explain for others: sudo gatepost explain; for yourself: sendmail -bt")
        return 1
    try:
        source, machine = source_and_machine()
        configuration = parse_configuration(source, paths.CONFIGURATION, machine)
        aliases = {file: load.alias_file(file) for file in alias_files(configuration)}
        uid = become(login)
        question = Inquiry(b"trace", tuple(map(os.fsencode, addresses)))
        return inquire(question, identify(uid), configuration, aliases, print)
    except Failure as failure:
        print(reason(failure))
        return 1


def become(login: str) -> int:
    """Take a user's ids for good, the stand-in's for root, and return the uid by which the helper would know them."""
    try:
        uid = pwd.getpwnam(login).pw_uid
    except KeyError:
        raise SystemFault(f"there is no user {login}") from None
    account = pwd.getpwnam(paths.STANDIN_USER if uid == ROOT else login)
    os.initgroups(account.pw_name, account.pw_gid)
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    return uid
