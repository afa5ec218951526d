from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import re
from quopri import decodestring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helper.message.header import FIELDS_LIMIT, Field
from helper.message.mime.encoded_word import WORD_LIMIT
from helper.message.mime.fields import (
    ascii_field,
    encoded_field,
    fields_of,
    short_field,
    with_field,
    with_mime_version,
    with_parameter,
)
from helper.message.mime.folding import LONG_WORD
from helper.message.mime.refusal import CannotConvert
from helper.text import LINE_LIMIT


def field(octets: bytes | str) -> Field:
    octets = octets.encode() if isinstance(octets, str) else octets
    return Field(octets.partition(b":")[0], octets + b"\n")


def in_ascii(octets: bytes | str) -> bytes:
    return ascii_field(field(octets)).octets


def decoded(octets: bytes) -> str:
    """What a reader makes of the body of a field with encoded words."""
    unfolded = octets.partition(b":")[2].replace(b"\n", b"").decode("ascii").strip(" ")
    return str(email.header.make_header(email.header.decode_header(unfolded)))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("Subject: Größe", b"Subject: =?utf-8?b?R3LDtsOfZQ==?=\n"),
        ("Subject:ü", b"Subject: =?utf-8?b?w7w=?=\n"),
        ("Subject: a long ühm indeed", b"Subject: a long =?utf-8?q?=C3=BChm?= indeed\n"),
        ("Subject: schön und größer", b"Subject: =?utf-8?q?sch=C3=B6n?= und =?utf-8?q?gr=C3=B6=C3=9Fer?=\n"),
        (
            "Subject: können wir's _ =?\n\tübel ",
            b"Subject: =?utf-8?q?k=C3=B6nnen?= wir's _ =?\n\t=?utf-8?q?=C3=BCbel?=\n",
        ),
        ("Subject: können_=?\n\tübel ", b"Subject: =?utf-8?q?k=C3=B6nnen=5F=3D=3F=09=C3=BCbel?=\n"),
        ("Subject: a\n  über\n b", b"Subject: a\n  =?utf-8?q?=C3=BCber?=\n b\n"),
        (b"Subject: na\xefve", b"Subject: =?unknown-8bit?q?na=EFve?=\n"),
        ("X-Anything: (ü) <ü@x>", b"X-Anything: =?utf-8?b?KMO8KSA8w7xAeD4=?=\n"),
        ("Subject: =?utf-8?q?a?= über", b"Subject: =?utf-8?q?a?= =?utf-8?q?_=C3=BCber?=\n"),
        ("Subject: über =?utf-8?q?a?=", b"Subject: =?utf-8?q?=C3=BCber_?= =?utf-8?q?a?=\n"),
        ("From: Jörg <j@x>", b"From: =?utf-8?q?J=C3=B6rg?= <j@x>\n"),
        ("From: Jörg<j@x>", b"From: =?utf-8?q?J=C3=B6rg?= <j@x>\n"),
        ('From: "Öst, P." <j@x>', b"From: =?utf-8?q?=C3=96st=2C_P=2E?= <j@x>\n"),
        ('From: "\\"Ö\\"" <j@x>', b"From: =?utf-8?b?IsOWIg==?= <j@x>\n"),
        ('From: "A, B" Jörg <j@x>', b'From: "A, B" =?utf-8?q?J=C3=B6rg?= <j@x>\n'),
        ("From: Jörg A. Dr.Öst <j@x>", b"From: =?utf-8?q?J=C3=B6rg?= A. =?utf-8?q?Dr=2E=C3=96st?= <j@x>\n"),
        ("To: A <a@x>, Öst:b@x,Übel <c@x>;", b"To: A <a@x>, =?utf-8?q?=C3=96st?= :b@x, =?utf-8?q?=C3=9Cbel?= <c@x>;\n"),
        ("From: j@x (Jörg)", b"From: j@x (=?utf-8?q?J=C3=B6rg?=)\n"),
        ("From: j@x (a(über)b)", b"From: j@x (a(=?utf-8?q?=C3=BCber?=)b)\n"),
        ("From: j@x (a \\(ö\\) b)", b"From: j@x (a =?utf-8?b?KMO2KQ==?= b)\n"),
        ("Keywords: über, a b", b"Keywords: =?utf-8?q?=C3=BCber?= , a b\n"),
        ("Message-ID: <a@b> (über)", b"Message-ID: <a@b> (=?utf-8?q?=C3=BCber?=)\n"),
        ("Received: by x (über) id 1; Thu", b"Received: by x (=?utf-8?q?=C3=BCber?=) id 1; Thu\n"),
        (
            "List-Unsubscribe: <mailto:ü@x.example?subject=ü>, <https://x.example:80/ü_(ü)> (ü)",
            b"List-Unsubscribe: <mailto:%C3%BC@x.example?subject=%C3%BC>,\n"
            b" <https://x.example:80/%C3%BC_(%C3%BC)> (=?utf-8?b?w7w=?=)\n",
        ),
        ("Archived-At: <https://x.example?%41ü>", b"Archived-At: <https://x.example?%41%C3%BC>\n"),
        ("List-Id: über <a.b>", b"List-Id: =?utf-8?q?=C3=BCber?= <a.b>\n"),
        # No address list, so that everybody shows it as text.
        ("From: a <a@x> ö", b"From: a <a@x> =?utf-8?b?w7Y=?=\n"),
        ("From: ö (", b"From: =?utf-8?b?w7Y=?= (\n"),
        ("From: Jörg Müller", b"From: =?utf-8?q?J=C3=B6rg_M=C3=BCller?=\n"),
        ("To: Jörg; <a@x>]", b"To: =?utf-8?q?J=C3=B6rg=3B?= <a@x>]\n"),
    ],
)
def test_text_that_is_not_ascii_becomes_encoded_words(octets, expected):
    assert in_ascii(octets) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (
            "Content-Disposition: attachment; filename=größe.pdf",
            b"Content-Disposition: attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.pdf\n",
        ),
        (
            'Content-Type: text/plain;name="a ö";charset=utf-8',
            b"Content-Type: text/plain; name*=utf-8''a%20%C3%B6;charset=utf-8\n",
        ),
        (
            'Content-Type: a/b; name="a\n ö"',
            b"Content-Type: a/b; name*=utf-8''a%20%C3%B6\n",
        ),
        (
            b"Content-Type: a/b;\n name=\xf6;\n x=y",
            b"Content-Type: a/b; name*=unknown-8bit''%F6;\n x=y\n",
        ),
        (
            "Content-Disposition: attachment; filename=größer als groß.pdf; size=5",
            b"Content-Disposition: attachment;\n filename*=utf-8''gr%C3%B6%C3%9Fer%20als%20gro%C3%9F.pdf; size=5\n",
        ),
        (
            "Content-Disposition: attachment; filename=\"ö a.pdf\"; filename*=UTF-8''%c3%b6%20a.pdf; size=5",
            b"Content-Disposition: attachment; filename*=UTF-8''%c3%b6%20a.pdf; size=5\n",
        ),
        (
            "Content-Type: a/b; name=" + "ö" * 9,
            b"Content-Type: a/b;\n name*0*=utf-8''" + b"%C3%B6" * 8 + b";\n name*1*=%C3%B6\n",
        ),
        # Comments are no parameters.
        ("Content-Type: text/plain (ü); a=b", b"Content-Type: text/plain (=?utf-8?b?w7w=?=); a=b\n"),
        ("Content-Type: (ü) a/b; a=b (ü)", b"Content-Type: (=?utf-8?b?w7w=?=) a/b; a=b (=?utf-8?b?w7w=?=)\n"),
        ("Content-Disposition: x (ü); name=ü", b"Content-Disposition: x (=?utf-8?b?w7w=?=); name*=utf-8''%C3%BC\n"),
        # The forms of RFC 2231 in 8-bit, in sections and with a fallback for readers that know it not.
        ('Content-Type: a/b; name*0="ü"; name*1="b"; c=d', b"Content-Type: a/b; name*=utf-8''%C3%BCb; c=d\n"),
        (
            "Content-Type: a/b; name*1*=%C3%BC; c=d; name*0*=utf-8''ü",
            b"Content-Type: a/b; c=d; name*=utf-8''%C3%BC%C3%BC\n",
        ),
        ("Content-Type: a/b; name*=UTF-8'de'ü%20.txt", b"Content-Type: a/b; name*=utf-8'de'%C3%BC%20.txt\n"),
        ("Content-Type: a/b; name*=''ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; name*=utf8''ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; name*=ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; name=u; name*=utf-8''ü", b"Content-Type: a/b; name=u; name*=utf-8''%C3%BC\n"),
        # What is said twice is the same text, in whatever charset and form.
        ("Content-Type: a/b; name=ü; name*=iso-8859-1''%FC", b"Content-Type: a/b; name*=iso-8859-1''%FC\n"),
        ("Content-Type: a/b; name*=Windows-1252'de'%80; name=€", b"Content-Type: a/b; name*=Windows-1252'de'%80\n"),
        (
            "Content-Type: a/b; name=üb; name*0*=utf-8''%C3; name*1*=%BCb",
            b"Content-Type: a/b; name*0*=utf-8''%C3; name*1*=%BCb\n",
        ),
        ('Content-Type: a/b; name=ü; c=d; NAME="ü"', b"Content-Type: a/b; name*=utf-8''%C3%BC; c=d\n"),
        ("Content-Type: a/b; name=ü; name*=utf-8''ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; name=ü; name*0=ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; name*=%C3%BC; name=ü", b"Content-Type: a/b; name*=utf-8''%C3%BC\n"),
        ("Content-Type: a/b; c=d; c=e; name=ü", b"Content-Type: a/b; c=d; c=e; name*=utf-8''%C3%BC\n"),
        # Quotes that were forgotten.
        ("Content-Type: a/b; name=ü (1).pdf; c=d", b"Content-Type: a/b; name*=utf-8''%C3%BC%20%281%29.pdf; c=d\n"),
        ('Content-Type: a/b; name=ü a; c="d;e"', b"Content-Type: a/b; name*=utf-8''%C3%BC%20a; c=\"d;e\"\n"),
        ("Content-Type: a/b; name=C:\\ü a", b"Content-Type: a/b; name*=utf-8''C%3A%5C%C3%BC%20a\n"),
        ('Content-Type: a/b; c=d; name="ü.pdf', b"Content-Type: a/b; c=d; name*=utf-8''%C3%BC.pdf\n"),
        ("Content-Type: a/b; name=a, ü", b"Content-Type: a/b; name*=utf-8''a%2C%20%C3%BC\n"),
    ],
)
def test_parameters_that_are_not_ascii_are_written_with_percent_signs(octets, expected):
    assert in_ascii(octets) == expected


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        ("From: ö@x", "From .* 8-bit"),
        ("From: <ö@x>", "From .* 8-bit"),
        ("From: a <ö@a.x>", "From .* 8-bit"),
        ("From: a <a@x>, ö", "From .* 8-bit"),
        ("From: <@ö:a@x>", "From .* 8-bit"),
        ("From: a@bücher.example <a@x>", "From .* 8-bit"),
        ('To: "ö"@x', "To .* 8-bit"),
        ("To: a@[ö]", "To .* 8-bit"),
        (b"To: a <a@\xc3.example>", "To .* 8-bit"),
        ("Message-ID: <ö@x>", "Message-ID .* 8-bit"),
        ("References: ö", "References .* 8-bit"),
        ("Date: ö", "Date .* 8-bit"),
        ("List-Help: https://x.example/ö", "List-Help .* 8-bit"),
        ("List-Help: <https://ö.example/>", "List-Help .* 8-bit"),
        ("List-Help: <ö>", "List-Help .* 8-bit"),
        ("List-Help: <x:a> (ö", "a comment is not closed"),
        ("Received: from ö", "Received .* 8-bit"),
        ("Received: by ö (", "Received is wrong: a comment is not closed"),
        ("Received: by ö <a@x> ]", "Received is wrong"),
        ("Content-Type: text/ö", "Content-Type cannot be read"),
        ("Content-Type: text/plain (ö", "Content-Type cannot be read"),
        ("Content-Type: text/plain; ö=a", "Content-Type cannot be read"),
        ("Content-Type: a/b name=ö", "a semicolon is missing"),
        ('Content-Type: a/b; name="ö; c=d', "a quoted string is not closed"),
        ('Content-Type: a/b; name="ö" c=d', "a semicolon is missing"),
        ("Content-Type: a/b; name*=''a; name=ö", "two values"),
        ("Content-Type: a/b; name*=utf-8''%C3%BC; name=ö", "two values"),
        ("Content-Type: a/b; name*=iso-8859-1''%C3%B6; name=ö", "two values"),
        ("Content-Type: a/b; name*=x-unknown''%C3%B6; name=ö", "two values"),
        ("Content-Type: a/b; name*=zlib''%C3%B6; name=ö", "two values"),
        ("Content-Type: a/b; name=a; name=ö", "two values"),
        ("Content-Type: a/b; name=ö; name*=utf-8''%C", "percent sign"),
        ("Content-Type: a/b; name=ö; name*=\"utf-8''%  \"", "percent sign"),
        ("Content-Type: a/b; name*=utf-8''ö%FF", "charset that it names"),
        ("Content-Type: a/b; name*=iso-8859-1''ö", "charset that it names"),
        ("Content-Type: a/b; name*=\"utf 8''ö\"", "charset that it names"),
        ("Content-Type: a/b; name*0=ö; name*2=b", "section"),
        ("Content-Type: a/b; name*0=ö; name*0=ö", "section"),
        ("Content-Type: a/b; name*a=ö", "section"),
    ],
)
def test_refuses_what_has_no_form_in_ascii_and_names_the_field(octets, problem):
    with pytest.raises(CannotConvert, match=problem) as raised:
        in_ascii(octets)
    assert raised.value.problem.isascii()


@pytest.mark.parametrize("octets", [b"Subject: a  b \n c", b"From: x", b"Subject:" + b" x" * 495])
def test_a_field_that_may_stay_stays(octets):
    assert ascii_field(field(octets)) == short_field(field(octets)) == field(octets)


@pytest.mark.parametrize("octets", [LINE_LIMIT, LINE_LIMIT + 1])
def test_a_line_that_is_too_long_is_folded_at_white_space(octets):
    before = b"Subject: " + b"a  b " * 20
    before += b"x" * (octets - len(before))
    after = short_field(field(before)).octets
    assert (after == before + b"\n") == (octets <= LINE_LIMIT)
    assert after.replace(b"\n", b"") == before


def test_a_line_is_folded_before_78_columns_where_it_can_be():
    lines = short_field(field(b"Subject:" + b" word" * 300)).octets.splitlines()
    assert max(map(len, lines)) <= 76
    assert b"".join(lines) == b"Subject:" + b" word" * 300


def test_columns_count_from_where_a_line_was_folded():
    lines = short_field(field(b"X:\n" + b" " * 40 + b"a" + b" c" * 600)).octets.splitlines()
    assert len(lines[1]) == 76 - 1
    assert max(map(len, lines)) <= 76


def test_what_was_folded_stays_folded_there():
    assert short_field(field(b"X:\n a\n\t b" + b" c" * 600)).octets.startswith(b"X:\n a\n\t b c c")


@pytest.mark.parametrize("octets", [LONG_WORD, LONG_WORD + 1])
def test_a_word_that_may_be_too_long_for_a_line_is_encoded(octets):
    before = field(b"X-Long: a " + b"x" * octets + b" b" * 99)
    after = short_field(before).octets
    if octets > LONG_WORD:
        assert b"=?us-ascii?q?xxx" in short_field(field(b"X-Long: a " + b"x" * LINE_LIMIT)).octets
    else:
        assert after.startswith(b"X-Long: a\n " + b"x" * octets + b"\n b")
    assert decoded(after) == before.body.strip().decode()


ADDRESSES = [b"user%d@department.example" % number for number in range(60)]
IDS = [b"<%d.abcdefgh@mail.example>" % number for number in range(60)]
LONG = b"x" * LINE_LIMIT


@pytest.mark.parametrize(
    "octets",
    [
        b"To: " + b",".join(ADDRESSES),
        b"To:" + b",".join(ADDRESSES),
        b"Resent-Cc: G:" + b",".join(ADDRESSES) + b";",
        b"To: " + b",".join(b'"a,b"<' + each + b">" for each in ADDRESSES),
        b"To: " + b",".join(each + b"(c,d)" for each in ADDRESSES),
        b"To: " + b",".join(b'"a,b"@%d.example' % number for number in range(99)),
        b"References: " + b"".join(IDS),
        b"In-Reply-To:" + b"".join(IDS),
        b"List-Unsubscribe: " + b",".join(b"<https://x.example/?a=%d,%d>" % (each, each) for each in range(60)),
        b"Content-Type: text/plain;" + b";".join(b"p%d=xxxxxxxxxxxxxxxxxxxx" % each for each in range(50)),
        b"Keywords: " + b",".join([b"abc"] * 400),
    ],
    ids=range(11),
)
def test_a_structured_field_without_white_space_is_folded_between_its_items(octets):
    after = short_field(field(octets)).octets
    lines = after.splitlines()
    assert max(map(len, lines)) <= 78
    assert all(line.endswith((b",", b";", b">", b":")) for line in lines[:-1])
    assert b"".join(after.split()) == b"".join(octets.split())


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"Subject: " + LONG, LONG),
        (b"Subject:" + LONG, LONG),
        (b"Subject: Re: " + LONG + b" x  y", b"Re: " + LONG + b" x  y"),
        (b"X-Long: a" + b" " * 1200 + b"b", b"a" + b" " * 1200 + b"b"),
        (b"X-Long: a\n" + b" " * 1200 + b"b", b"a" + b" " * 1200 + b"b"),
        (b"From: " + LONG + b" <a@x.example>", LONG + b" <a@x.example>"),
        (b'From: "' + LONG + b'" <a@x.example>', LONG + b" <a@x.example>"),
        (b"From: a@x.example (" + LONG + b")", b"a@x.example (" + LONG + b")"),
        (b"Comments: " + LONG + b"," + LONG, LONG + b"," + LONG),
        (b"Keywords: " + LONG + b",b", LONG + b" ,b"),
    ],
    ids=range(10),
)
def test_what_is_too_long_for_a_line_becomes_encoded_words(octets, expected):
    after = short_field(field(octets)).octets
    assert max(map(len, after.splitlines())) <= 78
    assert all(line.startswith((b" ", b"\t")) for line in after.splitlines()[1:])
    # Not by the library: it puts a space between two encoded words in ASCII.
    text = re.sub(rb"\?=\n? =\?us-ascii\?q\?", b"", after.partition(b":")[2]).replace(b"\n", b"").strip()
    assert re.sub(rb"=\?us-ascii\?q\?(.*?)\?=", lambda found: decodestring(found[1], header=True), text) == expected


def test_a_long_parameter_is_written_in_sections():
    after = short_field(field(b"Content-Disposition: attachment;filename=" + LONG)).octets
    assert max(map(len, after.splitlines())) <= 78
    assert email.message_from_bytes(after).get_filename() == LONG.decode()


@pytest.mark.parametrize(
    "octets",
    [
        b"To: <" + LONG + b"@x.example>",
        b"Message-ID: <" + LONG + b"@x.example>",
        b"References: <" + LONG + b"@x.example>",
        b"Content-Type: multipart/mixed; boundary=" + LONG,
        b"Received: from " + LONG,
    ],
    ids=range(5),
)
def test_refuses_what_is_too_long_and_has_no_other_form(octets):
    with pytest.raises(CannotConvert, match=octets.partition(b":")[0].decode()):
        short_field(field(octets))


def test_makes_no_line_of_nothing_but_white_space():
    for octets in (b"X-Long: a" + b" " * 1200 + b"b", b"To: a@x.example," + b" " * 1200 + b"b@x.example"):
        assert all(line.strip() for line in short_field(field(octets)).octets.splitlines())
    assert short_field(field(b"X-Long: a" + b" " * 1200)).octets == b"X-Long: a\n"


@pytest.mark.parametrize("control", [b"\v", b"\f", b"\x1c"])
def test_only_what_a_header_calls_white_space_is_a_place_to_fold(control):
    octets = short_field(field(b"X: " + (b"x" + control) * 1000)).octets
    assert octets.startswith(b"X: =?us-ascii?q?x=%02Xx" % ord(control))


def test_a_field_that_stays_8_bit_is_folded_nevertheless():
    octets = short_field(field("Subject:" + " ö" * 600)).octets
    assert octets.replace(b"\n", b"") == ("Subject:" + " ö" * 600).encode()
    assert max(map(len, octets.splitlines())) <= 76


# Not what an encoded word looks like, and no control character: the reader of the library has its own ideas of those.
LETTERS = st.characters(blacklist_categories=("C", "Z"), blacklist_characters="=?")
TEXTS = st.text(st.one_of(LETTERS, st.sampled_from("  ä€😀")), max_size=200).map(
    lambda text: " ".join(text.split(" ")).strip()
)


@pytest.mark.parametrize("spaces", [b" " * 90, b" " * 90 + b"\f" + b" " * 90, b"\n \v" + b" " * 90, b" \f" + b" " * 90])
def test_no_line_of_a_folded_field_looks_empty(spaces):
    field = Field(b"Subject", "Subject: ä".encode() + spaces + b"x" * 60 + spaces + b"y\n")
    for short in (ascii_field(field), short_field(field)):
        assert not any(not line or line.isspace() for line in short.octets.removesuffix(b"\n").split(b"\n"))


@pytest.mark.parametrize("end", [b"", b" ", b"\t"])
def test_a_backslash_at_the_end_of_a_line_makes_no_empty_line(end):
    octets = in_ascii(b"To: a@x.example (\\" + end + b"\n " + "ü".encode() * 40 + b" \\\n\tb)")
    assert b"\n\n" not in octets and octets.isascii()


@given(TEXTS)
@example("ä" * 500)
@example("x" * 60 + "ä" * 60)
def test_who_decodes_a_field_reads_what_was_written(text):
    octets = in_ascii("Subject: " + text)
    assert decoded(octets) == text.strip(" ")
    assert octets.isascii()


@given(TEXTS)
@example("€" * 500)
def test_encoded_words_are_whole_and_short(text):
    octets = in_ascii("Subject: " + text)
    for line in octets.splitlines():
        assert len(line) <= 76 or "=?" not in line.decode()
    for word in octets.split():
        if word.startswith(b"=?"):
            assert len(word) <= WORD_LIMIT <= 75
            [(value, charset)] = email.header.decode_header(word.decode("ascii"))
            assert charset == "utf-8"
            value.decode("utf-8")


@given(st.binary(min_size=1, max_size=300).filter(lambda octets: not set(octets) & set(b"\0\t\r\n\v\f =?")))
def test_octets_of_an_unknown_charset_come_back_as_they_were(octets):
    sent = in_ascii(b"Subject: \xff" + octets)
    words = email.header.decode_header(sent.partition(b": ")[2].decode("ascii").strip())
    assert b"".join(word for word, _ in words) == b"\xff" + octets


@given(st.text(LETTERS, min_size=1, max_size=40), st.text(LETTERS, max_size=40))
def test_a_display_name_is_read_as_it_was_written(first, last):
    name = " ".join((first + " ö " + last).split())
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    octets = in_ascii(f'From: "{quoted}" <a@x>')
    shown, address = email.utils.parseaddr(octets.partition(b":")[2].decode("ascii"))
    assert (str(email.header.make_header(email.header.decode_header(shown))), address) == (name, "a@x")


@given(st.text(LETTERS, max_size=200))
def test_a_file_name_is_read_as_it_was_written(name):
    quoted = (name + "ö").replace("\\", "\\\\").replace('"', '\\"')
    octets = in_ascii(f'Content-Disposition: attachment; filename="{quoted}"')
    assert email.message_from_bytes(octets).get_filename() == name + "ö"
    assert max(map(len, octets.splitlines())) <= 76


def test_lines_are_fields_or_nothing():
    assert fields_of([b"A: b", b" c", b"", b"D: e"]) is None
    assert fields_of([b"A: b", b" c", b"D : e"]) == (Field(b"A", b"A: b\n c\n"), Field(b"D", b"D : e\n"))
    assert fields_of([]) == ()
    for lines in ([b" a"], [b"no field"], [b"\xf6: a"], [b": a"]):
        assert fields_of(lines) is None


@pytest.mark.parametrize("count", [FIELDS_LIMIT, FIELDS_LIMIT + 1])
def test_there_is_an_end_to_fields(count):
    assert (fields_of([b"A:"] * count) is None) == (count > FIELDS_LIMIT)


def test_a_field_takes_the_place_of_those_with_its_name():
    fields = (field(b"A: 1"), field(b"b: 2"), field(b"C: 3"), field(b"B: 4"))
    assert with_field(fields, b"B", b"5") == (field(b"A: 1"), field(b"B: 5"), field(b"C: 3"))
    assert with_field(fields[:1], b"B", b"5") == (field(b"A: 1"), field(b"B: 5"))


@pytest.mark.parametrize("body", [b"text/plain", b"text/plain;", b"text/plain ; \n "])
def test_a_parameter_is_added_behind_the_others(body):
    [added] = with_parameter((field(b"content-type: " + body),), b"Content-Type", b"charset=utf-8")
    assert added.octets == b"content-type: text/plain;\n charset=utf-8\n"


def test_a_message_gets_one_mime_version():
    once = with_mime_version((field(b"A: 1"),))
    assert once == (field(b"A: 1"), field(b"MIME-Version: 1.0"))
    assert with_mime_version(once) == once
    assert with_mime_version((field(b"mime-version: 1.0 (x)"),)) == (field(b"mime-version: 1.0 (x)"),)


def test_a_domain_in_an_address_becomes_its_a_label():
    field = Field(b"To", "To: Käthe <kaethe@bücher.example>, b@x.example\n".encode())
    assert ascii_field(field).body.replace(b"\n", b"").split() == [
        b"=?utf-8?q?K=C3=A4the?=",
        b"<kaethe@xn--bcher-kva.example>,",
        b"b@x.example",
    ]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("Subject: ü", b"Subject: =?utf-8?b?w7w=?=\n"),
        ("From: Käthe <käthe@x.example>", "From: =?utf-8?q?K=C3=A4the?= <käthe@x.example>\n".encode()),
        ("To: käthe@bücher.example, ü <b@x>", "To: käthe@xn--bcher-kva.example, =?utf-8?b?w7w=?= <b@x>\n".encode()),
        ("Message-ID: <ü@x.example> (ü)", "Message-ID: <ü@x.example> (=?utf-8?b?w7w=?=)\n".encode()),
        ("Content-Type: text/plain (ü)", b"Content-Type: text/plain (=?utf-8?b?w7w=?=)\n"),
        ("Content-Type: text/plain (ü", "Content-Type: text/plain (ü\n".encode()),
        ("Content-Disposition: x; filename=ü", b"Content-Disposition: x; filename*=utf-8''%C3%BC\n"),
        (b"Subject: na\xefve", b"Subject: na\xefve\n"),
        (b"From: \xef <a@x>", b"From: \xef <a@x>\n"),
    ],
)
def test_only_what_has_no_form_in_ascii_or_is_no_utf_8_stays_where_it_may(octets, expected):
    assert encoded_field(field(octets)).octets == expected
