"""Configurations of other sendmails, in the shapes that people write, and what `gatepost migrate` has to make of each.

The unit tests look at the text that is written; `make package-test` sends the same messages through Debian's program
and through ours, and compares what arrives. `{port}` in a file stands for the smart host's port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

USER, PASSWORD = "ws1", "correct-horse"
SYSTEM: Mapping[str, str] = {
    "etc/mailname": "ws1.example.net\n",
    "etc/hostname": "ws1.example.net\n",
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/sh\n"
        "alice:x:54321:54321:Alice Example:/home/alice:/bin/sh\n"
    ),
}


@dataclass(frozen=True)
class Move:
    """A configuration, and what comes of it: lines that are `written`, things that are `said`, or why it is `refused`.

    `tls` and `offers` are the smart host's. `differs` names what may differ at the smart host, and is said: "helo",
    "from", "sender" (the reverse-path), "recipients", "login". `compared` is False where Debian's program cannot be
    asked, `names` are reverse-paths that choose an account.
    """

    peer: str
    name: str
    files: Mapping[str, str]
    refused: str = ""
    written: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    tls: str = "none"
    offers: tuple[str, ...] = ("PLAIN", "LOGIN")
    differs: frozenset[str] = frozenset()
    compared: bool = True
    arguments: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.peer}, {self.name}"
