"""The reason why an address cannot be routed, before the caller's own address is known."""

from __future__ import annotations

from helper.discreet import for_log, hidden
from helper.failure import AddressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.address import Mailbox

TEXT_LIMIT = 500  # characters: a longer text of a :fail: would push what matters out of the line


class Undeliverable(Exception):
    """An address cannot be routed; `problem` continues a sentence that begins with it, `later` as in AddressError.

    It hides the names of files in lists until reveal(), which is called if the caller can read those lists.
    """

    def __init__(self, problem: str, *, later: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.later = later

    def reveal(self) -> None:
        """Stop hiding names: the caller can read the lists."""
        self.problem = for_log(self.problem)


def address_error(
    given: Mailbox, became: Mailbox, undeliverable: Undeliverable, *, is_hidden: bool = False
) -> AddressError:
    """Return the failure that names the address as the caller gave it, and the one it became.

    The latter is not shown to the caller if it is hidden: the caller may not read the file that led there.
    """
    problem = undeliverable.problem
    if is_hidden:
        problem = f"became {hidden(f'{printable(became.octets)}, which', 'an address that')} {problem}"
    elif became.key != given.key:
        problem = f"became {printable(became.octets)}, which {problem}"
    return AddressError(given.octets, problem, later=undeliverable.later)


def printable(octets: bytes) -> str:
    """Return text of a file or an address for a terminal, without control characters."""
    text = octets[: 4 * TEXT_LIMIT].decode("utf-8", "replace")[:TEXT_LIMIT]
    return "".join(character if character.isprintable() else "?" for character in text)
