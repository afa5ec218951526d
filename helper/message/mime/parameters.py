"""Parse the parameters of `Content-Type:` and `Content-Disposition:` (RFC 2045, section 5.1; RFC 2231)."""

from __future__ import annotations

from helper.address import AddressSyntax, unescape
from helper.domain import LETTERS_AND_DIGITS
from helper.message.tokens import WHITE, end_of_quoted, skip_white_and_comments
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN_OCTETS = frozenset(LETTERS_AND_DIGITS + b"!#$%&'*+-.^_`{|}~")
# Values come with all kinds of octets that should be quoted, `=` and `/` above all, and nobody minds.
VALUE_ENDS = WHITE | frozenset(b';,()"')


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
    """Parse the body of a field. AddressSyntax if readers would parse it in different ways."""
    value, at = parsed_value(text)
    parsed = Parametrised(value, tuple(parameters_of(text, at)))
    if len({parameter.name for parameter in parsed.parameters}) < len(parsed.parameters):
        raise AddressSyntax("a parameter comes twice", 0)
    return parsed


def parsed_value(text: bytes) -> tuple[bytes, int]:
    """Return the value that stands before all parameters, in lower case, and where it ends."""
    at = start = skip_white_and_comments(text, 0)
    while at < len(text) and (text[at] in TOKEN_OCTETS or text[at] == ord("/")):
        at += 1
    return text[start:at].lower(), at


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
