"""Addresses: the mailbox that a command can carry, and the addr-specs that an address list holds.

RFC 5322, section 3.4, with the obsolete forms of section 4.4; RFC 5321, section 4.1.2; RFC 6531 for UTF-8.
"""

from __future__ import annotations

from helper.message.tokens import ATEXT, ATOM, END, LETTERS_AND_DIGITS, LITERAL, QUOTED, Tokens
from helper.message.tokens import AddressSyntax as AddressSyntax
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.tokens import Token

LOCAL_PART_LIMIT = 64  # octets (RFC 5321, section 4.5.3.1.1)
DOMAIN_LIMIT = 255  # octets (RFC 5321, section 4.5.3.1.2)
# Bounds on what a hostile list makes us hold; no display name has a thousand words.
WORDS_LIMIT = 1000
ADDRESSES_LIMIT = 100_000

# Stricter than RFC 5322's dot-atom: these are what resolvers and servers know; the underscore is met in practice.
DOMAIN_OCTETS = LETTERS_AND_DIGITS + b"-_."
LITERAL_OCTETS = LETTERS_AND_DIGITS + b"-.:"
CONTROLS = bytes(range(32)) + b"\x7f"
NON_ASCII = bytes(range(128, 256))


class Mailbox(Record):
    """An address that is safe in a command and in a header field.

    The local part is in its one wire form (see wire_local_part), the domain a name or `[literal]`. AddressSyntax for
    anything else, so that no later code asks whether it holds a line break, a space or an angle bracket.
    """

    local_part: bytes
    domain: bytes

    def __init__(self, local_part: bytes, domain: bytes) -> None:
        check_local_part(local_part)
        check_domain(domain, len(local_part) + 1)
        super().__init__(local_part, domain)

    @property
    def octets(self) -> bytes:
        """The address as it is sent, without angle brackets."""
        return self.local_part + b"@" + self.domain

    @property
    def key(self) -> bytes:
        """What is equal for equal addresses: only the domain knows no case (RFC 5321, section 2.4)."""
        return self.local_part + b"@" + self.domain.lower()

    @property
    def is_internationalised(self) -> bool:
        """Whether it needs SMTPUTF8 (RFC 6531)."""
        return not self.octets.isascii()


class AddrSpec(Record):
    """Where an addr-spec stands in a text, and what it says; the domain is None where there is none.

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
    """Return the only address of a text, with the domain `qualify` where it has none. AddressSyntax for none or two."""
    found = parse_address_list(text)
    if len(found) != 1:
        raise AddressSyntax("there is no address" if not found else "there is more than one address", 0)
    return Mailbox(found[0].local_part, qualify if found[0].domain is None else found[0].domain)


def parse_reverse_path(text: bytes, qualify: bytes) -> Mailbox | None:
    """Return the address of a text as parse_mailbox does, None for the null reverse-path: `<>` or nothing."""
    if text.strip() in (b"", b"<>"):
        return None
    return parse_mailbox(text, qualify)


def wire_local_part(content: bytes) -> bytes:
    """Return the one wire form of a local part that means `content`: as it is, or as a quoted string if it must be.

    `"bob"@x` and `bob@x` are the same mailbox, and quotes are dropped where they can be (RFC 5321, section 4.1.2).
    """
    if is_dot_string(content):
        return content
    return b'"' + content.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def is_dot_string(content: bytes) -> bool:
    """Say whether it can be a local part without quotes."""
    is_plain = not content.translate(None, ATEXT + b"." + NON_ASCII)
    return is_plain and has_no_empty_label(content)


def has_no_empty_label(text: bytes) -> bool:
    """Say whether something stands before, between and after the dots."""
    return bool(text) and not text.startswith(b".") and not text.endswith(b".") and b".." not in text


def check_local_part(local_part: bytes) -> None:
    """Refuse what is no local part in its wire form. AddressSyntax says why."""
    if len(local_part) > LOCAL_PART_LIMIT:
        raise AddressSyntax(f"a local part has more than {LOCAL_PART_LIMIT} octets", 0)
    check_characters(local_part, 0)
    is_quoted = local_part[:1] == b'"'
    content = unescape(local_part[1:-1]) if is_quoted else local_part
    if wire_local_part(content) != local_part:
        raise AddressSyntax("a local part is not in its wire form", 0)


def check_domain(domain: bytes, position: int) -> None:
    """Refuse what is no domain. AddressSyntax says why, and that it is at `position`."""
    if len(domain) > DOMAIN_LIMIT:
        raise AddressSyntax(f"a domain has more than {DOMAIN_LIMIT} octets", position)
    check_characters(domain, position)
    if domain[:1] == b"[":
        content = domain[1:-1]
        if domain[-1:] != b"]" or not content or content.translate(None, LITERAL_OCTETS):
            raise AddressSyntax("a domain literal is wrong", position)
    elif domain.translate(None, DOMAIN_OCTETS + NON_ASCII) or not has_no_empty_label(domain):
        raise AddressSyntax("a domain is wrong", position)


def check_characters(octets: bytes, position: int) -> None:
    """Refuse controls, and above ASCII all that is not UTF-8, the C1 controls and every kind of space."""
    if octets.translate(None, CONTROLS) != octets:
        raise AddressSyntax("an address has a control character", position)
    if octets.isascii():
        return
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise AddressSyntax("an address has octets that are not UTF-8", position) from None
    if any(not char.isascii() and (char.isspace() or char < "\xa0") for char in text):
        raise AddressSyntax("an address has a space or a control character beyond ASCII", position)


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
    """Read the rest of an address that begins with these words; before an angle bracket they are a display name."""
    if tokens.kind != b"<":
        return read_addr_spec(tokens, words)
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
        parts.append(unescape(text[start + 1 : end - 1]) if kind == QUOTED else text[start:end])
        before = kind
    return b"".join(parts)


def unescape(text: bytes) -> bytes:
    """Resolve the quoted pairs of RFC 5322, section 3.2.1; a backslash at the end is none."""
    if b"\\" not in text:
        return text
    pieces = text.split(b"\\\\")
    return b"\\".join(piece.replace(b"\\", b"") for piece in pieces)


def read_domain(tokens: Tokens) -> tuple[bytes, int]:
    """Read a domain, return it and where it ends. White space and comments about the dots are not part of it."""
    if tokens.kind == LITERAL:
        literal, end = tokens.text[tokens.start : tokens.end], tokens.end
        tokens.advance()
        return literal, end
    labels: list[bytes] = []
    while tokens.kind == ATOM and len(labels) <= DOMAIN_LIMIT // 2:
        labels.append(tokens.text[tokens.start : tokens.end])
        end = tokens.end
        tokens.advance()
        if tokens.kind != b".":
            return b".".join(labels), end
        tokens.advance()
    raise AddressSyntax("a domain is missing or wrong", tokens.start)
