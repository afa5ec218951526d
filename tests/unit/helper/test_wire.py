from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper import wire
from helper.failure import WireError

CLEAN = st.binary(max_size=40).filter(lambda octets: not wire.has_control(octets))

NOTIFY = st.sampled_from([b"NEVER", b"SUCCESS", b"FAILURE,DELAY", b"DELAY,SUCCESS,FAILURE"])
PARAMETERS = st.sampled_from([b"", b"NOTIFY=NEVER", b"ORCPT=rfc822;a+2Bb@x", b"NOTIFY=DELAY ORCPT=utf-8;\\x{DC}@x"])

PLAIN_SUBMISSIONS = st.builds(
    wire.Submission,
    recipients=st.lists(CLEAN, max_size=5).map(tuple),
    recipients_from_header=st.booleans(),
    reverse_path=st.none() | CLEAN,
    full_name=st.none() | CLEAN,
    body=st.none() | st.sampled_from(wire.BODIES),
    show_dialogue=st.booleans(),
    notify=st.none() | NOTIFY,
    ret=st.none() | st.sampled_from(wire.RETURNS),
    envid=st.none()
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=33).map(str.encode),
    session=st.booleans(),
)
# Some with parameters for each recipient.
SUBMISSIONS = PLAIN_SUBMISSIONS | PLAIN_SUBMISSIONS.flatmap(
    lambda plain: st.tuples(*[PARAMETERS for _ in plain.recipients]).map(
        lambda parameters: plain.replace(recipient_parameters=parameters)
    )
)


def fields_of(request) -> bytes:
    return wire.request_octets(request)[wire.HEAD_OCTETS :]


@given(SUBMISSIONS)
def test_every_submission_arrives_as_it_was_sent(submission):
    octets = wire.request_octets(submission)
    assert wire.fields_length(octets[: wire.HEAD_OCTETS]) == len(octets) - wire.HEAD_OCTETS
    assert wire.parse_request(octets[wire.HEAD_OCTETS :]) == submission


@pytest.mark.parametrize("kind", wire.INQUIRIES)
@pytest.mark.parametrize("reverse_path", [None, b"", b"a@x"])
@pytest.mark.parametrize("session", [False, True])
def test_an_inquiry_arrives_as_it_was_sent(kind, reverse_path, session):
    inquiry = wire.Inquiry(kind, (b"b@x", b"c"), reverse_path, session)
    assert wire.parse_request(fields_of(inquiry)) == inquiry


def test_a_complaint_arrives_as_it_was_sent():
    complaint = wire.Complaint(b"usage", b"unknown option -Z", (b"a@x",))
    assert wire.parse_request(fields_of(complaint)) == complaint


@given(SUBMISSIONS, st.data())
def test_a_request_that_is_cut_is_refused_unless_only_whole_fields_are_missing(submission, data):
    fields = fields_of(submission)
    cut = fields[: data.draw(st.integers(0, max(0, len(fields) - 1)))]
    try:
        parsed = wire.parse_request(cut)
    except WireError:
        return
    assert fields_of(parsed) == cut


@given(st.binary(max_size=300))
def test_any_octets_are_a_request_or_a_wire_error(octets):
    try:
        wire.parse_request(octets)
    except WireError as error:
        assert error.problem.isascii()


@pytest.mark.parametrize(
    "head",
    [b"", b"GATEPOST", b"GATEPOST\x02\0\0\0\0", b"gatepost\x01\0\0\0\0", b"GATEPOST\x01\0\0\0", b"GET / HTTP/1.1\r\n"],
)
def test_refuses_what_does_not_begin_like_a_request(head):
    with pytest.raises(WireError):
        wire.fields_length(head)


def test_bounds_a_request_before_it_is_allocated():
    assert wire.fields_length(wire.MAGIC + wire.REQUEST_LIMIT.to_bytes(4, "big")) == wire.REQUEST_LIMIT
    with pytest.raises(WireError):
        wire.fields_length(wire.MAGIC + (wire.REQUEST_LIMIT + 1).to_bytes(4, "big"))
    with pytest.raises(WireError):
        wire.fields_length(wire.MAGIC + b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    "fields",
    [
        wire.field_octets(b"hosts", b"evil.example:25"),
        wire.field_octets(b"", b""),
        wire.field_octets(b"body", b"7BIT") * 2,
        wire.field_octets(b"body", b"9BIT"),
        wire.field_octets(b"recipients-from", b"body"),
        wire.field_octets(b"show-dialogue", b""),
        wire.field_octets(b"complaint", b"usage"),
        wire.field_octets(b"problem", b"x"),
        wire.field_octets(b"complaint", b"weather") + wire.field_octets(b"problem", b"x"),
        wire.field_octets(b"complaint", b"usage")
        + wire.field_octets(b"problem", b"x")
        + wire.field_octets(b"body", b"7BIT"),
        wire.field_octets(b"inquiry", b"verify") + wire.field_octets(b"body", b"7BIT"),
        wire.field_octets(b"inquiry", b"secrets"),
        wire.field_octets(b"inquiry", b"verify") + wire.field_octets(b"session", b"no"),
        wire.field_octets(b"inquiry", b"verify") + wire.field_octets(b"recipient-parameters", b""),
        wire.field_octets(b"complaint", b"usage")
        + wire.field_octets(b"problem", b"x")
        + wire.field_octets(b"session", b"yes"),
        wire.field_octets(b"session", b""),
        wire.field_octets(b"notify", b""),
        wire.field_octets(b"notify", b"never"),
        wire.field_octets(b"notify", b"NEVER,DELAY"),
        wire.field_octets(b"notify", b"DELAY,DELAY"),
        wire.field_octets(b"notify", b"DELAY ORCPT=rfc822;a@b"),
        wire.field_octets(b"return", b"full"),
        wire.field_octets(b"envelope-id", b""),
        wire.field_octets(b"envelope-id", b"x" * 101),
        wire.field_octets(b"envelope-id", b"\xc3\xbc"),
        wire.field_octets(b"recipient-parameters", b""),
        wire.field_octets(b"recipient", b"a@b") + wire.field_octets(b"recipient-parameters", b"") * 2,
        wire.field_octets(b"recipient", b"a@b") + wire.field_octets(b"recipient-parameters", b"X=1"),
        wire.field_octets(b"recipient", b"a@b") + b"\x00",
        b"\xff",
        b"\x09recipient\xff\xff\xff\xff",
    ],
)
def test_refuses_what_is_unknown_double_contradictory_or_left_over(fields):
    with pytest.raises(WireError):
        wire.parse_request(fields)


@pytest.mark.parametrize(
    "name", [b"recipient", b"reverse-path", b"full-name", b"problem", b"envelope-id", b"recipient-parameters"]
)
@pytest.mark.parametrize("control", [*range(32), 127])
def test_refuses_every_control_character_in_every_field(name, control):
    with pytest.raises(WireError, match="control character"):
        wire.parse_request(wire.field_octets(name, b"a" + bytes([control]) + b"b"))


def test_answers_are_cut_one_by_one():
    octets = bytearray(wire.answer(wire.LINE, b"a line") + wire.answer(wire.STATUS, b"\x01"))
    assert wire.parse_answer(octets) == (wire.LINE, b"a line", 9)
    assert wire.parse_answer(octets[9:]) == (wire.STATUS, b"\x01", 4)
    assert wire.parse_answer(octets[:8]) is None
    assert wire.parse_answer(bytearray(b"L")) is None
