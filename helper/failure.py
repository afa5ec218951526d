"""The ways a send fails, named for who is at fault. Facts stand in attributes; sentence.py turns them into words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.smtp.reply import Reply


class Failure(Exception):
    """A send that failed for a known reason: nothing was delivered to anyone, unless it is InDoubt."""


class UsageError(Failure):
    """The user: the command line could not be understood, and nothing was tried."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class MessageError(Failure):
    """The user: the message, or an address in it, cannot be sent as it is."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class AddressError(Failure):
    """An address goes nowhere: no router takes it, an alias fails it, or its syntax is wrong.

    `later` says that it may work another time (`:defer:`, a file that could not be read).
    """

    def __init__(self, address: bytes, problem: str, *, later: bool = False) -> None:
        super().__init__(address, problem)
        self.address = address
        self.problem = problem
        self.later = later


class NotPermitted(Failure):
    """The user: a policy, or an account that must not send."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class ConfigError(Failure):
    """The administrator: a file of ours is missing, unsafe or wrong. Never carries a value that the file holds."""

    def __init__(self, file: str, problem: str, *, line: int | None = None, key: str | None = None) -> None:
        super().__init__(file, line, key, problem)
        self.file = file
        self.line = line
        self.key = key
        self.problem = problem


class HostFailure(Failure):
    """A smart host is to blame; `host` names it and its port, and is filled in by who knows it."""

    host = ""


class HostFailed(HostFailure):
    """This host could not be used, before any transaction or by losing it: another one may be tried.

    `problem` is the step that failed and why, `status` the sysexits.h value.
    """

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem, status)
        self.problem = problem
        self.status = status


class AllHostsFailed(Failure):
    """None of the hosts could be used; `failures` holds one HostFailed for each that was tried."""

    def __init__(self, failures: Sequence[HostFailed]) -> None:
        super().__init__(failures)
        self.failures = failures


class Refused(HostFailure):
    """The smart host refused a command or the message, 4xx or 5xx: no other host is tried.

    `command` names what was refused with the address to blame: `RCPT TO:<b@x.example>`, `the message`.
    """

    def __init__(self, command: str, reply: Reply) -> None:
        super().__init__(command, reply)
        self.command = command
        self.reply = reply


class CannotTake(HostFailure):
    """The smart host does not offer what the message needs; nothing of the message was sent."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class ReplyError(HostFailure):
    """The smart host answered with what no SMTP server answers; `problem` continues "the reply to COMMAND"."""

    def __init__(self, command: str, problem: str) -> None:
        super().__init__(command, problem)
        self.command = command
        self.problem = problem


class InDoubt(HostFailure):
    """No reply, or nonsense, came after the end of the message was sent: it may have been delivered."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class WireError(Failure):
    """A lying or dying frontend: what came over the socketpair is no submission."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class SystemFault(Failure):
    """The operating system refused what every send needs, or the installation is not what it has to be."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
