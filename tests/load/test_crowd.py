"""Many users send at once: each is told the truth, nothing is lost or doubled, and the machine bears it.

A smart host refuses a tenth of the messages. `make test` sends some, `make load` a thousand.
"""

from __future__ import annotations

import time
from collections import Counter

from tests.load.crowd import Watcher, send_all
from tests.system.outcome import facts_of

# Messages, users, and how many of the messages are under way at a time.
SOME, ALL = (60, 4, 10), (1000, 20, 50)
TENTH = 10
PROCESSES_OF_A_SEND = 2
# Of memory that is its own alone a helper has about 12 MB, and 20 while it verifies certificates.
MEMORY_LIMIT = 40 << 20  # octets
AUTH = {"ws1": "correct horse battery"}
REFUSE = {
    "RCPT:nobody@example.org": "550 5.1.1 no such user",
    "RCPT:later@example.org": "451 4.7.1 greylisted, come back later",
}
REASONS = {key.partition(":")[2]: reply for key, reply in REFUSE.items()}
ORDINARY = [["carol@example.org"], ["carol@example.org", "dave@example.org"], ["-t"]]


def refused_recipient(number: int) -> str:
    """Return who will be refused as a recipient of this message, empty for nobody."""
    return ["nobody@example.org", "later@example.org"][number // TENTH % 2] if number % TENTH == 3 else ""


def arguments(number: int) -> list[str]:
    """Return the command line of this message."""
    refused = refused_recipient(number)
    return ["carol@example.org", refused, "dave@example.org"] if refused else ORDINARY[number % len(ORDINARY)]


def message(number: int) -> bytes:
    """Return a message that is unlike all others; one in fifty is large."""
    body = b"0123456789abcde\n" * (65536 if number % 50 == 7 else 64)
    return b"To: carol@example.org\nSubject: number %d\n\n%snumber %d ends\n" % (number, body, number)


def number_of(octets: bytes) -> int:
    """Return which message this is; both ends say the same."""
    first = int(octets.partition(b"\r\nSubject: number ")[2].split(b"\r\n")[0])
    assert octets.endswith(b"\r\nnumber %d ends\r\n" % first)
    return first


def test_a_crowd_is_told_the_truth(installation, smarthost, record_property, is_all):
    count, users, at_once = ALL if is_all else SOME
    callers = installation.add_callers(users)
    host = smarthost(tls="starttls", auth=AUTH, refuse=REFUSE)
    installation.configure_relay(host)
    installation.send("-bp")  # makes the folder that all of them will use
    sends = [(callers[number % users], arguments(number), message(number)) for number in range(count)]

    began_s = time.monotonic()
    with Watcher(installation) as watched:
        told = send_all(installation, sends, at_once)
    seconds = time.monotonic() - began_s
    host.settle()

    slowest = max(each.seconds for each in told)
    record_property(
        "crowd",
        f"{count} messages of {users} users, {at_once} at once: {len(host.messages)} accepted, "
        f"{sum(each.status != 0 for each in told)} refused; {seconds:.1f} s, {count / seconds:.1f} messages/s, "
        f"slowest {slowest:.2f} s; at most {watched.processes_most} processes, {watched.memory_most / 1e6:.1f} MB "
        f"each, {watched.memory_of_all_most / 1e6:.0f} MB in all",
    )
    for number, each in enumerate(told):
        refused = refused_recipient(number)
        assert each.status == (1 if refused else 0), (number, each)
        end = f"RCPT TO:<{refused}> was refused: {REASONS[refused]}\n" if refused else ""
        assert each.stderr.endswith(end) and bool(each.stderr) == bool(refused), (number, each)
    wanted = Counter(number for number in range(count) if not refused_recipient(number))
    assert Counter(number_of(each.octets) for each in host.messages) == wanted
    outcomes = Counter(facts_of(line)["outcome"] for line in installation.log_lines())
    assert outcomes == {"accepted": len(wanted), "refused": count - len(wanted)}
    assert watched.looks > 5
    assert 1 < watched.processes_most <= PROCESSES_OF_A_SEND * at_once
    assert 0 < watched.memory_most < MEMORY_LIMIT
