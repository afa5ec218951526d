"""docs/messages.md has every sentence that a send can print, and no other."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import rows
from tests.support.sentences import of_python, sentences

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/messages.md").read_text("utf-8")
TABLE = rows("\n".join(line for line in PAGE.splitlines() if line.startswith("| ")))
EXPLAINED = {cells[0]: cells[1] for cells in TABLE if cells[0] not in ("message", "---")}


def test_every_sentence_is_explained_and_none_that_is_not_printed():
    assert sorted(sentences() - EXPLAINED.keys()) == []
    assert sorted(EXPLAINED.keys() - sentences()) == []


def test_each_says_what_to_do():
    assert [sentence for sentence, remedy in EXPLAINED.items() if not remedy.endswith((".", "`", "?"))] == []


def test_a_new_sentence_is_noticed(tmp_path):
    file = tmp_path / "new.py"
    file.write_text('raise SystemFault(f"the moon is {phase}, so nothing is sent")\n')
    assert list(of_python(file)) == ["the moon is PHASE, so nothing is sent"]
