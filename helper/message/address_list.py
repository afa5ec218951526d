"""Parse address lists: the addr-specs in a text and their positions.

RFC 5322, section 3.4, with the obsolete forms of section 4.4.
"""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox, wire_local_part
from helper.domain import DOMAIN_LIMIT
from helper.message.tokens import ATOM, END, LITERAL, QUOTED, Tokens, quoted_content
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.tokens import Token

# Bounds on what a hostile list makes us hold; no display name has a thousand words, no domain that fits more labels.
WORDS_LIMIT = 1000
LABELS_LIMIT = (DOMAIN_LIMIT + 1) // 2
ADDRESSES_LIMIT = 100_000


class AddrSpec(Record):
    """An addr-spec and its position in a text; the domain is None if there is none.

    The local part is in its wire form. Nothing else is checked yet: a Mailbox is made of it for that.
    """

    start: int
    end: int
    local_part: bytes
    domain: bytes | None


def parse_address_list(text: bytes) -> list[AddrSpec]:
    """Return the addr-specs of an address list in their order; an empty list and an empty group have none.

    A group that is not closed ends with the text. AddressSyntax for what is no list, and for `<>`.
    """
    tokens = Tokens(text)
    found: list[AddrSpec] = []
    in_group = False
    while tokens.kind != END:
        if tokens.kind == b",":
            tokens.advance()
            continue
        words = read_words(tokens)
        if tokens.kind == b":" and words and not in_group:
            tokens.advance()
            in_group = True
            continue
        if tokens.kind == b";" and in_group and not words:
            tokens.advance()
            in_group = False
        else:
            found.append(read_mailbox(tokens, words))
        if tokens.kind not in (b",", END) and not (in_group and tokens.kind == b";"):
            raise AddressSyntax("a comma is missing after an address", tokens.start)
        if len(found) > ADDRESSES_LIMIT:
            raise AddressSyntax(f"there are more than {ADDRESSES_LIMIT} addresses", tokens.start)
    return found


def parse_mailbox(text: bytes, qualify: bytes) -> Mailbox:
    """Return the only address of a text, with the domain `qualify` if it has none. AddressSyntax for none or two."""
    found = parse_address_list(text)
    if len(found) != 1:
        raise AddressSyntax("there is no address" if not found else "there is more than one address", 0)
    return Mailbox(found[0].local_part, qualify if found[0].domain is None else found[0].domain)


def read_words(tokens: Tokens) -> list[Token]:
    """Read words and dots: a display name, also with the dots of RFC 5322, section 4.1, or a local part."""
    words: list[Token] = []
    while tokens.kind in (ATOM, QUOTED, b"."):
        if len(words) == WORDS_LIMIT:
            raise AddressSyntax(f"an address has more than {WORDS_LIMIT} words", tokens.start)
        words.append((tokens.kind, tokens.start, tokens.end))
        tokens.advance()
    return words


def read_mailbox(tokens: Tokens, words: list[Token]) -> AddrSpec:
    """Read the rest of an address that begins with these words; before an angle bracket they are a display name.

    So is an addr-spec there, which RFC 5322 wants in quotes: programs write `bob@x <bob@x>`, and sendmail reads it.
    """
    if tokens.kind != b"<":
        spec = read_addr_spec(tokens, words)
        if tokens.kind != b"<" or spec.domain is None:
            return spec
    tokens.advance()
    if tokens.kind == b"@":
        skip_route(tokens)
    spec = read_addr_spec(tokens, read_words(tokens))
    if tokens.kind != b">":
        raise AddressSyntax("a closing angle bracket is missing", tokens.start)
    tokens.advance()
    return spec


def skip_route(tokens: Tokens) -> None:
    """Read over a source route, which must be accepted and should be ignored (RFC 5321, appendix C)."""
    while tokens.kind in (b"@", b","):
        is_domain_next = tokens.kind == b"@"
        tokens.advance()
        if is_domain_next:
            read_domain(tokens)
    if tokens.kind != b":":
        raise AddressSyntax("a colon is missing after a source route", tokens.start)
    tokens.advance()


def read_addr_spec(tokens: Tokens, words: list[Token]) -> AddrSpec:
    """Make a local part of the words, and read the domain if there is one."""
    if not any(kind != b"." for kind, _, _ in words):
        raise AddressSyntax("an address is missing", words[0][1] if words else tokens.start)
    local_part = wire_local_part(local_part_content(tokens.text, words))
    if tokens.kind != b"@":
        return AddrSpec(words[0][1], words[-1][2], local_part, None)
    tokens.advance()
    domain, end = read_domain(tokens)
    return AddrSpec(words[0][1], end, local_part, domain)


def local_part_content(text: bytes, words: list[Token]) -> bytes:
    """Return what the words of a local part mean, quotes resolved. Dots may stand anywhere, as they do in Exim."""
    parts: list[bytes] = []
    before = b"."
    for kind, start, end in words:
        if kind != b"." and before != b".":
            raise AddressSyntax("a word may not follow another one in an address", start)
        parts.append(quoted_content(text[start:end]) if kind == QUOTED else text[start:end])
        before = kind
    return b"".join(parts)


def read_domain(tokens: Tokens) -> tuple[bytes, int]:
    """Read a domain, return it and where it ends. White space and comments about the dots are not part of it."""
    if tokens.kind == LITERAL:
        literal, end = unfolded_literal(tokens.text[tokens.start : tokens.end]), tokens.end
        tokens.advance()
        return literal, end
    labels: list[bytes] = []
    while tokens.kind == ATOM and len(labels) < LABELS_LIMIT:
        labels.append(tokens.text[tokens.start : tokens.end])
        end = tokens.end
        tokens.advance()
        if tokens.kind != b".":
            return b".".join(labels), end
        tokens.advance()
    raise AddressSyntax("a domain is missing or wrong", tokens.start)


def unfolded_literal(literal: bytes) -> bytes:
    """Return a domain literal without the folding in it, which is no part of it (RFC 5322, section 3.4.1)."""
    return literal.replace(b"\n ", b"").replace(b"\n\t", b"")
