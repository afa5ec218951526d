"""The harnesses of `make fuzz`, without a fuzzer: their seeds, and damaged copies of these, always the same ones."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from fuzz import programs
from fuzz.drawn import Drawn
from fuzz.harness import AT_ONCE_S, NAMES, PER_OCTET_S, STRETCHED_OCTETS, check_in_time, harness, seeds_of, stretched

DAMAGED = 40  # copies of each seed
INPUT_LIMIT = 4096


def damaged(octets: bytes, words: list[bytes], chance: random.Random) -> bytes:
    """Return octets with some pieces cut out, and words, or octets, put in."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(octets))
        stop = min(len(octets), start + chance.choice((0, 0, 1, 2, 10)))
        put_in = chance.choice((chance.choice(words), chance.randbytes(1), b"", octets[:stop]))
        octets = octets[:start] + put_in + octets[stop:]
    return octets[:INPUT_LIMIT]


@pytest.mark.parametrize("name", NAMES)
def test_the_promises_hold_for_seeds_and_damaged_copies_of_them(name):
    module = harness(name)
    chance = random.Random(name)
    for seed in seeds_of(name):
        check_in_time(module, seed)
        for _ in range(DAMAGED):
            octets = damaged(seed, list(module.WORDS), chance)
            try:
                check_in_time(module, octets)
            except Exception as broken:
                broken.add_note(f"{name}: {octets!r}")
                raise


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_many_times_over_takes_linear_time(name):
    for seed in harness(name).SEEDS:
        check_in_time(harness(name), stretched(seed))


def test_the_samples_are_seeds():
    assert len(seeds_of("headers")) > len(harness("headers").SEEDS)
    assert b"-FCronDaemon\0-i\0-B8BITMIME\0-oem\0root,carol@example.org" in seeds_of("commandlines")


class Slow:
    """A harness of something that takes as much processor time as it is told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def check(self, _octets: bytes) -> None:
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            pass


def test_what_takes_longer_than_its_input_is_long_is_noticed():
    check_in_time(Slow(AT_ONCE_S + 0.01), b"x" * int(0.5 / PER_OCTET_S))
    with pytest.raises(AssertionError, match="3 octets took"):
        check_in_time(Slow(AT_ONCE_S + 0.01), b"abc")


def test_a_stretched_input_has_one_length():
    assert len(stretched(b"abc")) == STRETCHED_OCTETS
    assert stretched(b"") == b""


def test_an_input_is_used_up_from_both_ends():
    drawn = Drawn(b"one\0two\x01\x05\x07\x00")
    assert [drawn.number(300), drawn.number(4), drawn.is_so()] == [0x700 % 300, 1, True]
    assert [drawn.text(), drawn.text(), drawn.text(), drawn.number(7)] == [b"one", b"two", b"", 0]
    assert b"".join(Drawn(b"\3\7\1").pieces(b"x" * 100)) == b"x" * 100


@pytest.fixture
def folder():
    """Return a folder that the user can enter as whom the programs are started."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as made:
        yield Path(made)


def test_the_c_programs_end_by_themselves_however_they_are_started(folder):
    assert programs.search(programs.build(folder), range(60)) == (60, [])


def test_a_defect_in_a_c_program_is_noticed(folder, tmp_path):
    for source in ("frontend", "helper/privileged"):
        shutil.copytree(programs.TREE / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(programs.TREE / "helper/start.h", tmp_path / "helper")
    launcher = tmp_path / "helper/privileged/launcher.c"
    beyond = "    volatile char beyond[4];\n    beyond[getpid() > 0 ? 4 : 0] = 1;\n    struct stat channel;\n"
    launcher.write_text(launcher.read_text().replace("    struct stat channel;\n", beyond))
    _, broken = programs.search(programs.build(folder, tmp_path), range(10))
    assert {line.partition(",")[0] for line in broken} == {"launcher"}
