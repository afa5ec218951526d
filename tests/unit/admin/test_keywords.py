"""What `check` minds of discard_ehlo_keywords."""

from __future__ import annotations

import pytest

from admin.correction.edit import Source
from admin.finding import WARN
from admin.keywords import KNOWN, check_keywords
from helper.config.parsers import KEYWORD
from helper.config.values import Transport


def found(*keywords: str) -> list[tuple[str, str, str]]:
    discarding = Transport(name="relay", helo_data=b"a.example", discard_ehlo_keywords=keywords)
    plain = Transport(name="other", helo_data=b"a.example")
    return [(each.word, each.subject, each.text) for each in check_keywords((plain, discarding), Source())]


def test_what_is_known_is_not_minded():
    assert found(*KNOWN) == []
    assert [KEYWORD.parse(name) for name in KNOWN] == list(KNOWN)


@pytest.mark.parametrize(
    ("keyword", "ending"),
    [
        ("CHUNKNG", "CHUNKNG is not a known EHLO keyword; did you mean CHUNKING?"),
        ("8BITMINE", "; did you mean 8BITMIME?"),
        ("MT-PRIORITIES", "; did you mean MT-PRIORITY?"),
        ("SILENT-DISCARD", "SILENT-DISCARD is not a known EHLO keyword, so it has no effect"),
        ("X" * 64, ", so it has no effect"),
    ],
)
def test_what_nobody_knows_is_minded_with_what_was_perhaps_meant(keyword, ending):
    ((word, subject, text),) = found("DSN", keyword)
    assert (word, subject) == (WARN, "relay")
    assert text.startswith("discard_ehlo_keywords: ") and text.endswith(ending)
