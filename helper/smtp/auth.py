"""AUTH: log in at the smart host (RFC 4954), as a part of the dialogue."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed, ReplyError
from helper.smtp.sasl.exchange import NO_SENSE, BadChallenge, additional_data, decode, encode
from helper.smtp.sasl.mask import masked
from helper.smtp.sasl.mechanisms import REVEALING, SCRAM, common_mechanisms, no_common_mechanism, start_exchange
from helper.smtp.steps import Authenticated, Quit, ReadText, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.smtp.envelope import SessionTerms
    from helper.smtp.extensions import Extensions
    from helper.smtp.reply import Reply
    from helper.smtp.sasl.exchange import Credential, Exchange
    from helper.smtp.steps import Dialogue

COMMAND_LIMIT = 512  # octets with CRLF: what does not fit waits for a challenge (RFC 4954, section 4)

NOT_KNOWN = range(500, 505)  # the server offers a mechanism and does not know it, or is not up to it
# The mechanism is too weak for this account, or the credential is wrong, or is not kept in a form that it can use.
FAILED_LOGIN = (534, 535)


def authenticate(
    session: SessionTerms, credential: Credential, extensions: Extensions
) -> Dialogue[tuple[tuple[str, Reply], ...]]:
    """Log in, over an encrypted connection unless the configuration allows plaintext.

    Return what was refused: each mechanism with the reply to it, nothing for success. HostFailed if none can be
    tried, or if the server does not prove what the mechanism requires.
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
    refused: list[tuple[str, Reply]] = []
    while names:
        exchange = start_exchange(names[0], credential, offered, binding, session.fresh_nonce)
        try:
            reply = yield from attempt(names[0], exchange, session.timeouts.command_s)
        except BadChallenge as bad:
            raise after(refused, HostFailed(f"AUTH {names[0]}: {bad.problem}", status.PROTOCOL)) from None
        except (HostFailed, ReplyError) as failure:
            raise after(refused, failure) from None
        if reply.code == 235:
            yield Authenticated(names[0])
            return ()
        refused.append((names[0], masked(reply, credential)))
        names = left_to_try(names, [refusal.code for _, refusal in refused])
    return tuple(refused)


def left_to_try(names: tuple[str, ...], codes: list[int]) -> tuple[str, ...]:
    """Return the mechanisms that may be tried after the first of these was refused, the last of `codes` being why.

    After a failed login one other mechanism is tried, where the server has not heard the password: two failed logins
    at most, for some servers lock an account after three. It is one of another kind than SCRAM, if there is one: a
    server that keeps passwords in a form that is of no use to one SCRAM has none for the other, and would have to be
    asked three times.
    """
    tried, *others = names
    if codes[-1] in NOT_KNOWN:
        return tuple(others)
    if codes[-1] not in FAILED_LOGIN or tried in REVEALING or sum(code in FAILED_LOGIN for code in codes) > 1:
        return ()
    return tuple(name for name in others if name not in SCRAM) or tuple(others)


def after(refused: Sequence[tuple[str, Reply]], failure: HostFailed | ReplyError) -> HostFailed:
    """Return a failure with the mechanisms that were refused before it; after a failed login it is that, above all."""
    if isinstance(failure, ReplyError):
        failure = HostFailed(f"the reply to {failure.command} {failure.problem}", status.PROTOCOL)
    tried = "".join(f"AUTH {name} was refused: {reply.text}; " for name, reply in refused)
    has_failed = any(reply.code in FAILED_LOGIN for _, reply in refused)
    return HostFailed(tried + failure.problem, status.NOT_PERMITTED if has_failed else failure.status)


def attempt(name: str, exchange: Exchange, timeout_s: float) -> Dialogue[Reply]:
    """Hold one exchange and return the reply that ends it. BadChallenge if the server cannot be believed."""
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
    """Return the response to a challenge. BadChallenge if the mechanism has no more of them."""
    try:
        return exchange.send(challenge) or b""
    except StopIteration:
        raise BadChallenge(NO_SENSE) from None


def finish(exchange: Exchange, success: Reply) -> None:
    """Let the exchange see the success as its last challenge. BadChallenge if it misses something."""
    for challenge in (additional_data(success)[0], b""):
        try:
            exchange.send(challenge)
        except StopIteration:
            return
    raise BadChallenge("the server accepted before the end of the exchange")
