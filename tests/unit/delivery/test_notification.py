from __future__ import annotations

import pytest

from helper.address import Mailbox
from helper.delivery.notification import notification_of, xtext
from helper.message.address_list import parse_mailbox
from helper.request.submission import Submission
from helper.routing.step import Destination
from helper.smtp.envelope import Notification

QUALIFY = b"example.net"


def destination(address: str, given: str = "") -> Destination:
    return Destination(mailbox(address), mailbox(given or address), "relay", (), None)


def mailbox(text: str) -> Mailbox:
    return parse_mailbox(text.encode(), QUALIFY)


def notification(*destinations, recipients=(), **asked):
    return notification_of(Submission(recipients, **asked), destinations, QUALIFY)


def test_nothing_asked_for_is_nothing_said():
    assert notification(destination("b@x.example")) is None
    assert notification(destination("b@x.example"), recipients=(b"b@x.example",), recipient_parameters=(b"",)) is None


def test_what_the_caller_asks_for_holds_for_every_recipient():
    found = notification(
        destination("b@x.example"), destination("c@x.example"), notify=b"SUCCESS,DELAY", ret=b"HDRS", envid=b"a+b=c d"
    )
    each = b" NOTIFY=SUCCESS,DELAY"
    assert found == Notification(b" RET=HDRS ENVID=a+2Bb+3Dc+20d", (each, each))


def test_the_address_that_the_caller_knows_goes_with_the_one_that_an_alias_gave():
    found = notification(destination("b@x.example", "root"), destination("c@x.example"), notify=b"FAILURE")
    assert found.recipients == (b" NOTIFY=FAILURE ORCPT=rfc822;root@example.net", b" NOTIFY=FAILURE")


def test_an_original_address_beyond_ascii_is_not_told():
    found = notification(destination("b@x.example", "\u00fc@x.example"), notify=b"FAILURE")
    assert found.recipients == (b" NOTIFY=FAILURE",)


@pytest.mark.parametrize("given", ["b@x.example", "b@X.example", "<b@x.example>"])
def test_a_client_of_bs_asks_for_each_recipient(given):
    found = notification(
        destination("c@x.example"),
        destination("away@y.example", "b@x.example"),
        recipients=(b"c@x.example", given.encode()),
        recipient_parameters=(b"", b"NOTIFY=NEVER ORCPT=rfc822;who@z.example"),
    )
    assert found == Notification(b"", (b"", b" NOTIFY=NEVER ORCPT=rfc822;who@z.example"))


def test_xtext_has_no_space_and_no_control_in_it():
    assert xtext(bytes(range(256))).isascii()
    assert xtext(b"a\r\n =+~!") == b"a+0D+0A+20+3D+2B~!"
