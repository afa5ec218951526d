"""Serve: begin → acquire → drop → load → sandbox → tell, which is the rest of the story (helper/story.py).

What is imported at the top is executed before the drop. All else is imported after it, in the functions that use it.
"""

from __future__ import annotations

import posix as os

from helper.failure import Failure, SystemFault
from helper.privileged.acquire import Acquired
from helper.privileged.begin import CHANNEL
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from helper.config.values import Configuration
    from helper.identity.identify import Person
    from helper.loaded_state import LoadedState
    from helper.request.channel import Channel
    from helper.sandbox.confine import Sandbox

SENT, FAILED = 0, 1  # of helper/status.py, which is loaded after the drop
NOT_DROPPED = "the helper could not give up the rights of the service user, or load the rest of its code"


class Entry(Record):
    """One of the three entries, step by step. Only the unprivileged one reads the arguments in `acquire`.

    `begin` returns the caller's uid. `drop` gives up the rights of the service user. `load` loads the rest of our code.
    `further` tightens the sandbox. `is_callers_choice`: the caller chooses the configuration. `is_behind_socket`: no
    other helper can do more. `is_without_helper`: no helper with rights could be started.
    """

    begin: Callable[[], int]
    acquire: Callable[[], Acquired]
    drop: Callable[[], None]
    load: Callable[[], None]
    channel: Callable[[], Channel]
    identify: Callable[[int], Person]
    further: Callable[[Sandbox], None] = lambda _sandbox: None
    is_callers_choice: bool = False
    is_behind_socket: bool = False
    is_without_helper: bool = False


def serve(entry: Entry) -> NoReturn:
    """Serve one caller, tell the frontend the outcome, and end."""
    uid, acquired = acquire(entry)
    try:
        entry.drop()
        entry.load()
        from helper.last_words import end_with
        from helper.loaded_state import load_state
        from helper.story import tell
    except Failure as failure:  # of drop()
        end_at_once(failure.problem)
    except BaseException:  # the rights may still be there: do nothing more
        end_at_once(NOT_DROPPED)
    channel = log = None
    try:
        state = in_sandbox(of_entry(load_state(acquired), entry), entry)
        log = state.log
        channel = opened(entry, state)
        tell(channel, identified(entry, uid, state), state)
    except BaseException as failure:  # the last resort: without a traceback, which could show a secret
        end_with(failure, channel, log)
    os._exit(SENT)


def acquire(entry: Entry) -> tuple[int | None, Acquired]:
    """Return who called, and what was read. A failure is kept, and reported after the drop."""
    uid = None
    try:
        uid = entry.begin()
        return uid, entry.acquire()
    except Failure as failure:
        return uid, Acquired(failure)
    except BaseException as defect:  # the drop comes first, whatever happened
        return uid, Acquired(SystemFault(f"a defect in Gatepost: {type(defect).__name__}"))


def end_at_once(reason: str) -> NoReturn:
    """Write the reason and the status as two frames, and end. helper/request/wire.py may not be loaded yet."""
    line = f"sendmail: not sent: {reason}".encode("ascii", "replace")
    try:
        os.write(CHANNEL, b"e" + len(line).to_bytes(2, "big") + line + b"s\0\2" + bytes([FAILED, 1]))
    finally:
        os._exit(FAILED)


def of_entry(state: LoadedState, entry: Entry) -> LoadedState:
    """Return the loaded state with the properties of this entry."""
    from helper.failure import OnlyBySocket

    return state.replace(
        is_callers_choice=entry.is_callers_choice,
        is_for_socket=isinstance(state.failure, OnlyBySocket) and not entry.is_behind_socket,
        is_without_helper=entry.is_without_helper,
    )


def opened(entry: Entry, state: LoadedState) -> Channel:
    """Return the channel. If there is none, because somebody started this by hand, raise what begin() found."""
    try:
        return entry.channel()
    except (OSError, Failure) as error:
        raise state.failure or error from None


def identified(entry: Entry, uid: int | None, state: LoadedState) -> Person:
    """Return who called. A failure of begin() takes precedence over a failed look-up of our own user."""
    if uid is not None:
        return entry.identify(uid)
    try:
        return entry.identify(os.getuid())
    except Failure as failure:
        raise state.failure or failure from None


def in_sandbox(state: LoadedState, entry: Entry) -> LoadedState:
    """Enter the sandbox that the configuration requires, and return the state with it."""
    sandbox = sandbox_of(state.configuration)
    sandbox.shut_in()
    entry.further(sandbox)
    return state.replace(sandbox=sandbox)


def sandbox_of(configuration: Configuration | None) -> Sandbox:
    """Return the sandbox for a configuration. Without one, no connection is allowed."""
    from helper.sandbox.confine import Sandbox

    if configuration is None:
        return Sandbox()
    from helper.config.reach import certificates, tcp_ports
    from helper.network.resolve import port_of_service

    return Sandbox(
        tcp_ports(configuration, port_of_service),
        certificates(configuration),
        may_bind=any(transport.interface is not None for transport in configuration.transports),
        is_required=configuration.sandbox == "required",
    )
