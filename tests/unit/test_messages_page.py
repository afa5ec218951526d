"""docs/messages.md has every sentence that a send can print, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.pages import rows
from tests.support.sentences import PYTHON_FILES, SENTENCE, failures, of_python, of_returns, sentences

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/messages.md").read_text("utf-8")
TABLE = rows("\n".join(line for line in PAGE.splitlines() if line.startswith("| ")))
EXPLAINED = {cells[0]: cells[1] for cells in TABLE if cells[0] not in ("message", "---")}


def test_every_sentence_is_explained_and_none_that_is_not_printed():
    assert sorted(sentences() - EXPLAINED.keys()) == []
    assert sorted(EXPLAINED.keys() - sentences()) == []


def test_each_says_what_to_do():
    assert [sentence for sentence, remedy in EXPLAINED.items() if not remedy.endswith((".", "`", "?"))] == []


def test_every_beginning_of_the_line_is_told():
    beginnings = set(re.findall(r'"(sendmail: [a-z ]+: )', SENTENCE.read_text("utf-8")))
    assert len(beginnings) == 3
    assert sorted(each for each in beginnings if f"`{each}`" not in PAGE) == []


def test_the_failures_are_found_in_the_code():
    found = failures(PYTHON_FILES)
    assert found >= {"ConfigError", "OnlyBySocket", "InDoubt", "UnknownName", "ListSyntax", "NoALabel"}
    assert found.isdisjoint({"Refused", "AllHostsFailed", "Idle", "Rejected"})


def test_a_new_sentence_is_noticed(tmp_path):
    file = tmp_path / "new.py"
    file.write_text(
        "class Lunar(Exception):\n    def __init__(self, problem): pass\n"
        "class Eclipse(Lunar): pass\n"
        'raise Eclipse(f"the moon is {phase}, so nothing is sent")\n'
        'def told(): return status.DATA, f"{place}: the moon {problem}"\n'
    )
    assert list(of_python(file, failures([file]))) == ["the moon is PHASE, so nothing is sent"]
    assert list(of_returns(file)) == ["PLACE: the moon PROBLEM"]
