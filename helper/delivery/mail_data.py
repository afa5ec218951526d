"""Mail data: a composed message as it is sent, the body untouched in its memory file until it is on the wire."""

from __future__ import annotations

from helper.failure import CannotTake, MessageError
from helper.message.body import dot_stuffed, survey, wire_chunks
from helper.smtp.envelope import MailData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.header import Buffer


def mail_data(header: bytes, source: Buffer, body_start: int) -> MailData:
    """Return a header with LF line ends and the body that stays where it is as they go out. MessageError for a NUL."""
    head, body = survey(header, 0), survey(source, body_start)
    if body.has_nul:
        raise MessageError("the message has a NUL octet, which no mail can carry")

    def as_chunk() -> Iterator[bytes]:
        yield from wire_chunks(header, 0)
        yield from wire_chunks(source, body_start)

    def convert(keep_8bit: bool, keep_8bit_header: bool) -> MailData:
        return converted_data(header, source, body_start, keep_8bit, keep_8bit_header)

    return MailData(
        size_octets=head.octets + body.octets,
        as_chunk=as_chunk,
        as_data=lambda: dot_stuffed(as_chunk()),
        is_8bit=head.is_8bit or body.is_8bit,
        header_charset=charset_of(header),
        longest_line_octets=max(head.longest_line, body.longest_line),
        convert=convert,
    )


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
    """Return a message in short lines, 8-bit only where it may be kept. CannotTake where that would lose something."""
    from helper.message.convert import CannotConvert, convert  # few messages need it

    try:
        converted = convert(header, source, body_start, keep_8bit=keep_8bit, keep_8bit_header=keep_8bit_header)
    except CannotConvert as error:
        raise CannotTake(error.problem) from None
    return MailData(
        size_octets=converted.size_octets,
        as_chunk=converted.chunks,
        as_data=lambda: dot_stuffed(converted.chunks()),
        is_8bit=converted.is_8bit,
        header_charset=charset_of(converted.header),
    )
