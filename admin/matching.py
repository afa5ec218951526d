"""Warn of lists of patterns that match nothing or too much, and of rules of [rewrite] without effect."""

from __future__ import annotations

from collections.abc import Iterator

from admin.correction.edit import Source
from admin.finding import WARN, WRONG, Finding
from admin.plausibility import is_known
from helper.config.values import Configuration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.toml import Path

ALL = (b"*", b"*@*", b"^", b"^.*", b"^.*$", b"^.+", b"^.+$")
PATTERNS = ("domains", "local_parts", "senders", "recipients")


def check_matching(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield the lists and rules whose effect is probably a mistake."""
    for place, path, patterns in lists_of(configuration):
        yield from check_list(f"{place} in {source.file}", path, patterns, source)
    yield from check_rewrite(configuration, source)


def lists_of(configuration: Configuration) -> Iterator[tuple[str, Path, tuple[bytes, ...]]]:
    """Yield every list of patterns: a description, its key, and the patterns."""
    yield "untrusted_set_sender", ("untrusted_set_sender",), configuration.untrusted_set_sender
    for section in ("routers", "policies"):
        for number, rule in enumerate(getattr(configuration, section)):
            for key in PATTERNS:
                name = f"router {rule.name}" if section == "routers" else f"policy {number + 1}"
                yield f"{key} of {name}", (section, number, key), getattr(rule, key, ())


def check_list(place: str, path: Path, patterns: tuple[bytes, ...], source: Source) -> Iterator[Finding]:
    """Yield the mistakes in a list: the first pattern that matches decides, and a last `!` matches everything else."""
    if takes_nothing(patterns):
        yield Finding(WRONG, "patterns", f"{place} cannot match anything", remedy=source.editor(path))
        return
    first_for_all = next((number for number, each in enumerate(patterns) if each.lstrip(b"!") in ALL), None)
    if first_for_all is not None and first_for_all < len(patterns) - 1:
        text = f"{place} has patterns after {patterns[first_for_all].decode()}, and they have no effect"
        last = [*patterns[:first_for_all], *patterns[first_for_all + 1 :], patterns[first_for_all]]
        remedy = source.set_to(path, [each.decode() for each in last])
        yield Finding(WARN, "patterns", f"{text}: put it last", remedy=remedy)
    elif patterns[-1:] and patterns[-1].startswith(b"!") and not all(each.startswith(b"!") for each in patterns):
        text = f"{place} ends with a ! pattern, so it matches every address that no pattern names"
        negated = [each for each in patterns if each.startswith(b"!")]
        first = [*negated, *(each for each in patterns if not each.startswith(b"!"))]
        remedy = source.set_to(path, [each.decode() for each in first])
        yield Finding(WARN, "patterns", f"{text}: put the ! patterns first", remedy=remedy)


def takes_nothing(patterns: tuple[bytes, ...]) -> bool:
    """Return whether the list begins with `!*`, so that it matches nothing."""
    for pattern in patterns:
        if not pattern.startswith(b"!"):
            return False
        if pattern[1:].lstrip() in ALL:
            return True
    return False


def check_rewrite(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield the rules of [rewrite] after one that matches first, and those for addresses that no local user has."""
    local = (configuration.qualify_domain, configuration.primary_hostname)
    before: list[bytes] = []
    for pattern, _ in configuration.rewrite:
        text = f'the rule "{pattern.decode()}" of [rewrite] in {source.file}'
        remedy = source.without(("rewrite", pattern.decode()))
        login, at, domain = pattern.rpartition(b"@")
        if any(each in (b"*", b"*@*") or each == b"*@" + domain for each in before):
            yield Finding(
                WARN, "rewrite", f"{text} never applies, because an earlier rule takes its addresses", remedy=remedy
            )
        elif at and b"*" not in domain and domain.lower() not in local and not is_known(pattern):
            text += (
                f" is not for a user's own address, whose domain is {' or '.join(sorted({d.decode() for d in local}))}"
            )
            yield Finding(WARN, "rewrite", text, remedy=remedy)
        elif b"*" not in pattern and not is_known(login if at else pattern) and not is_known(pattern):
            yield Finding(WARN, "rewrite", f"{text} names a user that does not exist", remedy=remedy)
        before.append(pattern)
