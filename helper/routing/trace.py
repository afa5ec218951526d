"""The trace of `-bt` and `-bv`: a line for each step of each address."""

from __future__ import annotations

from helper.discreet import hidden
from helper.routing.undeliverable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.config.values import Host, Router
    from helper.routing.lookups import Listing
    from helper.routing.step import Destination, Step


class Trace:
    """Write the steps, except those that would show the content of a file that the caller may not read."""

    def __init__(self, tell: Callable[[str], None] | None, may_show: Callable[[str], bool]) -> None:
        self.tell = tell
        self.may_show = may_show
        self.shown_files: dict[str, bool] = {}

    def step(self, step: Step, text: str) -> None:
        """Tell what happens to an address."""
        if self.tell is not None and not step.ancestry.is_hidden:
            self.tell(f"{printable(step.mailbox.octets)}: {text}")

    def skipped(self, step: Step, router: Router, reason: str) -> None:
        """Tell that a router is not for an address."""
        if self.tell is not None:
            self.step(step, f"router {router.name} skipped: {reason}")

    def results(self, step: Step, router: Router, listing: Listing) -> None:
        """Write what replaces an address, or that this is hidden."""
        if self.tell is None:
            return
        addresses = [item.address_in(step.mailbox.domain) for item in listing.items]
        names = [printable(mailbox.octets) for mailbox in addresses if mailbox is not None]
        shown = ", ".join(names) or "nobody, so it is discarded"
        if names and self.hides(listing):
            shown = "addresses that only root may see"
        self.step(step, f"router {router.name}: redirected by {listing.place} to {shown}")

    def hides(self, listing: Listing) -> bool:
        """Return whether the result of a redirection must be hidden, in a trace and in errors."""
        file = listing.alias_file
        if file is None:
            return False
        if file not in self.shown_files:
            self.shown_files[file] = self.may_show(file)
        return not self.shown_files[file]

    def destination(self, step: Step, router: Router, found: Destination) -> None:
        """Write the destination of an address; for a hidden one, only the address that led there."""
        if self.tell is None:
            return
        address = printable(step.mailbox.octets)
        address = hidden(address) if step.ancestry.is_hidden else address
        came = "" if step.ancestry.parent is None else f" (from {printable(step.given.octets)})"
        hosts = ", ".join(host_text(host) for host in found.hosts)
        reverse_path = "" if found.reverse_path is None else printable(found.reverse_path.octets)
        self.tell(
            f"{address}{came}: router {router.name}: transport {found.transport}, "
            f"hosts {hosts}, reverse-path <{reverse_path}>{changes_text(found)}"
        )


def changes_text(found: Destination) -> str:
    """Return which header fields are added and removed, by their names."""
    added = [printable(field.partition(b":")[0]) for field in found.headers_add]
    removed = [printable(name) for name in found.headers_remove]
    texts = [(", adds ", added), (", removes ", removed)]
    return "".join(word + " ".join(names) for word, names in texts if names)


def host_text(host: Host) -> str:
    """Return a host as the configuration writes it."""
    name = printable(host.name)
    if host.kind != "name":
        return f"{host.kind}:{name}"
    port = printable(host.service) if host.service else host.port
    name = f"[{name}]" if host.is_address and ":" in name else name
    return name if port is None else f"{name}:{port}"
