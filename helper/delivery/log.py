"""Log: the facts of a send, in the order of its log line, and the line itself."""

from __future__ import annotations

import posix as os
from time import monotonic

from helper.delivery.system_log import ERROR, INFORMATIONAL, SystemLog
from helper.discreet import for_log
from helper.text import printable, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from helper.address import Mailbox
    from helper.sentence import Verdict

# A syslog line that is longer is cut by somebody else, at a place of their choice; 10,000 recipients do not fit anyway.
ADDRESSES_LIMIT = 4000  # characters
VALUE_LIMIT = 1000
SERVER_FACTS = ("host", "tls", "auth")


class Progress:
    """What is known of a send so far: the story notes what each phase returns, and the delivery what it meets."""

    def __init__(self, login: bytes = b"", uid: int | None = None, *, is_subordinate: bool = False) -> None:
        self.started_s = monotonic()
        self.caller = shown(login)
        self.uid = "" if uid is None else str(uid)
        self.subuid = "yes" if is_subordinate else ""  # then `caller` is who the uid is subordinate to
        self.message_id = ""
        self.reverse_path = ""
        self.recipients: tuple[bytes, ...] = ()
        self.size = ""
        self._noted: dict[str, str] = {}

    @property
    def seconds(self) -> float:
        """Return how long the send has taken so far."""
        return monotonic() - self.started_s

    def begin(self) -> None:
        """Count the seconds from now: a session has waited for its client until here, and not for us."""
        self.started_s = monotonic()

    def note_reverse_path(self, reverse_path: Mailbox | None) -> None:
        """Note who the message is from."""
        self.reverse_path = f"<{'' if reverse_path is None else shown(reverse_path.octets)}>"

    def note_recipients(self, recipients: Iterable[bytes]) -> None:
        """Note to whom it goes."""
        self.recipients = tuple(recipients)

    def note_message(self, message_id: bytes, size_octets: int) -> None:
        """Note what goes out."""
        self.message_id = shown(message_id)
        self.size = str(size_octets)

    def note(self, name: str, value: str) -> None:
        """Note a fact by its name in the log."""
        self._noted[name] = value

    def facts(self) -> list[tuple[str, str]]:
        """Return the facts in the order of the log line."""
        facts = [
            ("message-id", self.message_id),
            ("caller", self.caller),
            ("uid", self.uid),
            ("subuid", self.subuid),
            ("from", self.reverse_path),
            ("to", joined(self.recipients)),
            *((name, self._noted.get(name, "")) for name in SERVER_FACTS),
            ("size", self.size),
            *((name, value) for name, value in self._noted.items() if name not in SERVER_FACTS),
        ]
        return [(name, value) for name, value in facts if value]


def joined(recipients: tuple[bytes, ...]) -> str:
    """Return recipients as the log shows them; of very many the first ones, and how many more there are."""
    text = ""
    for count, recipient in enumerate(recipients):
        if len(text) + len(recipient) > ADDRESSES_LIMIT:
            return f"{text}+{len(recipients) - count}"
        text += f"{',' if text else ''}<{shown(recipient)}>"
    return text


class LogFile:
    """A file that was opened for appending before the drop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, _severity: int, line: str) -> None:
        """Write one line; the disk may be full."""
        try:
            os.write(self._descriptor, f"{line}\n".encode("ascii"))
        except OSError:
            return


class Log:
    """Where the line goes: the system log, which is opened here, or a file of this descriptor."""

    def __init__(self, descriptor: int | None, log_format: str) -> None:
        self._destination = SystemLog() if descriptor is None else LogFile(descriptor)
        self._line = json_line if log_format == "json" else text_line

    def write(self, progress: Progress, outcome: Verdict, exit_status: int) -> None:
        """Write one line. A log that takes none is no reason to say anything but the truth about the message."""
        is_accepted = outcome.outcome == "accepted"
        line = self._line(
            [
                *progress.facts(),
                ("outcome", outcome.outcome),
                ("reply" if is_accepted else "reason", for_log(outcome.line)),
                ("status", str(exit_status)),
                ("seconds", f"{progress.seconds:.3f}"),
            ]
        )
        self._destination.write(INFORMATIONAL if is_accepted else ERROR, line)


def text_line(facts: list[tuple[str, str]]) -> str:
    """Return `name=value` pairs; a value that could be taken for more than one is quoted."""
    return " ".join(f"{name}={quoted(bounded(value))}" for name, value in facts)


def json_line(facts: list[tuple[str, str]]) -> str:
    """Return one JSON object; uid, size and status are numbers."""
    import json

    numbers = {"uid": int, "size": int, "status": int, "seconds": float}
    return json.dumps({name: numbers.get(name, bounded)(value) for name, value in facts})


def quoted(value: str) -> str:
    """Quote a value in which a reader could see the next field (threat I12)."""
    if value and not any(character in ' "\\=' for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def bounded(value: str) -> str:
    """Return printable ASCII of bounded length: neither a line break nor an escape sequence can be in it."""
    limit = max(VALUE_LIMIT, ADDRESSES_LIMIT + 20)
    return printable(value[:limit])
