"""A request off the wire is a WireError, or a request that goes back to the same fields; no value can end a line.

Answers are cut one by one, whole, and never beyond what has come.
"""

from __future__ import annotations

from helper import wire
from helper.failure import WireError

CONTROLS = bytes(range(32)) + b"\x7f"
OCCASIONS = {b"NEVER", b"SUCCESS", b"FAILURE", b"DELAY"}
REQUESTS = (
    wire.Submission((b"a@x, b@y",), True, b"", b"A B", b"8BITMIME", True, b"NEVER", b"HDRS", b"id 7"),
    wire.Submission((b"<a@x>", b"<b@x>"), recipient_parameters=(b"NOTIFY=DELAY ORCPT=rfc822;a+2Bb@x", b"")),
    wire.Inquiry(b"trace", (b"root",), b"a@x", True),
    wire.Complaint(b"usage", b"unknown option -Z", (b"a@x",)),
)
SEEDS = (
    *(wire.request_octets(request)[wire.HEAD_OCTETS :] for request in REQUESTS),
    wire.answer(wire.LINE, b"a line") + wire.answer(wire.STATUS, b"\1"),
    wire.MAGIC + b"\0\0\0\0",
    wire.field_octets(b"recipient", b"a@x\nb") + wire.field_octets(b"notify", b"NEVER"),
    wire.field_octets(b"recipient", b"a@x") + wire.field_octets(b"notify", b"NEVER RET=FULL"),
)
WORDS = (
    *(wire.field_octets(name, b"") for name in (*wire.ONCE, b"recipient", b"recipient-parameters")),
    *(*wire.BODIES, *wire.INQUIRIES, *wire.COMPLAINTS, *wire.RETURNS, b"NEVER", b"SUCCESS", b"ORCPT=", b"NOTIFY="),
)


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    check_answers(octets)
    try:
        assert wire.fields_length(octets[: wire.HEAD_OCTETS]) <= wire.REQUEST_LIMIT
    except WireError as error:
        assert error.problem.isascii()
    try:
        request = wire.parse_request(octets)
    except WireError as error:
        assert error.problem.isascii() and error.problem.isprintable()
        return
    fields = wire.request_octets(request)[wire.HEAD_OCTETS :]
    assert len(fields) == len(octets), "something was lost"
    assert wire.parse_request(fields) == request
    assert not any(value.translate(None, CONTROLS) != value for value in values_of(request))
    if isinstance(request, wire.Submission):
        check_notification(request)


def check_notification(submission: wire.Submission) -> None:
    """Look once more at what would go into a command of SMTP."""
    assert submission.notify is None or set(submission.notify.split(b",")) <= OCCASIONS
    assert submission.envid is None or submission.envid.isascii()
    for parameters in submission.recipient_parameters:
        words = dict(word.split(b"=") for word in parameters.split(b" ") if parameters)
        assert words.keys() <= {b"NOTIFY", b"ORCPT"} and parameters.isascii()
        assert set(words.get(b"NOTIFY", b"NEVER").split(b",")) <= OCCASIONS


def values_of(request: wire.Request) -> list[bytes]:
    """Return all octet strings in a request."""
    found: list[bytes] = []
    for value in vars(request).values():
        found += [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, bytes)]
    return found


def check_answers(octets: bytes) -> None:
    """Cut answers until one is incomplete."""
    at = 0
    while (cut := wire.parse_answer(bytearray(octets[at : at + 0x10003]))) is not None:
        letter, content, length = cut
        assert wire.answer(letter, content) == octets[at : at + length]
        at += length
    assert len(octets) - at < 3 or at + 3 + int.from_bytes(octets[at + 1 : at + 3], "big") > len(octets)
