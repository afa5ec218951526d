from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.request.smtp_input import LINE_LIMIT, VERB_OCTETS, Lines, MailDataReader
from helper.request.smtp_steps import Line
from tests.support.watched import Watched

CRLF, LF = b"\r\n", b"\n"
# What matters at the end of mail data, in every order.
TEXTS = st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.\r\n", b"\n.\n"]), max_size=14).map(
    b"".join
)
with_each_end = pytest.mark.parametrize("line_end", [CRLF, LF], ids=["CRLF", "LF"])


def lines_of(*parts: bytes) -> list[Line]:
    lines, found = Lines(), []
    for part in parts:
        lines.feed(part)
        while (line := lines.take()) is not None:
            found.append(line)
    return found


def read(line_end: bytes, parts: list[bytes]) -> tuple[bytes, bytes | None]:
    """Return the message and what came after it, of parts that come one by one."""
    data, message = MailDataReader(line_end), b""
    for at, part in enumerate(parts):
        message += data.feed(part)
        if data.after is not None:
            return message, data.after + b"".join(parts[at + 1 :])
    return message, None


def read_line_by_line(line_end: bytes, octets: bytes) -> tuple[bytes, bytes | None]:
    """The same as the RFC tells it: line by line, the first dot of each taken away (RFC 5321, section 4.5.2)."""
    message, *rest = b"", *octets.split(line_end)
    before = CRLF
    for at, line in enumerate(rest[:-1]):
        is_crlf_dot = line_end == LF and line == b".\r" and before == CRLF
        if line == b"." or is_crlf_dot:
            return message, line_end.join(rest[at + 1 :])
        message += line.removeprefix(b".") + line_end
        before = CRLF if line.endswith(b"\r") else LF
    return message, None


def test_lines_end_with_crlf_or_lf():
    assert lines_of(b"EHLO x\r\nNOOP\nDA", b"TA\r", b"\nrest") == [
        Line(b"EHLO x", CRLF),
        Line(b"NOOP", LF),
        Line(b"DATA", CRLF),
    ]


def test_a_bare_cr_ends_no_line():
    assert lines_of(b"NOOP\rNOOP\r\n") == [Line(b"NOOP\rNOOP", CRLF)]


@pytest.mark.parametrize("step", [1, 100, 10_000])
def test_a_line_has_a_limit(step):
    for length, is_taken in ((LINE_LIMIT, True), (LINE_LIMIT + 1, False), (5 * LINE_LIMIT, False)):
        octets = b"x" * (length - 2) + b"\r\nNOOP\r\n"
        lines = lines_of(*(octets[at : at + step] for at in range(0, len(octets), step)))
        first = Line(b"x" * (length - 2), CRLF) if is_taken else Line(None, LF, b"x" * VERB_OCTETS)
        assert lines == [first, Line(b"NOOP", CRLF)]


def test_what_is_no_line_yet_can_be_taken_as_mail_data():
    lines = Lines()
    lines.feed(b"DATA\r\nSubject: x\r\n")
    assert lines.take() == Line(b"DATA", CRLF)
    assert lines.rest() == b"Subject: x\r\n"
    assert lines.take() is None


@with_each_end
@given(octets=TEXTS, data=st.data())
def test_mail_data_is_read_as_line_by_line_however_it_comes(line_end, octets, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    parts = [octets[start:end] for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    message, after = read_line_by_line(line_end, octets)
    found, found_after = read(line_end, parts)
    assert found_after == after
    # Of what has no end, as much is given as can be neither a dot of the end nor one to be taken away.
    assert found == message if after is not None else found.startswith(message[: len(found)])


@pytest.mark.parametrize(
    ("line_end", "octets", "message"),
    [
        (CRLF, b"a\r\n.\r\n", b"a\r\n"),
        (LF, b"a\n.\n", b"a\n"),
        (CRLF, b".\r\n", b""),
        (LF, b".\n", b""),
        (CRLF, b"..\r\n..a\r\n.b\r\n.\r\n", b".\r\n.a\r\nb\r\n"),
        (CRLF, b"a\n.\nMAIL FROM:<>\n.\r\nb\n.\r\r\n\r\n.\r\n", b"a\n.\nMAIL FROM:<>\n.\r\nb\n.\r\r\n\r\n"),
        (LF, b"a\r\n..\r\n.\n", b"a\r\n.\r\n"),
        (CRLF, b"\xff\x00\x80\r\n.\r\n", b"\xff\x00\x80\r\n"),
        (LF, b"a\r\nb\r\n.\r\n", b"a\r\nb\r\n"),  # commands of a script, and a text with the line ends of mail
        (LF, b".\r\n", b""),
        (LF, b"..\r\n..a\r\n.\r\n", b".\r\n.a\r\n"),
    ],
)
def test_the_end_is_a_lone_dot_between_line_ends_of_one_kind(line_end, octets, message):
    assert read(line_end, [octets + b"QUIT\r\n"]) == (message, b"QUIT\r\n")


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n\r.\r\n"])
def test_no_mixture_ends_what_has_lines_with_crlf(smuggled):
    assert read(CRLF, [b"a" + smuggled + b"MAIL FROM:<evil@x>\r\n"])[1] is None


@pytest.mark.parametrize("mixed", [b"\n.\r\n", b"\r.\r", b"\r\n.\r"])
def test_no_mixture_ends_what_has_lines_with_lf(mixed):
    assert read(LF, [b"a" + mixed + b"b\n"])[1] is None


@with_each_end
def test_mail_data_without_dots_are_searched_for_single_octets(line_end):
    Watched.slow.clear()
    reader = MailDataReader(line_end)
    text = b"text" + line_end
    assert reader.feed(Watched(text * 100)) + reader.feed(Watched(text)) + reader.feed(b".\r\n")
    assert Watched.slow == []
