"""Plan: everything that is settled before the first connection."""

from __future__ import annotations

import os

from helper.record import Record
from helper.secret import Secret
from helper.smtp.dialogue import Session
from helper.smtp.sasl.choose import TOKEN
from helper.smtp.sasl.exchange import Credential, encode
from helper.smtp.transaction import Envelope, Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from helper.config.values import Configuration, Host, Transport
    from helper.delivery.channel import Channel
    from helper.delivery.compose import Outgoing
    from helper.delivery.report import Progress
    from helper.routing.transaction import Route
    from helper.wire import Submission


class Plan(Record):
    """What is tried at each server in turn; `session` is the transport's, before the DNS chose implicit TLS.

    `as_chunk` and `as_data` begin the message anew, in pieces of wire octets, the latter with dots doubled. `progress`
    gathers facts for the log, `warn_of_doubt` is called before the end of the message goes out, `show` is given each
    line of the dialogue where the caller reads along.
    """

    transport: Transport
    hosts: tuple[Host, ...]
    session: Session
    envelope: Envelope
    as_chunk: Callable[[], Iterator[bytes]]
    as_data: Callable[[], Iterator[bytes]]
    progress: Progress
    warn_of_doubt: Callable[[], None]
    show: Callable[[str], None] | None


def make_plan(
    way: Route,
    outgoing: Outgoing,
    submission: Submission,
    configuration: Configuration,
    secrets: Mapping[str, Secret],
    progress: Progress,
    channel: Channel,
) -> Plan:
    """Return the plan for one message on its way."""
    transport = next(each for each in configuration.transports if each.name == way.transport)
    credential = credential_of(transport, secrets)

    def warn_of_doubt() -> None:
        """From here on no other host is tried: nobody needs the secret any more."""
        channel.doubt()
        if credential is not None:
            credential.secret.forget()

    addresses = [destination.address for destination in way.recipients]
    reverse_path = [] if way.reverse_path is None else [way.reverse_path]
    return Plan(
        transport=transport,
        hosts=way.hosts,
        session=Session(
            helo_name=transport.helo_data,
            tls=transport.tls,
            timeouts=Timeouts(transport.command_timeout_s, transport.data_timeout_s, transport.final_timeout_s),
            fresh_nonce=fresh_nonce,
            is_verified=transport.tls_verify,
            credential=credential,
            allow_plaintext=transport.auth is not None and transport.auth.allow_plaintext,
        ),
        envelope=Envelope(
            reverse_path=b"".join(mailbox.octets for mailbox in reverse_path),
            recipients=tuple(mailbox.octets for mailbox in addresses),
            size_octets=outgoing.size_octets,
            is_8bit=outgoing.is_8bit,
            is_internationalised=any(mailbox.is_internationalised for mailbox in reverse_path + addresses),
            longest_line_octets=outgoing.longest_line_octets,
        ),
        as_chunk=outgoing.as_chunk,
        as_data=outgoing.as_data,
        progress=progress,
        warn_of_doubt=warn_of_doubt,
        show=channel.say if submission.show_dialogue else None,
    )


def credential_of(transport: Transport, secrets: Mapping[str, Secret]) -> Credential | None:
    """Return who we are at the smart host, None where it does not ask."""
    auth = transport.auth
    if auth is None:
        return None
    is_token = auth.token_command or (auth.mechanisms and set(auth.mechanisms) <= set(TOKEN))
    return Credential(auth.user, secrets[transport.name], auth.mechanisms, "token" if is_token else "password")


def fresh_nonce() -> bytes:
    """Return 24 printable characters that nobody can guess, others each time."""
    return encode(os.urandom(18))
