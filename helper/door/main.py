"""The helper behind gatepost.socket: begin → load → shut in, and then the story that every send is.

systemd starts it for one connection, as the service user. It cannot become the caller, who is in another process that
the kernel tells it of: so it does nothing with the caller's rights, and keeps its own from everything that comes after.
"""

from __future__ import annotations

import os

from helper import status
from helper.delivery.identify import identify_peer
from helper.delivery.story import tell
from helper.door.begin import begin, refuse_members, shut_in
from helper.door.channel import DoorChannel
from helper.failure import Failure
from helper.hold import take_hold
from helper.last_words import defect_line, give_up
from helper.main import in_sandbox
from helper.privileged import paths
from helper.privileged.begin import CHANNEL
from helper.sentence import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.delivery.story import Holdings


def main() -> NoReturn:
    """Serve one caller, and end; the frontend has been told the outcome of all that it asked for."""
    channel = log = None
    try:
        caller_uid = begin()
        holdings = take_hold()
        log = holdings.log
        shut_in()
        holdings = in_sandbox(holdings)
        keep_from_ours(holdings)
        channel = DoorChannel(CHANNEL)
        tell(channel, refuse_members(identify_peer(caller_uid)), holdings)
    except Failure as failure:
        give_up(verdict(failure).line, channel, log)
    except BaseException as defect:  # the last resort; no traceback, whose lines could hold a secret
        give_up(defect_line(defect, channel), channel, log)
    os._exit(status.SENT)


def keep_from_ours(holdings: Holdings) -> None:
    """Read nothing of ours any more: what drop() does for other helpers, Landlock does for this one."""
    if holdings.sandbox is not None:
        holdings.sandbox.shut_in_further(os.path.realpath(os.path.dirname(paths.CONFIGURATION)))
