"""What an address stands for: the items of an alias, of a .forward file or of a list that is included.

The syntax is that of aliases(5) and of Exim's redirection lists (chapter "The redirect router"): items end at commas
and line ends, `#` where an item could begin hides the rest of the line, and a `:fail:` or `:defer:` takes the rest of
its line for its text.
"""

from __future__ import annotations

from helper.message.address import AddressSyntax, parse_mailbox
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from helper.message.address import Mailbox

ADDRESS, OWN, INCLUDE = "address", "own", "include"
FAIL, DEFER, BLACKHOLE, UNKNOWN = ":fail:", ":defer:", ":blackhole:", ":unknown:"
NOTHING = "nothing"  # /dev/null: no delivery, and no effect on the other items
PIPE, FILE = "pipe", "file"

# These speak for the whole list in which they stand.
VERDICTS = (FAIL, DEFER, BLACKHOLE, UNKNOWN)
TAKES_REST_OF_LINE = (b":fail:", b":defer:")
OPENERS = b'"(<'


class Item(Record):
    """One item: `mailbox` of an address or of one's own (`\\user`), `text` of a failure, path of a list to include."""

    kind: str
    text: bytes = b""
    mailbox: Mailbox | None = None


class ListSyntax(Exception):
    """A list of items or an alias file is wrong in `line`, counted from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem, line)
        self.problem = problem
        self.line = line


def parse_items(octets: bytes, qualify: bytes, first_line: int = 1) -> list[Item]:
    """Return the items of a list; ListSyntax counts its lines from `first_line`."""
    items = []
    for number, line in enumerate(octets.split(b"\n"), first_line):
        for text in split_line(line, number):
            try:
                items.append(parse_item(text, qualify))
            except AddressSyntax as error:
                raise ListSyntax(error.problem, number) from None
    return items


def split_line(line: bytes, number: int) -> Iterator[bytes]:
    """Yield the texts of the items in one line, each once through: the time is linear in its length."""
    rest = line.strip()
    while rest and not rest.startswith(b"#"):
        if rest[:8].lower().startswith(TAKES_REST_OF_LINE):
            yield rest
            return
        end = item_end(rest, number)
        text = rest[:end].strip()
        if text:
            yield text
        rest = rest[end + 1 :].lstrip()
