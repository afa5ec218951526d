"""Guess which known key a misspelt one was meant to be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WORD_LIMIT = 64  # characters; the work grows with the product of two lengths
LIKENESS = 0.76  # the share of letters that are the same, as difflib counts it; `tls_verify` is not `verify`


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like another one, None if none is like it."""
    if len(word) > WORD_LIMIT:
        return None
    from difflib import get_close_matches  # only for a mistake: a send without a compiled copy would wait for it

    found = get_close_matches(word.lower().replace("-", "_"), known, 1, LIKENESS)
    return found[0] if found else None
