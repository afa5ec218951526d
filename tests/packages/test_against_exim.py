"""Gatepost and Exim 4.96 (mua_wrapper) are given the same options and messages: what arrives is the same, or said here.

Both are called by an ordinary user, and send to a smart host that takes everything. Compared are whether the exit
status is 0, the envelope, the header fields and the body. The inputs are in exim_inputs.py, the differences with their
reasons in exim_differences.py: one that is not there fails the test, and so does one that is there no longer.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packages.exim_differences import DIFFERENCES
from tests.packages.exim_inputs import Input, inputs
from tests.packages.peers import PEERS, install_peer
from tests.packages.system import System, copy_system
from tests.support.installation import Installation
from tests.support.received import Message
from tests.support.smarthost import SmartHost

UNUSED_PORT = 1
CONFIGURATION = """\
primary_hostname = ws1.example.net
qualify_domain = example.net
local_interfaces = <; 127.0.0.1
mua_wrapper = true
keep_environment =
begin routers
smarthost:
  driver = manualroute
  route_list = * 127.0.0.1::{port}
  self = send
  transport = relay
begin transports
relay:
  driver = smtp
  allow_localhost
"""
# What each makes anew: that it is there is compared, and not what it says. `Received:` is a whole trace of its own.
OWN = re.compile(rb"(?P<name>(?:resent-)?(?:date|message-id)): .*")
ASPECTS = ("status", "envelope", "header", "body")

Outcome = dict[str, Any]


@pytest.fixture(scope="module")
def exim(place: Path, ready_system: System) -> Iterator[System]:
    """A system with Exim as Debian installs it."""
    system = copy_system(ready_system, place / "against-exim")
    install_peer(system, PEERS["exim"], UNUSED_PORT)
    yield system
    shutil.rmtree(system.root)


def test_what_arrives_is_what_exim_sends_or_is_explained(exim, installation, smarthost):
    exims, ours = smarthost(addresses=["127.0.0.1"], expect_violations=True), smarthost()
    (exim.root / "etc/exim4/exim4.conf").write_text(CONFIGURATION.format(port=exims.port))
    installation.configure_relay(ours)
    compared = inputs()
    assert len(compared) >= 300
    problems = []
    for each in compared:
        expected = outcome_of_exim(each, exim, exims)
        found = outcome_of_ours(each, installation, ours)
        different = tuple(aspect for aspect in ASPECTS if expected[aspect] != found[aspect])
        if different != explained(each.name):
            shown = {aspect: (expected[aspect], found[aspect]) for aspect in different}
            problems.append(f"{each.name} {each.arguments} {each.message[:200]!r}:\n {shown}\n {found['reason']}")
    assert not problems, "\n".join(problems)
    unknown = {name for row in DIFFERENCES for name in row.inputs} - {each.name for each in compared}
    assert not unknown, "the table explains what is not tried"


def explained(name: str) -> tuple[str, ...]:
    """Return in what the outcomes of an input differ by the table."""
    return next((row.aspects for row in DIFFERENCES if name in row.inputs), ())


def outcome_of_exim(given: Input, system: System, host: SmartHost) -> Outcome:
    """Send as Alice, by Exim."""
    arguments = [argument.replace("LOGIN", "alice") for argument in given.arguments]
    done = system.send(given.message.replace(b"LOGIN", b"alice"), *arguments)
    host.settle()
    return outcome(done.returncode, taken(host), b"alice", done.stderr.decode("utf-8", "replace"))


def outcome_of_ours(given: Input, installation: Installation, host: SmartHost) -> Outcome:
    """Send as Alice, by Gatepost."""
    login = installation.account("alice").pw_name
    arguments = [argument.replace("LOGIN", login) for argument in given.arguments]
    result = installation.send(*arguments, stdin=given.message.replace(b"LOGIN", login.encode()))
    host.settle()
    return outcome(result.status, taken(host), login.encode(), result.stderr)


def taken(host: SmartHost) -> Message | None:
    """Take the message out of the smart host, if there is one."""
    assert len(host.messages) <= 1
    return host.messages.pop() if host.messages else None


def outcome(status: int, message: Message | None, login: bytes, reason: str) -> Outcome:
    """Return what can be compared of a send, under the same login."""
    if message is None:
        return {"status": status == 0, "envelope": None, "header": None, "body": None, "reason": reason}
    envelope = [message.reverse_path, *sorted(set(message.addresses))]
    return {
        "status": status == 0,
        "envelope": [address.replace(login, b"LOGIN") for address in envelope],
        "header": fields_of(message.header.replace(login, b"LOGIN")),
        "body": message.body.replace(login, b"LOGIN"),
        "reason": reason,
    }


def fields_of(header: bytes) -> list[bytes]:
    """Return the fields with their names in lower case, sorted, unfolded, and without what each makes anew."""
    fields = re.sub(rb"\r\n([ \t])", rb"\1", header).split(b"\r\n")
    parted = [field.partition(b":") for field in fields if not is_trace_of_submission(field)]
    found = [name.strip().lower() + b": " + b" ".join(body.split()) for name, _, body in parted]
    return sorted(own.group("name") if (own := OWN.fullmatch(field)) else field for field in found)


def is_trace_of_submission(field: bytes) -> bool:
    """Say whether a field is the Received that one of the two has added."""
    return field.lower().startswith(b"received:") and b"ws1.example.net" in field
