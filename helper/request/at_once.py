"""What is answered whatever is broken: the help, the version, the queue that is always empty."""

from __future__ import annotations

import sys

from helper.request.argv import JOINED, NONE, OPTIONS, VALUE
from helper.request.submission import SHOW_HELP, SHOW_QUEUE, SHOW_VERSION
from helper.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.request.argv import CommandLine


def text_at_once(command: CommandLine) -> str:
    """Return what is written to standard output, with status 0; nothing for -q, since there is no queue."""
    if command.mode == SHOW_HELP:
        return help_text()
    if command.mode == SHOW_VERSION:
        return version_text()
    return "Mail queue is empty\n" if command.mode == SHOW_QUEUE else ""


def help_text() -> str:
    """Return the summary that --help shows."""
    forms = {NONE: "", JOINED: "...", VALUE: " ARGUMENT"}
    rows = [f"  {f'-{option.letter}{forms[option.argument]}':<14}{option.summary}" for option in OPTIONS]
    return "\n".join(["usage: sendmail [OPTION...] [RECIPIENT...] < MESSAGE", "", *rows, ""])


def version_text() -> str:
    """Return version and surroundings, as -bV shows them."""
    import ssl

    return "".join(
        f"{line}\n"
        for line in (
            f"Gatepost {VERSION}",
            "TLS: STARTTLS, implicit; DNS: MX, SRV",
            "SMTP: PIPELINING, CHUNKING, SIZE, 8BITMIME, SMTPUTF8, DSN",
            f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}",
        )
    )
