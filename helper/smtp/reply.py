"""SMTP replies: octets of a smart host that may be hostile, to a code and clean text (RFC 5321, section 4.2)."""

from __future__ import annotations

from helper.discreet import hidden
from helper.record import Record
from helper.text import TO_PRINTABLE

# RFC 5321, 4.5.3.1.5 allows 512 octets a line, RFC 4954, section 4 challenges of 12288 (with "334 " and CRLF more).
# All lines together fit a page of text.
LINE_LIMIT = 12288 + 6
REPLY_LIMIT = 64 * 1024
LINES_LIMIT = 256
TEXT_LIMIT = 400  # characters of a reply that are shown to people


class ReplySyntax(Exception):
    """The input is not an SMTP reply; `problem` says why, without text of the server."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Reply(Record):
    """One complete reply: `code` 200 to 599, `lines` without code and line end, as they came.

    Of one that `is_private` the caller is told the codes alone: it may name recipients that are hidden.
    """

    code: int
    lines: tuple[bytes, ...]
    is_private: bool = False

    @property
    def is_positive(self) -> bool:
        """Return whether the command was accepted: 2xx."""
        return self.code // 100 == 2

    @property
    def is_temporary(self) -> bool:
        """Return whether another try may help: 4xx."""
        return self.code // 100 == 4

    @property
    def text(self) -> str:
        """Return code and text in one line that cannot harm a terminal or a log, at most TEXT_LIMIT characters.

        An enhanced status code that stands on each line (RFC 2034, section 4) is shown once.
        """
        shown = [clean(line) for line in self.lines]
        first_word = shown[0].split(" ", 1)[0]
        if is_enhanced_status_code(first_word):
            shown[1:] = [line.removeprefix(first_word).strip() for line in shown[1:]]
        text = " ".join([str(self.code), *(line for line in shown if line)])
        return self._discreet(text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "...")

    @property
    def shown_lines(self) -> list[str]:
        """Return the lines for a person who follows the session, as safe as the text."""
        last = len(self.lines) - 1
        lines = [f"{self.code}{' ' if at == last else '-'}{clean(line)}" for at, line in enumerate(self.lines)]
        return list(map(self._discreet, lines))

    def _discreet(self, line: str) -> str:
        """Return a line of it, all but the codes hidden in a private reply."""
        if not self.is_private:
            return line
        enhanced = line[4:].split(" ", 1)[0]
        codes = line[: 4 + len(enhanced)] if is_enhanced_status_code(enhanced) else line[:3]
        return codes + hidden(line[len(codes) :], "")


def clean(line: bytes) -> str:
    """Return a line with printable ASCII only."""
    return line.translate(TO_PRINTABLE).decode("ascii").strip()


def is_enhanced_status_code(word: str) -> bool:
    """Return whether a word is one: class "." subject "." detail (RFC 3463)."""
    parts = word.split(".")
    return len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts)


def take_reply(received: bytearray) -> Reply | None:
    """Cut the first complete reply out of what was received; None while it is incomplete.

    ReplySyntax for invalid input: other codes on later lines, codes out of range, bare line ends, a line or a
    reply over the limits.
    """
    lines: list[bytes] = []
    code = b""
    start = 0
    while (end := received.find(b"\n", start)) >= 0:
        line = bytes(received[start : end + 1])
        start = end + 1
        text, is_last = split_line(line, code)
        code = line[:3]
        lines.append(text)
        if len(lines) > LINES_LIMIT or start > REPLY_LIMIT:
            raise ReplySyntax(f"has more than {LINES_LIMIT} lines or {REPLY_LIMIT} octets")
        if is_last:
            del received[:start]
            return Reply(int(code), tuple(lines))
    if len(received) - start > LINE_LIMIT:
        raise ReplySyntax(f"has a line of more than {LINE_LIMIT} octets")
    return None


def split_line(line: bytes, expected_code: bytes) -> tuple[bytes, bool]:
    """Return the text of one line, with its line end, of a reply, and whether it is the last one."""
    if len(line) > LINE_LIMIT:
        raise ReplySyntax(f"has a line of more than {LINE_LIMIT} octets")
    if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
        raise ReplySyntax("has a line that does not end in CRLF, or a NUL")
    code, separator, text = line[:3], line[3:4], line[4:-2]
    if not (code.isdigit() and code[0] in b"2345" and separator in (b" ", b"-", b"\r")):
        raise ReplySyntax("does not begin with a code from 200 to 599")
    if expected_code and code != expected_code:
        raise ReplySyntax("changes its code from line to line")
    return text, separator != b"-"
