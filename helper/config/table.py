"""Read one table of the file by its options; unknown keys and wrong values are refused."""

from __future__ import annotations

from helper.config.nearest import nearest
from helper.config.schema import HINTS
from helper.config.shape import At, BadValue, is_word, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from helper.config.schema import Option


def read_options(table: object, options: Iterable[Option], others: Iterable[str] = ()) -> dict[str, Any]:
    """Return the values of those options that the table holds, by the names of their fields.

    `others` are keys that the table may hold and that are read elsewhere. BadValue for every key beyond these.
    """
    entries = table_of(table)
    known = {option.name: option for option in options}
    refuse_unknown(entries, [*known, *others])
    values = {}
    for name, option in known.items():
        if name in entries:
            with At(name):
                values[option.field or name] = option.shape.parse(entries[name])
    return values


def table_of(value: object) -> dict[str, Any]:
    """Return a value that must be a table."""
    require(isinstance(value, dict), "a table")
    return value if isinstance(value, dict) else {}


def tables_of(value: object, header: str) -> list[Any]:
    """Return a value that must be an array; its readers check that the items are tables."""
    require(isinstance(value, list), f"an array of tables: {header}")
    return value if isinstance(value, list) else []


def refuse_unknown(entries: dict[str, Any], known: list[str]) -> None:
    """Raise BadValue for an unknown key, with the key that was probably meant.

    A key that does not look like one is not shown: it may be a secret on the wrong side.
    """
    unknown = next((key for key in entries if key not in known), None)
    if unknown is None:
        return
    if not is_word(unknown):
        raise BadValue("contains an unknown key", (unknown,))
    if unknown in HINTS:
        raise BadValue(f"is not an option: {HINTS[unknown]}", (unknown,))
    guess = nearest(unknown, known)
    raise BadValue(f"is not an option here; did you mean {guess}?" if guess else "is not an option here", (unknown,))


def required(entries: dict[str, Any], key: str, why: str = "") -> Any:
    """Return a required value."""
    if key not in entries:
        raise BadValue(f"is missing{why}", (key,))
    return entries[key]
