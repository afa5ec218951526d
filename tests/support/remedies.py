"""Remedies: is what `gatepost check` says a command that can be typed in, and what does it do?"""

from __future__ import annotations

import shlex
import subprocess

EDITOR = '"${EDITOR:-vi}" '


def opens_editor(remedy: str) -> bool:
    """Say whether a remedy leaves it to a person, at the right place."""
    return remedy.startswith(EDITOR)


def type_in(remedy: str, **options) -> None:
    """Type a remedy in, in a directory that has nothing to do with it."""
    options = {"input": ""} | options
    # The pipe of `cat` belongs to who types, as a terminal does; they may open /dev/stdin.
    command = ["/bin/sh", "-c", 'cat | /bin/sh -c "$1"', "sh", remedy]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, (remedy, done.stdout, done.stderr)


def commands_of(remedy: str) -> list[str]:
    """Return the programs that a remedy starts; the shell has to understand it first."""
    done = subprocess.run(["/bin/sh", "-n", "-c", remedy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), remedy
    assert "\n" not in remedy
    lexer = shlex.shlex(remedy, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    words = list(lexer)
    starts = [0, *(number + 1 for number, word in enumerate(words) if word in ("&&", "|"))]
    return [words[number] for number in starts]
