"""Parse the items of an alias, a .forward file or an included list.

The syntax is that of aliases(5) and of Exim's redirection lists (chapter "The redirect router"): items end at commas
and line ends, `#` where an item could begin hides the rest of the line, and a `:fail:` or `:defer:` takes the rest of
its line for its text.
"""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.message.address_list import parse_address_list, parse_mailbox
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS, OWN, INCLUDE = "address", "own", "include"
FAIL, DEFER, BLACKHOLE, UNKNOWN = ":fail:", ":defer:", ":blackhole:", ":unknown:"
NOTHING = "nothing"  # /dev/null: no delivery, and no effect on the other items
PIPE, FILE = "pipe", "file"

ITEMS_MAX = 100_000  # in one list; twice the recipients that a message may have

# These speak for the whole list in which they stand.
VERDICTS = (FAIL, DEFER, BLACKHOLE, UNKNOWN)
TAKES_REST_OF_LINE = (b":fail:", b":defer:")
QUOTATION_OR_COMMENT = b'"('
BLANKS_AND_COMMAS = b" \t\r,"


class Item(Record):
    """One item: `mailbox` of an address or of one's own (`\\user`), `text` of a failure, path of a list to include.

    One's own without a domain has no `mailbox` but a local part, in `text`: its domain is that of the address that it
    stands for (Exim, chapter "The redirect router", "Redirecting to a local mailbox").
    """

    kind: str
    text: bytes = b""
    mailbox: Mailbox | None = None

    def address_in(self, domain: bytes) -> Mailbox | None:
        """Return the address of the item if it is an address, with `domain` if it has none; None for other items."""
        is_local = self.kind == OWN and self.mailbox is None
        return Mailbox(self.text, domain) if is_local else self.mailbox


class ListSyntax(Exception):
    """A list of items or an alias file is wrong in `line`, counted from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem, line)
        self.problem = problem
        self.line = line


def parse_items(octets: bytes, qualify: bytes, first_line: int = 1) -> list[Item]:
    """Return the items of a list; ListSyntax counts its lines from `first_line`."""
    items: list[Item] = []
    for number, line in enumerate(octets.split(b"\n"), first_line):
        for text in split_line(line, number):
            if len(items) == ITEMS_MAX:
                raise ListSyntax(f"the list has more than {ITEMS_MAX} items", number)
            try:
                items.append(parse_item(text, qualify))
            except AddressSyntax as error:
                raise ListSyntax(error.problem, number) from None
    return items


def split_line(line: bytes, number: int) -> Iterator[bytes]:
    """Yield the texts of the items in one line."""
    at = next_item(line, 0)
    while at < len(line) and not line.startswith(b"#", at):
        if line[at : at + 8].lower().startswith(TAKES_REST_OF_LINE):
            yield line[at:].strip()
            return
        end = item_end(line, at, number)
        yield line[at:end].strip()
        at = next_item(line, end)


def next_item(line: bytes, at: int) -> int:
    """Return the beginning of the next item that is not empty."""
    while at < len(line) and line[at] in BLANKS_AND_COMMAS:
        at += 1
    return at


def item_end(line: bytes, start: int, number: int) -> int:
    """Return the end of the item at `start`: a comma that is neither quoted nor in a comment."""
    comma = line.find(b",", start)
    end = comma if comma >= 0 else len(line)
    item = line[start:end]
    if item.translate(None, QUOTATION_OR_COMMENT) == item:
        return end
    return guarded_item_end(line, start, number)


def guarded_item_end(line: bytes, at: int, number: int) -> int:
    """Return the same for an item with a quotation or a comment; comments nest, and are counted."""
    depth, is_quoted = 0, False
    while at < len(line):
        octet = line[at : at + 1]
        if octet == b"\\" and (is_quoted or depth):
            at += 1
        elif octet == b'"' and not depth:
            is_quoted = not is_quoted
        elif octet == b"(" and not is_quoted:
            depth += 1
        elif octet == b")" and not is_quoted:
            depth = max(0, depth - 1)
        elif octet == b"," and not is_quoted and not depth:
            return at
        at += 1
    if is_quoted or depth:
        raise ListSyntax("a quotation or a comment has no end", number)
    return at


def parse_item(text: bytes, qualify: bytes) -> Item:
    """Parse one item. AddressSyntax if it is not a valid item."""
    bare = without_quotes(text)
    if bare.startswith(b":"):
        return parse_special(bare)
    if bare.startswith((b"|", b"/")) and not is_address(bare, qualify):
        return parse_local_delivery(bare)
    if bare.startswith(b"\\"):
        return parse_own(bare[1:].strip(), qualify)
    return Item(ADDRESS, mailbox=parse_address(bare, qualify))


def without_quotes(text: bytes) -> bytes:
    """Return an item that is quoted as a whole without its quotes (Exim); `"a b"@x.example` is not."""
    if not text.startswith(b'"') or quotation_end(text) != len(text):
        return text
    return text[1:-1].replace(b'\\"', b'"').strip()


def quotation_end(text: bytes) -> int:
    """Return the end of the quotation at the beginning of a text, 0 if it is not closed."""
    without_escapes = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    return without_escapes.find(b'"', 1) + 1


def parse_own(text: bytes, qualify: bytes) -> Item:
    """Parse an item with a backslash, which its router does not redirect again."""
    mailbox = parse_address(text, qualify)
    return Item(OWN, mailbox=mailbox) if has_domain(text) else Item(OWN, mailbox.local_part)


def parse_address(text: bytes, qualify: bytes) -> Mailbox:
    """Return the mailbox of an item. AddressSyntax for `<"a@x.example">`: with a second domain it would be lost."""
    mailbox = parse_mailbox(text, qualify)
    if b"@" in mailbox.local_part and not has_domain(text):
        raise AddressSyntax("an address in quotes has no domain: write it without the quotes", 0)
    return mailbox


def has_domain(text: bytes) -> bool:
    """Return whether the address in a text has a domain of its own."""
    return parse_address_list(text)[0].domain is not None


def parse_special(text: bytes) -> Item:
    """Return an item whose name stands between colons."""
    name, _, rest = text[1:].partition(b":")
    kind = f":{name.decode('ascii', 'replace').lower()}:"
    rest = rest.strip()
    if kind in VERDICTS:
        return Item(kind, rest)
    if kind == ":include:":
        if not rest.startswith(b"/") or b"\0" in rest:
            raise AddressSyntax("it does not include an absolute path", 0)
        return Item(INCLUDE, rest)
    raise AddressSyntax("it begins with a colon and is not a special item", 0)


def is_address(text: bytes, qualify: bytes) -> bool:
    """Return whether it is an address with a domain, as `/CN=x/@gateway.example` is (Exim's rule)."""
    if b"@" not in text:
        return False
    try:
        parse_mailbox(text, qualify)
    except AddressSyntax:
        return False
    return True


def parse_local_delivery(text: bytes) -> Item:
    """Parse a pipe or a file; /dev/null means that mail is discarded."""
    if text == b"/dev/null":
        return Item(NOTHING)
    return Item(PIPE if text.startswith(b"|") else FILE, text)
