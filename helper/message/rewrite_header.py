"""Replace addresses in a header field and change nothing else."""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.message.address_list import parse_address_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.message.header import Field

    Change = Callable[[bytes, bytes | None], bytes | None]


def rewrite_addresses(field: Field, change: Change) -> Field:
    """Return the field with those addresses replaced for which `change` returns octets.

    `change` is given local part (wire form) and domain (None if there is none) of each addr-spec. Display names,
    comments, folding and encoded words stay. A field that is no address list is left as it is.
    """
    try:
        specs = parse_address_list(field.body)
    except AddressSyntax:
        return field
    body_start = len(field.octets) - len(field.body)
    pieces: list[bytes] = []
    kept = 0
    for spec in specs:
        octets = change(spec.local_part, spec.domain)
        if octets is not None:
            pieces += (field.octets[kept : body_start + spec.start], octets)
            kept = body_start + spec.end
    return field.replace(octets=b"".join(pieces) + field.octets[kept:]) if pieces else field
