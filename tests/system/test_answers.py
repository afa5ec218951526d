"""What the C program makes of answers, whole, cut and corrupted, beside a plain reader (fuzz/c/answers.c)."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.support.gatherer import SANITIZED, compile_program, frame, input_question, message_question, status

ROOT = Path(__file__).parents[2]
SEEDS = [file.read_bytes() for file in sorted((ROOT / "fuzz/c/seeds/answers").iterdir())]
FRAMES = [
    *(message_question(), message_question(1000, True), input_question(), input_question(9)),
    *(frame(b"d"), frame(b"k"), frame(b"p"), frame(b"c", b"sendmail: not sent: why"), status(0), status(75, True)),
    *(frame(b"e", b"a line"), frame(b"e", bytes(range(256))), frame(b"o", bytes(range(256))), frame(b"o", b"x" * 3000)),
    *(frame(b"z"), frame(b"L", b"version 1"), frame(b"e", b"\0d\0\0"), frame(b"s", b"\0")),
]
DAMAGES = 4000


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("answers") / "answers"
    compile_program(target, ["tests/system/c/fuzzed.c", "fuzz/c/answers.c", "frontend/answers.c"], *SANITIZED)
    return target


def read_by(program: Path, inputs: list[bytes]) -> tuple[int, str]:
    """Have both readers read; return status and what is said where they differ."""
    octets = b"".join(len(each).to_bytes(4, "big") + each for each in inputs)
    done = subprocess.run([program], input=octets, capture_output=True, check=False)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def damaged(octets: bytes, chance: random.Random) -> bytes:
    """Return octets of which one is gone, hurt, or has company."""
    at = chance.randrange(len(octets))
    put_in = chance.choice((b"", b"\0", b"d", b"d\0\0", bytes([octets[at] ^ 1 << chance.randrange(8)])))
    return octets[:at] + put_in + octets[at + chance.randrange(2) :]


def test_both_read_the_same(program):
    chance = random.Random("answers")
    inputs = list(SEEDS)
    for _ in range(DAMAGES):
        octets = b"".join(chance.choices(FRAMES, k=chance.randint(1, 8)))
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            octets = damaged(octets, chance) or b"d"
        inputs.append(bytes([chance.choice((0, 1, 2, 3, 3, 3)), chance.choice((0, 1, 2, 3, 7, 100))]) + octets)
    assert read_by(program, inputs) == (0, "")


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_both_read_the_same_wherever_it_ends_and_however_it_is_cut(program, seed):
    known, octets = SEEDS[seed][:1], SEEDS[seed][2:]
    ends = [known + b"\0" + octets[:length] for length in range(len(octets))]
    pieces = [known + bytes([length]) + octets for length in range(1, min(len(octets), 255))]
    assert read_by(program, ends + pieces) == (0, "")


def test_the_largest_frames_are_read(program):
    inputs = [b"\3\0" + frame(letter, b"x" * 65535) + status(0) for letter in (b"e", b"o", b"c")]
    assert read_by(program, inputs) == (0, "")
