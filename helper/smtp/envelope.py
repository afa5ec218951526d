"""The values of a dialogue: the parameters of the session, the envelope and the mail data."""

from __future__ import annotations

from helper.record import Record
from helper.text import LINE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from helper.smtp.sasl.exchange import Credential
    from helper.smtp.sasl.mechanisms import ChannelBinding


class MailData(Record):
    """A message as it is sent, and what it needs from the server.

    `size_octets` counts it before dots are doubled (RFC 1870, section 5), `longest_line_octets` without its CRLF.
    `as_chunk` and `as_data` begin it anew, in pieces of wire octets, the latter with dots doubled. `convert` is told
    whether 8-bit octets may stay in the body and in the header, and returns mail data that need less, or raises
    CannotTake with the reason; None if nothing can be converted, or was already.
    """

    size_octets: int
    as_chunk: Callable[[], Iterator[bytes]]
    as_data: Callable[[], Iterator[bytes]]
    is_8bit: bool = False
    header_charset: str = "us-ascii"  # "utf-8" or "unknown-8bit" for a header with 8-bit octets
    longest_line_octets: int = LINE_LIMIT
    convert: Callable[[bool, bool], MailData] | None = None

    @property
    def needs_smtputf8(self) -> bool:
        """Return whether the header has more than ASCII, as RFC 6532 allows where SMTPUTF8 was agreed on."""
        return self.header_charset == "utf-8"


class Notification(Record):
    """The requested delivery status notifications (RFC 3461), as parameters of MAIL and of each RCPT."""

    mail: bytes
    recipients: tuple[bytes, ...]


class Envelope(Record):
    """The reverse-path and the recipients in wire form, without angle brackets; the null reverse-path is empty.

    `requires_tls`: on its whole way the message goes over verified TLS, or not at all (RFC 8689). `hidden` holds those
    recipients that the caller must not see, each with the address that led to it.
    """

    reverse_path: bytes
    recipients: tuple[bytes, ...]
    data: MailData
    is_internationalised: bool = False
    notification: Notification | None = None
    requires_tls: bool = False
    hidden: Mapping[bytes, bytes] = {}


class Timeouts(Record):
    """How long each kind of answer may take, in seconds (RFC 5321, section 4.5.3.2)."""

    command_s: float
    data_s: float
    final_s: float


def no_channel_binding() -> ChannelBinding | None:
    """Return None: without TLS there is no channel binding."""
    return None


class SessionTerms(Record):
    """The parameters of a session before any message: names, TLS, credential.

    `fresh_nonce` returns another printable string without comma at each call, which nobody can guess;
    `channel_binding` what the TLS session offers, once there is one.
    """

    helo_name: bytes
    tls: str  # "starttls", "implicit", "none"
    timeouts: Timeouts
    fresh_nonce: Callable[[], bytes]
    channel_binding: Callable[[], ChannelBinding | None] = no_channel_binding
    is_verified: bool = True  # with TLS, the server has to prove its name
    credential: Credential | None = None
    allow_plaintext: bool = False
    discard_ehlo_keywords: tuple[str, ...] = ()
