"""What the log is told and the caller is not: members of a list that the caller may not read.

One text is made for both, with marks around what is hidden. They are control characters, which nothing from outside
brings into a text for people, and they go where a text leaves: for_caller() in the channel, for_log() in the log.
"""

from __future__ import annotations

BEGIN, INSTEAD, END = "\x0e", "\x1f", "\x0f"
STARS = "***"


def hidden(text: str, instead: str = STARS) -> str:
    """Return a piece of a text that the log has as it is, and the caller as `instead`."""
    return f"{BEGIN}{instead}{INSTEAD}{for_log(text)}{END}"


def for_caller(line: str) -> str:
    """Return a line without what is hidden in it; where its end is missing, the rest of the line is."""
    if BEGIN not in line:
        return line
    first, *others = line.split(BEGIN)
    return first + "".join(each.partition(INSTEAD)[0] + each.partition(END)[2] for each in others)


def for_log(line: str) -> str:
    """Return a line with all that is hidden in it."""
    if BEGIN not in line:
        return line
    first, *others = line.split(BEGIN)
    return first + "".join(each.partition(INSTEAD)[2].replace(END, "") for each in others)
