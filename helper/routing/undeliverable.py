"""Why an address goes nowhere, before anybody knows which of the caller's addresses it was."""

from __future__ import annotations

from helper.discreet import for_log, hidden
from helper.failure import AddressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox

TEXT_LIMIT = 500  # characters: a longer text of a :fail: would push what matters out of the line


class Undeliverable(Exception):
    """An address cannot be routed; `problem` continues a sentence that begins with it, `later` as in AddressError.

    Files that lists name are hidden in it, until reveal() is called: where the caller can read all that led there.
    """

    def __init__(self, problem: str, *, later: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.later = later

    def reveal(self) -> None:
        """Let the caller read all of it."""
        self.problem = for_log(self.problem)


def address_error(
    given: Mailbox, became: Mailbox, undeliverable: Undeliverable, *, is_hidden: bool = False
) -> AddressError:
    """Return the failure that names the address as the caller gave it, and the one it became.

    The latter not to the caller where it is hidden: a file led there that the caller may not read.
    """
    problem = undeliverable.problem
    if is_hidden:
        problem = f"became {hidden(f'{printable(became.octets)}, which', 'an address that')} {problem}"
    elif became.key != given.key:
        problem = f"became {printable(became.octets)}, which {problem}"
    return AddressError(given.octets, problem, later=undeliverable.later)


def printable(octets: bytes) -> str:
    """Return text of a file or an address for a terminal: whoever wrote it could have put control characters in."""
    text = octets[: 4 * TEXT_LIMIT].decode("utf-8", "replace")[:TEXT_LIMIT]
    return "".join(character if character.isprintable() else "?" for character in text)
