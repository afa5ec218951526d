"""One mail transaction of a scripted smart host, from MAIL to the reply that takes the message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support import rules
from tests.support.misbehaviour import Behaviour
from tests.support.received import Message, Recipient

if TYPE_CHECKING:
    from tests.support.conversation import Conversation


class Transaction:
    """Envelope and message; what follows a refused command is refused too, as pipelining servers do (RFC 2920)."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._tried: set[str] = set()
        self._mail: tuple[bytes, dict[str, str]] | None = None
        self._recipients: list[Recipient] = []
        self._chunks: list[bytes] | None = []  # None after one was refused (RFC 3030, section 2)

    @property
    def begun(self) -> bool:
        """Tell whether MAIL was accepted."""
        return self._mail is not None

    def mail(self, line: bytes) -> None:
        """Take the reverse-path."""
        if not self._conversation.said_hello:
            self._conversation.violation("MAIL before EHLO")
        if self.begun:
            self._conversation.violation("MAIL twice")
        address, parameters = self._path(line, rules.MAIL, rules.MAIL_PARAMETERS, b"")
        self._tried.add("MAIL")
        self._check_8bit(address, parameters)
        if self._conversation.answer("MAIL", self._reply_to_mail(parameters), address):
            self._mail = address, parameters

    def rcpt(self, line: bytes) -> None:
        """Take one recipient."""
        if "MAIL" not in self._tried:
            self._conversation.violation("RCPT without MAIL")
        address, parameters = self._path(line, rules.RCPT, rules.RCPT_PARAMETERS, b"postmaster")
        self._tried.add("RCPT")
        self._check_8bit(address, self._mail[1] if self._mail else {"SMTPUTF8": ""})
        natural = b"250 2.1.5 ok\r\n" if self.begun else b"503 5.5.1 MAIL first\r\n"
        if self._conversation.answer("RCPT", natural, address) and self.begun:
            self._recipients.append(Recipient(address, parameters))

    def data(self, line: bytes) -> None:
        """Take the message up to the lone dot. One recipient is enough (RFC 2920, section 3.1)."""
        if "RCPT" not in self._tried or self._chunks != [] or line.upper() != b"DATA":
            self._conversation.violation("DATA where it is not allowed")
        natural = b"354 go ahead\r\n" if self._recipients else b"554 5.5.1 no valid recipients\r\n"
        if self._conversation.answer("DATA", natural):
            octets = self._read_to_dot()
            if "PIPELINING" not in self._conversation.offered:
                self._conversation.must_wait("the message")
            self._conversation.refuse_if(rules.wrong_dots(octets))
            self._end(self._conversation.behaviour("MESSAGE"), rules.unstuff(octets), chunked=False)

    def bdat(self, line: bytes) -> None:
        """Take a chunk, and with the last one the message (RFC 3030)."""
        if "CHUNKING" not in self._conversation.offered or "RCPT" not in self._tried:
            self._conversation.violation("BDAT where it is not allowed")
        command = re.fullmatch(rb"(?i:BDAT) (\d{1,15})( (?i:LAST))?", line)
        if command is None:
            self._conversation.violation(f"a syntax error: {line[:200]!r}")
        behaviour = self._conversation.behaviour("BDAT")
        if not behaviour.says(b"250"):
            behaviour.act(self._conversation.stream, b"")  # at once: the chunk is not read
        chunk = self._read_chunk(int(command[1]))
        if "PIPELINING" not in self._conversation.offered:
            self._conversation.must_wait("BDAT")
        if not self._recipients or self._chunks is None:
            self._conversation.stream.reply(b"554 5.5.1 no valid recipients, or no valid chunk before\r\n")
            return
        self._chunks.append(chunk)
        if command[2] is None:
            self._intermediate(behaviour)
            return
        if type(behaviour) is Behaviour:
            behaviour = self._conversation.behaviour("MESSAGE")
        self._end(behaviour, b"".join(self._chunks), chunked=True)

    def _intermediate(self, behaviour: Behaviour) -> None:
        said = behaviour.says(b"250 2.0.0 chunk taken\r\n")
        if not said.startswith(b"2"):
            self._chunks = None
        behaviour.act(self._conversation.stream, said)

    def _end(self, behaviour: Behaviour, octets: bytes, chunked: bool) -> None:
        """Record the message if it is accepted, before the client can know."""
        conversation = self._conversation
        reverse_path, parameters = self._mail or (b"", {})
        conversation.refuse_if(rules.wrong_content(octets, parameters.get("BODY", "").upper()))
        too_large = len(octets) > conversation.host.size_limit
        said = behaviour.says(b"552 5.3.4 too large\r\n" if too_large else b"250 2.0.0 taken\r\n")
        if said.startswith(b"2") and self._recipients:
            message = Message(reverse_path, parameters, self._recipients, octets, chunked)
            conversation.host.messages.append(message)
        conversation.transaction = Transaction(conversation)
        behaviour.act(conversation.stream, said)

    def _reply_to_mail(self, parameters: dict[str, str]) -> bytes:
        host, session = self._conversation.host, self._conversation.session
        if host.tls == "starttls" and not session.tls:
            return b"530 5.7.0 STARTTLS first\r\n"
        if host.auth is not None and not session.identity:
            return b"530 5.7.0 authentication required\r\n"
        if int(parameters.get("SIZE", "0")) > host.size_limit:
            return b"552 5.3.4 too large\r\n"
        return b"250 2.1.0 ok\r\n"

    def _path(
        self, line: bytes, shape: re.Pattern[bytes], known: dict[str, str], bare: bytes
    ) -> tuple[bytes, dict[str, str]]:
        match = shape.fullmatch(line)
        if match is None:
            self._conversation.violation(f"a syntax error: {line[:200]!r}")
        parameters = rules.parse_parameters(match[2])
        self._conversation.refuse_if(rules.wrong_address(match[1], bare))
        self._conversation.refuse_if(rules.wrong_parameters(parameters, known, self._conversation.offered))
        return match[1], parameters

    def _check_8bit(self, address: bytes, parameters: dict[str, str]) -> None:
        if not address.isascii() and "SMTPUTF8" not in parameters:
            self._conversation.violation("8-bit octets in an address without SMTPUTF8")

    def _read_to_dot(self) -> bytes:
        """Return the octets up to CRLF, dot, CRLF; nothing else ends a message."""
        read = bytearray(b"\r\n")
        end = -1
        while end < 0:
            octets = self._content(1 << 20, first=len(read) == 2)
            read += octets
            end = read.find(b"\r\n.\r\n", max(0, len(read) - len(octets) - 4))
        if rest := bytes(read[end + 5 :]):
            self._conversation.stream.put_back(rest)
            del self._conversation.session.content[-len(rest) :]
        return bytes(read[2 : end + 2])

    def _read_chunk(self, size: int) -> bytes:
        chunk = bytearray()
        while len(chunk) < size:
            chunk += self._content(size - len(chunk), first=not chunk)
        return bytes(chunk)

    def _content(self, limit: int, first: bool) -> bytes:
        octets = self._conversation.stream.read_some(limit)
        self._conversation.session.content += octets
        if first:
            self._conversation.answer("CONTENT", b"")
        return octets
