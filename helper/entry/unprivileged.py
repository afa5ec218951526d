"""The unprivileged helper runs as the caller, with the configuration that -C names, the caller's own, or the system's.

If no other helper could be started, its argument is the reason. It then answers only what needs no configuration.
"""

from __future__ import annotations

import os

import helper.config.reach  # now, because the sandbox may forbid to read them later
import helper.last_words
import helper.loaded_state
import helper.network.resolve
import helper.sandbox.confine
import helper.story  # noqa: F401 # imported only to be loaded, like the five above
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
from helper.unprivileged.refuse_rights import begin, begin_without_files, drop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.identity.identify import Person
    from helper.privileged.protected_files import Owner

NOT_SENT = "sendmail: not sent: "


def main(sentence: str | None = None) -> NoReturn:
    """Serve one caller, and end. `sentence` is the reason why no helper with rights could be started."""
    if sentence is not None:
        only_the_reason = Entry(
            begin=begin_without_files,
            acquire=lambda: nothing(sentence),
            drop=drop,
            load=lambda: None,
            channel=channel,
            identify=stranger,
            is_without_helper=True,
        )
        serve(only_the_reason)
    caller = Caller()
    entry = Entry(
        begin=caller.begin,
        acquire=caller.acquire,
        drop=drop,
        load=lambda: None,
        channel=caller.channel,
        identify=person_of_caller,
        is_callers_choice=True,
    )
    serve(entry)


class Caller:
    """The caller's request. This helper may read it first, because it has only the caller's rights."""

    def __init__(self) -> None:
        self._directory = ""
        self._channel: Channel | None = None

    def begin(self) -> int:
        """Do what begin() does, and remember the caller's directory, to which a file named by -C may be relative."""
        try:
            self._directory = os.getcwd()
        except OSError:  # it was removed, or the caller may not search it
            self._directory = ""
        return begin()

    def channel(self) -> Channel:
        """Return the connection to the frontend."""
        self._channel = self._channel or Channel(CHANNEL)
        return self._channel

    def acquire(self) -> Acquired:
        """Read the configuration, and the files that it names."""
        try:
            self.channel().receive()
            given = parse_argv(self.channel().arguments).configuration
        except Gone:
            os._exit(0)
        except UsageError:  # tell() parses it again, and logs as the configuration says
            given = None
        try:
            owner, octets = self._configuration(given)
            configuration = parse_configuration(octets, owner.configuration, this_host_of(*machine_facts()))
            return acquire_for(configuration, owner.replace(frontend=CHANNEL))
        except ConfigError as error:
            return Acquired(error)

    def _configuration(self, given: str | None) -> tuple[Owner, bytes]:
        """Return the owner of the configuration, and its octets."""
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
    """Return only a failure with this reason. No file is read."""
    return Acquired(SystemFault(sentence.removeprefix(NOT_SENT)))


def person_of_caller(uid: int) -> Person:
    """Return who called. This process has the caller's rights."""
    from helper.identity.identify import identify

    return identify(uid)


def stranger(uid: int) -> Person:
    """Return who called, without reading the user database."""
    from helper.identity.identify import Person

    return Person(uid, b"uid%d" % uid, b"", None, frozenset(), frozenset())
