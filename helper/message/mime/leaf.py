"""Encode a body without parts, and set its MIME fields (RFC 2045, section 6; RFC 1428)."""

from __future__ import annotations

from helper.message.body import CHUNK_OCTETS, raw_chunks
from helper.message.mime.base64 import base64, wrapped_base64
from helper.message.mime.charset import charset_of
from helper.message.mime.fields import with_field, with_mime_version, with_parameter
from helper.message.mime.quoted_printable import escapes_in, quoted_printable, wrapped_quoted_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.header import Buffer
    from helper.message.mime.entity import Entity
    from helper.message.mime.fields import Fields
    from helper.message.mime.segments import Encoding

WRAPPED = {b"quoted-printable": wrapped_quoted_printable, b"base64": wrapped_base64}
# An escape adds two octets, base64 a third and its line ends: about where both are as long, text stays readable.
OCTETS_PER_ESCAPE = 6


def encoded_leaf(source: Buffer, entity: Entity, stop: int) -> tuple[Fields, Encoding]:
    """Return the encoded body of an entity, and its header with the encoding.

    What is encoded already stays so, in other lines. Any type is encoded as lines that end in CRLF: that is how it
    came, and how it would have arrived.
    """
    wrapped = WRAPPED.get(entity.content.encoding)
    if wrapped is not None:
        return entity.fields, wrapped

    def chunks() -> Iterator[bytes]:
        return raw_chunks(source, entity.body_start, stop, CHUNK_OCTETS)

    is_dense = sum(map(escapes_in, chunks())) * OCTETS_PER_ESCAPE > stop - entity.body_start
    name, encoding = (b"base64", base64) if is_dense else (b"quoted-printable", quoted_printable)
    fields = entity.fields
    media_type = entity.content.media_type
    if not media_type:
        fields = with_field(fields, b"Content-Type", b"text/plain; charset=" + charset_of(chunks()))
    elif media_type.startswith(b"text/") and not entity.content.has_charset:
        fields = with_parameter(fields, b"Content-Type", b"charset=" + charset_of(chunks()))
    fields = with_field(fields, b"Content-Transfer-Encoding", name)
    return (with_mime_version(fields) if entity.is_message else fields), encoding
