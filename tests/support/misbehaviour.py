"""What a scripted smart host does at a step of its dialogue, in place of what it should do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from tests.support.stream import Gone, Stream

ENVELOPE = {"MAIL", "RCPT", "RSET"}
CONTENT = {"DATA", "BDAT", "CONTENT", "MESSAGE"}
STEPS = {"CONNECT", "TLS", "GREETING", "EHLO", "HELO", "STARTTLS", "AUTH", "NOOP", "QUIT"} | ENVELOPE | CONTENT


@dataclass(frozen=True)
class Behaviour:
    """Behave well: say what fits."""

    def says(self, natural: bytes) -> bytes:
        """Return the reply that decides how the dialogue goes on; none means that nothing is accepted."""
        return natural

    def act(self, stream: Stream, said: bytes) -> None:
        """Do it. Gone where that ends the session."""
        stream.reply(said)


@dataclass(frozen=True)
class Silent(Behaviour):
    """Neither read nor answer any more, until the client hangs up."""

    def says(self, natural: bytes) -> bytes:
        return b""

    def act(self, stream: Stream, said: bytes) -> NoReturn:
        stream.flush()
        stream.wait_for_end()
        raise AssertionError("the end of the session was not raised")


@dataclass(frozen=True)
class Close(Behaviour):
    """Close the connection in good order, without an answer (and without a TLS close_notify)."""

    def says(self, natural: bytes) -> bytes:
        return b""

    def act(self, stream: Stream, said: bytes) -> NoReturn:
        stream.close()
        raise Gone("closed by the host")


@dataclass(frozen=True)
class Reset(Behaviour):
    """Break the connection off."""

    def says(self, natural: bytes) -> bytes:
        return b""

    def act(self, stream: Stream, said: bytes) -> NoReturn:
        stream.flush()
        stream.reset()
        raise Gone("reset by the host")


@dataclass(frozen=True)
class Raw(Behaviour):
    """Say these octets. What begins with 2 or 3 counts as acceptance, everything else as refusal."""

    octets: bytes

    def says(self, natural: bytes) -> bytes:
        return self.octets


@dataclass(frozen=True)
class Dribble(Raw):
    """Say these octets one by one."""

    pause_s: float = 0.01

    def act(self, stream: Stream, said: bytes) -> None:
        stream.flush()
        for at in range(len(said)):
            stream.send(said[at : at + 1])
            stream.pause(self.pause_s)


@dataclass(frozen=True)
class Endless(Behaviour):
    """Say these octets again and again, until the client hangs up."""

    octets: bytes

    def says(self, natural: bytes) -> bytes:
        return b""

    def act(self, stream: Stream, said: bytes) -> NoReturn:
        stream.flush()
        batch = self.octets * (1 + 16384 // len(self.octets))
        while True:
            stream.send(batch)
            stream.pause(0.001)


@dataclass(frozen=True)
class Delay(Behaviour):
    """Behave well, so many seconds later."""

    seconds: float

    def act(self, stream: Stream, said: bytes) -> None:
        stream.flush()
        stream.pause(self.seconds)
        stream.reply(said)


@dataclass(frozen=True)
class AcceptThen(Behaviour):
    """Accept the message, and do something else than say so: it is delivered, and the client cannot know."""

    then: Behaviour

    def act(self, stream: Stream, said: bytes) -> None:
        self.then.act(stream, b"")


class Script:
    """Who misbehaves where: "RCPT" (every time), "RCPT 2" (the second of a session), "RCPT:b@x.example"."""

    def __init__(self, at: dict[str, Behaviour], refuse: dict[str, str]) -> None:
        replies = {key: Raw(reply.encode() + b"\r\n") for key, reply in refuse.items()}
        self._behaviours = {key.upper(): behaviour for key, behaviour in (replies | at).items()}
        for key in self._behaviours:
            if key.replace(":", " ").split(" ")[0] not in STEPS:
                raise ValueError(f"no step of a session is called {key}")

    def find(self, step: str, number: int, subject: str) -> tuple[str, Behaviour]:
        """Return the key and what is to be done; an empty key where nothing was said about it."""
        for key in (f"{step}:{subject}".upper(), f"{step} {number}", step):
            if key in self._behaviours:
                return key, self._behaviours[key]
        return "", Behaviour()
