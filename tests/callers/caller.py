"""A program that calls sendmail: how it is made to, and what is known of the way that it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CAROL, DAVE, ERIN = b"carol@example.org", b"dave@example.org", b"erin@example.org"
SUBJECT = "Grüße"
REFUSAL = "550 5.1.1 no such user"
REASON = f"RCPT TO:<{CAROL.decode()}> was refused: {REFUSAL}"
# In /home/alice/text, for callers that are given a text. A program that is told nothing else sends all of it.
TEXT = "The first line.\n.\n.. Grüße, 你好\nFrom here on, the last line.\n"


@dataclass(frozen=True)
class Caller:
    """One program: how it is made to send one message, and how it tells of a refusal. A daemon ends with None."""

    name: str
    package: str  # Debian's
    script: str  # of the shell, in the home of `user`
    argv: tuple[str, ...]  # what it gives to sendmail, after the name
    stdin: str = "pipe"
    user: str = "alice"
    files: Mapping[str, str] = field(default_factory=dict)  # of the machine
    subject: str = SUBJECT  # begins so
    body: str = TEXT  # is in it
    recipients: tuple[bytes, ...] = (CAROL,)  # the first is the one that is refused
    ends: int | None = 0  # its exit status after a message that was sent
    fails: int | None = 0  # the same after a refusal
    says: str = ""  # on standard output or standard error, after a refusal
    logs: str = ""  # in the system log, after a refusal

    @property
    def shows(self) -> str:
        """Return how it tells of a refusal."""
        ways = [f"exit status {self.fails}"] if self.fails != self.ends else []
        ways += [f"`{self.says}`" if REASON not in self.says else "the reason"] if self.says else []
        ways += [f"in the system log: `{self.logs}`"] if self.logs else []
        return "; ".join(ways) or "not at all"
