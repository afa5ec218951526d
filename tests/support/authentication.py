"""AUTH as a scripted smart host does it (RFC 4954)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from tests.support.sasl import Exchange, Nonsense, Outcome, Server

if TYPE_CHECKING:
    from tests.support.conversation import Conversation


def authenticate(conversation: Conversation, line: bytes) -> None:
    """Run one exchange; the command and each response are a step AUTH of their own."""
    host, session = conversation.host, conversation.session
    words = line.decode("ascii").split(" ")
    name = words[1].upper() if len(words) > 1 else ""
    if "AUTH" not in conversation.offered or name not in host.mechanisms:
        conversation.violation(f"AUTH {name} without its offer")
    if not session.tls and not host.allow_plaintext_auth:
        conversation.violation("AUTH without TLS")
    if session.identity or conversation.transaction.begun or len(words) > 3:
        conversation.violation("AUTH where it is not allowed")
    session.mechanism = name
    exchange = host.sasl[name](Server(host.auth or {}, host.mechanisms, conversation.stream.channel_binding()))
    user, natural = "", challenge(next(exchange))
    response = words[2] if len(words) == 3 else None
    while True:
        if response is not None:
            user, natural = respond(conversation, exchange, response)
        behaviour = conversation.behaviour("AUTH")
        said = behaviour.says(natural)
        behaviour.act(conversation.stream, said)
        if not said.startswith(b"3"):
            break
        response = conversation.line("a response").decode("ascii")
        conversation.must_wait("a response of AUTH")
    if said.startswith(b"2"):
        session.identity = user


def challenge(octets: bytes) -> bytes:
    """Return the reply that holds a challenge."""
    return b"334 " + base64.b64encode(octets) + b"\r\n"


def respond(conversation: Conversation, exchange: Exchange, response: str) -> tuple[str, bytes]:
    """Return the user, once it is known, and the natural reply to a response."""
    if response == "*":
        return "", b"501 5.7.0 cancelled\r\n"
    try:
        octets = b"" if response == "=" else base64.b64decode(response, validate=True)
        return "", challenge(exchange.send(octets))
    except (binascii.Error, Nonsense) as error:
        conversation.violation(f"a response that makes no sense: {error}")
    except StopIteration as finished:
        return finished.value.user, final_reply(finished.value)


def final_reply(outcome: Outcome) -> bytes:
    """Return the reply that ends an exchange."""
    if not outcome.accepted:
        return b"535 5.7.8 not accepted\r\n"
    words = [b"235 2.7.0", *([base64.b64encode(outcome.data)] if outcome.data else []), b"welcome"]
    return b" ".join(words) + b"\r\n"
