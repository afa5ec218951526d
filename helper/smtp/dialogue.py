"""SMTP from the greeting to the reply that takes the message: RFC 5321 read aloud, as a generator without a socket.

It yields steps, is given a reply for each Read, and returns the reply that took the message. Where what came is no
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
    """Hand one message over for all recipients, or for none.

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
    """Reach the point where a message may be offered, and return what the smart host offers there."""
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
    """Say who we are and learn what is offered; HELO for a server that takes no EHLO (RFC 5321, section 3.2).

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
    """Ask once more what is offered, now that the server knows us; what it said before holds where it will not say.

    Dovecot's proxy tells only then what the server behind it offers. OpenSMTPD takes no second EHLO.
    """
    reply = yield from ask(session, b"EHLO " + session.helo_name)
    return parse_extensions(reply, session.discard_ehlo_keywords) if reply.is_positive else extensions


def starttls(session: SessionTerms, extensions: Extensions) -> Dialogue[None]:
    """Turn the connection private, or give this host up: never go on without (RFC 3207; CVE-2016-0772)."""
    if "STARTTLS" not in extensions:
        yield Quit()
        raise HostFailed("STARTTLS is not offered, and this transport requires TLS", status.UNAVAILABLE)
    reply = yield from ask(session, b"STARTTLS")
    if reply.code != 220:
        raise (yield from refused_host("STARTTLS", reply))
    yield StartTLS()


def refused_login(refused: tuple[tuple[str, Reply], ...]) -> Dialogue[HostFailed]:
    """Return what it means that the host does not know us, with all that was tried."""
    from helper.smtp.auth import after

    *before, (mechanism, reply) = refused
    failure = yield from refused_host(f"AUTH {mechanism}", reply, for_good=status.NOT_PERMITTED)
    return after(before, failure)


def ask(session: SessionTerms, command: bytes) -> Dialogue[Reply]:
    """Send one command and return the reply to it."""
    yield command_line(command)
    return (yield ReadText(shown(command), session.timeouts.command_s))


def refused_host(command: str, reply: Reply, for_good: int = status.UNAVAILABLE) -> Dialogue[HostFailed | ReplyError]:
    """Return what it means that a host refuses us before any transaction, or says what belongs elsewhere."""
    if reply.code < 400:
        return ReplyError(command, f"is unexpected: {reply.text}")
    yield Quit()
    return HostFailed(f"{command} was refused: {reply.text}", status.TEMPORARY if reply.is_temporary else for_good)
