"""Encode text in header fields that is not ASCII as encoded words (RFC 2047)."""

from __future__ import annotations

from binascii import b2a_base64

from helper.message.display_name import q_encoded
from helper.message.mime.charset import UTF_8
from helper.message.mime.folding import LONG_WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helper.message.mime.folding import Piece

    # White space before it, the octets as they are, and what they mean; None for what no encoded word can stand for.
    Word = tuple[bytes, bytes, bytes | None]

# 75 are allowed (section 2); in fewer, the first one has room behind the name of most fields, and a bracket.
WORD_LIMIT = 63


def with_encoded_words(words: Iterable[Word], charset: bytes) -> Iterator[Piece]:
    """Yield words as pieces, those that are not ASCII, or too long, as encoded words; those without a meaning stay.

    White space between two encoded words is ignored (section 6.2), so that real white space is encoded in them.
    """
    run: list[bytes] = []
    gap = b""  # before the run
    before = b""
    for space, octets, meaning in words:
        if meaning is not None and (len(octets) > LONG_WORD or not octets.isascii()):
            if run:
                run.append(unfolded(space))
            else:
                gap = space
                run = [unfolded(space)] if is_encoded_word(before) else []
            run.append(meaning)
            continue
        if run:
            run += [unfolded(space)] if is_encoded_word(octets) else []
            yield from encoded_run(gap, b"".join(run), charset, before)
            run = []
            space = space or (b"" if octets == b")" else b" ")
        yield space, octets
        before = octets
    if run:
        yield from encoded_run(gap, b"".join(run), charset, before)


def encoded_run(gap: bytes, meaning: bytes, charset: bytes, before: bytes) -> Iterator[Piece]:
    """Yield the encoded words for a meaning, set off from what came before unless that is a bracket (section 5)."""
    for word in encoded_words(meaning, charset):
        yield gap or (b"" if before == b"(" else b" "), word
        gap = b" "


def is_encoded_word(octets: bytes) -> bool:
    """Return whether a word will be decoded."""
    return octets.startswith(b"=?") and octets.endswith(b"?=")


def unfolded(space: bytes) -> bytes:
    """Return the white space that is meant where a line may be folded."""
    return space.replace(b"\n", b"")


def encoded_words(meaning: bytes, charset: bytes) -> list[bytes]:
    """Return octets as encoded words, no character divided (section 5); in Q while that can be read by a human."""
    characters = characters_of(meaning, charset)
    quoted = [b"".join(map(q_letters, character)) for character in characters]
    if sum(map(len, quoted)) > 2 * len(meaning):
        room = WORD_LIMIT - len(b"=?" + charset + b"?b??=")
        groups = grouped(characters, room // 4 * 3)
        return [b"=?" + charset + b"?b?" + b2a_base64(group, newline=False) + b"?=" for group in groups]
    room = WORD_LIMIT - len(b"=?" + charset + b"?q??=")
    return [b"=?" + charset + b"?q?" + group + b"?=" for group in grouped(quoted, room)]


def characters_of(meaning: bytes, charset: bytes) -> list[bytes]:
    """Return the smallest pieces in which octets may be encoded."""
    if charset == UTF_8:
        return [character.encode("utf-8") for character in meaning.decode("utf-8")]
    return [b"%c" % octet for octet in meaning]


def grouped(pieces: list[bytes], limit: int) -> Iterator[bytes]:
    """Yield pieces joined, as many at a time as have this length at most."""
    group: list[bytes] = []
    length = 0
    for piece in pieces:
        if length + len(piece) > limit:
            yield b"".join(group)
            group, length = [], 0
        group.append(piece)
        length += len(piece)
    yield b"".join(group)


def q_letters(octet: int) -> bytes:
    """Return an octet in the Q encoding, a space as the underscore (section 4.2)."""
    return b"_" if octet == ord(" ") else q_encoded(octet)
