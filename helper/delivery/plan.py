"""Plan: everything that is settled before the first connection."""

from __future__ import annotations

import posix as os
import time

from helper.failure import StaleToken
from helper.record import Record
from helper.secret import Secret
from helper.smtp.envelope import Envelope, SessionTerms, Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from helper.config.values import Configuration, Host, Transport
    from helper.delivery.outgoing import Outgoing
    from helper.delivery.report import Progress
    from helper.loaded_state import LoadedState
    from helper.network.own_certificate import OwnCertificate
    from helper.request.channel import Channel
    from helper.request.submission import Submission
    from helper.routing.single_transaction import Route
    from helper.smtp.envelope import Notification
    from helper.smtp.sasl.exchange import Credential


class Plan(Record):
    """What is tried at each server in turn; `session` is the transport's, before the DNS chose implicit TLS.

    `progress` gathers facts for the log, `warn_of_doubt` is called before the end of the message goes out, `show` is
    given each line of the dialogue where the caller reads along.
    """

    transport: Transport
    hosts: tuple[Host, ...]
    own_certificate: OwnCertificate | None
    session: SessionTerms
    envelope: Envelope
    progress: Progress
    warn_of_doubt: Callable[[], None]
    show: Callable[[str], None] | None


def make_plan(
    way: Route,
    outgoing: Outgoing,
    submission: Submission,
    configuration: Configuration,
    state: LoadedState,
    progress: Progress,
    channel: Channel,
) -> Plan:
    """Return the plan for one message on its way. StaleToken where its smart host could only refuse our token."""
    transport = next(each for each in configuration.transports if each.name == way.transport)
    if transport.name in state.secrets:
        refuse_stale(state.secrets[transport.name], now())
    credential = credential_of(transport, state.secrets)
    own_certificate = state.own_certificates.get(transport.name)

    def warn_of_doubt() -> None:
        """From here on no other host is tried: nobody needs the secret any more, unless another message may come."""
        channel.doubt()
        if submission.session:
            return
        if credential is not None:
            credential.secret.forget()
        if own_certificate is not None:
            own_certificate.forget()

    addresses = [destination.address for destination in way.recipients]
    reverse_path = [] if way.reverse_path is None else [way.reverse_path]
    return Plan(
        transport=transport,
        hosts=way.hosts,
        own_certificate=own_certificate,
        session=session_of(transport, credential),
        envelope=Envelope(
            reverse_path=b"".join(mailbox.octets for mailbox in reverse_path),
            recipients=tuple(mailbox.octets for mailbox in addresses),
            data=outgoing.data,
            is_internationalised=any(mailbox.is_internationalised for mailbox in reverse_path + addresses),
            notification=notification(submission, way, configuration.qualify_recipient),
            requires_tls=transport.requiretls,
            hidden={each.address.octets: each.given.octets for each in way.recipients if each.is_hidden},
        ),
        progress=progress,
        warn_of_doubt=warn_of_doubt,
        show=transcript(channel, progress) if submission.show_dialogue else None,
    )


def session_of(transport: Transport, credential: Credential | None) -> SessionTerms:
    """Return what has to be agreed with the smart hosts of a transport."""
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


def transcript(channel: Channel, progress: Progress) -> Callable[[str], None]:
    """Return what shows a line of the dialogue to the caller, with the seconds since the send began."""
    return lambda line: channel.say(f"{progress.seconds:.3f} {line}")


def notification(submission: Submission, way: Route, qualify_recipient: bytes) -> Notification | None:
    """Return what the caller wants to be told later, which few do."""
    if not any((submission.notify, submission.ret, submission.envid, submission.recipient_parameters)):
        return None
    from helper.delivery.notification import notification_of

    return notification_of(submission, way.recipients, qualify_recipient)


def credential_of(transport: Transport, secrets: Mapping[str, Secret]) -> Credential | None:
    """Return who we are at the smart host, None where it does not ask."""
    auth = transport.auth
    if auth is None:
        return None
    from helper.smtp.sasl.choose import TOKEN
    from helper.smtp.sasl.exchange import Credential

    is_token = auth.token_command or (auth.mechanisms and set(auth.mechanisms) <= set(TOKEN))
    return Credential(auth.user, secrets[transport.name], auth.mechanisms, "token" if is_token else "password")


def refuse_stale(secret: Secret, now: str) -> None:
    """Raise StaleToken for a token that has expired. Times of one form come after each other as their texts do."""
    if secret.expires and secret.expires <= now:
        raise StaleToken(secret.source, f"the access token expired at {secret.expires}: gatepost refresh")


def now() -> str:
    """Return the time as files of tokens have it (RFC 3339)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fresh_nonce() -> bytes:
    """Return 24 printable characters that nobody can guess, others each time."""
    from helper.smtp.sasl.exchange import encode

    return encode(os.urandom(18))
