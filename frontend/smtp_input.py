"""What an SMTP client sends, cut into commands and mail data; octets in, octets out.

One rule keeps the end of the mail data from being ambiguous: it ends with the same line end as the DATA command. After
`DATA` CRLF that is CRLF.CRLF and nothing else, so that `LF.LF` in a text that a well-behaved client passes on begins no
command (SMTP smuggling: CVE-2023-51764 to -51766); after `DATA` LF it is LF.LF, as scripts have it.
"""

from __future__ import annotations

from frontend.smtp_steps import Line

LINE_LIMIT = 4096  # octets with the line end; RFC 5321, section 4.5.3.1.4 asks for 512, DSN and SMTPUTF8 for some more


class Lines:
    """Commands of a client: `feed` octets, `take` lines, and at DATA take the `rest`."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._is_too_long = False

    def feed(self, octets: bytes) -> None:
        """Add what has come."""
        self._octets += octets

    def take(self) -> Line | None:
        """Return the next line, None while it is incomplete."""
        end = self._octets.find(b"\n") + 1
        if not end:
            if len(self._octets) >= LINE_LIMIT:
                self._is_too_long = True
                self._octets.clear()
            return None
        line = bytes(self._octets[:end])
        del self._octets[:end]
        if self._is_too_long or end > LINE_LIMIT:
            self._is_too_long = False
            return Line(None, b"\n")
        line_end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
        return Line(line.removesuffix(line_end), line_end)

    def rest(self) -> bytes:
        """Return, and forget, what has come and is no line yet."""
        octets = bytes(self._octets)
        self._octets.clear()
        return octets


class MailData:
    """Mail data of which each line ends with `line_end`: dots single again (RFC 5321, section 4.5.2)."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end
        self._dot = line_end + b"."
        self._end = line_end + b"." + line_end
        self._held = line_end  # a lone dot on the very first line ends the data, too
        self._surplus = len(line_end)
        self.after: bytes | None = None  # what came after the end; None before the end has come

    def feed(self, octets: bytes) -> bytes:
        """Return as much of the message as is certain now."""
        octets = self._held + octets
        end = octets.find(self._end)
        if end >= 0:
            certain = end + len(self._line_end)
            self.after = octets[end + len(self._end) :]
        else:
            certain = len(octets) - self._undecided(octets)
            self._held = octets[certain:]
        message = octets[:certain].replace(self._dot, self._line_end)
        if message and self._surplus:
            message, self._surplus = message[self._surplus :], 0
        return message

    def _undecided(self, octets: bytes) -> int:
        """Return how many of the last octets could be the beginning of the end."""
        longest = min(len(self._end) - 1, len(octets))
        return next((count for count in range(longest, 0, -1) if self._end.startswith(octets[-count:])), 0)
