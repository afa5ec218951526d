"""The SMTP dialogue from the greeting to the reply that accepts the message (RFC 5321): a generator without a socket.

It yields steps, is sent a reply for each Read, and returns the reply that accepted the message. If the input is not a
reply, ReplyError is thrown in at the Read, and HostFailed if nothing came.
"""

from __future__ import annotations

from helper import status
from helper.failure import CannotTake, HostFailed, ReplyError
from helper.smtp.extensions import NOTHING_OFFERED, Extensions, parse_extensions
from helper.smtp.fit import may_gain
from helper.smtp.steps import Quit, Read, ReadText, StartTLS, command_line
from helper.smtp.transaction import transact
from helper.text import shown

NO_EHLO = (*range(500, 505), 550)  # codes of servers that may know HELO alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.envelope import Envelope, SessionTerms
    from helper.smtp.reply import Reply
    from helper.smtp.steps import Dialogue


def dialogue(session: SessionTerms, envelope: Envelope) -> Dialogue[Reply]:
    """Send one message to all recipients, or to none.

    HostFailed up to authentication: another host may be tried. Refused, ReplyError or CannotTake afterwards.
    """
    try:
        extensions = yield from prepare(session)
        if session.credential is not None and may_gain(envelope, extensions):
            extensions = yield from hello_again(session, extensions)
    except ReplyError as error:
        raise HostFailed(f"the reply to {error.command} {error.problem}", status.PROTOCOL) from None
    try:
        return (yield from transact(session.timeouts, envelope, extensions))
    except CannotTake:
        yield Quit()
        raise


def prepare(session: SessionTerms) -> Dialogue[Extensions]:
    """Prepare the session for a message, and return the extensions that the smart host offers."""
    if session.tls == "implicit":
        yield StartTLS()
    greeting = yield Read("the greeting", session.timeouts.command_s)
    if greeting.code != 220:
        raise (yield from refused_host("the greeting", greeting))
    extensions = yield from hello(session)
    if session.tls == "starttls":
        yield from starttls(session, extensions)
        extensions = yield from hello(session)
    if session.credential is not None:
        from helper.smtp.auth import authenticate

        refused = yield from authenticate(session, session.credential, extensions)
        if refused:
            raise (yield from refused_login(refused))
    return extensions


def hello(session: SessionTerms) -> Dialogue[Extensions]:
    """Send EHLO and return the extensions; HELO for a server without EHLO (RFC 5321, section 3.2).

    Not where STARTTLS or authentication is required: HELO leads to neither.
    """
    reply = yield from ask(session, b"EHLO " + session.helo_name)
    if reply.is_positive:
        return parse_extensions(reply, session.discard_ehlo_keywords)
    if reply.code not in NO_EHLO or session.tls == "starttls" or session.credential is not None:
        raise (yield from refused_host("EHLO", reply))
    try:
        second = yield from ask(session, b"HELO " + session.helo_name)
    except HostFailed:  # it has hung up: what it said before is why
        raise HostFailed(f"EHLO was refused: {reply.text}", status.UNAVAILABLE) from None
    if not second.is_positive:
        raise (yield from refused_host("HELO", second))
    return NOTHING_OFFERED


def hello_again(session: SessionTerms, extensions: Extensions) -> Dialogue[Extensions]:
    """Send EHLO again after authentication; if it is refused, the extensions offered before are used.

    Dovecot's proxy tells only then what the server behind it offers. OpenSMTPD takes no second EHLO.
    """
    reply = yield from ask(session, b"EHLO " + session.helo_name)
    return parse_extensions(reply, session.discard_ehlo_keywords) if reply.is_positive else extensions


def starttls(session: SessionTerms, extensions: Extensions) -> Dialogue[None]:
    """Start TLS, or give this host up: never continue without TLS (RFC 3207; CVE-2016-0772)."""
    if "STARTTLS" not in extensions:
        yield Quit()
        raise HostFailed("STARTTLS is not offered, and this transport requires TLS", status.UNAVAILABLE)
    reply = yield from ask(session, b"STARTTLS")
    if reply.code != 220:
        raise (yield from refused_host("STARTTLS", reply))
    yield StartTLS()


def refused_login(refused: tuple[tuple[str, Reply], ...]) -> Dialogue[HostFailed]:
    """Return the failure of a refused login, with all mechanisms that were tried."""
    from helper.smtp.auth import after

    *before, (mechanism, reply) = refused
    failure = yield from refused_host(f"AUTH {mechanism}", reply, for_good=status.NOT_PERMITTED)
    return after(before, failure)


def ask(session: SessionTerms, command: bytes) -> Dialogue[Reply]:
    """Send one command and return the reply to it."""
    yield command_line(command)
    return (yield ReadText(shown(command), session.timeouts.command_s))


def refused_host(command: str, reply: Reply, for_good: int = status.UNAVAILABLE) -> Dialogue[HostFailed | ReplyError]:
    """Return the failure of a command that the host refused before any transaction, or answered with a wrong code."""
    if reply.code < 400:
        return ReplyError(command, f"is unexpected: {reply.text}")
    yield Quit()
    return HostFailed(f"{command} was refused: {reply.text}", status.TEMPORARY if reply.is_temporary else for_good)
