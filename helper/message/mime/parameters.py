"""Parameters: what `Content-Type:` and `Content-Disposition:` say (RFC 2045, section 5.1; RFC 2231)."""

from __future__ import annotations

from helper.message.local_part import unescape
from helper.message.mime.encoded_word import characters_of, grouped
from helper.message.mime.folding import LONG_WORD
from helper.message.mime.refusal import CannotConvert
from helper.message.tokens import LETTERS_AND_DIGITS, WHITE, AddressSyntax, end_of_quoted, skip_white_and_comments
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.header import Field

TOKEN_OCTETS = frozenset(LETTERS_AND_DIGITS + b"!#$%&'*+-.^_`{|}~")
# Values come with all kinds of octets that should be quoted, `=` and `/` above all, and nobody minds.
VALUE_ENDS = WHITE | frozenset(b';,()"')
# What stands for itself in RFC 2231, section 7: of a token all but what it is made of itself.
PLAIN = TOKEN_OCTETS - frozenset(b"*'%")
SECTION_LIMIT = 50  # octets of a value in one line, so that its name has room as well


class Parameter(Record):
    """A parameter: its name in lower case, what its value means, and where it stands in the body of the field."""

    name: bytes
    value: bytes
    start: int
    stop: int


class Parametrised(Record):
    """A value in lower case, such as `text/plain`, and its parameters, each name once."""

    value: bytes
    parameters: tuple[Parameter, ...] = ()

    def __getitem__(self, name: bytes) -> bytes | None:
        return next((parameter.value for parameter in self.parameters if parameter.name == name), None)


def parse_parametrised(text: bytes) -> Parametrised:
    """Return what the body of a field says. AddressSyntax where readers would not agree on it."""
    at = start = skip_white_and_comments(text, 0)
    while at < len(text) and (text[at] in TOKEN_OCTETS or text[at] == ord("/")):
        at += 1
    parsed = Parametrised(text[start:at].lower(), tuple(parameters_of(text, at)))
    if len({parameter.name for parameter in parsed.parameters}) < len(parsed.parameters):
        raise AddressSyntax("a parameter comes twice", 0)
    return parsed


def with_encoded_parameters(field: Field, charset: bytes) -> bytes:
    """Return the body of a field with short parameters in ASCII. CannotConvert where that is not enough."""
    name = field.name.decode("ascii")
    text = with_quotes(field.body)
    try:
        parsed = parse_parametrised(text)
    except AddressSyntax as error:
        raise CannotConvert(f"the header field {name} cannot be read: {error.problem}") from None
    names = {parameter.name for parameter in parsed.parameters}
    pieces: list[bytes] = []
    kept = 0
    for parameter in parsed.parameters:
        if not needs_encoding(parameter):
            continue
        before = text[kept : parameter.start].rstrip()
        kept = parameter.stop
        if says_the_same(parsed[parameter.name + b"*"], parameter.value, charset):
            pieces.append(before.removesuffix(b";"))
            continue
        if b"*" in parameter.name or names & {parameter.name + b"*", parameter.name + b"*0", parameter.name + b"*0*"}:
            raise CannotConvert(f"the header field {name} has a parameter in two forms")
        pieces += (before, b" ", encoded_parameter(parameter, charset))
    body = b"".join(pieces) + text[kept:]
    if not body.isascii():
        raise CannotConvert(f"the header field {name} has 8-bit octets outside its parameters")
    return body


def with_quotes(text: bytes) -> bytes:
    """Return a text with the quotes that its writer forgot around values with white space in them.

    Where there are quotes, comments or backslashes, nothing was forgotten, or nobody knows where.
    """
    if len(text.translate(None, b'"()\\')) < len(text):
        return text
    first, *rest = text.split(b";")
    return b";".join([first, *(with_quoted_value(each) for each in rest)])


def with_quoted_value(parameter: bytes) -> bytes:
    """Return a parameter with its value in quotes, if there is white space in it."""
    name, equals, value = parameter.partition(b"=")
    return name + b'="' + value.strip() + b'"' if equals and len(value.split()) > 1 else parameter


def says_the_same(extended: bytes | None, value: bytes, charset: bytes) -> bool:
    """Say whether a parameter stands there in the form of RFC 2231 too, which readers prefer: this one can go then."""
    named, _, rest = (extended or b"").partition(b"'")
    plain, *escaped = rest.partition(b"'")[2].split(b"%")
    try:
        decoded = plain + b"".join(bytes.fromhex(each[:2].decode("ascii")) + each[2:] for each in escaped)
    except ValueError:
        return False
    return bool(extended) and named.lower() == charset and decoded == value


def needs_encoding(parameter: Parameter) -> bool:
    """Say whether a value is not ASCII, or too long for a line; a boundary is no text."""
    return not parameter.value.isascii() or (len(parameter.value) > LONG_WORD and parameter.name != b"boundary")


def parameters_of(text: bytes, at: int) -> Iterator[Parameter]:
    """Yield the parameters that begin at `at`; empty ones are passed over."""
    while (at := skip_white_and_comments(text, at)) < len(text):
        if text[at] != ord(";"):
            raise AddressSyntax("a semicolon is missing between its parameters", at)
        start = at = skip_white_and_comments(text, at + 1)
        while at < len(text) and text[at] in TOKEN_OCTETS:
            at += 1
        if at == start and (at == len(text) or text[at] == ord(";")):
            continue
        name = text[start:at].lower()
        at = skip_white_and_comments(text, at)
        if not name or text[at : at + 1] != b"=":
            raise AddressSyntax("a parameter has no name or no value", at)
        value, at = value_at(text, skip_white_and_comments(text, at + 1))
        yield Parameter(name, value, start, at)


def value_at(text: bytes, start: int) -> tuple[bytes, int]:
    """Return the value of a parameter, quotes resolved, and where it ends."""
    if text[start : start + 1] == b'"':
        stop = end_of_quoted(text, start)
        return unescape(text[start + 1 : stop - 1].replace(b"\n", b"")), stop
    stop = start
    while stop < len(text) and text[stop] not in VALUE_ENDS:
        stop += 1
    return text[start:stop], stop


def encoded_parameter(parameter: Parameter, charset: bytes) -> bytes:
    """Return a parameter in the form of RFC 2231, in sections that fit a line each."""
    letters = [b"".join(map(percent_letters, character)) for character in characters_of(parameter.value, charset)]
    sections = list(grouped(letters, SECTION_LIMIT))
    sections[0] = charset + b"''" + sections[0]
    if len(sections) == 1:
        return parameter.name + b"*=" + sections[0]
    return b"; ".join(b"%b*%d*=%b" % (parameter.name, number, section) for number, section in enumerate(sections))


def percent_letters(octet: int) -> bytes:
    """Return an octet as RFC 2231 writes it."""
    return b"%c" % octet if octet in PLAIN else b"%%%02X" % octet
