"""The conditions of routers: which addresses, senders and callers a router is for (contract, section 6)."""

from __future__ import annotations

import pytest

from tests.system.outcome import assert_sent
from tests.system.world import ACCEPT, MESSAGE, configure, fields, login

CAROL = "carol@example.org"


def taken_if(condition):
    """Return routers that mark a message whose recipients meet a condition, and send all others unmarked."""
    return [ACCEPT | {"name": "taken", "headers_add": ["X-Taken: yes"]} | condition, ACCEPT]


def is_taken(result, host, recipients):
    """Say whether the message went by the first of the two ways."""
    assert_sent(result, host, recipients)
    return fields(host.message, "X-Taken") == [b"X-Taken: yes"]


@pytest.mark.parametrize(
    ("patterns", "domain", "taken"),
    [
        (["example.org"], "example.org", True),
        (["example.org"], "EXAMPLE.Org", True),
        (["EXAMPLE.org"], "example.org", True),
        (["example.org"], "sub.example.org", False),
        (["example.org"], "example.org.evil.example", False),
        (["*.example.org"], "sub.example.org", True),
        (["*.example.org"], "example.org", False),
        (["ex*.org", "nothing.example"], "example.org", True),
        (["^ex[am]+ple\\.org$"], "example.org", True),
        (["^ex[am]+ple\\.org$"], "exiple.org", False),
        (["!example.org"], "example.org", False),
        (["!example.org"], "example.com", True),
        (["!bad.example.org", "*.example.org"], "bad.example.org", False),
        (["!bad.example.org", "*.example.org"], "good.example.org", True),
        (["!bad.example.org", "*.example.org"], "example.com", False),
        (["!^bad\\.", "*.example.org"], "bad.example.org", False),
    ],
)
def test_a_router_is_for_its_domains(installation, smarthost, patterns, domain, taken):
    host = smarthost()
    configure(installation, host, taken_if({"domains": patterns}))
    recipient = f"carol@{domain}"
    assert is_taken(installation.send(recipient, stdin=MESSAGE), host, [recipient]) == taken


@pytest.mark.parametrize(
    ("patterns", "local_part", "taken"),
    [
        (["carol"], "carol", True),
        (["carol"], "CAROL", True),
        (["carol"], "carola", False),
        (["car*", "dora"], "carola", True),
        (["*-request"], "list-request", True),
        (["*-request"], "list", False),
        (["^[a-c]+rol$"], "carol", True),
        (["^[a-c]+rol$"], "karol", False),
        (["!carol"], "carol", False),
        (["!carol"], "dora", True),
        (["!carol", "c*"], "celia", True),
    ],
)
def test_a_router_is_for_its_local_parts(installation, smarthost, patterns, local_part, taken):
    host = smarthost()
    configure(installation, host, taken_if({"local_parts": patterns}))
    recipient = f"{local_part}@example.org"
    assert is_taken(installation.send(recipient, stdin=MESSAGE), host, [recipient]) == taken


@pytest.mark.parametrize(
    ("patterns", "reverse_path", "taken"),
    [
        (["news@example.com"], "news@example.com", True),
        (["news@example.com"], "news@EXAMPLE.com", True),
        (["news@example.com"], "other@example.com", False),
        (["*@example.com"], "other@example.com", True),
        (["*@example.com"], '"x@example.com"@example.org', False),
        (["news@*"], "news@example.org", True),
        (["^n[ew]+s@example"], "news@example.com", True),
        (["!*@example.com"], "news@example.com", False),
        (["!*@example.com"], "news@example.org", True),
        (["<>"], "<>", True),
        (["<>"], "news@example.com", False),
        (["*@*"], "<>", False),
        (["!<>"], "<>", False),
    ],
)
def test_a_router_is_for_its_senders(installation, smarthost, patterns, reverse_path, taken):
    host = smarthost()
    configure(installation, host, taken_if({"senders": patterns}))
    result = installation.send("-f", reverse_path, CAROL, stdin=MESSAGE, user="root")
    assert is_taken(result, host, [CAROL]) == taken


def test_the_senders_of_a_router_are_what_rewriting_made_of_them(installation, smarthost):
    host = smarthost()
    rewrite = {login(installation, "alice"): "public@example.com"}
    configure(installation, host, taken_if({"senders": ["public@example.com"]}), rewrite=rewrite)
    assert is_taken(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])


@pytest.mark.parametrize(
    ("names", "caller", "taken"),
    [
        (["alice"], "alice", True),
        (["alice"], "bob", False),
        (["bob", "alice"], "bob", True),
        (["@alice"], "alice", True),
        (["@alice"], "bob", False),
        (["root"], "root", True),
        (["@root"], "root", True),
        (["alice"], "root", False),
        (["null", "mail"], "root", False),
    ],
)
def test_a_router_is_for_its_callers(installation, smarthost, names, caller, taken):
    host = smarthost()
    names = [name[: name.find("@") + 1] + login(installation, name.removeprefix("@")) for name in names]
    configure(installation, host, taken_if({"callers": names}))
    assert is_taken(installation.send(CAROL, stdin=MESSAGE, user=caller), host, [CAROL]) == taken


def test_a_router_is_for_callers_of_any_group_they_are_in(installation, smarthost):
    host = smarthost()
    group = installation.account("bob")
    configure(installation, host, taken_if({"callers": [f"@{group.pw_name}"]}))
    result = installation.send(CAROL, stdin=MESSAGE, user="alice", groups=[group.pw_gid])
    assert is_taken(result, host, [CAROL])


@pytest.mark.parametrize("change", [str, str.upper])
def test_a_router_may_be_for_local_users(installation, smarthost, change):
    host = smarthost()
    configure(installation, host, taken_if({"check_local_user": True}))
    recipient = f"{change(login(installation, 'bob'))}@example.org"
    assert is_taken(installation.send(recipient, stdin=MESSAGE), host, [recipient])


def test_a_router_for_local_users_is_for_nobody_else(installation, smarthost):
    host = smarthost()
    configure(installation, host, taken_if({"check_local_user": True}))
    recipient = "nobody-like-this@example.net"
    assert not is_taken(installation.send(recipient, stdin=MESSAGE), host, [recipient])


@pytest.mark.parametrize("recipient", ["dora@example.org", "carol@example.com", "dora@example.com"])
def test_all_conditions_of_a_router_have_to_hold(installation, smarthost, recipient):
    host = smarthost()
    configure(installation, host, taken_if({"domains": ["example.org"], "local_parts": ["carol"]}))
    assert not is_taken(installation.send(recipient, stdin=MESSAGE), host, [recipient])
