"""The policies: who may send what to whom."""

from __future__ import annotations

import pytest

from helper.config.values import Policy
from helper.discreet import for_caller, for_log
from helper.failure import NotPermitted
from helper.routing.caller import Caller
from helper.routing.policy import check
from helper.routing.step import Destination
from tests.unit.routing.sample import mailbox

KIOSK = Caller(b"kiosk", 1500, frozenset({b"kiosk", b"public"}))
HELP = mailbox("help@example.net")
OWN = mailbox("kiosk@example.net")
RULE = Policy(
    callers=(b"kiosk",),
    recipients=(b"*@example.net",),
    senders=(b"kiosk@example.net",),
    message_size_limit_octets=1000,
    recipients_max=2,
)


def is_permitted(*policies, recipients=(HELP,), reverse_path=OWN, size_octets=100, caller=KIOSK):
    try:
        destinations = [Destination(each, each, "relay", (), reverse_path) for each in recipients]
        check(policies, caller, destinations, reverse_path, size_octets)
    except NotPermitted:
        return False
    return True


@pytest.mark.parametrize(
    ("policies", "permitted"),
    [
        ((), True),
        ((Policy(),), True),
        ((Policy(allow=False),), False),
        ((Policy(callers=(b"kiosk",), allow=False),), False),
        ((Policy(callers=(b"@public",), allow=False),), False),
        ((Policy(callers=(b"public",), allow=False),), True),
        ((Policy(callers=(b"alice",), allow=False),), True),
        ((Policy(callers=(b"kiosk",)), Policy(allow=False)), True),
        ((Policy(callers=(b"alice",)), Policy(allow=False)), False),
        ((Policy(allow=False), Policy(callers=(b"kiosk",))), False),
    ],
)
def test_the_first_policy_for_the_caller_decides(policies, permitted):
    assert is_permitted(*policies) is permitted


@pytest.mark.parametrize(
    ("message", "permitted"),
    [
        ({}, True),
        ({"recipients": (HELP, mailbox("Help2@Example.net"))}, True),
        ({"recipients": (HELP, HELP, HELP)}, False),
        ({"recipients": (HELP, mailbox("x@x.example"))}, False),
        ({"reverse_path": mailbox("boss@example.net")}, False),
        ({"reverse_path": None}, False),
        ({"size_octets": 1000}, True),
        ({"size_octets": 1001}, False),
    ],
)
def test_a_kiosk_may_write_to_the_help_desk_and_to_nobody_else(message, permitted):
    assert is_permitted(RULE, **message) is permitted


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Policy(allow=False), "kiosk may not send mail"),
        (Policy(recipients=(b"secret@x.example",)), "kiosk may not send to <help@example.net>"),
        (Policy(senders=(b"secret@x.example",)), "kiosk may not send as <kiosk@example.net>"),
        (Policy(recipients_max=0), "kiosk may send to at most 0 recipients at once"),
        (Policy(message_size_limit_octets=99), "kiosk may send at most 99 octets at once"),
    ],
)
def test_the_refusal_tells_what_is_forbidden_and_no_more(policy, sentence):
    with pytest.raises(NotPermitted) as caught:
        check((policy,), KIOSK, (Destination(HELP, HELP, "relay", (), OWN),), OWN, 100)
    assert caught.value.problem == sentence


def test_the_refusal_does_not_name_a_member_of_a_list_that_the_caller_may_not_read():
    member = Destination(mailbox("boss@example.org"), HELP, "relay", (), OWN, is_hidden=True)
    with pytest.raises(NotPermitted) as caught:
        check((RULE,), KIOSK, (member,), OWN, 100)
    assert for_caller(caught.value.problem) == "kiosk may not send to <help@example.net>"
    assert for_log(caught.value.problem) == "kiosk may not send to <boss@example.org>"


def test_the_null_reverse_path_is_allowed_where_a_policy_names_it():
    assert is_permitted(RULE.replace(senders=(b"<>",)), reverse_path=None)


def test_a_uid_without_an_account_has_to_be_meant_by_a_policy():
    stray = Caller(b"uid4242", 4242, has_account=False)
    with pytest.raises(NotPermitted, match=r"^uid 4242 has no account \(or the directory service is down\)$") as caught:
        check((RULE,), stray, (HELP,), OWN, 100)
    assert caught.value.later
    assert is_permitted(caller=stray)
    assert is_permitted(RULE, Policy(), caller=stray)
    assert is_permitted(RULE, Policy(callers=(b"uid4200-4299",)), caller=stray)
