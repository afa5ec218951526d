"""One table: from a failure to the status, the outcome and the sentence that the caller and the log are given."""

from __future__ import annotations

from helper import status
from helper.address import ADDRESS_LIMIT
from helper.failure import (
    AddressError,
    AllHostsFailed,
    CannotTake,
    ConfigError,
    DaemonError,
    Failure,
    HostFailed,
    HostFailure,
    InDoubt,
    InputError,
    MessageError,
    NotPermitted,
    Refused,
    ReplyError,
    StaleToken,
    SystemFault,
    UsageError,
    WireError,
)
from helper.record import Record
from helper.text import shown

NO_CHUNKING = ' (discard_ehlo_keywords = ["CHUNKING"] avoids it)'


class Verdict(Record):
    """How a send ended: `status` by sysexits.h, `outcome` for the log, `line` for the caller."""

    status: int
    outcome: str  # "refused", "failed", "in-doubt"
    line: str


def verdict(failure: Failure) -> Verdict:
    """Return the verdict on a failure."""
    exit_status, reason = status_and_reason(failure)
    if isinstance(failure, UsageError):
        return Verdict(exit_status, "failed", f"sendmail: usage: {reason}")
    if isinstance(failure, InDoubt):
        return Verdict(exit_status, "in-doubt", f"sendmail: may have been sent: {reason}")
    outcome = "refused" if isinstance(failure, Refused) else "failed"
    return Verdict(exit_status, outcome, f"sendmail: not sent: {reason}")


def status_and_reason(failure: Failure) -> tuple[int, str]:
    """Return sysexits.h status and reason, one line of each family."""
    match failure:
        case UsageError():
            return status.USAGE, failure.problem
        case MessageError():
            return status.DATA, failure.problem
        case InputError():
            return status.INPUT_OUTPUT, failure.problem
        case DaemonError():
            return status.UNAVAILABLE, failure.problem
        case AddressError():
            return status.TEMPORARY if failure.later else status.NO_USER, f"{cut(failure.address)}: {failure.problem}"
        case NotPermitted():
            return status.TEMPORARY if failure.later else status.NOT_PERMITTED, failure.problem
        case ConfigError():
            return status.CONFIGURATION, f"{place(failure)}: {failure.problem}"
        case StaleToken():
            return status.NOT_PERMITTED, f"{failure.file}: {failure.problem}"
        case AllHostsFailed():
            reasons = [status_and_reason(each)[1] for each in failure.failures]
            return failure.failures[-1].status, "; ".join(reasons)
        case HostFailure():
            exit_status, reason = status_and_reason_of_host(failure)
            return exit_status, f"{failure.host}: {reason}"
        case WireError():
            return status.PROTOCOL, f"the frontend broke the protocol: {failure.problem}"
        case SystemFault():
            return status.SYSTEM, failure.problem
    return status.SOFTWARE, "a defect in Gatepost: a failure without a sentence"


def status_and_reason_of_host(failure: HostFailure) -> tuple[int, str]:
    """Return the same for a failure of a smart host, whose name is put in front."""
    match failure:
        case HostFailed():
            return failure.status, failure.problem
        case Refused():
            hint = NO_CHUNKING if failure.command == "BDAT" else ""
            return refused_status(failure), f"{failure.command}{hint} was refused: {failure.reply.text}"
        case CannotTake():
            return status.UNAVAILABLE, failure.problem
        case ReplyError():
            return status.PROTOCOL, f"the reply to {failure.command} {failure.problem}"
    return status.TEMPORARY, failure.problem  # InDoubt


def cut(address: bytes) -> str:
    """Return an address for a sentence, cut to the longest valid length: a wrong one can be very long."""
    return shown(address) if len(address) <= ADDRESS_LIMIT else f"{shown(address[:ADDRESS_LIMIT])}..."


def place(error: ConfigError) -> str:
    """Return where the administrator has to look: file, line and key as far as they are known."""
    line = "" if error.line is None else f", line {error.line}"
    return f"{error.file}{line}" + ("" if error.key is None else f": {error.key}")


def refused_status(failure: Refused) -> int:
    """Return the status of a refusal; enhanced status codes tell an unknown recipient apart (RFC 3463, section 3.2)."""
    if failure.reply.is_temporary:
        return status.TEMPORARY
    if failure.command.startswith("RCPT "):
        enhanced = failure.reply.lines[0].split(b" ", 1)[0]
        return {b"5.1.1": status.NO_USER, b"5.1.2": status.NO_HOST}.get(enhanced, status.UNAVAILABLE)
    return status.UNAVAILABLE
