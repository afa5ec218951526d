"""Many recipients through a large alias file, in one transaction and in little time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource

import pytest

from tests.support.process import children_of
from tests.system.outcome import WITH_CHUNKS, assert_not_sent, facts_of
from tests.system.world import ACCEPT, MESSAGE, configure, public_file, redirect

ENTRIES = 100_000
RECIPIENTS = 10_000
STEP = ENTRIES // RECIPIENTS
# Of processor time, whatever else the machine does. It takes a sixth of this; what is quadratic takes minutes.
LIMIT_FOR_MANY_S, LIMIT_FOR_ONE_S = 5, 1


@pytest.fixture(scope="module")
def aliases(shared_installation):
    """Return the path of a large alias file: a person for each entry, and two entries for lists of many."""
    persons = "".join(f"person{number}: p{number}@example.org\n" for number in range(ENTRIES - 2))
    keys = [f"person{number}" for number in range(0, ENTRIES - 2, STEP)]
    by_key = f"staff: {', '.join(keys)}\n"
    members = public_file(shared_installation, "members.list", "\n".join(f"m{key}@example.org" for key in keys))
    return public_file(shared_installation, "large.aliases", f"{persons}{by_key}members: :include:{members}\n")


@contextlib.contextmanager
def processor_time_limit(limit_s):
    """Check how much processor time everything takes that is started here, the helper included."""
    be_subreaper(1)  # a helper whose frontend has ended first would be counted by init
    before, others = used_s(), set(children_of(os.getpid()))  # servers of other tests, perhaps, which do not end
    yield
    while started := set(children_of(os.getpid())) - others:
        for pid in started:
            os.waitpid(pid, 0)
    be_subreaper(0)
    used = used_s() - before
    print(f"{used:.2f} s of processor time")
    assert used < limit_s


def be_subreaper(value):
    """Become the parent of what its own parent left behind (1), or not any more (0)."""
    assert ctypes.CDLL(None).prctl(36, value, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER


def used_s():
    """Return the processor time of all children that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def configure_large(installation, smarthost, aliases, **main):
    """Configure the large alias file for the domain example.net and return the smart host."""
    host = smarthost(extensions=WITH_CHUNKS)
    configure(installation, host, [redirect(aliases, domains=["example.net"]), ACCEPT], main=main)
    return host


def numbers():
    """Return which persons are written to."""
    return range(0, ENTRIES - 2, STEP)


@pytest.mark.parametrize("way", ["arguments", "header", "a list of aliases", "a list in a file"])
def test_ten_thousand_recipients_get_one_message(installation, smarthost, aliases, way):
    host = configure_large(installation, smarthost, aliases)
    persons = [f"person{number}" for number in numbers()]
    args, header = {
        "arguments": (persons, b""),
        "header": (["-t"], b"Bcc: " + ",\n ".join(persons).encode() + b"\n"),
        "a list of aliases": (["staff"], b""),
        "a list in a file": (["members"], b""),
    }[way]
    with processor_time_limit(LIMIT_FOR_MANY_S):
        result = installation.send(*args, stdin=header + MESSAGE)
    host.settle()
    assert (result.status, result.stderr) == (0, "")
    expected = [f"mperson{n}@example.org" if way == "a list in a file" else f"p{n}@example.org" for n in numbers()]
    assert host.message.addresses == [address.encode() for address in expected]
    assert b"person" not in host.message.octets
    assert facts_of(result.log_line)["outcome"] == "accepted"


def test_one_of_ten_thousand_who_is_refused_stops_the_message(installation, smarthost, aliases):
    host = smarthost(extensions=WITH_CHUNKS, refuse={"RCPT 9999": "550 5.1.1 no such user"})
    configure(installation, host, [redirect(aliases, domains=["example.net"]), ACCEPT])
    result = installation.send("staff", stdin=MESSAGE)
    host.settle()
    refused = f"p{numbers()[9998]}@example.org"
    assert (result.status, host.messages, host.session.content) == (1, [], b"")
    assert result.reason.endswith(f"RCPT TO:<{refused}> was refused: 550 5.1.1 no such user")


@pytest.mark.parametrize("over", [0, 1])
def test_recipients_are_limited_after_routing(installation, smarthost, aliases, over):
    host = configure_large(installation, smarthost, aliases, recipients_max=RECIPIENTS - over)
    result = installation.send("staff", stdin=MESSAGE)
    if over:
        reason = f"the message has more than {RECIPIENTS - 1} recipients"
        assert_not_sent(result, reason, status=1, recipients=["staff"], hosts=[host])
        assert host.connections == 0
    else:
        host.settle()
        assert (result.status, len(host.message.addresses)) == (0, RECIPIENTS)


def test_a_single_alias_of_many_takes_no_time(installation, smarthost, aliases):
    host = configure_large(installation, smarthost, aliases)
    with processor_time_limit(LIMIT_FOR_ONE_S):
        result = installation.send(f"person{ENTRIES - 3}", stdin=MESSAGE)
    host.settle()
    assert result.status == 0
    assert host.message.addresses == [f"p{ENTRIES - 3}@example.org".encode()]
