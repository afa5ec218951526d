"""The ways in which a send fails, named by the cause. Attributes hold the facts; sentence.py makes the sentences."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from helper.smtp.reply import Reply


class Failure(Exception):
    """A send that failed for a known reason: nothing was delivered to anyone, unless it is InDoubt."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class UsageError(Failure):
    """The user: the command line could not be understood, and nothing was tried."""


class MessageError(Failure):
    """The user: the message, or an address in it, cannot be sent as it is."""


class InputError(Failure):
    """The user: standard input cannot be read."""


class DaemonError(Failure):
    """The user: a daemon was requested, but Gatepost has none."""


class AddressError(Failure):
    """An address goes nowhere: no router takes it, an alias fails it, or its syntax is wrong.

    `later` says that it may work another time (`:defer:`, a file that could not be read).
    """

    def __init__(self, address: bytes, problem: str, *, later: bool = False) -> None:
        super().__init__(problem)
        self.address = address
        self.later = later


class NotPermitted(Failure):
    """The user: a policy, or an account that must not send. `later`: it is not known now who is calling."""

    def __init__(self, problem: str, *, later: bool = False) -> None:
        super().__init__(problem)
        self.later = later


class ConfigError(Failure):
    """The administrator: a file of ours is missing, unsafe or wrong. Never carries a value that the file holds."""

    def __init__(self, file: str, problem: str, *, line: int | None = None, key: str | None = None) -> None:
        super().__init__(problem)
        self.file = file
        self.line = line
        self.key = key


class OnlyBySocket(ConfigError):
    """The administrator: this helper is not given what the send needs; one behind gatepost.socket may be."""


class StaleToken(Failure):
    """The administrator: an access token has expired and was not renewed; no smart host was told of it."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(problem)
        self.file = file


class HostFailure(Failure):
    """A smart host is to blame; `host` names it and its port, and is filled in by who knows it."""

    host = ""


class HostFailed(HostFailure):
    """This host could not be used, before any transaction or by losing it: another one may be tried.

    `problem` is the step that failed and why, `status` the sysexits.h value.
    """

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.status = status


class AllHostsFailed(Failure):
    """None of the hosts could be used; `failures` holds one HostFailed for each that was tried, at least one."""

    def __init__(self, failures: Sequence[HostFailed]) -> None:
        super().__init__("no host could be used")
        self.failures = failures


class Refused(HostFailure):
    """The smart host refused a command or the message, 4xx or 5xx: no other host is tried.

    `command` names what was refused with the address to blame: `RCPT TO:<b@x.example>`, `the message`.
    """

    def __init__(self, command: str, reply: Reply) -> None:
        super().__init__("was refused")
        self.command = command
        self.reply = reply


class CannotTake(HostFailure):
    """The smart host does not offer what the message needs; nothing of the message was sent."""


class ReplyError(HostFailure):
    """The smart host's reply is not valid SMTP; `problem` continues "the reply to COMMAND"."""

    def __init__(self, command: str, problem: str) -> None:
        super().__init__(problem)
        self.command = command


class InDoubt(HostFailure):
    """No reply, or nonsense, came after the end of the message was sent: it may have been delivered."""


class WireError(Failure):
    """The frontend lied or died: the input from the socketpair is not a submission."""


class SystemFault(Failure):
    """The operating system refused what every send needs, or the installation is not what it has to be."""
