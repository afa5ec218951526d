"""Mail data: a composed message as it is sent, the body untouched in its memory file until it is on the wire."""

from __future__ import annotations

from helper.failure import CannotTake, MessageError
from helper.message.body import dot_stuffed, survey, wire_chunks
from helper.smtp.envelope import MailData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.convert import Converted
    from helper.message.header import Buffer


def mail_data(header: bytes, source: Buffer, body_start: int) -> MailData:
    """Return a header with LF line ends and the body that stays where it is as they go out. MessageError for a NUL.

    UTF-8 in the header, and in those of the parts, is encoded where it can be: the next hop may not take it.
    """
    head, body = survey(header, 0), survey(source, body_start)
    if body.has_nul:
        raise MessageError("the message contains a NUL octet, which SMTP cannot carry")

    def as_chunk() -> Iterator[bytes]:
        yield from wire_chunks(header, 0)
        yield from wire_chunks(source, body_start)

    def convert(keep_8bit: bool, keep_8bit_header: bool) -> MailData:
        return converted_data(header, source, body_start, keep_8bit, keep_8bit_header)

    data = MailData(
        size_octets=head.octets + body.octets,
        as_chunk=as_chunk,
        as_data=lambda: dot_stuffed(as_chunk()),
        is_8bit=head.is_8bit or body.is_8bit,
        header_charset=charset_of(header),
        longest_line_octets=max(head.longest_line, body.longest_line),
        convert=convert,
    )
    if head.is_8bit or (body.is_8bit and may_have_parts(header)):
        return with_encoded_headers(data, header, source, body_start)
    return data


def may_have_parts(header: bytes) -> bool:
    """Return whether there may be other headers in the body."""
    lowered = header.lower()
    return b"multipart" in lowered or b"message/" in lowered


def with_encoded_headers(data: MailData, header: bytes, source: Buffer, body_start: int) -> MailData:
    """Return the same with all headers encoded as far as they can be, itself where nothing can (a signature)."""
    from helper.message.convert import CannotConvert, convert

    try:
        encoded = convert(header, source, body_start, keep_8bit=True, keep_8bit_header=True)
    except CannotConvert:
        return data
    if encoded.header == header and not encoded.is_body_changed:
        return data
    return data_of(encoded).replace(convert=data.convert)


def charset_of(header: bytes) -> str:
    """Return which octets a header is made of: "us-ascii", "utf-8" or "unknown-8bit"."""
    if header.isascii():
        return "us-ascii"
    try:
        header.decode("utf-8")
    except UnicodeDecodeError:
        return "unknown-8bit"
    return "utf-8"


def converted_data(header: bytes, source: Buffer, body_start: int, keep_8bit: bool, keep_8bit_header: bool) -> MailData:
    """Return a message in short lines, 8-bit only if it may be kept. CannotTake if that would lose something."""
    from helper.message.convert import CannotConvert, convert  # few messages need it

    try:
        converted = convert(header, source, body_start, keep_8bit=keep_8bit, keep_8bit_header=keep_8bit_header)
    except CannotConvert as error:
        raise CannotTake(error.problem) from None
    return data_of(converted)


def data_of(converted: Converted) -> MailData:
    """Return what a conversion made, as it is sent."""
    return MailData(
        size_octets=converted.size_octets,
        as_chunk=converted.chunks,
        as_data=lambda: dot_stuffed(converted.chunks()),
        is_8bit=converted.is_8bit,
        header_charset=charset_of(converted.header),
    )
