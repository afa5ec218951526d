"""Many users who send at once, what each of them was told, and what the machine had to bear meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.support.installation import Installation
from tests.support.process import status_of

PAUSE_S = 0.1  # between two looks
TIME_LIMIT_S = 120


@dataclass(frozen=True)
class Told:
    """What the sender of a message was told, and after how long."""

    status: int
    stderr: str
    seconds: float


@dataclass
class Watcher:
    """Looks at the processes of an installation's accounts while something goes on."""

    installation: Installation
    processes_most: int = 0
    memory_most: int = 0  # of one process, in octets; what processes share does not count
    memory_of_all_most: int = 0
    looks: int = 0
    _ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watcher:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ending.wait(PAUSE_S):
            fields = [status_of(pid) for pid in self.installation.processes()]
            memory = [1024 * int(each["RssAnon"].split()[0]) for each in fields if "RssAnon" in each]
            self.processes_most = max(self.processes_most, len(fields))
            self.memory_most = max(self.memory_most, *memory, 0)
            self.memory_of_all_most = max(self.memory_of_all_most, sum(memory))
            self.looks += 1


def send_all(installation: Installation, sends: Sequence[tuple[str, list[str], bytes]], at_once: int) -> list[Told]:
    """Send messages (user, arguments, standard input), so many at a time; return what each sender was told."""

    def send(user: str, args: list[str], stdin: bytes) -> Told:
        began_s = time.monotonic()
        with installation.start(*args, user=user) as process:
            stderr = process.communicate(stdin, timeout=TIME_LIMIT_S)[1]
        return Told(process.returncode, stderr.decode(), time.monotonic() - began_s)

    with ThreadPoolExecutor(at_once) as senders:
        return list(senders.map(send, *zip(*sends, strict=True)))
