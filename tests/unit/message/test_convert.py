from __future__ import annotations

import contextlib
import email
import mmap
import time
import tracemalloc
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.message.body import CHUNK_OCTETS, wire_chunks
from helper.message.convert import CannotConvert, Converted, convert
from helper.message.header import HEADER_LIMIT
from helper.message.mime.parts import NESTING_LIMIT, PARTS_LIMIT
from helper.text import LINE_LIMIT

UMLAUTS = "Grüße aus Köln, und noch viel mehr Text\n"
LONG = "x" * (LINE_LIMIT + 1) + "\n"


def converted(
    header: bytes | str, body: bytes | str | mmap.mmap, keep_8bit: bool = False, keep_header: bool = False
) -> Converted:
    header = header.encode() if isinstance(header, str) else header
    body = body.encode() if isinstance(body, str) else body
    return convert(header, body, 0, keep_8bit=keep_8bit, keep_8bit_header=keep_header)


def sent(
    header: bytes | str, body: bytes | str | mmap.mmap, keep_8bit: bool = False, keep_header: bool = False
) -> bytes:
    return b"".join(converted(header, body, keep_8bit, keep_header).chunks())


def problem(header: bytes | str, body: bytes | str, keep_8bit: bool = False) -> str:
    with pytest.raises(CannotConvert) as raised:
        converted(header, body, keep_8bit)
    assert raised.value.problem.isascii()
    assert raised.value.problem.isprintable()
    return raised.value.problem


def unconverted(header: bytes, body: bytes) -> bytes:
    return b"".join(wire_chunks(header, 0)) + b"".join(wire_chunks(body, 0))


def lf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n")


def leaves(message: Message) -> list[tuple[str, str | None, bytes]]:
    """What a reader gets: type, file name and content of each part that has no parts."""
    return [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
        for part in message.walk()
        if not part.is_multipart()
    ]


def is_fit(octets: bytes) -> bool:
    return octets.isascii() and max(map(len, octets.split(b"\r\n"))) <= LINE_LIMIT and octets.endswith(b"\r\n")


# One part


def test_an_unlabelled_text_in_utf_8_is_called_so():
    assert lf(sent("Subject: x\n\n", UMLAUTS)) == (
        b"Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"
        b"MIME-Version: 1.0\n\nGr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch viel mehr Text\n"
    )


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (UMLAUTS.encode(), "utf-8"),
        (UMLAUTS.encode("latin-1"), "unknown-8bit"),
        (LONG.encode(), "us-ascii"),
        (b"x" * CHUNK_OCTETS + "ü".encode(), "utf-8"),
        (b"x" * (CHUNK_OCTETS - 1) + "ü".encode(), "utf-8"),
        (b"x" * (CHUNK_OCTETS - 1) + "ü".encode()[:1], "unknown-8bit"),
    ],
)
@pytest.mark.parametrize("header", [b"A: b\n\n", b"Content-Type: text/html; x=y\nMIME-Version: 1.0\n\n"])
def test_a_text_without_a_charset_gets_the_one_it_is_in(header, body, charset):
    message = email.message_from_bytes(sent(header, body))
    assert message.get_content_charset() == charset
    assert message.get_all("mime-version") == ["1.0"]
    assert message.get_content_type() == email.message_from_bytes(header).get_content_type()


@pytest.mark.parametrize(
    "field", [b"Content-Type: text/plain; charset=ANSI_X3.4-1968", b"Content-Type: application/octet-stream"]
)
def test_a_label_that_is_there_stays(field):
    assert field + b"\r\n" in sent(field + b"\n\n", UMLAUTS)


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "8BIT (really)"])
def test_the_encoding_takes_the_place_of_the_old_one(encoding):
    message = email.message_from_bytes(sent(f"Content-Transfer-Encoding: {encoding}\nA: b\n\n", UMLAUTS))
    assert message.get_all("content-transfer-encoding") == ["quoted-printable"]


@pytest.mark.parametrize(("text", "encoding"), [(UMLAUTS, "quoted-printable"), ("Привет всем\n", "base64")])
def test_text_that_can_be_read_stays_so(text, encoding):
    message = email.message_from_bytes(sent("A: b\n\n", text * 10))
    assert message["content-transfer-encoding"] == encoding
    assert lf(message.get_payload(decode=True)).decode() == text * 10


BODIES = st.lists(
    st.sampled_from(["a", "ü", "€", " ", "\t", ".", "--", "=", "From ", "\n", "\r\n", "\r", "Wort " * 20, "x" * 999])
).map(lambda pieces: "".join(pieces).encode()) | st.binary(max_size=100).map(lambda body: body.replace(b"\0", b""))
TYPES = st.sampled_from([b"", b"Content-Type: text/plain\n", b"Content-Type: application/x; charset=y\n"])


@given(BODIES, TYPES)
def test_a_body_is_read_as_it_was_written(body, header):
    before = email.message_from_bytes(unconverted(header + b"\n", body))
    octets = sent(header + b"\n", body)
    after = email.message_from_bytes(octets)
    assert is_fit(octets)
    # Where the last line had no end, plain text gets one on the way, and base64 does not.
    assert after.get_payload(decode=True).removesuffix(b"\r\n") == before.get_payload(decode=True).removesuffix(b"\r\n")


@pytest.mark.parametrize("encoding", [b"quoted-printable", b"base64"])
def test_what_is_encoded_already_stays_so_in_short_lines(encoding):
    header = b"MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: " + encoding + b"\n\n"
    body = b" =C3=BC" * 200 if encoding == b"quoted-printable" else b"w7w8" * 300
    octets = sent(header, body)
    assert lf(octets).startswith(header)
    assert max(map(len, octets.split(b"\r\n"))) <= 76
    before = email.message_from_bytes(unconverted(header, body)).get_payload(decode=True)
    assert email.message_from_bytes(octets).get_payload(decode=True).strip() == before.strip()


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
@pytest.mark.parametrize("body", [UMLAUTS, "=" * 999])
def test_refuses_what_is_not_encoded_as_it_says(encoding, body):
    assert encoding in problem(f"Content-Transfer-Encoding: {encoding}\n\n", body)


# What stays


@given(BODIES)
def test_a_message_that_needs_nothing_goes_as_it_is(body):
    body = bytes(octet for octet in body if octet < 128)[:500]
    header = b"DKIM-Signature: a\nContent-Type: multipart/signed\nContent-Type: again\n\n"
    assert sent(header, body) == unconverted(header, body)


@pytest.mark.parametrize("octets", [LINE_LIMIT, LINE_LIMIT + 1])
def test_a_line_may_have_998_octets(octets):
    before = b"x" * octets + b"\n"
    assert (unconverted(b"A: b\n\n", before) == sent(b"A: b\n\n", before)) == (octets <= LINE_LIMIT)


def test_8_bit_octets_stay_where_they_may():
    as_it_is = converted("A: b\n\n", UMLAUTS, keep_8bit=True)
    assert b"".join(as_it_is.chunks()) == unconverted(b"A: b\n\n", UMLAUTS.encode())
    assert as_it_is.is_8bit
    assert not converted("A: b\n\n", UMLAUTS + LONG, keep_8bit=True).is_8bit
    assert not converted("A: b\n\n", UMLAUTS).is_8bit


def test_an_8_bit_header_that_is_no_utf_8_stays_where_it_may_and_is_folded():
    header = ("Subject: Grüße" + " über" * 300 + "\n\n").encode("latin-1")
    kept = converted(header, UMLAUTS, keep_header=True)
    assert kept.header.replace(b"\n", b"").startswith(header.strip())
    assert kept.is_8bit
    assert max(map(len, kept.header.split(b"\n"))) <= LINE_LIMIT
    ascii_only = converted(header, "a\n", keep_8bit=True)
    assert ascii_only.header.startswith(b"Subject: =?unknown-8bit?q?Gr=FC=DFe_")
    assert not ascii_only.is_8bit


@pytest.mark.parametrize("keep_header", [True, False])
def test_a_header_in_utf_8_is_encoded_even_where_it_could_stay(keep_header):
    octets = sent("Subject: Grüße\n\n", UMLAUTS, keep_8bit=True, keep_header=keep_header)
    assert octets == b"Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n\r\n" + UMLAUTS.encode().replace(b"\n", b"\r\n")


# Parts


def multipart(*parts: str, subtype: str = "mixed", boundary: str = "b", encoding: str = "") -> str:
    head = f"Content-Type: multipart/{subtype}; boundary={boundary}\n{encoding}\n"
    return head + "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def split(message: str) -> tuple[str, str]:
    head, _, body = message.partition("\n\n")
    return head + "\n\n", body


def test_parts_are_converted_one_by_one():
    header, body = split(
        multipart(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + UMLAUTS,
            "X: y\n\nleft as it is",
            "\nno header: " + UMLAUTS,
            encoding="Content-Transfer-Encoding: 8bit\n",
        )
    )
    assert lf(sent(header, "before\n" + body + "after")) == (
        b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 7bit\nMIME-Version: 1.0\n\n"
        b"before\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"Gr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch viel mehr Text\n\n--b\nX: y\n\nleft as it is\n"
        b"--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"no header: Gr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch viel mehr Text\n\n--b--\nafter\n"
    )


@pytest.mark.parametrize(("keep_8bit", "label"), [(False, "7bit"), (True, "8bit")])
def test_a_multipart_says_what_its_parts_are(keep_8bit, label):
    header, body = split(multipart("\n" + UMLAUTS, "\n" + LONG, encoding="Content-Transfer-Encoding: 8bit\n"))
    message = email.message_from_bytes(sent(header, body, keep_8bit))
    assert message["content-transfer-encoding"] == label
    long_only = split(multipart("\na", "\n" + LONG, encoding="Content-Transfer-Encoding: binary\n"))
    assert email.message_from_bytes(sent(*long_only, keep_8bit))["content-transfer-encoding"] == "7bit"


def test_what_holds_a_header_that_stays_8_bit_is_8_bit_itself():
    parts = ("Content-Type: message/rfc822\n\nFrom: ü@x.example\n\na", "\n" + LONG)
    header, body = split(multipart(*parts, encoding="Content-Transfer-Encoding: 8bit\n"))
    assert b"Content-Transfer-Encoding: 8bit" in converted(header, body, True, True).header
    assert "From" in problem(header, body, True)
    body = body.replace("From: ü@x.example", "Subject: ü")
    assert b"Content-Transfer-Encoding: 7bit" in converted(header, body, True, True).header


def test_only_the_parts_with_long_lines_change_where_8_bit_may_stay():
    header, body = split(multipart("\n" + UMLAUTS, "\n" + LONG))
    octets = sent(header, body, keep_8bit=True)
    assert b"--b\r\n\r\n" + UMLAUTS.strip().encode() in octets
    assert b"charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nxxx" in octets


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\r\r\r\n"])
def test_every_line_end_ends_a_line(end):
    header, body = split(multipart("X: y\n\n" + UMLAUTS, "\n" + UMLAUTS))
    assert sent(header, body.replace("\n", end)) == sent(header, body)


def test_a_message_within_is_converted_with_its_header():
    inner = "Subject: Schöner Gruß\nContent-Transfer-Encoding: 8bit\n\n" + UMLAUTS
    header, body = split(multipart("Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n" + inner))
    octets = lf(sent(header, body))
    assert b"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: =?utf-8?q?" in octets
    assert octets.count(b"MIME-Version: 1.0\n") == 2
    [inside] = email.message_from_bytes(octets).get_payload()[0].get_payload()
    assert inside.get_payload(decode=True).decode() == UMLAUTS


def test_a_message_that_is_nothing_but_a_message():
    octets = sent("Content-Type: message/rfc822\n\n", "Subject: a\n\n" + UMLAUTS)
    [inside] = email.message_from_bytes(octets).get_payload()
    assert lf(inside.get_payload(decode=True)).decode() == UMLAUTS


def test_the_parts_of_a_digest_are_messages():
    header, body = split(multipart("\nSubject: über\n\na", "Content-Type: text/plain\n\nb", subtype="digest"))
    assert b"--b\r\n\r\nSubject: =?utf-8?q?=C3=BCber?=\r\n\r\na\r\n" in sent(header, body)


def test_the_header_of_a_part_is_converted_where_its_body_is_not():
    part = "Content-Disposition: attachment; filename=größe.txt\n\na"
    octets = sent(*split(multipart(part, "X: y\n\nb")), keep_8bit=True)
    assert b"--b\r\nContent-Disposition: attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.txt\r\n\r\na\r\n" in octets


@pytest.mark.parametrize(
    "body",
    [
        f"--b\n\n{UMLAUTS}",
        f"--b\n\n{UMLAUTS}--b",
        f"--b\n\n{UMLAUTS}\n--b \t\n\n{UMLAUTS}--b--\t\n",
        f"--b\n--b\nX: y\n--b\n\n--b\n\n\n--b\n\n{UMLAUTS}--bc\n--b-\n--b--c\n--b--",
        f"--b\nContent-Type: multipart/mixed; boundary=b.1\n\n--b.1\n\n{UMLAUTS}--b.1--\n--b\n\n{UMLAUTS}--b--",
        f"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n{UMLAUTS}--b\n\n{UMLAUTS}--b--",
        f"--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{UMLAUTS}--b--\n--b--",
        f"--b\nContent-Type: message/rfc822\n\n--b\nContent-Type: message/rfc822\n\nA: b\n--b\n\n{UMLAUTS}--b--",
    ],
)
def test_who_reads_broken_parts_reads_the_same_after_conversion(body):
    header = b"Content-Type: multipart/mixed; boundary=b\n\n"
    before = email.message_from_bytes(unconverted(header, body.encode()))
    octets = sent(header, body)
    after = email.message_from_bytes(octets)
    assert is_fit(octets)
    assert [part[2].removesuffix(b"\r\n") for part in leaves(after)] == [
        part[2].removesuffix(b"\r\n") for part in leaves(before)
    ]


@pytest.mark.parametrize("boundary", ["b", "a:b"])
def test_a_boundary_line_ends_a_header_as_well(boundary):
    parts = ("Content-Disposition: attachment; filename=ö", "\n" + UMLAUTS)
    octets = sent(*split(multipart(*parts, boundary=boundary)))
    assert len(leaves(email.message_from_bytes(octets))) == 2
    assert b"filename*=utf-8''%C3%B6\r\n--" in octets


def test_a_signature_is_one_only_in_the_header_of_a_message():
    assert b"DKIM-Signature: a\r\nContent-Type" in sent(*split(multipart("DKIM-Signature: a\n\n" + UMLAUTS)))


NAMES = st.sampled_from(["", "Content-Disposition: attachment; filename=größe.txt\n", 'Content-Type: a/b; name="ü"\n'])
LEAVES = st.tuples(NAMES, BODIES.map(lambda body: body.decode("utf-8", "replace"))).map(
    lambda part: part[0] + "\n" + part[1]
)


def trees(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Messages and multiparts; what is within another one is shorter, so that its boundary is another one."""

    def mixed(parts: list[str], end: str) -> str:
        return multipart(*parts, boundary=f"b{len(''.join(parts))}{end}")

    many = st.lists(children, min_size=1, max_size=3)
    return st.builds(mixed, many, st.text("=-", max_size=3)) | children.map("Content-Type: message/rfc822\n\n".__add__)


@given(st.recursive(LEAVES, trees, max_leaves=8), st.booleans())
def test_all_parts_are_read_as_they_were_written(tree, keep_8bit):
    header, body = split("A: b\n" + tree)
    before = email.message_from_bytes(unconverted(header.encode(), body.encode()))
    result = converted(header, body, keep_8bit)
    octets = b"".join(result.chunks())
    after = email.message_from_bytes(octets)
    assert [part.get_content_type() for part in after.walk()] == [part.get_content_type() for part in before.walk()]
    assert len(leaves(after)) == len(leaves(before))
    for (_, _, now), (_, _, then) in zip(leaves(after), leaves(before), strict=True):
        assert now.removesuffix(b"\r\n") == then.removesuffix(b"\r\n")
    assert result.size_octets == len(octets)
    assert result.is_8bit == (not octets.isascii())
    assert is_fit(octets) or keep_8bit
    assert max(map(len, octets.split(b"\r\n"))) <= LINE_LIMIT


# What is refused


@pytest.mark.parametrize("name", ["DKIM-Signature", "dkim-signature", "ARC-Message-Signature"])
def test_refuses_to_break_the_signature_of_a_header(name):
    assert problem(f"{name}: v=1\n\n", UMLAUTS) == f"it is signed ({name})"
    assert problem(f"{name}: v=1\nSubject: ü\n\n", "a") == f"it is signed ({name})"
    inner = f"Content-Type: message/rfc822\n\n{name}: v=1\nSubject: ü\n\na"
    assert problem(*split(multipart(inner))) == f"a message in it is signed ({name})"
    assert (
        problem("Content-Type: message/rfc822\n\n", f"{name}: v=1\n\n{UMLAUTS}")
        == f"a message in it is signed ({name})"
    )


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (multipart("\n" + UMLAUTS, "\na", subtype="signed", boundary="s"), "it is signed"),
        (multipart("Subject: ü\n\na", "\na", subtype="signed", boundary="s"), "it is signed"),
        (multipart("\na", "\n" + LONG, subtype="encrypted", boundary="s"), "it is encrypted"),
        ("Content-Type: message/partial; id=x\n\n" + UMLAUTS, "message/partial"),
        ("Content-Type: message/delivery-status\n\n" + UMLAUTS, "message/delivery-status"),
        ("Content-Type: message/global\n\nSubject: ü\n\na", "message/global"),
        ("Content-Type: text\n\n" + UMLAUTS, "cannot be read"),
        ("Content-Type: a/b\nContent-Type: a/b\n\n" + UMLAUTS, "more than one Content-Type"),
        ("Content-Transfer-Encoding: uuencode\n\n" + UMLAUTS, "unknown"),
        ("no header\n" + UMLAUTS, "malformed"),
        (" X: y\n\n" + UMLAUTS, "malformed"),
        ("X-ü: y\n\na", "malformed"),
        ("Content-Type: multipart/mixed; boundary=i\n\nbefore: " + UMLAUTS + "--i\n\na\n--i--", "between its parts"),
        ("Content-Type: multipart/mixed; boundary=i\n\n--i\n\na\n--i--\nafter: " + UMLAUTS, "between its parts"),
        ("Content-Type: multipart/mixed; boundary=i\n\n" + UMLAUTS, "between its parts"),
        ("Content-ID: <ü@x>\n\na", "Content-ID"),
    ],
)
def test_refuses_what_would_lose_something_and_says_why(part, reason):
    assert reason in problem(*split(multipart("\na", part)))
    assert reason in problem(*split(multipart("\na", part).replace("b--\n", "b--")))


@pytest.mark.parametrize(
    "part",
    [
        multipart("\na", "\nb", subtype="signed", boundary="s"),
        "Content-Type: message/delivery-status\n\na",
        "Content-Type: a/b\nContent-Type: a/b\n\na",
        "no header",
        "Content-Type: message/rfc822\n\nDKIM-Signature: a\n\nb",
    ],
)
def test_what_has_to_stay_does_not_stand_in_the_way_of_the_others(part):
    octets = sent(*split(multipart(part, "\n" + UMLAUTS)))
    assert b"--b\r\n" + part.strip("\n").replace("\n", "\r\n").encode() in octets
    assert b"quoted-printable\r\n\r\nGr=C3=BC" in octets


def test_refuses_a_header_field_that_cannot_be_folded_and_names_it():
    assert "References" in problem("References: <" + "x" * 999 + ">\n\n", "a")
    assert "From" in problem("From: ü@x\n\n", "a")
    assert problem("no field\n\n", "a") == "its header is malformed"


# Limits


def nested(depth: int) -> tuple[str, str]:
    head = "".join(f"Content-Type: multipart/mixed; boundary={at:03}\n\n--{at:03}\n" for at in range(depth))
    return split(head + "\n" + UMLAUTS)


def test_parts_may_be_nested_so_deep_and_no_deeper():
    octets = sent(*nested(NESTING_LIMIT))
    assert leaves(email.message_from_bytes(octets))[0][2].decode().strip() == UMLAUTS.strip()
    assert "nested" in problem(*nested(NESTING_LIMIT + 1))
    assert "nested" in problem("Content-Type: message/rfc822\n\n", "Content-Type: message/rfc822\n\n" * 9999 + UMLAUTS)


def test_there_may_be_so_many_parts_and_no_more():
    header, body = split(multipart(*["\nü"] * PARTS_LIMIT))
    assert sent(header, body).count(b"base64") == PARTS_LIMIT
    assert str(PARTS_LIMIT) in problem(header, body.replace("--b--", "--b\n\na"))


@pytest.mark.parametrize("octets", [HEADER_LIMIT, HEADER_LIMIT + 1])
def test_the_header_of_a_part_is_no_longer_than_that_of_a_message(octets):
    line = " " + "z" * 510 + "\n"  # half a KiB
    field = "X:" + line * (HEADER_LIMIT // len(line) - 1)
    field += " " + "z" * (octets - len(field) - 2) + "\n"
    header, body = split(multipart(field + "\n" + UMLAUTS))
    if octets <= HEADER_LIMIT:
        assert b"Gr=C3=BC" in sent(header, body)
    else:
        assert "malformed" in problem(header, body)


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "unit",
    [
        "ü",
        "ü\n",
        "\n",
        "\r",
        "--b\n",
        "--b--\n",
        "--bc\n",
        "--",
        "=",
        " ",
        " \n",
        ".\n",
        "x: y\n",
        " ü",
        "x" * 997 + "ü\n",
    ],
)
@pytest.mark.parametrize(
    "head",
    [
        "A: b\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n",
        "Content-Type: message/rfc822\n\nA: b\n",
        "Content-Transfer-Encoding: quoted-printable\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n",
    ],
)
def test_time_grows_with_the_message_and_no_faster(head, unit):
    def seconds(octets: int) -> float:
        header, body = split(head + unit * (octets // len(unit.encode())))
        began = time.process_time()
        with contextlib.suppress(CannotConvert):
            converted(header, body)
        return time.process_time() - began

    assert seconds(2 * MEGABYTE) < 8


def test_memory_holds_no_message():
    header, body = b"Content-Type: multipart/mixed; boundary=b\n\n", b"--b\n\n" + "ü".encode() * 5 * MEGABYTE
    with mmap.mmap(-1, len(body)) as mapped:
        mapped.write(body)
        tracemalloc.start()
        result = converted(header, mapped)
        octets = sum(map(len, result.chunks()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert octets == result.size_octets > len(body)
    assert peak < 4 * 1024 * 1024 < len(body)


def test_chunks_are_of_the_size_that_others_are():
    for unit in ("ü", "\n", "=" * 70 + "\n", "x"):
        chunks = list(converted("A: b\n\n", unit * (MEGABYTE // len(unit)) + LONG).chunks())
        assert max(map(len, chunks)) <= 2 * CHUNK_OCTETS
        assert min(map(len, chunks[:-1]), default=MEGABYTE) >= CHUNK_OCTETS // 8


def test_the_message_can_be_sent_again():
    result = converted(*split(multipart("\n" + UMLAUTS)))
    assert list(result.chunks()) == list(result.chunks())


def test_the_body_begins_where_it_is_told_to():
    source = "Bcc: ü\n\n".encode() + UMLAUTS.encode()
    result = convert(b"A: b\n\n", source, len(source) - len(UMLAUTS.encode()), keep_8bit=False, keep_8bit_header=False)
    assert b"".join(result.chunks()) == sent("A: b\n\n", UMLAUTS)
