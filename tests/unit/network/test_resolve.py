from __future__ import annotations

import _socket

import pytest

from helper.network.resolve import ADDRESSES_LIMIT, Address, in_turns, reachable_from
from helper.network.services import port_in


def addresses(*names: str) -> list[Address]:
    """Return addresses, IPv6 where the name begins with 6."""
    return [Address(_socket.AF_INET6 if name[0] == "6" else _socket.AF_INET, (name, 25), name) for name in names]


@pytest.mark.parametrize(
    ("found", "tried"),
    [
        ("", ""),
        ("4a", "4a"),
        ("4a 4b 4c", "4a 4b 4c"),
        ("6a 6b 6c 4a 4b 4c", "6a 4a 6b 4b 6c 4c"),
        ("4a 4b 6a", "4a 6a 4b"),
        ("4a 6a 6b 4b", "4a 6a 4b 6b"),
        ("6a 6b 6c 4a", "6a 4a 6b 6c"),
        ("4a 6a 6b 6c", "4a 6a 6b 6c"),
    ],
)
def test_the_families_take_turns_and_the_first_one_begins(found, tried):
    assert in_turns(addresses(*found.split())) == addresses(*tried.split())


@pytest.mark.parametrize("surplus", [0, 1])
def test_no_more_addresses_are_tried_than_this(surplus):
    names = [f"4{number}" for number in range(ADDRESSES_LIMIT + surplus)]
    assert in_turns(addresses(*names)) == addresses(*names[:ADDRESSES_LIMIT])


@pytest.mark.parametrize(("interface", "left"), [(None, "4a 6a"), (b"192.0.2.1", "4a"), (b"2001:db8::1", "6a")])
def test_an_interface_reaches_only_its_own_family(interface, left):
    assert reachable_from(addresses("4a", "6a"), interface) == addresses(*left.split())


@pytest.mark.parametrize(
    ("name", "port"),
    [
        (b"smtp", 25),
        (b"mail", 25),
        (b"submission", 587),
        (b"domain", 53),
        (b"only-udp", None),
        (b"wrong", None),
        (b"tcp", None),
        (b"", None),
        (b"Mail", None),
    ],
)
def test_a_service_is_found_by_its_name_or_an_alias(name, port):
    lines = b"# smtp 1/tcp\nsmtp\t25/tcp\tmail post # wrong\ndomain 53/udp\ndomain 53/tcp\nonly-udp 7/udp\n"
    assert port_in(lines + b"wrong x/tcp\nwrong\n\nsubmission 587/tcp", name) == port
