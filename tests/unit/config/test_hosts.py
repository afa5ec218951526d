from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from helper.domain import is_ipv4, is_ipv6

NEARLY_AN_ADDRESS = st.text("0123456789abcfF:.", max_size=40) | st.lists(
    st.sampled_from(["0", "1", "ff", "2001", "12345", "", "1.2.3.4", "255", "256", ":", "::"]), max_size=10
).map(":".join)


def python_takes(kind, text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


@given(NEARLY_AN_ADDRESS)
def test_we_and_python_agree_on_what_is_an_address(text):
    assert is_ipv4(text) == python_takes(ipaddress.IPv4Address, text)
    assert is_ipv6(text) == python_takes(ipaddress.IPv6Address, text)


@given(st.ip_addresses(v=6), st.ip_addresses(v=4))
def test_every_address_is_taken_in_every_spelling(six, four):
    assert is_ipv4(str(four))
    assert is_ipv6(str(six))
    assert is_ipv6(six.exploded)
    assert is_ipv6(f"::ffff:{four}")
