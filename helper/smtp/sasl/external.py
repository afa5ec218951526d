"""EXTERNAL (RFC 4422, appendix A): the server knows us already, by our certificate or our address."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.sasl.exchange import Credential, Exchange


def external(_credential: Credential) -> Exchange:
    """Ask to be who the server takes us for: no authorization identity, an empty response."""
    yield b""
