"""One session of a scripted smart host: strict about the client, faithful to the script."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from tests.support import rules
from tests.support.authentication import authenticate
from tests.support.misbehaviour import Behaviour, Delay
from tests.support.received import Session
from tests.support.stream import Gone, Stream
from tests.support.transaction import Transaction

if TYPE_CHECKING:
    from tests.support.smarthost import SmartHost

# What may be followed by more in the same group; BDAT is looked at when its chunk was read (RFC 2920, 3030).
GROUPED = ("MAIL", "RCPT", "RSET", "BDAT")
UNLIMITED = 1 << 20  # octets of a line; what is longer does not end


class Conversation:
    """The dialogue with one client. A violation is recorded, answered with 554, and ends the session."""

    def __init__(self, host: SmartHost, connection: socket.socket, session: Session) -> None:
        self.host = host
        self.session = session
        self.stream = Stream(connection, session, host.stopping, host.hold_s)
        self.offered: set[str] = set()
        self.said_hello = False
        self.transaction = Transaction(self)
        self._steps: Counter[str] = Counter()

    def run(self) -> None:
        """Converse until one side ends it."""
        try:
            self._begin()
            while True:
                self._command()
        except Gone as reason:
            self.session.ended = str(reason)
        except Exception as error:  # a defect of the harness must not look like a misbehaving smart host
            self.host.defects.append(error)
        finally:
            self.stream.close()

    # What every step needs

    def behaviour(self, step: str, subject: bytes = b"") -> Behaviour:
        """Return what is to be done at this step of the session."""
        self._steps[step] += 1
        key, behaviour = self.host.script.find(step, self._steps[step], subject.decode("utf-8", "replace"))
        if key:
            self.host.acted.append(key)
        return behaviour

    def answer(self, step: str, natural: bytes, subject: bytes = b"") -> bool:
        """Say or do what the script wants at this step; return whether that was an acceptance."""
        behaviour = self.behaviour(step, subject)
        said = behaviour.says(natural)
        behaviour.act(self.stream, said)
        return said[:1] in (b"2", b"3")

    def violation(self, what: str) -> NoReturn:
        """Record what the client must not do, and end the session."""
        self.host.violations.append(what)
        self.stream.reply(b"554 5.5.0 " + what.encode("ascii", "backslashreplace") + b"\r\n")
        raise Gone(f"violation: {what}")

    def refuse_if(self, problem: str | None) -> None:
        """Turn a broken rule into a violation."""
        if problem:
            self.violation(problem)

    def must_wait(self, after: str) -> None:
        """Check that the client waits for a reply before it goes on."""
        if self.stream.has_more(self.host.patience_s):
            self.violation(f"the client did not wait for the reply to {after}")

    def line(self, verb: str = "") -> bytes:
        """Return the next command, or a response that belongs to `verb`, without CRLF."""
        line = self.stream.read_line(UNLIMITED)
        self.refuse_if(rules.wrong_line(line))
        self.session.commands.append(line[:-2])
        verb = verb or verb_of(line[:-2])
        if len(line) > rules.line_limit(verb, self.offered):
            self.violation(f"{verb} is too long: {len(line)} octets")
        if not line.isascii() and "SMTPUTF8" not in self.offered:
            self.violation("8-bit octets in a command without the offer of SMTPUTF8")
        return line[:-2]

    # The session

    def _begin(self) -> None:
        self.answer("CONNECT", b"")
        if self.host.tls == "implicit":
            self._shake_hands()
        if self.stream.has_more(self.host.patience_s):
            self.violation("octets before the greeting")
        if not self.answer("GREETING", b"220 smtp.test ESMTP\r\n"):
            self._refuse_everything()

    def _refuse_everything(self) -> NoReturn:
        """RFC 5321, section 3.1: after a greeting of 554 there is only QUIT."""
        line = self.line()
        if line.upper() != b"QUIT":
            self.violation("a command after a refused greeting")
        self._quit(line)

    def _command(self) -> None:
        line = self.line()
        verb = verb_of(line)
        if verb not in COMMANDS:
            self.violation(f"an unknown command: {verb}")
        if verb not in GROUPED or (verb != "BDAT" and "PIPELINING" not in self.offered):
            self.must_wait(verb)
        COMMANDS[verb](self, line)

    def _ehlo(self, line: bytes) -> None:
        verb, name = verb_of(line), line.partition(b" ")[2]
        if not rules.HELLO.fullmatch(name):
            self.violation(f"not a host name: {name!r}")
        self.transaction = Transaction(self)
        lines = ["smtp.test", *(self._extensions() if verb == "EHLO" else [])]
        reply = [f"250{' ' if number == len(lines) else '-'}{text}\r\n" for number, text in enumerate(lines, 1)]
        if self.answer(verb, "".join(reply).encode()):
            self.said_hello = True
            self.offered = {keyword.split(" ")[0].upper() for keyword in lines[1:]}

    def _extensions(self) -> list[str]:
        offered = list(self.host.extensions)
        if self.host.tls == "starttls" and not self.session.tls:
            offered.append("STARTTLS")
        if self.host.auth is not None and (self.session.tls or self.host.tls == "none"):
            offered.append("AUTH " + " ".join(self.host.mechanisms))
        return offered

    def _starttls(self, line: bytes) -> None:
        if "STARTTLS" not in self.offered or self.session.tls or line.upper() != b"STARTTLS":
            self.violation("STARTTLS without its offer")
        if self.answer("STARTTLS", b"220 2.0.0 go ahead\r\n"):
            self._shake_hands()
            self.said_hello, self.offered = False, set()
            self.transaction = Transaction(self)

    def _shake_hands(self) -> None:
        self.stream.flush()
        behaviour = self.behaviour("TLS")
        behaviour.act(self.stream, behaviour.says(b""))
        if not isinstance(behaviour, Delay) and type(behaviour) is not Behaviour:
            raise Gone("no TLS handshake")
        if self.stream.first_octet() != b"\x16":  # the type of a handshake record
            self.violation("plaintext in place of a TLS handshake")
        self.stream.shake_hands(self.host.tls_context(self.session))

    def _auth(self, line: bytes) -> None:
        authenticate(self, line)

    def _mail(self, line: bytes) -> None:
        self.transaction.mail(line)

    def _rcpt(self, line: bytes) -> None:
        self.transaction.rcpt(line)

    def _data(self, line: bytes) -> None:
        self.transaction.data(line)

    def _bdat(self, line: bytes) -> None:
        self.transaction.bdat(line)

    def _rset(self, line: bytes) -> None:
        self.transaction = Transaction(self)
        self.answer("RSET", b"250 2.0.0 ok\r\n")

    def _noop(self, line: bytes) -> None:
        self.answer("NOOP", b"250 2.0.0 ok\r\n")

    def _quit(self, line: bytes) -> NoReturn:
        self.answer("QUIT", b"221 2.0.0 bye\r\n")
        raise Gone("quit")


def verb_of(line: bytes) -> str:
    """Return the first word of a command, in upper case."""
    return line.split(b" ")[0].decode("ascii", "replace").upper()


COMMANDS = {
    "EHLO": Conversation._ehlo,
    "HELO": Conversation._ehlo,
    "STARTTLS": Conversation._starttls,
    "AUTH": Conversation._auth,
    "MAIL": Conversation._mail,
    "RCPT": Conversation._rcpt,
    "DATA": Conversation._data,
    "BDAT": Conversation._bdat,
    "RSET": Conversation._rset,
    "NOOP": Conversation._noop,
    "QUIT": Conversation._quit,
}
