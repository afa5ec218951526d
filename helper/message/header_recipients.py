"""Find the recipients in the header of a message, for `-t`."""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.failure import MessageError
from helper.message.address_list import parse_address_list
from helper.message.resent import newest_resent_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.message.address_list import AddrSpec
    from helper.message.header import Field

RECIPIENT_KEYS = (b"to", b"cc", b"bcc")
RESENT_RECIPIENT_KEYS = (b"resent-to", b"resent-cc", b"resent-bcc")
# Stands in for the qualifying domain, of which nothing is known here, while a local part is checked.
ANY_DOMAIN = b"localhost"


def header_recipients(fields: Sequence[Field]) -> list[tuple[bytes, bytes | None]]:
    """Return local part and domain of all recipients in their order; the domain is None if there is none.

    From `To:`, `Cc:` and `Bcc:`, or from the newest resent block alone where there is one: the others got theirs.
    Each makes a Mailbox. MessageError, with the name of the field, where an address is wrong: who is left out of a
    list that cannot be read would never know.
    """
    start, stop = newest_resent_block(fields)
    if stop:
        fields, keys = fields[start:stop], RESENT_RECIPIENT_KEYS
    else:
        keys = RECIPIENT_KEYS
    return [(spec.local_part, spec.domain) for field in fields if field.key in keys for spec in addresses_of(field)]


def addresses_of(field: Field) -> list[AddrSpec]:
    """Return the checked addresses of a field."""
    try:
        specs = parse_address_list(field.body)
        for spec in specs:
            Mailbox(spec.local_part, ANY_DOMAIN if spec.domain is None else spec.domain)
    except AddressSyntax as error:
        raise MessageError(f"the header field {field.name.decode('ascii')} is wrong: {error.problem}") from None
    return specs
