"""Replace the addresses in `From:` by one, for smart hosts that accept no other (from_override)."""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.message.address_list import parse_address_list
from helper.message.tokens import END, Tokens, next_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.message.header import Field


def with_only_address(field: Field, address: bytes) -> Field | None:
    """Return the field with this address in the place of the first one, and without the others.

    The display name and the comments of the first one stay as they are. None if the field names nobody, cannot be
    read, or holds a group, which is no author (RFC 5322, section 3.6.2).
    """
    body = field.body
    try:
        specs = parse_address_list(body)
        start = start_of_address(body, specs[0].start) if specs else None
        if start is None:
            return None
        stop = end_of_mailbox(body, specs[0].end)
    except AddressSyntax:
        return None
    name = field.octets[: len(field.octets) - len(body)]
    return field.replace(octets=name + body[:start] + address + body[specs[0].end : stop].rstrip() + b"\n")


def start_of_address(text: bytes, spec_start: int) -> int | None:
    """Return where the text of the first address begins, its source route included; None in a group."""
    tokens = Tokens(text)
    while tokens.start < spec_start:
        if tokens.kind == b"<":
            return tokens.end
        if tokens.kind == b":":
            return None
        tokens.advance()
    return spec_start


def end_of_mailbox(text: bytes, at: int) -> int:
    """Return where what belongs to an address ends: at the next comma, or at the end of the text."""
    kind, start, stop = next_token(text, at)
    while kind not in (b",", END):
        kind, start, stop = next_token(text, stop)
    return start
