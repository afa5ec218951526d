"""Access: how the smart hosts of a transport are reached, settled before the first connection."""

from __future__ import annotations

import posix as os
import time

from helper.failure import StaleToken
from helper.record import Record
from helper.smtp.envelope import SessionTerms, Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from helper.config.values import Transport
    from helper.loaded_state import LoadedState
    from helper.network.own_certificate import OwnCertificate
    from helper.secret import Secret
    from helper.smtp.sasl.exchange import Credential


class Observer(Record):
    """Who follows a delivery.

    `note` gets a fact for the log line, with its name there. `warn_of_doubt` is called before the end of the message
    goes out. `show` gets each line of the dialogue; None if nobody wants to see it.
    """

    note: Callable[[str, str], None]
    warn_of_doubt: Callable[[], None]
    show: Callable[[str], None] | None


class Access(Record):
    """The transport, and what every dialogue with one of its smart hosts needs.

    `session` has the transport's TLS mode, which a DNS record may change to implicit. With `hides_recipients`, only the
    codes of replies about recipients are shown.
    """

    transport: Transport
    own_certificate: OwnCertificate | None
    session: SessionTerms
    observer: Observer
    hides_recipients: bool = False


def access_to(transport: Transport, state: LoadedState, observer: Observer) -> Access:
    """Return the access to a transport. StaleToken if its smart host could only refuse our token."""
    if transport.name in state.secrets:
        refuse_stale(state.secrets[transport.name], now())
    session = session_of(transport, credential_of(transport, state.secrets))
    return Access(transport, state.own_certificates.get(transport.name), session, observer)


def session_of(transport: Transport, credential: Credential | None) -> SessionTerms:
    """Return the terms of a session with a smart host of this transport."""
    return SessionTerms(
        helo_name=transport.helo_data,
        tls=transport.tls,
        timeouts=Timeouts(transport.command_timeout_s, transport.data_timeout_s, transport.final_timeout_s),
        fresh_nonce=fresh_nonce,
        is_verified=transport.is_verified,
        credential=credential,
        allow_plaintext=transport.auth is not None and transport.auth.allow_plaintext,
        discard_ehlo_keywords=transport.discard_ehlo_keywords,
    )


def credential_of(transport: Transport, secrets: Mapping[str, Secret]) -> Credential | None:
    """Return the credential for a transport, None if it does not authenticate."""
    auth = transport.auth
    if auth is None:
        return None
    from helper.smtp.sasl.exchange import Credential
    from helper.smtp.sasl.mechanisms import TOKEN

    is_token = auth.token_command or (auth.mechanisms and set(auth.mechanisms) <= set(TOKEN))
    return Credential(auth.user, secrets[transport.name], auth.mechanisms, "token" if is_token else "password")


def refuse_stale(secret: Secret, now: str) -> None:
    """Raise StaleToken for a token that has expired. Times in the same format are ordered as their texts are."""
    if secret.expires and secret.expires <= now:
        raise StaleToken(secret.source, f"the access token expired at {secret.expires}: gatepost refresh")


def now() -> str:
    """Return the time as token files have it (RFC 3339)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fresh_nonce() -> bytes:
    """Return 24 printable characters that nobody can guess, different each time."""
    from helper.smtp.sasl.exchange import encode

    return encode(os.urandom(18))
