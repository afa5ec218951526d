"""Who the message is from: which address a login is, and which are the caller's own."""

from __future__ import annotations

import pytest

from helper.address import Mailbox
from helper.identity.origin import account_mailbox, own_addresses


@pytest.mark.parametrize(
    ("login", "address"),
    [
        (b"alice", b"alice@example.net"),
        (b"alice@corp.example", b"alice@corp.example"),
        (b"Alice.B@Corp.Example", b"Alice.B@Corp.Example"),
        (b"alice@corp", b"alice@corp"),
        (b"alice b@corp.example", b'"alice b"@corp.example'),
        (b"CORP\\alice", b'"CORP\\\\alice"@example.net'),
        (b"CORP\\alice@corp.example", b'"CORP\\\\alice"@corp.example'),
        (b"a@b@corp.example", b'"a@b"@corp.example'),
        (b"alice@", b'"alice@"@example.net'),
        (b"@corp.example", b'"@corp.example"@example.net'),
        (b"alice@corp example", b'"alice@corp example"@example.net'),
        (b"alice@corp..example", b'"alice@corp..example"@example.net'),
    ],
)
def test_a_login_that_is_an_address_is_that_address(login, address):
    assert account_mailbox(login, b"example.net").octets == address


def test_the_own_addresses_are_those_of_both_domains_also_as_they_are_rewritten():
    account, at_host = Mailbox(b"alice", b"example.net"), Mailbox(b"alice", b"ws1.example.net")

    def rewrite(mailbox: Mailbox) -> Mailbox:
        return mailbox.replace(local_part=b"public")

    assert [each.octets for each in own_addresses(account, at_host, rewrite)] == [
        b"alice@example.net",
        b"public@example.net",
        b"alice@ws1.example.net",
        b"public@ws1.example.net",
    ]
