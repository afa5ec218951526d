"""What an SMTP client sends, cut into commands and mail data; octets in, octets out.

One rule keeps the end of the mail data from being ambiguous. After `DATA` CRLF it is CRLF.CRLF and nothing else:
`LF.LF` in a text that a well-behaved client passes on begins no command (SMTP smuggling: CVE-2023-51764 to -51766).
After `DATA` LF it is LF.LF, as scripts have it, or CRLF.CRLF, where their text has other line ends than their commands.
"""

from __future__ import annotations

from helper.request.smtp_steps import Line

LINE_LIMIT = 4096  # octets with the line end; RFC 5321, section 4.5.3.1.4 asks for 512, DSN and SMTPUTF8 for some more
VERB_OCTETS = 4  # of MAIL and RCPT, which are told apart even in a line that is too long
CRLF_DOT, LF_DOT = b"\r\n.\r\n", b"\n.\n"


class Lines:
    """Commands of a client: `feed` octets, `take` lines, and at DATA take the `rest`."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._too_long = b""  # how a line begins that is too long, empty for any other

    def feed(self, octets: bytes) -> None:
        """Add what has come."""
        self._octets += octets

    def take(self) -> Line | None:
        """Return the next line, None while it is incomplete."""
        end = self._octets.find(b"\n") + 1
        if (end or len(self._octets) + 1) > LINE_LIMIT:
            self._too_long = self._too_long or bytes(self._octets[:VERB_OCTETS])
        if not end:
            if self._too_long:
                self._octets.clear()
            return None
        line = bytes(self._octets[:end])
        del self._octets[:end]
        if self._too_long:
            start, self._too_long = self._too_long, b""
            return Line(None, b"\n", start)
        line_end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        return Line(line.removesuffix(line_end), line_end)

    def rest(self) -> bytes:
        """Return, and forget, what has come and is no line yet."""
        octets = bytes(self._octets)
        self._octets.clear()
        return octets


class MailDataReader:
    """Mail data that follow a DATA command with this line end: dots single again (RFC 5321, section 4.5.2)."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end
        self._ends = (CRLF_DOT,) if line_end == b"\r\n" else (LF_DOT, CRLF_DOT)
        self._held = b"\r\n"  # a lone dot on the very first line ends the data, too
        self._surplus = len(self._held)
        self.after: bytes | None = None  # what came after the end; None before the end has come

    def feed(self, octets: bytes) -> bytes:
        """Return as much of the message as is certain now."""
        octets = self._held + octets
        has_dots = b"." in octets  # of an attachment, no part has: to search it for one octet takes a twentieth
        found = [(at + end.index(b"."), end) for end in self._ends if has_dots and (at := octets.find(end)) >= 0]
        if found:
            certain, end = min(found)
            self.after = octets[certain + len(end) - end.index(b".") :]
        else:
            certain = len(octets) - max(undecided(octets, end) for end in self._ends)
            self._held = octets[certain:]
        message = octets[:certain]
        if has_dots:
            message = message.replace(self._line_end + b".", self._line_end)
        if message and self._surplus:
            message, self._surplus = message[self._surplus :], 0
        return message


def undecided(octets: bytes, end: bytes) -> int:
    """Return how many of the last octets could be the beginning of the end."""
    longest = min(len(end) - 1, len(octets))
    return next((count for count in range(longest, 0, -1) if end.startswith(octets[-count:])), 0)
