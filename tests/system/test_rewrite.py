"""Rewriting: the machine's own people become addresses that a smart host accepts, in envelope and header."""

from __future__ import annotations

import pytest

from tests.system.outcome import assert_sent
from tests.system.world import MESSAGE, configure, fields, login, own

CAROL = "carol@example.org"
PUBLIC = "public@example.com"


def sent(installation, smarthost, rewrite, header=b"", *args, user="alice", main=None, etc=None):
    """Send one message under a [rewrite] table and return it as it arrived."""
    host = smarthost()
    configure(installation, host, rewrite=rewrite, main=main)
    assert_sent(installation.send(*args, CAROL, stdin=header + MESSAGE, user=user, etc=etc), host, [CAROL])
    return host.message


# The envelope


@pytest.mark.parametrize(
    ("rules", "args", "reverse_path"),
    [
        ({"LOGIN": PUBLIC}, [], PUBLIC),
        ({"LOGIN@example.net": PUBLIC}, [], PUBLIC),
        ({"LOGIN@EXAMPLE.net": PUBLIC}, [], PUBLIC),
        ({"*@example.net": PUBLIC}, [], PUBLIC),
        ({"*@example.*": PUBLIC}, [], PUBLIC),
        ({"gptest-*": PUBLIC}, [], PUBLIC),
        ({"*@example.net": "*@example.com"}, [], "LOGIN@example.com"),
        ({"LOGIN": PUBLIC, "*@example.net": "second@example.com"}, [], PUBLIC),
        ({"*@example.net": "first@example.com", "LOGIN": PUBLIC}, [], "first@example.com"),
        ({"LOGIN": "LOGIN@example.org", "*@example.org": PUBLIC}, [], "LOGIN@example.org"),
        ({"other": PUBLIC}, [], "LOGIN@example.net"),
        ({"*@example.com": "wrong@example.org"}, [], "LOGIN@example.net"),
        ({"LOGIN": PUBLIC}, ["-f", "LOGIN"], PUBLIC),
        ({"LOGIN": PUBLIC}, ["-f", "LOGIN@example.net"], PUBLIC),
        ({"LOGIN": PUBLIC}, ["-f", PUBLIC], PUBLIC),
        ({"LOGIN": PUBLIC}, ["-f", "LOGIN@ws1.example.net"], PUBLIC),
        ({"LOGIN": PUBLIC}, ["-f", "<>"], ""),
        ({"*@*": PUBLIC}, ["-f", "<>"], ""),
        ({"LOGIN": PUBLIC}, ["-f", "mallory@example.net"], PUBLIC),
    ],
)
def test_rewrites_the_reverse_path(installation, smarthost, rules, args, reverse_path):
    name = login(installation, "alice")
    rules = {pattern.replace("LOGIN", name): address.replace("LOGIN", name) for pattern, address in rules.items()}
    args = [arg.replace("LOGIN", name) for arg in args]
    assert sent(installation, smarthost, rules, b"", *args).reverse_path == reverse_path.replace("LOGIN", name).encode()


def test_rewrites_no_recipient(installation, smarthost):
    host = smarthost()
    configure(installation, host, rewrite={"*@example.net": PUBLIC})
    header = b"To: dora, Erik <erik@example.net>\nCc: <fritz@example.net>\n"
    assert_sent(installation.send("dora", stdin=header + MESSAGE), host, ["dora@example.net"])
    expected = [b"To: dora@example.net, Erik <erik@example.net>", b"Cc: <fritz@example.net>"]
    assert fields(host.message, "To", "Cc") == expected


# The header: not an octet is touched but the address

HEADERS = [
    (b"From: LOGIN", b"From: Alice Example <PUBLIC>"),
    (b"From: LOGIN@example.net", b"From: PUBLIC"),
    (b"From: <LOGIN@example.net>", b"From: <PUBLIC>"),
    (b"From: LOGIN (Cron Daemon)", b"From: PUBLIC (Cron Daemon)"),
    (b"From: Anacron <LOGIN>", b"From: Anacron <PUBLIC>"),
    (b"From: LOGIN@ws1.example.net", b"From: PUBLIC"),
    (b"From:LOGIN@example.net(no space)", b"From:PUBLIC(no space)"),
    (b'From: "Alice  \\"A.\\" Example" <LOGIN@example.net>', b'From: "Alice  \\"A.\\" Example" <PUBLIC>'),
    (b"From: =?utf-8?q?Al=C3=AFce?= <LOGIN@example.net>", b"From: =?utf-8?q?Al=C3=AFce?= <PUBLIC>"),
    (b"From: LOGIN@example.net (LOGIN@example.net)", b"From: PUBLIC (LOGIN@example.net)"),
    (b'From: "LOGIN@example.net" <LOGIN@example.net>', b'From: "LOGIN@example.net" <PUBLIC>'),
    (b"From:\tAlice\n  <LOGIN@example.net>\n (hers)", b"From:\tAlice\r\n  <PUBLIC>\r\n (hers)"),
    (b"From: Alice <LOGIN (the login) @ example.net>", b"From: Alice <PUBLIC>"),
    (b"FROM : Alice <LOGIN>", b"FROM: Alice <PUBLIC>"),
    (b"From: Carol <carol@example.org>", b"From: Carol <carol@example.org>"),
    (b"From: Alice <LOGIN>, Carol <carol@example.org>", b"From: Alice <PUBLIC>, Carol <carol@example.org>"),
]


@pytest.mark.parametrize(("header", "expected"), HEADERS)
def test_rewrites_from_and_keeps_the_rest(installation, smarthost, header, expected):
    name = login(installation, "alice").encode()
    message = sent(installation, smarthost, {name.decode(): PUBLIC}, header.replace(b"LOGIN", name) + b"\n")
    expected = expected.replace(b"LOGIN", name).replace(b"PUBLIC", PUBLIC.encode())
    assert fields(message, "From", "From ") == [expected]


@pytest.mark.parametrize("name", ["Sender", "Reply-To", "Resent-From", "Resent-Sender", "Resent-Reply-To"])
@pytest.mark.parametrize("address", ["root", "root@example.net"])
def test_rewrites_the_other_fields_of_an_author(installation, smarthost, name, address):
    header = f"{name}: Charlie Root (of ws1) <{address}>, Carol <carol@example.org>\n".encode()
    message = sent(installation, smarthost, {"root": PUBLIC}, header, user="root")
    assert fields(message, name) == [f"{name}: Charlie Root (of ws1) <{PUBLIC}>, Carol <carol@example.org>".encode()]


def test_rewrites_every_resent_block(installation, smarthost):
    header = b"Resent-From: root\nResent-To: x@example.org\nReceived: by old\nResent-From: <root@example.net>\n"
    message = sent(installation, smarthost, {"root": PUBLIC}, header, user="root")
    assert fields(message, "Resent-From")[1:] == [f"Resent-From: <{PUBLIC}>".encode()]
    assert PUBLIC.encode() in fields(message, "Resent-From")[0]


def test_rewrites_the_address_of_a_from_that_has_to_be_added(installation, smarthost):
    message = sent(installation, smarthost, {login(installation, "alice"): PUBLIC})
    assert fields(message, "From", "Sender") == [f"From: Alice Example <{PUBLIC}>".encode()]


def test_rewrites_the_address_of_a_sender_that_has_to_be_added(installation, smarthost):
    message = sent(installation, smarthost, {login(installation, "alice"): PUBLIC}, b"From: carol@example.org\n")
    assert fields(message, "Sender") == [f"Sender: Alice Example <{PUBLIC}>".encode()]


@pytest.mark.parametrize("address", [PUBLIC, "Alice <public@EXAMPLE.com>", "LOGIN@example.net", "LOGIN"])
def test_the_rewritten_address_is_the_callers_own(installation, smarthost, address):
    name = login(installation, "alice")
    header = f"From: {address.replace('LOGIN', name)}\n".encode()
    assert fields(sent(installation, smarthost, {name: PUBLIC}, header), "Sender") == []


@pytest.mark.parametrize("rules", [{"LOGIN": PUBLIC}, {"*@ws1.example.net": "*@example.net"}])
def test_an_address_that_becomes_the_callers_own_is_the_callers_own(installation, smarthost, rules):
    name = login(installation, "alice")
    rules = {pattern.replace("LOGIN", name): address for pattern, address in rules.items()}
    message = sent(installation, smarthost, rules, f"From: {name}@ws1.example.net\n".encode())
    assert fields(message, "From", "Sender") == [f"From: {message.reverse_path.decode()}".encode()]


def test_other_fields_stay_as_they_are(installation, smarthost):
    name = login(installation, "alice")
    header = f"X-From: {name}@example.net\nErrors-To: {name}@example.net\nSubject: {name}@example.net\n".encode()
    message = sent(installation, smarthost, {name: PUBLIC}, header)
    assert fields(message, "X-From", "Errors-To", "Subject")[:3] == header.splitlines()


def test_the_body_stays_as_it_is(installation, smarthost):
    host = smarthost()
    name = login(installation, "alice")
    configure(installation, host, rewrite={name: PUBLIC})
    body = f"From: {name}@example.net\n".encode()
    assert_sent(installation.send(CAROL, stdin=b"Subject: x\n\n" + body), host, [CAROL])
    assert host.message.body == body.replace(b"\n", b"\r\n")


# What programs write, as root


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"From: root (Cron Daemon)", b"From: PUBLIC (Cron Daemon)"),
        (b'From: "(Cron Daemon)" <root>', b'From: "(Cron Daemon)" <PUBLIC>'),
        (b"From: Anacron <root>", b"From: Anacron <PUBLIC>"),
        (b"From: root (systemd-cron)", b"From: PUBLIC (systemd-cron)"),
        (b"From: mdadm monitoring <root>", b"From: mdadm monitoring <PUBLIC>"),
        (b"From: root@ws1.example.net", b"From: PUBLIC"),
        (b"From: bob", b"From: bob@example.net"),
    ],
)
def test_what_cron_and_its_like_write_becomes_acceptable(installation, smarthost, header, expected):
    message = sent(installation, smarthost, {"root": PUBLIC}, header + b"\nTo: root\n", user="root")
    assert fields(message, "From", "Sender") == [expected.replace(b"PUBLIC", PUBLIC.encode())]
    assert message.reverse_path == PUBLIC.encode()
    assert fields(message, "To") == [b"To: root@example.net"]


def test_without_rules_addresses_are_qualified_only(installation, smarthost):
    message = sent(installation, smarthost, None, b"From: root (Cron Daemon)\nReply-To: Alice <alice>\n", user="root")
    assert fields(message, "From", "Reply-To") == [
        b"From: root@example.net (Cron Daemon)",
        b"Reply-To: Alice <alice@example.net>",
    ]
    assert message.reverse_path == b"root@example.net"


def test_the_users_own_cron_job_names_the_user_as_sender(installation, smarthost):
    rules = {"root": PUBLIC}
    message = sent(installation, smarthost, rules, b"From: root (Cron Daemon)\n")
    assert fields(message, "From") == [f"From: {PUBLIC} (Cron Daemon)".encode()]
    assert fields(message, "Sender") == [f"Sender: Alice Example <{own(installation)}>".encode()]


@pytest.mark.parametrize("rule", ['"*" = "public"', '"a b" = "c@example.net"', '"^x" = "c@example.net"'])
def test_a_rule_that_makes_no_sense_is_refused(installation, smarthost, rule):
    host = smarthost()
    installation.configure(installation.relay_configuration(host) + f"\n[rewrite]\n{rule}\n")
    result = installation.send(CAROL, stdin=MESSAGE)
    assert (result.status, host.connections) == (1, 0)
    assert result.reason.startswith(f"{installation.configuration}, line ")
    assert ": rewrite" in result.reason
