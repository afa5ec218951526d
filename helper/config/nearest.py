"""Guess which known key a misspelt one was meant to be. difflib would cost every send its import."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WORD_LIMIT = 64  # characters; the work grows with the product of two lengths


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is the fewest slips away, None where more than a third of the word would be wrong."""
    if len(word) > WORD_LIMIT:
        return None
    spelt = word.lower().replace("-", "_")
    slips, found = min(((distance(spelt, candidate), candidate) for candidate in known), default=(WORD_LIMIT, ""))
    return found if slips <= len(spelt) // 3 else None


def distance(one: str, other: str) -> int:
    """Return how many letters have to be added, removed or changed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for place, counterpart in enumerate(other, 1):
            changed = diagonal + (letter != counterpart)
            diagonal = row[place]
            row[place] = min(changed, row[place] + 1, row[place - 1] + 1)
    return row[-1]
