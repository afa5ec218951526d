"""Policies: who may send what to whom; the caller is who the kernel says (contract, section 6)."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.system.outcome import assert_sent
from tests.system.world import (
    ACCEPT,
    MESSAGE,
    assert_goes_nowhere,
    configure,
    login,
    own,
    public_file,
    redirect,
)

CAROL = "carol@example.org"
NOT_PERMITTED = 77


def configure_policies(installation, host, *policies, **options):
    """Configure policies; in the callers' names, "alice" and "bob" are those of the accounts."""
    named = []
    for policy in policies:
        callers = [name[: name.find("@") + 1] + login(installation, name.lstrip("@")) for name in policy["callers"]]
        named.append(policy | {"callers": callers or None})
    configure(installation, host, policies=named, main={"exit_codes": "sysexits"}, **options)


def policy(*callers, **rules):
    """Return a policy for callers; for everybody where none is named."""
    return {"callers": list(callers)} | rules


def assert_forbidden(installation, host, result, recipients, what, who="alice"):
    """Nothing was sent, and the caller is told what is forbidden, and nothing else."""
    reason = f"{login(installation, who)} may {what}"
    assert_goes_nowhere(result, host, recipients, reason, NOT_PERMITTED)


# Who


@pytest.mark.parametrize("caller", ["alice", "bob", "root"])
def test_without_a_policy_everybody_may_send(installation, smarthost, caller):
    host = smarthost()
    configure(installation, host)
    assert_sent(installation.send(CAROL, stdin=MESSAGE, user=caller), host, [CAROL])


@pytest.mark.parametrize("caller", ["bob", "root"])
def test_where_no_policy_matches_the_message_may_go(installation, smarthost, caller):
    host = smarthost()
    configure_policies(installation, host, policy("alice", allow=False), policy("@alice", allow=False))
    assert_sent(installation.send(CAROL, stdin=MESSAGE, user=caller), host, [CAROL])


@pytest.mark.parametrize(
    ("callers", "who"), [(["alice"], "alice"), (["bob", "@alice"], "alice"), ([], "bob"), ([], "root")]
)
def test_who_may_not_send_is_told_so(installation, smarthost, callers, who):
    host = smarthost()
    configure_policies(installation, host, policy(*callers, allow=False))
    result = installation.send(CAROL, stdin=MESSAGE, user=who)
    assert_forbidden(installation, host, result, [CAROL], "not send mail", who)


def test_a_policy_is_for_callers_of_any_group_they_are_in(installation, smarthost):
    host = smarthost()
    configure_policies(installation, host, policy("@bob", allow=False))
    groups = [installation.account("bob").pw_gid]
    result = installation.send(CAROL, stdin=MESSAGE, user="alice", groups=groups)
    assert_forbidden(installation, host, result, [CAROL], "not send mail")


@pytest.mark.parametrize("claim", ["LOGNAME", "USER", "HOME"])
def test_nobody_becomes_somebody_else_by_saying_so(installation, smarthost, claim):
    host = smarthost()
    configure_policies(installation, host, policy("bob"), policy(allow=False))
    bob = installation.account("bob")
    value = bob.pw_dir if claim == "HOME" else bob.pw_name
    message = f"From: {bob.pw_name}@example.net\n".encode() + MESSAGE
    result = installation.send("-f", own(installation, "bob"), CAROL, stdin=message, env={claim: value})
    assert_forbidden(installation, host, result, [CAROL], "not send mail")


@pytest.mark.parametrize(
    ("policies", "allowed"),
    [
        ([policy("alice"), policy(allow=False)], True),
        ([policy(allow=False), policy("alice")], False),
        ([policy("alice", allow=False), policy("alice")], False),
        ([policy("bob", allow=False), policy("alice", recipients=["*@example.org"]), policy(allow=False)], True),
        ([policy("alice", recipients=["*@example.com"]), policy("alice", recipients=["*@example.org"])], False),
        ([policy("alice", recipients=["*@example.com"]), policy()], False),
        ([policy("@bob", allow=False), policy("@alice"), policy("alice", allow=False)], True),
    ],
)
def test_the_first_policy_for_the_caller_decides(installation, smarthost, policies, allowed):
    host = smarthost()
    configure_policies(installation, host, *policies)
    result = installation.send(CAROL, stdin=MESSAGE)
    assert (result.status, len(host.messages), host.connections) == ((0, 1, 1) if allowed else (NOT_PERMITTED, 0, 0))


# To whom


@pytest.mark.parametrize(
    ("patterns", "recipients", "forbidden"),
    [
        (["help@example.com"], ["help@example.com"], None),
        (["help@example.com"], ["Help@Example.COM"], None),
        (["help@example.com"], ["help@example.com", CAROL], CAROL),
        (["help@example.com"], [CAROL, "help@example.com"], CAROL),
        (["*@example.org"], [CAROL, "dora@example.org"], None),
        (["*@example.org"], ["carol@sub.example.org"], "carol@sub.example.org"),
        (["*@example.org"], ['"x@example.org"@example.com'], '"x@example.org"@example.com'),
        (["*@example.org"], ['"<carol@example.org>"@example.com'], '"<carol@example.org>"@example.com'),
        (["^ca[a-z]+@example\\.org$"], [CAROL], None),
        (["^ca[a-z]+@example\\.org$"], ["carol@example.org.example.com"], "carol@example.org.example.com"),
        (["!carol@example.org", "*@example.org"], ["dora@example.org"], None),
        (["!carol@example.org", "*@example.org"], [CAROL], CAROL),
        (["!*@example.org"], ["dora@example.com"], None),
        (["!*@example.org"], [CAROL], CAROL),
    ],
)
def test_every_recipient_has_to_match(installation, smarthost, patterns, recipients, forbidden):
    host = smarthost()
    configure_policies(installation, host, policy("alice", recipients=patterns))
    result = installation.send(*recipients, stdin=MESSAGE)
    if forbidden is None:
        assert_sent(result, host, recipients)
    else:
        assert_forbidden(installation, host, result, recipients, f"not send to <{forbidden}>")


def test_recipients_in_the_header_have_to_match_too(installation, smarthost):
    host = smarthost()
    configure_policies(installation, host, policy("alice", recipients=["*@example.com"]))
    message = b"To: help@example.com\nBcc: carol@example.org\n" + MESSAGE
    result = installation.send("-t", stdin=message)
    assert_forbidden(installation, host, result, ["help@example.com", CAROL], f"not send to <{CAROL}>")


@pytest.mark.parametrize(
    ("patterns", "allowed"), [(["carol@example.org"], True), (["staff@example.net", "*@example.net"], False)]
)
def test_the_final_recipients_have_to_match(installation, smarthost, patterns, allowed):
    host = smarthost()
    file = public_file(installation, "aliases", f"staff: {CAROL}\n")
    configure_policies(installation, host, policy("alice", recipients=patterns), routers=[redirect(file), ACCEPT])
    result = installation.send("staff", stdin=MESSAGE)
    if allowed:
        assert_sent(result, host, [CAROL])
    else:
        assert_forbidden(installation, host, result, [CAROL], f"not send to <{CAROL}>")


# As whom


@pytest.mark.parametrize(
    ("patterns", "reverse_path", "allowed"),
    [
        (["news@example.net"], "news@example.net", True),
        (["news@example.net"], "root@example.net", False),
        (["*@example.net"], "root@example.net", True),
        (["!root@*"], "root@example.net", False),
        (["!root@*"], "news@example.net", True),
        (["<>"], "<>", True),
        (["*@example.net"], "<>", False),
        (["*@example.net", "<>"], "<>", True),
    ],
)
def test_the_reverse_path_has_to_match(installation, smarthost, patterns, reverse_path, allowed):
    host = smarthost()
    configure_policies(installation, host, policy("root", senders=patterns))
    result = installation.send("-f", reverse_path, CAROL, stdin=MESSAGE, user="root")
    if allowed:
        assert_sent(result, host, [CAROL])
    else:
        what = f"not send as <{reverse_path.strip('<>')}>"
        assert_forbidden(installation, host, result, [CAROL], what, "root")


def test_the_final_reverse_path_has_to_match(installation, smarthost):
    host = smarthost()
    configure_policies(
        installation,
        host,
        policy("alice", senders=["list-errors@example.net"]),
        rewrite={login(installation, "alice"): "public@example.net"},
        routers=[ACCEPT | {"errors_to": "list-errors@example.net"}],
    )
    assert_sent(installation.send(CAROL, stdin=MESSAGE), host, [CAROL])


# How much


@pytest.mark.parametrize("over", [0, 1])
def test_recipients_are_counted_once_each_after_routing(installation, smarthost, over):
    host = smarthost()
    recipients = [f"user{number}@example.org" for number in range(2 + over)]
    file = public_file(installation, "aliases", f"staff: {', '.join(recipients)}\n")
    configure_policies(installation, host, policy("alice", recipients_max=2), routers=[redirect(file), ACCEPT])
    result = installation.send("staff", recipients[0], stdin=MESSAGE)
    if over:
        assert_forbidden(installation, host, result, recipients, "send to at most 2 recipients at once")
    else:
        assert_sent(result, host, recipients)


@pytest.mark.parametrize("over", [0, 1])
def test_the_size_is_that_of_the_message_as_it_goes_out(installation, smarthost, over):
    host = smarthost()
    configure(installation, host)
    installation.send(CAROL, stdin=MESSAGE)
    host.settle()
    size = len(host.message.octets)
    configure_policies(installation, host, policy("alice", message_size_limit=size - over))
    result = installation.send(CAROL, stdin=MESSAGE)
    host.settle()
    assert len(host.messages) == 2 - over
    if over:
        reason = f"{login(installation, 'alice')} may send at most {size - 1} octets at once"
        assert (result.status, result.reason, host.connections) == (NOT_PERMITTED, reason, 1)


def test_the_limit_of_a_policy_does_not_lift_that_of_all(installation, smarthost):
    host = smarthost()
    alice = {"callers": [login(installation, "alice")], "message_size_limit": "1M", "recipients_max": 100}
    configure(installation, host, policies=[alice], main={"message_size_limit": 1000, "recipients_max": 1})
    large = installation.send(CAROL, stdin=MESSAGE + 1000 * b"x")
    many = installation.send(CAROL, "dora@example.org", stdin=MESSAGE)
    assert large.reason == "the message has more than 1000 octets (message_size_limit)"
    assert many.reason == "the message has more than 1 recipients"
    assert host.connections == 0


# The kiosk: may write to the help desk, as one address, up to a size, and to nobody else


KIOSK = policy(
    "alice", recipients=["*@help.example.net"], senders=["kiosk@example.net"], recipients_max=2, message_size_limit=5000
)


def configure_kiosk(installation, host):
    """Configure a kiosk, whose only address is kiosk@example.net."""
    rewrite = {login(installation, "alice"): "kiosk@example.net"}
    configure_policies(installation, host, KIOSK, policy("bob"), policy(allow=False), rewrite=rewrite)


@pytest.mark.parametrize("args", [[], ["-f", "ceo@example.net"], ["-f", "kiosk@example.net"]])
def test_a_kiosk_writes_to_the_help_desk(installation, smarthost, args):
    host = smarthost()
    configure_kiosk(installation, host)
    assert_sent(installation.send(*args, "desk@help.example.net", stdin=MESSAGE), host, ["desk@help.example.net"])
    assert host.message.reverse_path == b"kiosk@example.net"


@pytest.mark.parametrize(
    ("args", "recipients", "size", "what"),
    [
        ([], [CAROL], 0, f"not send to <{CAROL}>"),
        ([], ["desk@help.example.net", CAROL], 0, f"not send to <{CAROL}>"),
        ([], ["desk@sub.help.example.net"], 0, "not send to <desk@sub.help.example.net>"),
        (["-f", "<>"], ["desk@help.example.net"], 0, "not send as <>"),
        ([], [f"{name}@help.example.net" for name in "abc"], 0, "send to at most 2 recipients at once"),
        ([], ["desk@help.example.net"], 5000, "send at most 5000 octets at once"),
    ],
)
def test_a_kiosk_does_nothing_else(installation, smarthost, args, recipients, size, what):
    host = smarthost()
    configure_kiosk(installation, host)
    result = installation.send(*args, *recipients, stdin=MESSAGE + size * b"x")
    assert_forbidden(installation, host, result, recipients, what)
    for word in ("bob", "kiosk@", "policies", str(installation.sysconfdir)):
        assert word not in result.stderr


def test_others_are_no_kiosk(installation, smarthost):
    host = smarthost()
    configure_kiosk(installation, host)
    assert_sent(installation.send(CAROL, stdin=MESSAGE, user="bob"), host, [CAROL])
    refused = installation.send(CAROL, stdin=MESSAGE, user="root")
    assert (refused.status, refused.reason) == (NOT_PERMITTED, "root may not send mail")


def test_who_may_not_send_may_not_even_send_to_nobody(installation, smarthost):
    """Status 0 says that the message was taken care of: it is not for whom a policy forbids to send."""
    host = smarthost()
    text = installation.relay_configuration(host) + "\n[[policies]]\nallow = false\n"
    installation.configure(text)
    result = installation.send("nobody", stdin=b"Subject: x\n\nx\n", etc={"aliases": "nobody: :blackhole:\n"})
    assert result.status == 1
    assert "may not send mail" in result.stderr


# Questions


@pytest.mark.parametrize(
    ("rules", "options", "what"),
    [
        ({"allow": False}, [], "not send mail"),
        ({"recipients": ["*@example.net"]}, [], f"not send to <{CAROL}>"),
        ({"senders": ["nobody@example.net"]}, [], "not send as <OWN>"),
        ({"senders": ["<>"]}, ["-f", "boss@example.org"], "not send as <OWN>"),
    ],
)
def test_questions_are_answered_as_a_send_would_be(installation, smarthost, rules, options, what):
    host = smarthost()
    configure_policies(installation, host, policy("alice", **rules))
    what = what.replace("OWN", own(installation))
    reason = f"{login(installation, 'alice')} may {what}"
    assert installation.send(*options, CAROL, stdin=MESSAGE).reason == reason
    verified = installation.send("-bv", *options, CAROL)
    assert (verified.status, verified.stdout) == (1, f"{reason}: not verified\n")
    traced = installation.send("-bt", *options, CAROL)
    assert (traced.status, traced.stdout.splitlines()[-1]) == (1, f"{reason}: not verified")
    reverse_path = options[1] if options else own(installation)
    session = f"EHLO me\r\nMAIL FROM:<{reverse_path}>\r\nRCPT TO:<{CAROL}>\r\nQUIT\r\n"
    answered = installation.send("-bs", stdin=session.encode())
    assert f"550 {reason}" in answered.stdout
    assert (answered.status != 0, host.connections) == (True, 0)
    assert installation.send("-bv", CAROL, user="bob").stdout == f"{CAROL}: verified\n"


def test_root_is_told_what_a_policy_would_say(installation, smarthost):
    configure_policies(installation, smarthost(), policy("alice", recipients=["*@example.net"]))
    alice = login(installation, "alice")
    reason = f"{alice} may not send to <{CAROL}>"
    explain = [installation.prefix / "bin/gatepost", "explain", CAROL, "--as", alice]
    done = subprocess.run(explain, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"{reason}: not verified")
    done = subprocess.run([*explain, "--json"], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["addresses"][0] | {"steps": []} == {
        "address": CAROL,
        "outcome": "failed",
        "reason": reason,
        "steps": [],
    }


def test_an_alias_that_leaves_nobody_is_forbidden_to_who_may_not_send(installation, smarthost):
    file = public_file(installation, "aliases", "hole: :blackhole:\n")
    configure_policies(installation, smarthost(), policy("alice", allow=False), routers=[redirect(file), ACCEPT])
    asked = installation.send("-bv", "hole")
    assert (asked.status, "may not send mail" in asked.stdout) == (1, True)
