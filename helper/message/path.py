"""Parse paths: one address in MAIL, RCPT or -f (RFC 5321, section 4.1.2); not a list or a group of RFC 5322."""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.message.address_list import read_addr_spec, read_domain, read_words
from helper.message.tokens import END, QUOTED, Tokens, next_token


def parse_path(text: bytes, qualify: bytes) -> Mailbox:
    """Return the address of a path, with or without angle brackets; with the domain `qualify` if it has none.

    A source route is read and dropped (appendix C). AddressSyntax for a display name, a comment, white space, a group,
    a second address. Dots may stand anywhere in a local part, as they do in Exim.
    """
    path = text.strip(b" \t")
    if path.startswith(b"<") and path.endswith(b">"):
        path = path[1:-1]
    refuse_gaps(path)
    tokens = Tokens(path)
    if tokens.kind == b"@":
        skip_source_route(tokens)
    words = read_words(tokens)
    if len(words) > 1 and any(kind == QUOTED for kind, _, _ in words):
        raise AddressSyntax("a quoted string is only a part of a local part", words[0][1])
    spec = read_addr_spec(tokens, words)
    if tokens.kind != END:
        raise AddressSyntax("there is text after the address", tokens.start)
    return Mailbox(spec.local_part, qualify if spec.domain is None else spec.domain)


def parse_reverse_path(text: bytes, qualify: bytes) -> Mailbox | None:
    """Return the address of a path as parse_path does, None for the null reverse-path: `<>` or nothing at all.

    A display name may stand before the angle brackets: programs give -f what they have for From:.
    """
    if not text or text.strip() == b"<>":
        return None
    tokens = Tokens(text)
    if read_words(tokens) and tokens.kind == b"<":
        text = text[tokens.start :]
    return parse_path(text, qualify)


def refuse_gaps(path: bytes) -> None:
    """Refuse white space and comments, which the addresses of a header field may have anywhere."""
    at = 0
    while True:
        kind, start, end = next_token(path, at)
        if start != at:
            raise AddressSyntax("there is white space or a comment in the address", at)
        if kind == END:
            return
        at = end


def skip_source_route(tokens: Tokens) -> None:
    """Read over `@one.example,@two.example:`."""
    separator = b","
    while separator == b",":
        if tokens.kind != b"@":
            raise AddressSyntax("a source route has no address after it", tokens.start)
        tokens.advance()
        read_domain(tokens)
        separator = tokens.kind
        if separator not in (b",", b":"):
            raise AddressSyntax("a colon is missing after a source route", tokens.start)
        tokens.advance()
