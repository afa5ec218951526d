"""Whatever the alias files, lists and .forward files say, routing comes to an end: with mailboxes, each of them once.

Or with one failure, in printable words. What it traces is printable, and does not tell what the caller may not read.
"""

from __future__ import annotations

from fuzz.drawn import Drawn
from helper.address import Mailbox
from helper.config.values import Host, Router, Transport
from helper.discreet import for_caller, for_log
from helper.failure import AddressError, MessageError
from helper.message.address_list import parse_mailbox
from helper.routing.caller import Caller
from helper.routing.lookups import Home, ListFile, Lookups
from helper.routing.route import route

SEEDS = (
    b"root: :fail: no \x1b[2J user\xff\n\0\0\0\0\0",
    b"alice: x\n*: :include:/l\x7f\n\0",
    b"root: root, admin\nadmin: :include:/l\na: b\nb: a\n*: root\0c@example.org, root\0\\alice, bob@x\n\0",
    b"root: :fail: gone\nalice: /dev/null\nbob: |/bin/x\ncarol: :unknown:\ndave: :defer:\n\0\0\1",
    b"root: a,b\na: c,d\nb: c,d\nc: e,f\nd: e,f\ne: g,h\nf: g,h\ng: root\nh: x@y\n\0\0",
    b"root: :include:/l\n\0:include:/m\0:include:/l\n",
)
WORDS = b"\n|: |, |root|alice|\\root|:include:/l|:include:/m|:fail: |:blackhole:|@x|\x00|*:".split(b"|")
DOMAIN = b"example.net"
TRANSPORTS = (Transport("relay", b"ws1", hosts=(Host("name", b"smtp.example.net"),)),)
ALIASES = Router("aliases", "redirect", file="/a", domains=(DOMAIN,), allow_fail=True, allow_defer=True)
FORWARD = Router("forward", "redirect", file="$home/.forward", check_local_user=True, headers_add=(b"X: y",))
LAST = (
    Router("mx", "dnslookup", "relay", domains=(b"mx.example",)),
    Router("all", "accept", "relay", errors_to=b"e@x"),
)
CALLER = Caller(b"alice", 1000, frozenset({b"alice"}))
CANARY = b"ub4dor"


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    drawn = Drawn(octets)
    routers = (ALIASES, *drawn.choice(((FORWARD,), (), (ALIASES.replace(name="again"),))), *LAST)
    is_hidden = drawn.is_so()
    files = {"/a": drawn.text(), "/l": drawn.text(), "/m": drawn.text(), "/home/alice/.forward": drawn.text()}

    def read_file(path: str, user: int | None) -> ListFile | None:
        return ListFile(files[path], user) if path in files else None

    homes = {b"alice": Home("/home/alice", 1000)}
    lookups = Lookups(files.get, read_file, homes.get, lambda _path: not is_hidden)
    steps: list[str] = []

    def tell(line: str) -> None:
        steps.append(for_caller(line))

    addresses = [Mailbox(local, DOMAIN) for local in (b"root", b"alice", b"Root")] + [Mailbox(b"a", b"mx.example")]
    try:
        found = route(addresses, routers, TRANSPORTS, None, CALLER, lookups, tell, qualify_recipient=DOMAIN)
    except (AddressError, MessageError) as failure:
        assert all(told(failure.problem).isprintable() for told in (for_caller, for_log))
        assert len(failure.problem) < 4096
        return
    finally:
        assert all(step.isprintable() for step in steps)
        assert (
            not is_hidden
            or CANARY in b"".join(files.values())[len(files["/a"]) :]
            or CANARY.decode() not in repr(steps)
        )
    keys = [each.address.key for each in found]
    assert len(keys) == len(set(keys)), "a recipient twice"
    for each in found:
        assert parse_mailbox(each.address.octets, b"other.example") == each.address
        assert each.given in addresses and each.transport == "relay" and each.hosts
