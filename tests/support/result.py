"""What came of one run of sendmail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Exit status (negative for a signal), what was printed, and the lines that the log grew by."""

    status: int
    stdout: str
    stderr: str
    log_lines: list[str]

    @property
    def log_line(self) -> str:
        """Return the only line of the log."""
        assert len(self.log_lines) == 1, f"{len(self.log_lines)} lines in the log: {self.log_lines}"
        return self.log_lines[0]

    @property
    def reason(self) -> str:
        """Return what follows `sendmail: not sent: ` in the only line on standard error."""
        assert self.stderr.count("\n") == 1, f"not one line: {self.stderr!r}"
        assert self.stderr.startswith("sendmail: not sent: "), self.stderr
        return self.stderr.removeprefix("sendmail: not sent: ").removesuffix("\n")
