"""SMTP from the greeting to the reply that takes the message: RFC 5321 read aloud, as a generator without a socket.

It yields steps, is given a reply for each Read, and returns the reply that took the message. Where what came is no
reply, ReplyError is thrown in at the Read.
"""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed, ReplyError
from helper.record import Record
from helper.smtp import auth
from helper.smtp.extensions import NOTHING_OFFERED, Extensions, parse_extensions
from helper.smtp.steps import Authenticated, Read, StartTLS, Write, command_line, shown
from helper.smtp.transaction import Envelope, Timeouts, transact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.reply import Reply
    from helper.smtp.steps import Dialogue


class Session(Record):
    """What has to be agreed with a smart host before any message: names, protection, credential."""

    helo_name: bytes
    tls: str  # "starttls", "implicit", "none"
    timeouts: Timeouts
    credential: auth.Credential | None = None
    allow_plaintext: bool = False


def dialogue(session: Session, envelope: Envelope) -> Dialogue[Reply]:
    """Hand one message over for all recipients, or for none.

    HostFailed up to authentication: another host may be tried. Refused, ReplyError or CannotTake afterwards.
    """
    try:
        extensions = yield from prepare(session)
    except ReplyError as error:
        raise HostFailed(f"the reply to {error.command} {error.problem}", status.PROTOCOL) from None
    return (yield from transact(session.timeouts, envelope, extensions))


def prepare(session: Session) -> Dialogue[Extensions]:
    """Reach the point where a message may be offered, and return what the smart host offers there."""
    if session.tls == "implicit":
        yield StartTLS()
    greeting = yield Read("the greeting", session.timeouts.command_s)
    if greeting.code != 220:
        raise refused_host("the greeting", greeting)
    extensions = yield from hello(session)
    if session.tls == "starttls":
        yield from starttls(session, extensions)
        extensions = yield from hello(session)
    if session.credential is not None:
        yield from authenticate(session, session.credential, extensions)
    return extensions


def hello(session: Session) -> Dialogue[Extensions]:
    """Say who we are and learn what is offered; HELO for a server that knows no EHLO (RFC 5321, section 3.2)."""
    reply = yield from ask(session, b"EHLO " + session.helo_name)
    if reply.is_positive:
        return parse_extensions(reply)
    if reply.code not in (500, 502):
        raise refused_host("EHLO", reply)
    reply = yield from ask(session, b"HELO " + session.helo_name)
    if not reply.is_positive:
        raise refused_host("HELO", reply)
    return NOTHING_OFFERED


def starttls(session: Session, extensions: Extensions) -> Dialogue[None]:
    """Turn the connection private, or give this host up: never go on without (RFC 3207; CVE-2016-0772)."""
    if "STARTTLS" not in extensions:
        raise HostFailed("STARTTLS is not offered, and this transport requires TLS", status.UNAVAILABLE)
    reply = yield from ask(session, b"STARTTLS")
    if reply.code != 220:
        raise refused_host("STARTTLS", reply)
    yield StartTLS()


def authenticate(session: Session, credential: auth.Credential, extensions: Extensions) -> Dialogue[None]:
    """Prove who we are (RFC 4954), over an encrypted connection unless the configuration allows otherwise."""
    if session.tls == "none" and not session.allow_plaintext:
        raise HostFailed("AUTH: the password is not sent without TLS", status.NOT_PERMITTED)
    name = auth.choose_mechanism(extensions.mechanisms, credential.mechanisms)
    if name is None:
        raise HostFailed(f"AUTH: {auth.no_common_mechanism(extensions.mechanisms)}", status.NOT_PERMITTED)
    exchange = auth.MECHANISMS[name](credential)
    initial = next(exchange)
    line = f"AUTH {name}".encode("ascii") + (b"" if initial is None else b" " + (auth.encode(initial) or b"="))
    yield Write(line + b"\r\n", f"AUTH {name}" if initial is None else f"AUTH {name} ***")
    reply = yield Read(f"AUTH {name}", session.timeouts.command_s)
    while reply.code == 334:
        try:
            response = exchange.send(auth.decode(reply.lines[0]))
        except (StopIteration, auth.ChallengeSyntax):
            raise HostFailed(f"AUTH {name}: the challenge makes no sense", status.PROTOCOL) from None
        yield Write(auth.encode(response or b"") + b"\r\n", "***")
        reply = yield Read(f"AUTH {name}", session.timeouts.command_s)
    if reply.code != 235:
        raise refused_host(f"AUTH {name}", reply, for_good=status.NOT_PERMITTED)
    yield Authenticated(name)


def ask(session: Session, command: bytes) -> Dialogue[Reply]:
    """Send one command and return the reply to it."""
    yield command_line(command)
    return (yield Read(shown(command), session.timeouts.command_s))


def refused_host(command: str, reply: Reply, for_good: int = status.UNAVAILABLE) -> HostFailed | ReplyError:
    """Return what it means that a host refuses us before any transaction, or says what belongs elsewhere."""
    if reply.code < 400:
        return ReplyError(command, f"makes no sense here: {reply.text}")
    return HostFailed(f"{command} was refused: {reply.text}", status.TEMPORARY if reply.is_temporary else for_good)
