"""Whose word for a signature counts."""

from __future__ import annotations

import pytest

from helper.network.signed_records import is_on_this_machine, trusts_ad


@pytest.mark.parametrize(
    ("text", "trusted"),
    [
        (b"options trust-ad\n", True),
        (b"nameserver 192.0.2.1\n options\tedns0 trust-ad", True),
        (b"options edns0\noptions trust-ad\n", True),
        (b"", False),
        (b"options edns0\n", False),
        (b"#options trust-ad\n", False),
        (b"; options trust-ad\n", False),
        (b"# x\roptions trust-ad\n", False),
        (b"search options trust-ad\n", False),
        (b"options trust-ad2\n", False),
    ],
)
def test_resolv_conf_says_whether_resolvers_elsewhere_are_trusted(text, trusted):
    assert trusts_ad(text) == trusted


@pytest.mark.parametrize(
    ("address", "here"),
    [
        *(("127.0.0.1", True), ("127.0.0.53", True), ("::1", True)),
        *(("192.0.2.1", False), ("12.7.0.0", False), ("::", False), ("::2", False), ("2001:db8::1", False)),
    ],
)
def test_loopback_is_this_machine(address, here):
    assert is_on_this_machine(address) == here
