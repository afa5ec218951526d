"""Convert a peer's alias file to a router for the machine's own domains."""

from __future__ import annotations

from collections.abc import Sequence

from admin.migrate.conversion import Conversion, Line, Place, numbered, text_of
from helper.routing.aliases import AliasFile, count_entries
from helper.routing.items import ListSyntax

SYSTEM = "/etc/aliases"
CATCH_ALL = b"*"


def carry_aliases(plan: Conversion, place: Place, line: Line, path: str, domains: Sequence[str] = ()) -> None:
    """Carry over an alias file that a peer reads, for recipients in its local domains: by default the machine's own."""
    file = str(place.below(path)) if path.startswith("~/") else path
    name = (
        "aliases" if path == SYSTEM or not has_router(plan, "aliases") else f"aliases-{len(plan.settings['routers'])}"
    )
    domains = list(domains) or plan.local_domains(line)
    plan.redirect(line, name=name, file=file, domains=domains, allow_fail=True, allow_defer=True)
    tell_of_file(plan, place, path)


def has_router(plan: Conversion, name: str) -> bool:
    """Return whether a router is there."""
    return any(each["name"] == name for each in plan.settings.get("routers", ()))


def read_system_aliases(plan: Conversion, place: Place, *, was_read: bool) -> None:
    """Leave /etc/aliases to the router that is implied without [[routers]], and say what that means."""
    if "routers" in plan.settings or plan.accounts or not place.below(SYSTEM).is_file():
        return
    if not was_read:
        plan.warnings.append(
            f"{place.below(SYSTEM)}: {plan.peer} did not read it, but Gatepost applies it to local recipients"
        )
    tell_of_file(plan, place, SYSTEM)


def tell_of_file(plan: Conversion, place: Place, path: str) -> None:
    """Warn of an alias file that is missing or wrong, or catches all local mail."""
    file = place.below(path)
    if not file.is_file():
        plan.warnings.append(f"{file}: does not exist, so it holds no alias")
        return
    octets = text_of(file).encode("utf-8", "surrogateescape")
    aliases = AliasFile(octets)
    entry = aliases.find(CATCH_ALL)
    if entry is not None:
        place_of_entry = Line(str(file), aliases.line_of(entry), "*", "")
        plan.warn(place_of_entry, "takes the mail for every local name without an entry")
    try:
        count_entries(octets, b"localhost")
    except ListSyntax as error:
        wrong = Line(str(file), error.line or 0, "", "")
        plan.warn(wrong, f"{error.problem}: correct it, or mail to local names fails (sendmail -bi checks it)")


def default_of_msmtp(place: Place, path: str) -> Line | None:
    """Return the entry `default`, which in msmtp's alias files stands for every local name without one."""
    file = place.below(path)
    if not file.is_file():
        return None
    for number, text in numbered(file):
        key, colon, value = text.partition("#")[0].partition(":")
        if colon and key.strip(" \t") == "default":
            return Line(str(file), number, "default", value.strip(" \t"))
    return None


def addresses_of(line: Line) -> list[str]:
    """Return the addresses of an entry. MigrateError if there is none."""
    addresses = [each for part in line.value.split(",") if (each := part.strip())]
    if not addresses:
        raise line.error("has no value")
    return addresses
