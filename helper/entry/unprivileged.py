"""The helper without privilege: the caller's own, by the configuration that the caller names, has, or may read.

Where no other helper can be started, it is given the sentence that says why, and answers what needs no helper.
"""

from __future__ import annotations

import os

import helper.config.reach  # these now: later there may be no right to read them any more
import helper.last_words
import helper.loaded_state
import helper.network.resolve
import helper.sandbox.confine
import helper.story  # noqa: F401 # for its loading alone, as the five above
from helper.config.configuration import parse_configuration
from helper.config.values import this_host_of
from helper.entry.serve import Entry, serve
from helper.failure import ConfigError, OnlyBySocket, SystemFault, UsageError
from helper.privileged import paths
from helper.privileged.acquire import Acquired, acquire_for, machine_facts
from helper.privileged.begin import CHANNEL
from helper.privileged.protected_files import exists
from helper.request.argv import parse_argv
from helper.request.channel import Channel, Gone
from helper.unprivileged.own_files import configuration_of_system, given_configuration, is_bound, own_configuration
from helper.unprivileged.refuse_rights import begin, begin_without_files, shut_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.identity.identify import Person
    from helper.privileged.protected_files import Owner

NOT_SENT = "sendmail: not sent: "


def main(sentence: str | None = None) -> NoReturn:
    """Serve one caller, and end; with a sentence, which says why there is no helper, do without one."""
    if sentence is not None:
        alone = Entry(begin_without_files, lambda: nothing(sentence), shut_in, lambda: None, channel, stranger)
        serve(alone.replace(is_without_helper=True))
    caller = Caller()
    entry = Entry(caller.begin, caller.acquire, shut_in, lambda: None, caller.channel, identify_caller)
    serve(entry.replace(is_callers_choice=True))


class Caller:
    """What the caller says, which this helper may look at before all else: it has no rights but the caller's."""

    def __init__(self) -> None:
        self._directory = ""
        self._channel: Channel | None = None

    def begin(self) -> int:
        """Do what begin() does, and remember where the caller is: -C may name a file from there."""
        try:
            self._directory = os.getcwd()
        except OSError:  # it is gone, or may not be searched
            self._directory = ""
        return begin()

    def channel(self) -> Channel:
        """Return the connection to the frontend."""
        self._channel = self._channel or Channel(CHANNEL)
        return self._channel

    def acquire(self) -> Acquired:
        """Read the configuration that is meant, and what it names."""
        try:
            self.channel().hear()
            given = parse_argv(self.channel().arguments).configuration
        except Gone:
            os._exit(0)
        except UsageError:  # told with what the log of the caller's own configuration may be
            given = None
        try:
            owner, octets = self._configuration(given)
            configuration = parse_configuration(octets, owner.configuration, this_host_of(*machine_facts()))
            return acquire_for(configuration, owner.replace(frontend=CHANNEL))
        except ConfigError as error:
            return Acquired(error)

    def _configuration(self, given: str | None) -> tuple[Owner, bytes]:
        """Return who keeps the configuration, and its octets."""
        if given is not None:
            if not self._directory and not given.startswith("/"):
                raise ConfigError(given, "cannot be found: the working directory is gone")
            return given_configuration(os.path.normpath(os.path.join(self._directory, given)))
        own = own_configuration()
        if exists(own):
            return given_configuration(own)
        if is_bound(paths.SOCKET):
            raise OnlyBySocket(own, f"does not exist (and {paths.LAUNCHER} has no set-id bit)")
        return configuration_of_system(own)


def channel() -> Channel:
    """Return the connection to the frontend."""
    return Channel(CHANNEL)


def nothing(sentence: str) -> Acquired:
    """Return what is acquired where no helper could be started: nothing, and the reason."""
    return Acquired(SystemFault(sentence.removeprefix(NOT_SENT)))


def identify_caller(uid: int) -> Person:
    """Return who called, with the rights that this process has."""
    from helper.identity.identify import identify

    return identify(uid)


def stranger(uid: int) -> Person:
    """Return who called, without asking any file who that is."""
    from helper.identity.identify import Person

    return Person(uid, b"uid%d" % uid, b"", None, frozenset(), frozenset())
