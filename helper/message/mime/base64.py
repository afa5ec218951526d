"""Base64, in lines of 76 (RFC 2045, section 6.8)."""

from __future__ import annotations

from binascii import b2a_base64

from helper.message.mime.refusal import CannotConvert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = 76
GROUP = 3  # octets that make four letters
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PADDING_LIMIT = 2


def base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield canonical chunks encoded; the last line has no end."""
    return in_lines(letters(chunks))


def wrapped_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield base64 text with its lines wrapped again. CannotConvert if it is malformed."""
    return in_lines(checked_letters(chunks))


def letters(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks as one line of base64."""
    held = b""
    for chunk in chunks:
        octets = held + chunk
        whole = len(octets) - len(octets) % GROUP
        held = octets[whole:]
        yield b2a_base64(octets[:whole], newline=False)
    yield b2a_base64(held, newline=False)


def checked_letters(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield base64 as one line. CannotConvert if it is malformed: readers would decode it in different ways."""
    count = padding = 0
    for chunk in chunks:
        text = chunk.translate(None, b" \t\r\n")
        unpadded = text.rstrip(b"=")
        if unpadded.translate(None, LETTERS) or (padding and unpadded):
            raise CannotConvert("a part that is declared as base64 is not valid base64")
        padding += len(text) - len(unpadded)
        count += len(text)
        yield text
    if count % 4 or padding > PADDING_LIMIT:
        raise CannotConvert("a part that is declared as base64 is not valid base64")


def in_lines(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one line in many; the last one has no end."""
    held = before = b""
    for text in texts:
        line = held + text
        whole = len(line) - len(line) % COLUMNS
        held = line[whole:]
        if whole:
            yield before + b"\r\n".join(line[at : at + COLUMNS] for at in range(0, whole, COLUMNS))
            before = b"\r\n"
    if held:
        yield before + held
