"""The C programs as a whole, under sanitizers for addresses and undefined behaviour.

`python3 -m fuzz.programs SECONDS [SEED]` starts them again and again.

However they are started (arguments, environment, limits, descriptors, and a helper that lies), they come to an end of
their own, and touch no memory that is not theirs. Each run is made from a number, which tells how to have it again.
"""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parent
SOURCES = {"sendmail": "frontend/*.c", "launcher": "helper/privileged/launcher.c"}
COMPILE = ("cc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
BROKEN = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
END_S = 30
NOBODY = 65534
ADDR_NO_RANDOMIZE = 0x0040000  # personality(2)
PASSWD = "root:x:0:0::/:/bin/sh\ngpmail:x:64001:64001::/:/bin/false\ngpnull:x:64002:64002::/:/bin/false\n"
# Not the address space, in which a sanitizer has its own; a stack that is smaller ends the loader.
LIMITS = ("CORE", "CPU", "FSIZE", "MEMLOCK", "NOFILE", "NPROC", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO")
LEAST = {"CPU": 2, "NOFILE": 12}  # s, and descriptors: with fewer the sanitizer itself does not start
STACKS = (1 << 20, 8 << 20, 64 << 20)
WORDS = (
    *(b"-t", b"-i", b"-bs", b"-bm", b"-bp", b"-bt", b"-f", b"-F", b"-v", b"--", b"-C", b"-oi", b"-N", b"-", b"--help"),
    *(b"a@b.example", b"<>", b"", b"=", b"%n%s%n", b"\xff" * 9, b"\x1b[2J", b"PATH=", b"HOME=", b"XDG_CONFIG_HOME="),
    *(b"LD_PRELOAD=/x", b"/nowhere", b"HOME=/", b"\n", b"GATEPOST", b"a" * 5000),
)
LETTERS = b"eomrdkpcsLTSCPMFXR"


def build(folder: Path, tree: Path = TREE) -> dict[str, Path]:
    """Build both programs of a tree, and the helper that lies, in a folder that all can read."""
    folder.chmod(0o755)
    reports = folder / "reports"
    reports.mkdir(exist_ok=True)
    reports.chmod(0o777)
    (folder / "passwd").write_text(PASSWD)
    fixed = {
        **dict.fromkeys(("PYTHON", "LAUNCHER"), folder / "liar"),
        **dict.fromkeys(("HELPER", "UNPRIVILEGED", "SOCKET"), "/nowhere"),
        "SERVICE_USER": "gpmail",
        "STANDIN_USER": "gpnull",
        "ACCOUNTS": folder / "passwd",
        "REPORTS": reports / "report",
        "LIES": folder / "lies",
    }
    defined = [f'-D{name}="{value}"' for name, value in fixed.items()]
    subprocess.run(["cc", "-O1", *defined, "-o", folder / "liar", HERE / "c/liar.c"], check=True)
    for name, pattern in SOURCES.items():
        sources = sorted(map(str, tree.glob(pattern)))
        command = [*COMPILE, *defined, "-o", folder / name, *sources, HERE / "c/sanitized.c"]
        subprocess.run(command, check=True)
    return {name: folder / name for name in SOURCES}


def search(programs: dict[str, Path], seeds: Iterable[int]) -> tuple[int, list[str]]:
    """Start the programs once for each seed, and return how often, and in which runs a promise was broken."""
    runs, broken = 0, []
    for seed in seeds:
        runs += 1
        name = sorted(programs)[seed % len(programs)]
        if problem := run(programs[name], random.Random(seed)):
            broken.append(f"{name}, run {seed}: {problem}")
    return runs, broken


def run(program: Path, chance: random.Random) -> str:
    """Start a program in one of all possible ways, and return what was wrong with its end; empty for nothing."""
    reports = program.parent / "reports"
    (program.parent / "lies").write_bytes(lies(chance))
    pid = os.fork()
    if pid == 0:
        try:
            start(program, chance)
        finally:
            os._exit(0)  # the kernel did not take it so
    status = wait(pid)
    found = "".join(file.read_text("utf-8", "replace") for file in reports.iterdir())
    for file in reports.iterdir():
        file.unlink()
    if found:
        return found
    if status is None:
        return f"it did not end within {END_S} s"
    return f"it was ended by signal {-status}" if -status in BROKEN else ""


def wait(pid: int) -> int | None:
    """Return how a process ended; None for one that had to be ended."""
    end = time.monotonic() + END_S
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def start(program: Path, chance: random.Random) -> None:
    """Become the program, with descriptors, limits, signals, arguments and variables as chance has them."""
    os.setpgid(0, 0)
    words = [word(chance) for _ in range(chance.choice((0, 1, 2, 3, 10, 40, 2000)))]
    variables = {word(chance).replace(b"=", b"-") or b"x": word(chance) for _ in range(chance.choice((0, 1, 5, 500)))}
    set_descriptors(chance)
    os.umask(chance.choice((0, 0o22, 0o777)))
    for number in chance.sample(sorted(signal.valid_signals()), chance.choice((0, 3, 20))):
        if number not in (signal.SIGKILL, signal.SIGSTOP, *BROKEN):
            signal.signal(number, chance.choice((signal.SIG_IGN, signal.SIG_DFL)))
    signal.pthread_sigmask(signal.SIG_SETMASK, chance.sample(sorted(signal.valid_signals()), chance.choice((0, 3, 40))))
    if os.geteuid() == 0 and chance.random() < 0.5:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    set_limits(chance)
    # The sanitizer's own memory may be where the kernel puts something by chance, and then it turns in circles.
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
    os.execve(program, [chance.choice((b"-", b"sendmail", b"\xff", b"mailq")), *words], variables)


def set_limits(chance: random.Random) -> None:
    """Set some limits, no higher than they are."""
    for name in chance.sample(LIMITS, chance.choice((0, 1, 3))):
        limit = getattr(resource, f"RLIMIT_{name}")
        highest = resource.getrlimit(limit)[1]
        wanted = chance.choice((0, 1, 5, 8, 64, 4096))
        wanted += LEAST.get(name, 0)
        value = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(limit, (value, value if chance.random() < 0.5 else highest))
    stack = chance.choice(STACKS)
    highest = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if highest == resource.RLIM_INFINITY or stack <= highest:
        resource.setrlimit(resource.RLIMIT_STACK, (stack, highest))


def set_descriptors(chance: random.Random) -> None:
    """Leave closed, or put anything on, the first descriptors; close all others."""
    pair = socket.socketpair()
    reading, writing = os.pipe()
    os.write(writing, chance.randbytes(chance.choice((0, 10, 4000))))
    kinds = [os.open(path, flags) for path, flags in (("/dev/null", os.O_RDWR), ("/", os.O_RDONLY))]
    kinds += [os.open("/dev/full", os.O_RDWR), os.memfd_create("any"), reading, pair[0].fileno()]
    high = [os.dup2(kind, 100 + number, inheritable=False) for number, kind in enumerate(kinds)]
    os.closerange(0, 100)
    for number in range(chance.choice((3, 4, 12))):
        if chance.random() < 0.8:
            os.dup2(chance.choice(high), number)
    os.closerange(100, 1 << 20)


def word(chance: random.Random) -> bytes:
    """Return an argument or a variable."""
    parts = [
        chance.choice(WORDS) if chance.random() < 0.5 else chance.randbytes(chance.choice((1, 3, 300)))
        for _ in range(chance.choice((1, 1, 3)))
    ]
    return b"".join(parts).replace(b"\0", b"0")


def lies(chance: random.Random) -> bytes:
    """Return what a helper says that was taken over: frames of a letter, a length and a content, and others."""
    frames = []
    for _ in range(chance.choice((0, 1, 3, 30))):
        content = word(chance)[: chance.choice((0, 1, 2, 9, 70000))]
        length = len(content) if chance.random() < 0.9 else chance.randrange(65536)
        frames.append(bytes([chance.choice(LETTERS)]) + min(length, 65535).to_bytes(2, "big") + content)
    return b"".join(frames) + chance.randbytes(chance.choice((0, 0, 5)))


def main(seconds: str, first: str = "") -> int:
    """Search for so many seconds from a seed on, and print what came of it; status 1 if a promise was broken."""
    folder = TREE / "build/fuzz/programs"
    folder.mkdir(parents=True, exist_ok=True)
    programs = build(folder)
    end = time.monotonic() + float(seconds)
    seed = int(first) if first else time.time_ns()
    runs, broken = 0, []
    while time.monotonic() < end:
        some, found = search(programs, range(seed + runs, seed + runs + 100))
        runs, broken = runs + some, broken + found
    print(f"{'programs':20} {runs:>10} runs from seed {seed}{': BROKEN' if broken else ''}", *broken, sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
