"""The tokens of address lists: words, quoted strings, domain literals, special characters (RFC 5322, section 3.2)."""

from __future__ import annotations

from helper.address import ATEXT, AddressSyntax, unescape
from helper.domain import NON_ASCII

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

Token = tuple[bytes, int, int]  # kind, start, end

ATOM: Final = b"atom"
QUOTED: Final = b"quoted string"
LITERAL: Final = b"domain literal"
END: Final = b"end"
# Any other kind is the special character itself.
SPECIALS = frozenset(b"@,:;<>.")

# Octets above 127 are atoms (RFC 6532, section 3.2): names hold them in any charset, addresses only as UTF-8.
ATOM_OCTETS = frozenset(ATEXT + NON_ASCII)
WHITE = frozenset(b" \t\r\n")


class Tokens:
    """The current token of a text that is read once, from left to right."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.kind, self.start, self.end = next_token(text, 0)

    def advance(self) -> None:
        """Go on to the next token."""
        self.kind, self.start, self.end = next_token(self.text, self.end)


def next_token(text: bytes, at: int) -> Token:
    """Return the first token at or after `at`. AddressSyntax if there is none and the text goes on."""
    start = skip_white_and_comments(text, at)
    if start == len(text):
        return END, start, start
    octet = text[start]
    if octet in ATOM_OCTETS:
        return ATOM, start, end_of_atom(text, start)
    if octet in SPECIALS:
        return text[start : start + 1], start, start + 1
    if octet == ord('"'):
        return QUOTED, start, end_of_quoted(text, start)
    if octet == ord("["):
        return LITERAL, start, end_of_literal(text, start)
    raise AddressSyntax(f"{shown(octet)} is not allowed in an address", start)


def skip_white_and_comments(text: bytes, at: int) -> int:
    """Return where the white space and the comments at `at` end (CFWS)."""
    while at < len(text):
        if text[at] in WHITE:
            at += 1
        elif text[at] == ord("("):
            at = end_of_comment(text, at)
        else:
            break
    return at


def end_of_comment(text: bytes, start: int) -> int:
    """Return the end of a comment. Nesting is counted, without recursion: the stack stays small."""
    depth = 0
    at = start
    while at < len(text):
        octet = text[at]
        at += 2 if octet == ord("\\") else 1
        if octet == ord("("):
            depth += 1
        elif octet == ord(")"):
            depth -= 1
            if depth == 0:
                return at
    raise AddressSyntax("a comment is not closed", start)


def end_of_atom(text: bytes, at: int) -> int:
    """Return where an atom ends."""
    while at < len(text) and text[at] in ATOM_OCTETS:
        at += 1
    return at


def end_of_quoted(text: bytes, start: int) -> int:
    """Return where a quoted string ends."""
    at = start + 1
    while at < len(text):
        octet = text[at]
        at += 2 if octet == ord("\\") else 1
        if octet == ord('"'):
            return at
    raise AddressSyntax("a quoted string is not closed", start)


def quoted_content(quoted: bytes) -> bytes:
    """Return what a quoted string means: without its quotes and quoted pairs, and without the line ends of folding.

    The white space after such a line end is a part of it (RFC 5322, section 3.2.4), and no address that SMTP carries
    has a tab: programs that fold with one mean the space that they put it in place of.
    """
    return unescape(quoted[1:-1].replace(b"\n ", b" ").replace(b"\n\t", b" "))


def end_of_literal(text: bytes, start: int) -> int:
    """Return where a domain literal ends."""
    end = text.find(b"]", start)
    if end < 0:
        raise AddressSyntax("a domain literal is not closed", start)
    return end + 1


def shown(octet: int) -> str:
    """Return an octet as an error message shows it, without control characters."""
    return f"'{chr(octet)}'" if 32 < octet < 127 else f"octet {octet}"
