"""Report a failure that ends a send before its report is complete."""

from __future__ import annotations

import posix as os

from helper import status
from helper.delivery.log import Log, Progress
from helper.failure import Failure
from helper.privileged.begin import CHANNEL
from helper.request.channel import Channel
from helper.sentence import Verdict, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


STDERR = 2


def end_with(failure: BaseException, channel: Channel | None, log: Log | None) -> NoReturn:
    """Tell the frontend and the log how the send ended, and exit."""
    line = verdict(failure).line if isinstance(failure, Failure) else defect_line(failure, channel)
    (log or Log(None, "text")).write(Progress(), Verdict(status.SOFTWARE, "failed", line), status.FAILED)
    try:
        channel = channel or Channel(CHANNEL)
        channel.say(line)
        channel.finish(status.FAILED, drain=True)
    except (OSError, Failure):
        os.write(STDERR, f"{line}\n".encode("ascii", "backslashreplace"))  # started by hand
    os._exit(status.FAILED)


def defect_line(defect: BaseException, channel: Channel | None) -> str:
    """Return the line for a defect of ours: its kind and its place in our code, never a value.

    A module that cannot be imported is not a defect: an upgrade of the distribution may have replaced it.
    """
    outcome = "may have been sent" if channel is not None and channel.is_in_doubt else "not sent"
    if isinstance(defect, ImportError) and defect.name:
        return f"sendmail: {outcome}: the Python module {defect.name} cannot be imported"
    trace = defect.__traceback__
    place = "an unknown place"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"sendmail: {outcome}: a defect in Gatepost: {type(defect).__name__} at {place}"
