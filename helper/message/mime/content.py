"""Parse the MIME fields of a message or a part (RFC 2045, RFC 2046)."""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.message.mime.parameters import Parametrised, parse_parametrised
from helper.record import Record
from helper.text import PRINTABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.header import Field

    Fields = tuple[Field, ...]

KEYS = (b"content-type", b"content-transfer-encoding")
IDENTITY = (b"7bit", b"8bit", b"binary")
UNREADABLE = "a Content-Type or Content-Transfer-Encoding in it cannot be read"
BOUNDARY_LIMIT = 70  # RFC 2046, section 5.1.1
SHOWN_LIMIT = 40  # octets of a name that somebody made up
MULTIPART, MESSAGE, LEAF = "multipart", "message", "leaf"


class Content(Record):
    """The structure of a body: parts with a boundary between them, a message, or neither (a leaf).

    `kind` says which; `media_type` is in lower case, and empty if no field says it; `encoding` is what
    Content-Transfer-Encoding says, in lower case. `parts_type` is that of parts which say nothing. `problem` is why the
    body has to stay as it is, empty if it has not: then it is a leaf, whatever it holds.
    """

    kind: str = LEAF
    media_type: bytes = b""
    encoding: bytes = b"7bit"
    boundary: bytes = b""
    has_charset: bool = False
    parts_type: bytes = b"text/plain"
    problem: str = ""


def content_of(fields: Fields, default_type: bytes) -> Content:
    """Return the content by the MIME fields; `default_type` is the type without a field."""
    types, encodings = ([each for each in fields if each.key == key] for key in KEYS)
    if len(types) > 1 or len(encodings) > 1:
        return Content(
            problem=f"it has more than one {(types if len(types) > 1 else encodings)[0].name.decode()} field"
        )
    try:
        declared = parse_parametrised(types[0].body) if types else Parametrised(b"")
        encoding = parse_parametrised(encodings[0].body).value if encodings else b"7bit"
    except AddressSyntax:
        return Content(problem=UNREADABLE)
    media_type = declared.value if types else default_type
    main, slash, subtype = media_type.partition(b"/")
    if types and not (main and subtype and slash and b"/" not in subtype):
        return Content(problem=UNREADABLE)
    if main == b"multipart":
        return multipart(subtype, encoding, declared[b"boundary"] or b"")
    if main == b"message":
        return embedded(subtype, encoding)
    has_charset = any(parameter.name.partition(b"*")[0] == b"charset" for parameter in declared.parameters)
    known = (*IDENTITY, b"quoted-printable", b"base64")
    problem = "" if encoding in known else "the Content-Transfer-Encoding of a part is unknown"
    return Content(LEAF, declared.value, encoding, has_charset=has_charset, problem=problem)


def multipart(subtype: bytes, encoding: bytes, boundary: bytes) -> Content:
    """Return the content of a multipart; a signed or encrypted one must not be changed."""
    boundary = boundary.rstrip(b" ")
    if subtype in (b"signed", b"encrypted"):
        return Content(problem=f"it is {subtype.decode('ascii')}")
    if encoding not in IDENTITY:
        return Content(problem="a multipart in it has a Content-Transfer-Encoding, which none may have")
    if not 0 < len(boundary) <= BOUNDARY_LIMIT or boundary.translate(None, PRINTABLE):
        return Content(problem="a multipart in it has no proper boundary")
    parts_type = b"message/rfc822" if subtype == b"digest" else b"text/plain"
    return Content(MULTIPART, b"multipart/" + subtype, encoding, boundary, parts_type=parts_type)


def embedded(subtype: bytes, encoding: bytes) -> Content:
    """Return the content of a message within a message. Only a complete one has parts (RFC 2046, section 5.2)."""
    if subtype not in (b"rfc822", b"news"):
        return Content(problem=f"a message/{subtype[:SHOWN_LIMIT].decode('ascii')} in it allows no encoding")
    if encoding not in IDENTITY:
        return Content(problem="a message in it has a Content-Transfer-Encoding, which none may have")
    return Content(MESSAGE, b"message/" + subtype, encoding)
