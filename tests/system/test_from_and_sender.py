"""What From: and Sender: say of the caller, and the full name in them (contract, section 8)."""

from __future__ import annotations

import email.header
import pwd
from pathlib import Path

import pytest

from tests.system.outcome import assert_sent
from tests.system.world import MESSAGE, configure, fields, login, own

CAROL = "carol@example.org"
OTHER = "other@example.org"
FROM_OTHER = b"From: Other <other@example.org>\n"


def sent(installation, smarthost, *args, header=b"", main=None, **options):
    """Send one message and return it as it arrived."""
    host = smarthost()
    configure(installation, host, main=main)
    assert_sent(installation.send(*args, CAROL, stdin=header + MESSAGE, **options), host, [CAROL])
    return host.message


def sender_of(installation):
    """Return the field that names alice as the sender."""
    return f"Sender: Alice Example <{own(installation)}>".encode()


# From:


@pytest.mark.parametrize(
    ("args", "user", "expected"),
    [
        ([], "alice", "From: Alice Example <LOGIN@example.net>"),
        (["-F", "The Robot"], "alice", "From: The Robot <LOGIN@example.net>"),
        (["-FCronDaemon"], "alice", "From: CronDaemon <LOGIN@example.net>"),
        (["-F", ""], "alice", "From: LOGIN@example.net"),
        (["-F", "Alice E. (ws1)"], "alice", 'From: "Alice E. (ws1)" <LOGIN@example.net>'),
        (["-F", 'A "B" \\C'], "alice", 'From: "A \\"B\\" \\\\C" <LOGIN@example.net>'),
        (["-F", "Älice"], "alice", "From: =?utf-8?q?=C3=84lice?= <LOGIN@example.net>"),
        (["-f", OTHER], "alice", "From: Alice Example <LOGIN@example.net>"),
        (["-f", "<>"], "alice", "From: Alice Example <LOGIN@example.net>"),
        (["-f", "LOGIN@ws1.example.net"], "alice", "From: Alice Example <LOGIN@ws1.example.net>"),
        (["-f", "LOGIN@ws1.example.net"], "root", "From: root <root@ws1.example.net>"),
        (["-f", OTHER], "root", f"From: {OTHER}"),
        (["-f", OTHER, "-F", "Other"], "root", f"From: Other <{OTHER}>"),
        (["-f", "<>"], "root", "From: root <root@example.net>"),
    ],
)
def test_adds_from_where_it_is_missing(installation, smarthost, args, user, expected):
    args = [word.replace("LOGIN", login(installation, user)) for word in args]
    message = sent(installation, smarthost, *args, user=user)
    expected = expected.replace("LOGIN", login(installation, user)).encode()
    assert fields(message, "From", "Sender", "To", "Cc") == [expected]


@pytest.mark.parametrize("form", ["LOGIN", " LOGIN ", "LOGIN\n ", "upper"])
@pytest.mark.parametrize(("args", "name"), [([], "Alice Example"), (["-F", "The Robot"], "The Robot")])
def test_completes_a_from_that_is_just_the_login(installation, smarthost, form, args, name):
    alice = login(installation, "alice")
    text = alice.upper() if form == "upper" else form.replace("LOGIN", alice)
    message = sent(installation, smarthost, *args, header=f"From: {text}\n".encode())
    assert fields(message, "From", "Sender") == [f"From: {name} <{own(installation)}>".encode()]


@pytest.mark.parametrize("option", [[], ["-F", "The Robot"]])
def test_leaves_a_from_as_it_is(installation, smarthost, option):
    header = f"From:   Alice  (at work)   <{own(installation)}>\n".encode()
    assert fields(sent(installation, smarthost, *option, header=header), "From", "Sender") == [header[:-1]]


# Sender:


@pytest.mark.parametrize(
    "text",
    ["OWN", "<OWN>", "Somebody Else <OWN>", "OWN (at work)", "LOGIN@EXAMPLE.NET", "Alice <LOGIN>", "UPPER@example.net"],
)
def test_names_no_sender_where_from_is_the_callers_own_address(installation, smarthost, text):
    alice = login(installation, "alice")
    for word, name in (("OWN", own(installation)), ("LOGIN", alice), ("UPPER", alice.upper())):
        text = text.replace(word, name)
    assert fields(sent(installation, smarthost, header=f"From: {text}\n".encode()), "Sender") == []


@pytest.mark.parametrize(
    "header",
    [
        "From: other@example.org",
        "From: root",
        "From: root (Cron Daemon)",
        "From: LOGIN@example.org",
        "From: OWN, other@example.org",
        "From: OWN <other@example.org>",
        "From: xOWN",
        "From: OWN.example.org",
        "From: OWN\nFrom: other@example.org",
        "From: other@example.org\nFrom: OWN",
        "From : other@example.org",
        "FROM: other@example.org",
        "From: friends: OWN, other@example.org;",
        "From: no address at all",
    ],
)
def test_names_the_sender_where_from_is_not_the_callers_own_address(installation, smarthost, header):
    text = header.replace("OWN", own(installation)).replace("LOGIN", login(installation, "alice"))
    message = sent(installation, smarthost, header=f"{text}\n".encode())
    assert fields(message, "Sender") == [sender_of(installation)]


@pytest.mark.parametrize("header", ["Sender: Boss <boss@example.org>", "SENDER : x\nSender:\n folded@example.org"])
@pytest.mark.parametrize("main", [{}, {"local_from_check": False}])
def test_removes_the_sender_of_the_untrusted(installation, smarthost, header, main):
    header = f"From: {own(installation)}\n{header}\n".encode()
    message = sent(installation, smarthost, header=header, main=main)
    assert fields(message, "Sender", "Sender ") == []
    assert b"boss" not in message.header
    assert b"folded" not in message.header


def test_without_the_check_no_sender_is_added(installation, smarthost):
    message = sent(installation, smarthost, header=FROM_OTHER, main={"local_from_check": False})
    assert fields(message, "From", "Sender") == [FROM_OTHER[:-1]]


def test_without_the_check_the_sender_may_be_retained(installation, smarthost):
    header = FROM_OTHER + b"Sender: Boss <boss@example.org>\n"
    main = {"local_from_check": False, "local_sender_retain": True}
    message = sent(installation, smarthost, header=header, main=main)
    assert fields(message, "From", "Sender") == header.splitlines()


def test_to_retain_the_sender_and_to_check_is_a_contradiction(installation, smarthost):
    host = smarthost()
    configure(installation, host, main={"local_sender_retain": True})
    result = installation.send(CAROL, stdin=MESSAGE)
    assert (result.status, host.connections) == (1, 0)
    assert f"{installation.configuration}, line " in result.reason
    assert "local_sender_retain" in result.reason


@pytest.mark.parametrize(
    ("main", "local_part", "is_own"),
    [
        ({"local_from_prefix": "sales-"}, "sales-LOGIN", True),
        ({"local_from_prefix": "sales-"}, "LOGIN", True),
        ({"local_from_prefix": "sales-"}, "xsales-LOGIN", False),
        ({"local_from_prefix": "*-"}, "any-thing-LOGIN", True),
        ({"local_from_prefix": "*-"}, "anythingLOGIN", False),
        ({"local_from_suffix": "+list"}, "LOGIN+list", True),
        ({"local_from_suffix": "+*"}, "LOGIN+anything", True),
        ({"local_from_suffix": "+*"}, "LOGINx", False),
        ({"local_from_prefix": "*-", "local_from_suffix": "+*"}, "a-LOGIN+b", True),
        ({}, "a-LOGIN", False),
        ({}, "LOGIN+b", False),
    ],
)
def test_permits_a_prefix_and_a_suffix(installation, smarthost, main, local_part, is_own):
    address = local_part.replace("LOGIN", login(installation, "alice")) + "@example.net"
    message = sent(installation, smarthost, header=f"From: {address}\n".encode(), main=main)
    assert fields(message, "Sender") == ([] if is_own else [sender_of(installation)])


def test_a_message_that_is_sent_again_names_the_sender_in_its_newest_block(installation, smarthost):
    header = b"Resent-From: other@example.org\nResent-Sender: x@example.org\nResent-To: y@example.org\n" + FROM_OTHER
    message = sent(installation, smarthost, header=header)
    assert fields(message, "Resent-Sender") == [b"Resent-" + sender_of(installation)]
    assert fields(message, "From", "Sender") == [FROM_OTHER[:-1]]


# The full name, from the password file


def passwd_with(account, gecos, name=None):
    """Return /etc/passwd with another full name, and perhaps another login, for one account."""
    lines = Path("/etc/passwd").read_text().splitlines(keepends=True)
    entry = pwd.struct_passwd((name or account.pw_name, *account[1:4], gecos, *account[5:]))
    changed = ":".join(map(str, entry)) + "\n"
    return "".join(changed if line.startswith(f"{account.pw_name}:") else line for line in lines)


@pytest.mark.parametrize(
    ("gecos", "expected"),
    [
        ("Alice Example,Room 1,555", "Alice Example"),
        ("& Example", "CAPITALISED Example"),
        ("Alice  B.  Example", '"Alice B. Example"'),
        ('Alice "Ally" Example', '"Alice \\"Ally\\" Example"'),
        ("Alice <root@example.org>", '"Alice <root@example.org>"'),
        ("Alice (root)", '"Alice (root)"'),
        ("Ålice Exämple", "=?utf-8?q?=C3=85lice_Ex=C3=A4mple?="),
        ("", None),
        (",Room 1", None),
    ],
)
def test_the_full_name_is_what_the_password_file_says(installation, smarthost, gecos, expected):
    alice = installation.account("alice")
    message = sent(installation, smarthost, etc={"passwd": passwd_with(alice, gecos)})
    capitalised = alice.pw_name[0].upper() + alice.pw_name[1:]
    address = own(installation) if expected is None else f"{expected} <{own(installation)}>"
    assert fields(message, "From") == [f"From: {address}".replace("CAPITALISED", capitalised).encode()]


def test_a_long_name_beyond_ascii_is_encoded_and_folded(installation, smarthost):
    name = "Ærøskøbing " * 10 + "漢字 🦊"
    alice = installation.account("alice")
    message = sent(installation, smarthost, header=FROM_OTHER, etc={"passwd": passwd_with(alice, name)})
    (sender,) = fields(message, "Sender")
    text = sender.decode("ascii").removeprefix("Sender: ")
    assert max(map(len, text.split("\r\n"))) <= 78
    assert str(email.header.make_header(email.header.decode_header(text))) == f"{name} <{own(installation)}>"


# from_override: the caller's own address in the place of any other


@pytest.mark.parametrize(
    ("header", "user", "expected"),
    [
        (b"From: Shop <shop@example.org>\n", "alice", "From: Shop <public@example.com>"),
        (b"From: root (Cron Daemon)\n", "root", "From: public@example.com (Cron Daemon)"),
        (
            b'From: "A, B" <a@x.example>, c@y.example\nSender: d@z.example\n',
            "alice",
            'From: "A, B" <public@example.com>',
        ),
        (b"", "alice", "From: Alice Example <public@example.com>"),
    ],
)
def test_from_override_leaves_no_other_address_in_from(installation, smarthost, header, user, expected):
    host = smarthost()
    configure(installation, host, main={"from_override": True}, rewrite={"*": "public@example.com"})
    assert_sent(installation.send(CAROL, stdin=header + MESSAGE, user=user), host, [CAROL])
    assert fields(host.message, "From", "Sender") == [expected.encode()]
    assert host.message.reverse_path == b"public@example.com"


# A login that is an address (SSSD: use_fully_qualified_names)


ADDRESS = "alice@corp.example"


@pytest.mark.parametrize(
    ("rewrite", "policies", "header", "address", "expected"),
    [
        ({}, [], b"", ADDRESS, f"From: Alice <{ADDRESS}>"),
        ({}, [], f"From: {ADDRESS}\n".encode(), ADDRESS, f"From: {ADDRESS}"),
        (
            {},
            [{"callers": [ADDRESS], "senders": [ADDRESS]}, {"allow": False}],
            b"",
            ADDRESS,
            f"From: Alice <{ADDRESS}>",
        ),
        ({ADDRESS: "public@example.com"}, [], b"", "public@example.com", "From: Alice <public@example.com>"),
        ({"*": "public@example.com"}, [], b"", "public@example.com", "From: Alice <public@example.com>"),
        ({"*@corp.example": "*@example.com"}, [], b"", "alice@example.com", "From: Alice <alice@example.com>"),
        ({"alice": "wrong@example.com"}, [], b"", ADDRESS, f"From: Alice <{ADDRESS}>"),
    ],
)
def test_a_login_that_is_an_address_is_the_callers(
    installation, smarthost, rewrite, policies, header, address, expected
):
    host = smarthost()
    configure(installation, host, rewrite=rewrite, policies=policies)
    etc = {"passwd": passwd_with(installation.account("alice"), "Alice", ADDRESS)}
    assert_sent(installation.send("-f", ADDRESS, CAROL, stdin=header + MESSAGE, etc=etc), host, [CAROL])
    assert host.message.reverse_path == address.encode()
    assert fields(host.message, "From", "Sender") == [expected.encode()]
