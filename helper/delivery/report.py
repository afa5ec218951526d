"""Report: one line for the log, whatever happened, and what is told to the caller."""

from __future__ import annotations

import os
import syslog
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A syslog line that is longer is cut by somebody else, at a place of their choice; 10,000 recipients do not fit anyway.
ADDRESSES_LIMIT = 4000  # characters
VALUE_LIMIT = 1000


def open_syslog() -> None:
    """Connect to the system log now, while nothing shuts us in; the name is ours, never argv[0] (CVE-2023-6246)."""
    syslog.openlog("gatepost", syslog.LOG_PID | syslog.LOG_NDELAY, syslog.LOG_MAIL)


class Progress:
    """What is known of a send so far. The only value here that changes: the phases fill it in as they learn it."""

    def __init__(self) -> None:
        self.started_s = monotonic()
        self.message_id = ""
        self.caller = ""
        self.uid = -1
        self.reverse_path = ""
        self.recipients: tuple[str, ...] = ()
        self.host = ""
        self.tls = ""
        self.auth = ""
        self.size_octets = 0

    def facts(self) -> list[tuple[str, str]]:
        """Return the facts in the order of the log line."""
        facts = [
            ("message-id", self.message_id),
            ("caller", self.caller),
            ("uid", str(self.uid)),
            ("from", f"<{self.reverse_path}>"),
            ("to", joined(self.recipients)),
            ("host", self.host),
            ("tls", self.tls),
            ("auth", self.auth),
            ("size", str(self.size_octets)),
        ]
        return [(name, value) for name, value in facts if value]


def joined(recipients: Iterable[str]) -> str:
    """Return recipients as the log shows them; of very many the first ones, and how many more there are."""
    shown = ""
    for count, recipient in enumerate(recipients := tuple(recipients)):
        if len(shown) + len(recipient) > ADDRESSES_LIMIT:
            return f"{shown}+{len(recipients) - count}"
        shown += f"{',' if shown else ''}<{recipient}>"
    return shown


class Log:
    """Where the line goes: the system log, or a file that was opened before the drop."""

    def __init__(self, descriptor: int | None, log_format: str) -> None:
        self._descriptor = descriptor
        self._line = json_line if log_format == "json" else text_line

    def write(self, progress: Progress, results: list[tuple[str, str]]) -> None:
        """Write one line. A log that takes none is no reason to say anything but the truth about the message."""
        seconds = f"{monotonic() - progress.started_s:.3f}"
        facts = [*progress.facts(), *results, ("seconds", seconds)]
        line = self._line(facts)
        is_error = ("outcome", "accepted") not in results
        if self._descriptor is None:
            syslog.syslog(syslog.LOG_ERR if is_error else syslog.LOG_INFO, line)
            return
        try:
            os.write(self._descriptor, f"{line}\n".encode("ascii"))
        except OSError:
            return


def text_line(facts: list[tuple[str, str]]) -> str:
    """Return `name=value` pairs; a value that could be taken for more than one is quoted."""
    return " ".join(f"{name}={quoted(printable(value))}" for name, value in facts)


def json_line(facts: list[tuple[str, str]]) -> str:
    """Return one JSON object; uid, size and status are numbers."""
    import json

    numbers = {"uid": int, "size": int, "status": int, "seconds": float}
    return json.dumps({name: numbers.get(name, printable)(value) for name, value in facts})


def quoted(value: str) -> str:
    """Quote a value in which a reader could see the next field (threat I12)."""
    if value and not any(character in ' "\\=' for character in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def printable(value: str) -> str:
    """Return printable ASCII of bounded length: neither a line break nor an escape sequence can be in it."""
    limit = max(VALUE_LIMIT, ADDRESSES_LIMIT + 20)
    return "".join(character if " " <= character <= "~" else "?" for character in value[:limit])
