"""Warn of limits that are too small for messages, too short for smart hosts, or too large to limit anything."""

from __future__ import annotations

from collections.abc import Iterator

from admin.correction.edit import Source
from admin.finding import WARN, WRONG, Finding
from helper.config.values import Configuration, Transport

SMALLEST_OCTETS = 1024  # a header with what other programs add has more than half of that
SHORTEST_S = {"connect_timeout": 2, "command_timeout": 5, "data_timeout": 10, "final_timeout": 60}
LONGEST_S = 3600  # the caller waits


def check_limits(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield the limits that stop most messages, or have no effect."""
    yield from check_size(configuration.message_size_limit_octets, (), source)
    for number, policy in enumerate(configuration.policies):
        yield from check_size(policy.message_size_limit_octets, ("policies", number), source)
        for key, own, whole in (
            ("message_size_limit", policy.message_size_limit_octets, configuration.message_size_limit_octets),
            ("recipients_max", policy.recipients_max, configuration.recipients_max),
        ):
            if own is not None and whole is not None and own > whole:
                text = (
                    f"{key} of policy {number + 1} has no effect, because the limit for everybody is lower; "
                    f"in {source.file}"
                )
                yield Finding(WARN, "limits", text, remedy=source.without(("policies", number, key)))
    for transport in configuration.transports:
        yield from check_times(transport, source)


def check_size(octets: int | None, table: tuple[str | int, ...], source: Source) -> Iterator[Finding]:
    """Yield a size limit that is too small for any message."""
    if octets is not None and octets < SMALLEST_OCTETS:
        text = f"message_size_limit is {octets} octets, which is too small for almost every message; in {source.file}"
        yield Finding(WRONG, "limits", text, remedy=source.set_to((*table, "message_size_limit"), f"{octets}M"))


def check_times(transport: Transport, source: Source) -> Iterator[Finding]:
    """Yield times that are too short for a smart host to answer, or longer than a caller will wait."""
    for key, shortest_s in SHORTEST_S.items():
        value_s = getattr(transport, f"{key}_s")
        if not shortest_s <= value_s <= LONGEST_S:
            why = "many smart hosts take longer than that" if value_s < shortest_s else "the caller waits that long"
            doubt = ", and then it is in doubt whether the message was accepted" if key == "final_timeout" else ""
            text = f"{key} is {value_s:.0f} s, and {why}{doubt if value_s < shortest_s else ''}"
            place = f"in [transports.{transport.name}] of {source.file}"
            remedy = source.without(("transports", transport.name, key))
            yield Finding(WARN, "limits", f"{text}; {place}", remedy=remedy)
