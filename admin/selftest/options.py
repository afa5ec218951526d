"""Attacks by options of sendmail, as web applications and other programs let them through."""

from __future__ import annotations

import os
from pathlib import Path

from admin.apart import ENVIRONMENT
from admin.configuration import read_configuration
from admin.finding import Caution
from admin.installed import SENDMAIL, has_set_id
from admin.selftest.attacker import Attacker
from admin.selftest.halves import halves
from admin.selftest.proof import Proof
from helper.failure import SystemFault
from helper.identity.identify import group_names
from helper.identity.reverse_path import may_send_as
from helper.message.path import parse_reverse_path
from helper.routing.caller import identify
from helper.status import USAGE

FORGED = "forged@selftest.invalid"
# Each names a file, a directory or a program (CVE-2016-10033, CVE-2010-4345); {0} is the attacker's directory.
IGNORED = ("-X{0}/mark", "-oX{0}/mark", "-oQ{0}/queue", "-OQueueDirectory={0}/queue", "-oA{0}/aliases", "-d9,{0}/mark")
REFUSED = (("-DX=${{run{{/bin/touch {0}/mark}}}}",), ("-be", "${{run{{/bin/touch {0}/mark}}}}"))
OWN_CONFIGURATION = """\
primary_hostname = "selftest.invalid"
qualify_domain = "selftest.invalid"
log = "{log}"

[transports.own]
driver = "smtp"
hosts = ["127.0.0.1:9"]
tls = "none"
"""
INJECTED = "a@selftest.invalid\nBcc: b@selftest.invalid"


def name_files(attacker: Attacker) -> list[str]:
    """Send with options that would write files. The message has neither recipient nor end, and is never sent."""
    attacker.write("aliases", f"carol: |/bin/touch {attacker.path('mark')}\n")
    home = attacker.do(lambda: [make_home()])[0]
    before = set(attacker.do(contents))
    ignored = [option.format(attacker.directory) for option in IGNORED]
    with halves("-t", *ignored, who=attacker.who, environment=ENVIRONMENT | {"HOME": home}):
        pass
    for options in REFUSED:
        attacker.run(str(SENDMAIL), "-t", *(option.format(attacker.directory) for option in options))
    return [f"a file that was written: {name}" for name in sorted(before.symmetric_difference(attacker.do(contents)))]


def make_home() -> str:
    """Make a home, as the attacker, with a configuration by which sends without privilege are possible; return it."""
    directory = Path("home/.config/gatepost")
    directory.mkdir(parents=True)
    log = Path("home/log")
    log.touch()
    (directory / "gatepost.toml").write_text(OWN_CONFIGURATION.format(log=log.absolute()))
    return str(Path("home").absolute())


def contents() -> list[str]:
    """Return the names of all files in the working directory but those of the home, with their sizes."""
    found = [path for path in Path().glob("**/*") if path.parts[0] != "home"]
    return [f"{path} ({path.lstat().st_size} octets)" for path in found]


def claim(attacker: Attacker) -> list[str]:
    """Ask for another's reverse-path, and see how a message would be routed."""
    if not has_set_id():
        raise Caution("sends run without privilege, and each user's own configuration decides")
    configuration = read_configuration().configuration
    login = os.fsencode(attacker.who.pw_name)
    groups = group_names([attacker.who.pw_gid, *attacker.groups])
    caller = identify(login, attacker.who.pw_uid, groups, configuration.trusted_users, configuration.trusted_groups)
    forged = parse_reverse_path(FORGED.encode(), configuration.qualify_domain)
    if may_send_as(forged, caller, (), configuration.untrusted_set_sender):
        raise Caution(f"the configuration allows {attacker.who.pw_name} any reverse-path")
    done = attacker.run(str(SENDMAIL), "-f", FORGED, "-bt", attacker.who.pw_name)
    if done.stderr:
        raise SystemFault(done.stderr[:1000].decode("ascii", "replace").strip().removeprefix("sendmail: not sent: "))
    if b"reverse-path <" not in done.stdout:
        raise Caution(f"mail from {attacker.who.pw_name} to themselves cannot be routed")
    return [f"reverse-path <{FORGED}>"] if FORGED.encode() in done.stdout else []


def inject(attacker: Attacker) -> list[str]:
    """Put a line break, and with it a command or a header field, where an address or a name is expected."""
    lines = {"-f": ("-f", INJECTED, "-t"), "-F": ("-F", INJECTED, "-t"), "a recipient": (INJECTED,)}
    return [name for name, line in lines.items() if attacker.run(str(SENDMAIL), *line).status != USAGE]


PROOFS = (
    Proof("sendmail", "options that name files and programs (-X, -oX, -O, -oQ, -D, -be) leave no trace", name_files),
    Proof("sendmail", "user {user} cannot claim to be somebody else (-f)", claim),
    Proof("sendmail", "a line break in -f, -F or a recipient is refused (status 64)", inject),
)
