"""Who the caller is, which reverse-path a caller may have, and what addresses are rewritten to."""

from __future__ import annotations

import pytest

from helper.address import Mailbox
from helper.failure import AddressError
from helper.identity.reverse_path import reverse_path_for
from helper.routing.caller import Caller, identify
from helper.routing.rewrite import rewritten
from tests.unit.routing.sample import ALICE, DOMAIN, OWN, mailbox

ROOT = Caller(b"root", 0, trusted=True)
PUBLIC = mailbox("public@x.example")


@pytest.mark.parametrize(
    ("login", "uid", "groups", "trusted"),
    [
        (b"root", 0, set(), True),
        (b"toor", 0, set(), True),
        (b"www-data", 33, {b"www-data"}, True),
        (b"carol", 1002, {b"carol", b"mail"}, True),
        (b"alice", 1000, {b"alice"}, False),
        (b"mail", 8, {b"nogroup"}, False),
        (b"x", 1003, {b"www-data"}, False),
        (b"root", 1004, set(), False),
    ],
)
def test_trusts_root_and_whom_the_configuration_names(login, uid, groups, trusted):
    assert identify(login, uid, frozenset(groups), (b"www-data",), (b"mail",)).trusted is trusted


@pytest.mark.parametrize(
    ("name", "uid", "has_account", "meant"),
    [
        (b"uid4242", 4242, False, True),
        (b"uid4242", 4243, False, False),
        (b"uid4242-4244", 4242, False, True),
        (b"uid4242-4244", 4244, False, True),
        (b"uid4242-4244", 4245, False, False),
        (b"uid4242-4244", 4243, True, False),
        (b"uid4242", 4242, True, False),
        (b"uid", 4242, False, False),
        (b"uidx-4244", 4242, False, False),
        (b"uid-4244", 4242, False, False),
        (b"uid4242-", 4242, False, False),
        (b"@uid4242", 4242, False, False),
    ],
)
def test_a_range_of_uids_takes_those_without_an_account(name, uid, has_account, meant):
    caller = Caller(b"alice" if has_account else b"uid%d" % uid, uid, has_account=has_account)
    assert caller.is_among((b"bob", name)) is meant


def test_an_account_may_be_called_like_a_uid():
    assert Caller(b"uid4242", 1000).is_among((b"uid4242",))


@pytest.mark.parametrize(
    ("requested", "caller", "expected"),
    [
        (None, ALICE, OWN),
        (b"", ALICE, None),
        (b"<>", ALICE, None),
        (b"alice", ALICE, OWN),
        (b"alice@Example.NET", ALICE, Mailbox(b"alice", b"Example.NET")),
        (b"public@x.example", ALICE, PUBLIC),
        (b"bounce-1@lists.example", ALICE, mailbox("bounce-1@lists.example")),
        (b"boss@lists.example", ALICE, OWN),
        (b"bob", ALICE, OWN),
        (b"alice@x.example", ALICE, OWN),
        (b"Bob <bob@x.example>", ROOT, mailbox("bob@x.example")),
        (None, ROOT, OWN),
        (b"<>", ROOT, None),
    ],
)
def test_a_reverse_path_that_the_caller_may_not_have_is_ignored(requested, caller, expected):
    allowed = (b"!boss@lists.example", b"*@lists.example")
    assert reverse_path_for(requested, caller, (OWN, PUBLIC), allowed, DOMAIN) == expected


def test_without_patterns_nobody_else_s_address_is_allowed():
    assert reverse_path_for(b"bob@x.example", ALICE, (OWN,), (), DOMAIN) == OWN


@pytest.mark.parametrize("caller", [ALICE, ROOT])
@pytest.mark.parametrize("requested", [b"a b", b"a@b, c@d", b"a\nb@x.example", b"<a"])
def test_a_reverse_path_that_is_no_address_fails_for_everybody(requested, caller):
    with pytest.raises(AddressError) as caught:
        reverse_path_for(requested, caller, (OWN,), (b"*",), DOMAIN)
    assert caught.value.address == requested


RULES = (
    (b"root", b"admin@public.example"),
    (b"web-*", b"web@public.example"),
    (b"bob@host.local", b"robert@public.example"),
    (b"*@host.local", b"*@public.example"),
    (b"*@*.local", b"anybody@public.example"),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("root@example.net", "admin@public.example"),
        ("ROOT@Host.Example.net", "admin@public.example"),
        ("root@x.example", "root@x.example"),
        ("web-1@example.net", "web@public.example"),
        ("bob@host.local", "robert@public.example"),
        ("Carol@HOST.local", "Carol@public.example"),
        ("carol@other.local", "anybody@public.example"),
        ("carol@example.net", "carol@example.net"),
    ],
)
def test_the_first_rule_that_matches_rewrites(given, expected):
    assert rewritten(RULES, mailbox(given), (b"example.net", b"host.example.net")) == mailbox(expected)


def test_a_quoted_local_part_is_kept_as_it_is():
    quoted = Mailbox(b'"two words"', b"host.local")
    assert rewritten(RULES, quoted, ()) == Mailbox(b'"two words"', b"public.example")
