"""The helper without privilege: begin → load → shut in, and then the story that every send is, as the caller."""

from __future__ import annotations

import os

from helper import status
from helper.config.configuration import parse_configuration
from helper.delivery.channel import Channel
from helper.delivery.identify import identify
from helper.delivery.story import Holdings, tell
from helper.failure import ConfigError, Failure
from helper.hold import hold, hold_nothing, this_machine
from helper.last_words import defect_line, give_up
from helper.main import in_sandbox
from helper.personal.begin import begin, shut_in
from helper.personal.files import given_configuration, own_configuration
from helper.privileged.begin import CHANNEL
from helper.sentence import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# The words by which the frontend asks for one (frontend/personal.py).
CONFIGURATIONS = {"given": given_configuration, "own": own_configuration}


def main(which: str, path: str) -> NoReturn:
    """Deliver one message of the caller's, by a configuration of the caller's own; the frontend is told the outcome."""
    channel = log = None
    try:
        caller_uid = begin()
        holdings = take_hold(which, path)
        log = holdings.log
        shut_in()
        holdings = in_sandbox(holdings)
        channel = Channel(CHANNEL)
        tell(channel, identify(caller_uid), holdings)
    except Failure as failure:
        give_up(verdict(failure).line, channel, log)
    except BaseException as defect:  # the last resort; no traceback, whose lines could hold a secret
        give_up(defect_line(defect, channel), channel, log)
    os._exit(status.SENT)


def take_hold(which: str, path: str) -> Holdings:
    """Open and read what the configuration names. What is wrong is told when we know whose message it stops."""
    try:
        keeper, octets = CONFIGURATIONS[which](path)
        return hold(parse_configuration(octets, keeper.configuration, this_machine()), keeper)
    except ConfigError as error:
        return hold_nothing(error)
