"""Find local addresses and aliases that cannot be routed; each is routed as in a send by root.

Users write .forward files and lists, so this is done without root's rights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from admin.accounts import give_up_root
from admin.correction.edit import Source, editor
from admin.finding import WARN, WRONG, Finding, reason
from admin.found_apart import found_apart
from helper.address import AddressSyntax, Mailbox
from helper.config.values import Configuration, Router, alias_files
from helper.discreet import for_log
from helper.failure import ConfigError, Failure
from helper.identity.identify import home_of
from helper.identity.list_files import CALLERS
from helper.message.address_list import parse_mailbox
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account
from helper.privileged.protected_files import Owner
from helper.routing.aliases import AliasFile, entries, key_end
from helper.routing.caller import Caller
from helper.routing.drivers import NO_LOCAL_DELIVERY
from helper.routing.items import ListSyntax
from helper.routing.lists import DEFAULT_KEY
from helper.routing.lookups import Lookups
from helper.routing.patterns import matches
from helper.routing.route import route
from helper.text import without_mark

ROOT = Caller(b"root", 0, frozenset({b"root"}), trusted=True)
EXAMINED = 1000  # aliases of a file; so many are made by a machine, which makes all of them alike
LOCAL = b"root"
TIME_LIMIT_S = 60
NO_ROUTER = "is taken by no router"
# What is another mail server's to do, what another caller may reach, and what the stand-in may not look into.
PERHAPS_MEANT = (NO_LOCAL_DELIVERY, NO_ROUTER, "goes no further", "cannot be read")
MEANT = ("is not taken", "is redirected to :")


def check_routes(configuration: Configuration, owner: Owner, source: Source) -> Iterator[Finding]:
    """Yield the routers that are never used, and the addresses that cannot be routed."""
    yield from check_order(configuration, source)
    if not owner.is_root:
        yield from check_routed(configuration, readable_lists(configuration, owner), source)
        return
    yield from found_apart(
        lambda: check_addresses(configuration, owner, source), TIME_LIMIT_S, "aliases", "not every alias was routed"
    )


def check_addresses(configuration: Configuration, owner: Owner, source: Source) -> Iterator[Finding]:
    """Yield the same for addresses alone, root given up; a file that cannot be read is told elsewhere."""
    files = readable_lists(configuration, owner)
    try:
        give_up_root(account(paths.STANDIN_USER), [])
    except Failure:
        return
    yield from check_routed(configuration, files, source)


def readable_lists(configuration: Configuration, owner: Owner) -> dict[str, bytes | None]:
    """Return the alias files that can be read; what is wrong with others was told."""
    found: dict[str, bytes | None] = {}
    for file in alias_files(configuration):
        try:
            found[file] = protected_files.alias_file(file, owner)
        except ConfigError:
            found[file] = None
    return found


def check_routed(configuration: Configuration, files: Mapping[str, bytes | None], source: Source) -> Iterator[Finding]:
    """Yield the addresses that go nowhere, by alias files as they were read, with the rights that there are."""
    told = []
    for path, octets in files.items():
        if octets is not None:
            for each in check_aliases(path, octets, files, configuration):
                told.append(each.text)
                yield each
    is_for_all = not any(router.callers or router.senders for router in configuration.routers)
    failure = failure_of(Mailbox(LOCAL, configuration.qualify_recipient), files, configuration)
    if not is_for_all or not failure or any(text.endswith(failure) for text in told):
        return
    if NO_ROUTER in failure:
        text = f"{failure}: mail to local addresses fails until a router in {source.file} takes them"
        yield Finding(WRONG, "routers", text, remedy=source.editor(("routers",)))
    elif not any(words in failure for words in (*MEANT, *PERHAPS_MEANT)):
        yield Finding(WRONG, "routers", failure, remedy=source.editor(("routers",)))


def check_order(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield each redirect router that stands after one that takes every local address."""
    taken_by: Router | None = None
    for number, router in enumerate(configuration.routers):
        if taken_by is not None and router.driver == "redirect":
            text = f"router {router.name} is never asked for local addresses, because {taken_by.name} takes them all"
            text += f": put {router.name} first in {source.file}"
            yield Finding(WRONG, "routers", text, remedy=source.editor(("routers", number)))
        if takes_all_local(router, configuration):
            taken_by = taken_by or router


def takes_all_local(router: Router, configuration: Configuration) -> bool:
    """Return whether a router leaves no local address to those after it."""
    is_narrow = router.local_parts or router.senders or router.callers or router.check_local_user
    is_local = not router.domains or matches(router.domains, configuration.qualify_recipient)
    return router.driver != "redirect" and not is_narrow and is_local


def check_aliases(
    path: str, octets: bytes, files: Mapping[str, bytes | None], configuration: Configuration
) -> Iterator[Finding]:
    """Yield the aliases of a file that fail whoever writes to them. What `:fail:` says is meant."""
    whole = AliasFile(octets)
    try:
        found = list(entries(octets))[:EXAMINED]
    except ListSyntax:
        return  # told where the entries are counted
    lines = without_mark(octets).split(b"\n")
    for number, _ in found:
        key = lines[number - 1][: key_end(lines[number - 1])]
        mailbox = mailbox_of(key, configuration.qualify_recipient)
        entry = None if mailbox is None else whole.find(mailbox.local_part)
        if mailbox is None or entry is None or whole.line_of(entry) != number:
            continue
        failure = failure_of(mailbox, files, configuration)
        if failure and not any(words in failure for words in MEANT):
            word = WARN if any(words in failure for words in PERHAPS_MEANT) else WRONG
            yield Finding(word, "aliases", f"{path}, line {number}: {failure}", remedy=editor(path, number))


def mailbox_of(key: bytes, domain: bytes) -> Mailbox | None:
    """Return the address that a key of an alias file is for; None for the default entry, and for what is no address."""
    if key == DEFAULT_KEY:
        return None
    try:
        return parse_mailbox(key, domain)
    except AddressSyntax:
        return None


def failure_of(mailbox: Mailbox, files: Mapping[str, bytes | None], configuration: Configuration) -> str:
    """Return the reason why an address cannot be routed, nothing if it can."""
    lookups = Lookups(files.get, CALLERS.read, home_of, lambda _path: True)
    try:
        route(
            [mailbox],
            configuration.routers,
            configuration.transports,
            None,
            ROOT,
            lookups,
            qualify_recipient=configuration.qualify_recipient,
        )
    except Failure as failure:
        return for_log(reason(failure))
    return ""
