"""The exception for a message, or a part of one, that cannot be converted."""

from __future__ import annotations


class CannotConvert(Exception):
    """A conversion would lose something; `problem` continues "it cannot be converted: "."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
