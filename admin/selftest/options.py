"""Attacks by options of sendmail, as web applications and other programs let them through."""

from __future__ import annotations

import os
from pathlib import Path

from admin.files import read_configuration
from admin.finding import Caution
from admin.installed import SENDMAIL
from admin.selftest.attacker import Attacker
from admin.selftest.halves import halves
from admin.selftest.proof import Proof
from helper.delivery.identify import group_names
from helper.failure import SystemFault
from helper.message.address import parse_reverse_path
from helper.routing.caller import identify
from helper.routing.sender import may_send_as
from helper.status import USAGE

FORGED = "forged@selftest.invalid"
# Each names a file, a folder or a program (CVE-2016-10033, CVE-2010-4345); {0} is the attacker's folder.
IGNORED = ("-X{0}/mark", "-oX{0}/mark", "-oQ{0}/queue", "-OQueueDirectory={0}/queue", "-oA{0}/aliases", "-d9,{0}/mark")
REFUSED = (("-DX=${{run{{/bin/touch {0}/mark}}}}",), ("-be", "${{run{{/bin/touch {0}/mark}}}}"))
INJECTED = "a@selftest.invalid\nBcc: b@selftest.invalid"


def name_files(attacker: Attacker) -> list[str]:
    """Send with options that would write files. The message has neither recipient nor end, and is never sent."""
    attacker.write("aliases", f"carol: |/bin/touch {attacker.path('mark')}\n")
    before = contents(attacker.folder)
    with halves("-t", *(option.format(attacker.folder) for option in IGNORED), rights=attacker.rights):
        pass
    for options in REFUSED:
        attacker.run(str(SENDMAIL), "-t", *(option.format(attacker.folder) for option in options))
    return [f"a file that was written: {name}" for name in sorted(contents(attacker.folder) ^ before)]


def contents(folder: str) -> set[str]:
    """Return the names of all files in a folder, with their sizes."""
    return {f"{path} ({path.lstat().st_size} octets)" for path in Path(folder).glob("**/*")}


def claim(attacker: Attacker) -> list[str]:
    """Ask for another's reverse-path, and see how a message would be routed."""
    configuration = read_configuration().configuration
    login = os.fsencode(attacker.who.pw_name)
    groups = group_names([attacker.who.pw_gid, *attacker.groups])
    caller = identify(login, attacker.who.pw_uid, groups, configuration.trusted_users, configuration.trusted_groups)
    forged = parse_reverse_path(FORGED.encode(), configuration.qualify_domain)
    if may_send_as(forged, caller, (), configuration.untrusted_set_sender):
        raise Caution(f"the configuration allows {attacker.who.pw_name} any reverse-path")
    done = attacker.run(str(SENDMAIL), "-f", FORGED, "-bt", attacker.who.pw_name)
    if done.stderr:
        raise SystemFault(done.stderr.decode("ascii", "replace").strip().removeprefix("sendmail: not sent: "))
    if b"reverse-path <" not in done.stdout:
        raise Caution(f"no mail of {attacker.who.pw_name}'s to themselves can be routed")
    return [f"reverse-path <{FORGED}>"] if FORGED.encode() in done.stdout else []


def inject(attacker: Attacker) -> list[str]:
    """Put a line break, and with it a command or a header field, where an address or a name is expected."""
    lines = {"-f": ("-f", INJECTED, "-t"), "-F": ("-F", INJECTED, "-t"), "a recipient": (INJECTED,)}
    return [name for name, line in lines.items() if attacker.run(str(SENDMAIL), *line).returncode != USAGE]


PROOFS = (
    Proof("sendmail", "options that name files and programs (-X, -oX, -O, -oQ, -D, -be) leave no trace", name_files),
    Proof("sendmail", "user {user} cannot claim to be somebody else (-f)", claim),
    Proof("sendmail", "a line break in -f, -F or a recipient is refused (status 64)", inject),
)
