"""The helper: begin → load → drop, and then, with nothing but the caller's own rights, the story of one delivery."""

from __future__ import annotations

import os

from helper import status
from helper.config.reach import certificates, tcp_ports
from helper.delivery.channel import Channel
from helper.delivery.identify import identify
from helper.delivery.resolve import port_of_service
from helper.delivery.story import tell
from helper.failure import Failure
from helper.hold import take_hold
from helper.last_words import defect_line, give_up
from helper.privileged.begin import CHANNEL, begin
from helper.privileged.drop import drop
from helper.privileged.sandbox import Sandbox
from helper.sentence import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.config.values import Configuration
    from helper.delivery.story import Holdings


def main() -> NoReturn:
    """Serve one caller, and end; the frontend has been told the outcome of all that it asked for."""
    channel = log = None
    try:
        caller_uid = begin()
        holdings = take_hold()
        log = holdings.log
        drop()
        holdings = in_sandbox(holdings)
        channel = Channel(CHANNEL)
        tell(channel, identify(caller_uid), holdings)
    except Failure as failure:
        give_up(verdict(failure).line, channel, log)
    except BaseException as defect:  # the last resort; no traceback, whose lines could hold a secret
        give_up(defect_line(defect, channel), channel, log)
    os._exit(status.SENT)


def in_sandbox(holdings: Holdings) -> Holdings:
    """Shut this process in with what its configuration needs, and return the holdings with the sandbox."""
    sandbox = sandbox_of(holdings.configuration)
    sandbox.shut_in()
    return holdings.replace(sandbox=sandbox)


def sandbox_of(configuration: Configuration | None) -> Sandbox:
    """Return the sandbox for a configuration; without one, nobody is connected to."""
    if configuration is None:
        return Sandbox()
    return Sandbox(
        tcp_ports(configuration, port_of_service),
        certificates(configuration),
        may_bind=any(transport.interface is not None for transport in configuration.transports),
        is_required=configuration.sandbox == "required",
    )
