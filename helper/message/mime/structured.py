"""Find the words of structured fields that may become encoded words (RFC 2047, section 5)."""

from __future__ import annotations

from helper.address import AddressSyntax, unescape
from helper.message.mime.encoded_word import unfolded
from helper.message.tokens import (
    ATOM,
    ATOM_OCTETS,
    LITERAL,
    QUOTED,
    SPECIALS,
    WHITE,
    end_of_comment,
    end_of_literal,
    end_of_quoted,
    shown,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.mime.encoded_word import Word

    Lexeme = tuple[bytes, bytes, bytes]  # white space before it, kind, octets

IN_COMMENT = b"in a comment"  # a word there, or a bracket
BRACKETS = b"()"
# A display name has dots, though only quoted ones are allowed; within an address nothing is encoded anyway.
NAME_OCTETS = ATOM_OCTETS | frozenset(b".")


def address_words(text: bytes) -> Iterator[Word]:
    """Yield the words of an address list; those of display names, names of groups and comments have a meaning."""
    lexemes = list(lexemes_of(text))
    names: set[int] = set()
    pending: list[int] = []  # words that are a name if an angle bracket or the colon of a group follows
    in_angle = False
    before = b""
    for index, (_, kind, octets) in enumerate(lexemes):
        if kind in (ATOM, QUOTED):
            pending += [index] if before != b"@" else []  # a domain is no name, whatever follows it
        elif kind != IN_COMMENT:
            if octets in (b"<", b":") and not in_angle:
                names.update(pending)
            in_angle = octets == b"<" or (in_angle and octets != b">")
            pending = []
        before = octets
    for index, lexeme in enumerate(lexemes):
        yield word_of(lexeme, index in names)


def phrase_words(text: bytes) -> Iterator[Word]:
    """Yield the words of a list of phrases; all of them have a meaning."""
    return (word_of(lexeme, True) for lexeme in lexemes_of(text))


def other_words(text: bytes) -> Iterator[Word]:
    """Yield the words of any other structured field; only those in comments have a meaning."""
    return (word_of(lexeme, False) for lexeme in lexemes_of(text))


def word_of(lexeme: Lexeme, is_name: bool) -> Word:
    """Return a lexeme as a word."""
    space, kind, octets = lexeme
    if kind == IN_COMMENT:
        return space, octets, unfolded(unescape(octets))
    if kind == QUOTED and is_name:
        return space, octets, unfolded(unescape(octets[1:-1]))
    return space, octets, octets if kind == ATOM and is_name else None


def lexemes_of(text: bytes) -> Iterator[Lexeme]:
    """Yield the tokens of a structured field, a comment word by word. AddressSyntax if it is not valid."""
    at = space = 0  # space: where the white space before it begins
    while at < len(text):
        octet = text[at]
        start = at
        if octet in WHITE:
            at += 1
            continue
        if octet == ord("("):
            at = end_of_comment(text, at)
            yield from lexemes_of_comment(text[space:at])
        elif octet in NAME_OCTETS:
            while at < len(text) and text[at] in NAME_OCTETS:
                at += 1
            yield text[space:start], ATOM, text[start:at]
        elif octet in SPECIALS:
            at += 1
            yield text[space:start], text[start:at], text[start:at]
        elif octet == ord('"'):
            at = end_of_quoted(text, at)
            yield text[space:start], QUOTED, text[start:at]
        elif octet == ord("["):
            at = end_of_literal(text, at)
            yield text[space:start], LITERAL, text[start:at]
        else:
            raise AddressSyntax(f"{shown(octet)} is not allowed there", at)
        space = at


def lexemes_of_comment(text: bytes) -> Iterator[Lexeme]:
    """Yield the brackets and the words of a comment, and of those within it."""
    at = space = 0
    while at < len(text):
        start = at
        if text[at] in WHITE:
            at += 1
            continue
        if text[at] in BRACKETS:
            at += 1
        else:
            while at < len(text) and text[at] not in WHITE and text[at] not in BRACKETS:
                # No pair with a line end: a word that holds one would be folded into an empty line.
                at += 2 if text[at] == ord("\\") and text[at + 1] != ord("\n") else 1
        yield text[space:start], IN_COMMENT, text[start:at]
        space = at
