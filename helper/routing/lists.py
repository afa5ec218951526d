"""Read the lists of redirect routers and what they include, once for each message."""

from __future__ import annotations

from helper.discreet import hidden
from helper.routing.aliases import AliasFile
from helper.routing.items import INCLUDE, ListSyntax, parse_items
from helper.routing.lookups import Listing
from helper.routing.undeliverable import Undeliverable, printable
from helper.text import is_utf16, without_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from helper.config.values import Router
    from helper.routing.items import Item
    from helper.routing.lookups import Home, ListFile, Lookups

INCLUDE_DEPTH_MAX = 20  # lists of lists of lists are one or two deep
DEFAULT_KEY = b"*"
FILTERS = (b"# exim filter", b"# sieve filter")  # Exim, chapter "The redirect router", "Forward files and filters"


class Lists:
    """All lists of one message."""

    def __init__(self, lookups: Lookups, qualify: bytes) -> None:
        self.lookups = lookups
        self.qualify = qualify
        self.alias_files: dict[str, AliasFile] = {}
        self.entries: dict[tuple[str, int], tuple[Item, ...]] = {}
        self.files: dict[tuple[bytes, int | None], tuple[tuple[Item, ...], int | None]] = {}

    def of_router(self, router: Router, local_part: bytes, home: Home | None) -> Listing | None:
        """Return the list that a redirect router has for a local part, None if it has none."""
        if router.file is None:
            return self.of_data(f"the data of router {router.name}", router.data)
        if not router.file.startswith("$home"):
            return self.of_alias_file(router.file, local_part)
        return None if home is None else self.of_forward_file(home.path + router.file.removeprefix("$home"), home.uid)

    def of_data(self, place: str, data: tuple[bytes, ...]) -> Listing | None:
        """Return the list in the configuration itself, the same for every address."""
        if (place, 0) not in self.entries:
            self.entries[place, 0] = self.with_included(parse_list(place, b"\n".join(data), self.qualify))
        items = self.entries[place, 0]
        return Listing(items, place) if items else None

    def of_alias_file(self, path: str, local_part: bytes) -> Listing | None:
        """Return the entry of a local part, or the default entry. Undeliverable if an entry has no value."""
        file = self.alias_file(path)
        entry = file.find(local_part) or file.find(DEFAULT_KEY)
        if entry is None:
            return None
        if (path, entry.start) not in self.entries:
            try:
                items = parse_items(entry.value, self.qualify)
            except ListSyntax as wrong:
                raise Undeliverable(wrong_line(path, file.line_of(entry), wrong.problem)) from None
            if not items:
                raise Undeliverable(wrong_line(path, file.line_of(entry), "the entry has no value"))
            self.entries[path, entry.start] = self.with_included(items)
        return Listing(self.entries[path, entry.start], path, path)

    def alias_file(self, path: str) -> AliasFile:
        """Return an alias file. Undeliverable if it cannot be read, or is not there though it is configured."""
        if path not in self.alias_files:
            try:
                octets = self.lookups.alias_file(path)
            except OSError as error:
                raise unreadable(path, error) from None
            if octets is None:
                raise Undeliverable(f"cannot be routed: there is no {path}", later=True)
            self.alias_files[path] = AliasFile(text_of(path, octets))
        return self.alias_files[path]

    def of_forward_file(self, path: str, user: int) -> Listing | None:
        """Return the list in a user's .forward file; without a file, or with an empty one, the address is passed on."""
        file = self.list_file(path, user)
        if file is None:
            return None
        octets = file.octets
        if octets[:32].lower().startswith(FILTERS):
            raise Undeliverable(f"has a filter in {hidden(path)}, and Gatepost runs no filters")
        items = self.with_included(parse_list(path, octets, self.qualify), file.user)
        return Listing(items, path) if items else None

    def with_included(self, items: Iterable[Item], user: int | None = None) -> tuple[Item, ...]:
        """Return the items of a list, with each `:include:` replaced by the items of its file; `user` owns the list.

        A file that is included twice adds nothing the second time; one that includes itself is a loop.
        """
        open_lists, open_paths, users, seen = [iter(items)], [b""], [user], {b""}
        found: list[Item] = []
        while open_lists:
            item = next(open_lists[-1], None)
            if item is None:
                open_lists.pop()
                open_paths.pop()
                users.pop()
            elif item.kind != INCLUDE:
                found.append(item)
            elif item.text in open_paths or len(open_paths) > INCLUDE_DEPTH_MAX:
                file = hidden(printable(item.text))
                raise Undeliverable(f"is redirected in a loop: {file} is included again and again")
            elif item.text not in seen:
                seen.add(item.text)
                included, owner = self.items_of_file(item.text, users[-1])
                open_lists.append(iter(included))
                open_paths.append(item.text)
                users.append(owner)
        return tuple(found)

    def items_of_file(self, path: bytes, user: int | None) -> tuple[tuple[Item, ...], int | None]:
        """Return the items of an included file, and the user who controls it. Undeliverable if it does not exist."""
        if (path, user) not in self.files:
            file = self.list_file(path.decode("utf-8", "surrogateescape"), user)
            if file is None:
                raise Undeliverable(f"cannot be routed: there is no {hidden(printable(path))}", later=True)
            self.files[path, user] = tuple(parse_list(printable(path), file.octets, self.qualify)), file.user
        return self.files[path, user]

    def list_file(self, path: str, user: int | None) -> ListFile | None:
        """Return a file of a list, None if there is none. Undeliverable if it cannot be read."""
        try:
            file = self.lookups.read_file(path, user)
        except OSError as error:
            raise unreadable(path, error) from None
        return None if file is None else file.replace(octets=text_of(path, file.octets))


def unreadable(path: str, error: OSError) -> Undeliverable:
    """Return the error for a file that cannot be read."""
    reason = printable((error.strerror or str(error)).encode("utf-8", "surrogateescape"))
    return Undeliverable(f"cannot be routed: {shown(path)} cannot be read: {reason}", later=True)


def text_of(path: str, octets: bytes) -> bytes:
    """Return the text of a file without a byte-order mark. Undeliverable for UTF-16."""
    if is_utf16(octets):
        raise Undeliverable(f"cannot be routed: {shown(path)} is UTF-16: save it as UTF-8")
    return without_mark(octets)


def shown(path: str) -> str:
    """Return a path in printable form, for users who may see it."""
    return hidden(printable(path.encode("utf-8", "surrogateescape")))


def parse_list(place: str, octets: bytes, qualify: bytes) -> list[Item]:
    """Return the items of a list. Undeliverable names the line that is wrong."""
    try:
        return parse_items(octets, qualify)
    except ListSyntax as wrong:
        raise Undeliverable(wrong_line(place, wrong.line, wrong.problem)) from None


def wrong_line(place: str, line: int, problem: str) -> str:
    """Return the sentence for a list that is wrong."""
    return f"cannot be routed: {hidden(place)}, line {line}: {problem}"
