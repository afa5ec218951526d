"""AUTH: prove to the smart host who we are (RFC 4954), as a part of the dialogue."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed
from helper.smtp.sasl.choose import REVEALING, common_mechanisms, no_common_mechanism, start_exchange
from helper.smtp.sasl.exchange import NO_SENSE, BadChallenge, additional_data, decode, encode
from helper.smtp.sasl.mask import masked
from helper.smtp.steps import Authenticated, Quit, ReadText, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.dialogue import Session
    from helper.smtp.extensions import Extensions
    from helper.smtp.reply import Reply
    from helper.smtp.sasl.exchange import Credential, Exchange
    from helper.smtp.steps import Dialogue

COMMAND_LIMIT = 512  # octets with CRLF: what does not fit waits for a challenge (RFC 4954, section 4)

# A mechanism that is unknown, too weak for this account, or has no use for its credential: another one may do.
TRY_ANOTHER = (504, 534, 535)


def authenticate(session: Session, credential: Credential, extensions: Extensions) -> Dialogue[tuple[str, Reply]]:
    """Prove who we are, over an encrypted connection unless the configuration allows otherwise.

    One mechanism after the other, as long as no password was given away. Return the last one and the reply to it, 235
    for success. HostFailed where none can be tried, or where the server does not prove what the mechanism demands.
    """
    if session.tls == "none" and not session.allow_plaintext:
        yield Quit()
        raise HostFailed("AUTH: the password is not sent without TLS", status.NOT_PERMITTED)
    offered, binding = extensions.mechanisms, session.channel_binding()
    is_private = session.tls != "none" and session.is_verified
    names = common_mechanisms(offered, credential, is_private, binding)
    if not names:
        yield Quit()
        raise HostFailed(f"AUTH: {no_common_mechanism(offered, credential, binding)}", status.NOT_PERMITTED)
    for name in names:
        exchange = start_exchange(name, credential, offered, binding, session.fresh_nonce)
        try:
            reply = yield from attempt(name, exchange, session.timeouts.command_s)
        except BadChallenge as bad:
            raise HostFailed(f"AUTH {name}: {bad.problem}", status.PROTOCOL) from None
        if reply.code == 235:
            yield Authenticated(name)
        if name in REVEALING or reply.code not in TRY_ANOTHER:
            break
    return name, masked(reply, credential)


def attempt(name: str, exchange: Exchange, timeout_s: float) -> Dialogue[Reply]:
    """Hold one exchange and return the reply that ends it. BadChallenge where the server cannot be believed."""
    initial = next(exchange)
    command, words = f"AUTH {name}".encode("ascii"), f"AUTH {name}"
    at_once = b"" if initial is None else b" " + (encode(initial) or b"=")
    if at_once and len(command + at_once) + 2 <= COMMAND_LIMIT:
        command, words, initial = command + at_once, f"{words} ***", None
    yield Write(command + b"\r\n", words)
    reply = yield ReadText(f"AUTH {name}", timeout_s)
    while reply.code == 334:
        challenge = decode(reply.lines[0])
        response = respond(exchange, challenge) if initial is None else initial
        initial = None
        yield Write(encode(response) + b"\r\n", "***")
        reply = yield ReadText(f"AUTH {name}", timeout_s)
    if reply.code == 235:
        finish(exchange, reply)
    return reply


def respond(exchange: Exchange, challenge: bytes) -> bytes:
    """Return the response to a challenge. BadChallenge where the mechanism has no more of them."""
    try:
        return exchange.send(challenge) or b""
    except StopIteration:
        raise BadChallenge(NO_SENSE) from None


def finish(exchange: Exchange, success: Reply) -> None:
    """Let the exchange see the success as its last challenge. BadChallenge where it misses something."""
    for challenge in (additional_data(success)[0], b""):
        try:
            exchange.send(challenge)
        except StopIteration:
            return
    raise BadChallenge("the server accepts too early")
