"""The shape of a value: how a TOML value is converted, and the words for the values that are accepted.

An error says what a value must be, never what it was. It is not raised inside an `except` that caught an exception
of Python's own: that one (`invalid literal for int(): ...`) would come along as the context and show the value.
"""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from helper.config.toml import Path

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGITS = frozenset("0123456789")
WORD_CHARACTERS = LETTERS | DIGITS | frozenset("-_")
WORD_LIMIT = 64  # characters of a key, or of a name given to a transport or a router


class BadValue(Exception):
    """A wrong value; `path` leads to it from the table that was read, `problem` continues a sentence after the key."""

    def __init__(self, problem: str, path: Path = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path


class At:
    """A context for reading the value at one step of a path: it puts the step in front of the path of a BadValue."""

    def __init__(self, step: str | int) -> None:
        self._step = step

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _traceback: object) -> None:
        if isinstance(error, BadValue):
            error.path = (self._step, *error.path)


class Shape(Record):
    """The words for the accepted values, which continue "must be", and the function that reads a value."""

    words: str
    parse: Callable[[Any], Any]


def array_of(shape: Shape, words: str) -> Shape:
    """Return the shape of an array, read to a tuple; an empty one is an error, because it could mean all or nothing."""
    words = f"an array of {words} in square brackets, not an empty one"

    def parse_array(value: object) -> tuple[Any, ...]:
        items = value if isinstance(value, list) else []
        require(bool(items), words)
        return each(items, shape.parse)

    return Shape(words, parse_array)


def each(items: Iterable[Any], parse: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return the items of an array as they are read, each at its place."""
    read = []
    for number, item in enumerate(items):
        with At(number):
            read.append(parse(item))
    return tuple(read)


def one_of(*choices: str) -> Shape:
    """Return the shape of a choice between words."""
    words = " or ".join(f'"{choice}"' for choice in choices)

    def parse_choice(value: object) -> str:
        require(text_of(value) in choices, words)
        return text_of(value)

    return Shape(words, parse_choice)


def require(is_so: bool, words: str) -> None:
    """Raise BadValue with the words for the accepted values unless the condition holds."""
    if not is_so:
        raise BadValue(f"must be {words}")


def text_of(value: object) -> str:
    """Return a string, or the empty string for another type: no shape accepts that."""
    return value if isinstance(value, str) else ""


def integer_of(value: object) -> int:
    """Return an integer, or -1 for another type: no shape accepts that. Python counts a boolean as an integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def is_word(text: str) -> bool:
    """Return whether it looks like a key: anything else on a left side may be a secret in the wrong place."""
    return 0 < len(text) <= WORD_LIMIT and WORD_CHARACTERS.issuperset(text)
