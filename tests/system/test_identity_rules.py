"""The caller's identity: who is trusted, and who may name which reverse-path (contract, section 8)."""

from __future__ import annotations

import pwd

import pytest

from tests.system.outcome import assert_sent, facts_of
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


# Who is trusted


@pytest.fixture(params=["root", "trusted_users", "trusted_groups", "trusted_groups of others"])
def trusted(request, installation):
    """Return main options and options of a send for a caller who is trusted."""
    alice, bob = installation.account("alice"), installation.account("bob")
    return {
        "root": ({}, {"user": "root"}),
        "trusted_users": ({"trusted_users": ["nobody", alice.pw_name]}, {}),
        "trusted_groups": ({"trusted_groups": ["nogroup", alice.pw_name]}, {}),
        "trusted_groups of others": ({"trusted_groups": [bob.pw_name]}, {"groups": [bob.pw_gid]}),
    }[request.param]


@pytest.mark.parametrize(
    ("given", "reverse_path"),
    [(OTHER, OTHER), (f"Other <{OTHER}>", OTHER), ("other", "other@example.net"), ("<>", ""), ("", "")],
)
def test_the_trusted_name_any_reverse_path(installation, smarthost, trusted, given, reverse_path):
    main, options = trusted
    message = sent(installation, smarthost, "-f", given, main=main, **options)
    assert message.reverse_path == reverse_path.encode()


def test_the_trusted_are_believed(installation, smarthost, trusted):
    main, options = trusted
    header = FROM_OTHER + b"Sender: Secretary <secretary@example.org>\n"
    message = sent(installation, smarthost, header=header, main=main, **options)
    assert fields(message, "From", "Sender") == header.splitlines()


def test_the_trusted_need_no_sender(installation, smarthost, trusted):
    main, options = trusted
    assert fields(sent(installation, smarthost, header=FROM_OTHER, main=main, **options), "Sender") == []


@pytest.mark.parametrize(
    "main",
    [{}, {"trusted_users": ["gptest"]}, {"trusted_users": ["root", "bin"], "trusted_groups": ["root", "mail"]}],
)
def test_nobody_else_is_trusted(installation, smarthost, main):
    message = sent(installation, smarthost, "-f", OTHER, header=FROM_OTHER, main=main)
    assert message.reverse_path == own(installation).encode()
    assert fields(message, "Sender") == [sender_of(installation)]


def test_a_name_among_the_users_is_no_name_of_a_group(installation, smarthost):
    bob = installation.account("bob")
    main = {"trusted_users": [bob.pw_name]}
    message = sent(installation, smarthost, "-f", OTHER, main=main, groups=[bob.pw_gid])
    assert message.reverse_path == own(installation).encode()


# The reverse-path of everybody else


@pytest.mark.parametrize("option", ["-f", "-r"])
@pytest.mark.parametrize(
    ("given", "reverse_path"),
    [
        (OTHER, "OWN"),
        ("OWN2", "OWN"),
        ("root", "OWN"),
        ("OWN.evil.example", "OWN"),
        ("OWN", "OWN"),
        ("<OWN>", "OWN"),
        ("LOGIN", "LOGIN@example.net"),
        ("LOGIN@EXAMPLE.NET", "LOGIN@EXAMPLE.NET"),
        ("<>", ""),
        ("", ""),
    ],
)
def test_an_untrusted_caller_sends_as_itself_or_as_nobody(installation, smarthost, option, given, reverse_path):
    def named(text):
        names = (
            ("OWN2", own(installation, "bob")),
            ("OWN", own(installation)),
            ("LOGIN", login(installation, "alice")),
        )
        for word, name in names:
            text = text.replace(word, name)
        return text

    host = smarthost()
    configure(installation, host)
    result = installation.send(option, named(given), CAROL, stdin=MESSAGE)
    assert_sent(result, host, [CAROL])
    assert host.message.reverse_path == named(reverse_path).encode()
    assert facts_of(result.log_line)["from"] == f"<{named(reverse_path)}>"


def test_without_f_the_reverse_path_is_the_callers(installation, smarthost):
    for who in ("alice", "bob", "root"):
        message = sent(installation, smarthost, user=who, header=FROM_OTHER)
        assert message.reverse_path == own(installation, who).encode()


MBOX_LINES = [
    (f"From {OTHER} Mon Jan  1 00:00:00 2024", OTHER),
    ("From other Mon, 1 Jan 24 00:00", "other@example.net"),
    ("From <> Mon Jan  1 00:00:00 2024", ""),
]


@pytest.mark.parametrize(("line", "reverse_path"), MBOX_LINES)
def test_an_mbox_line_names_the_reverse_path_of_the_trusted(installation, smarthost, trusted, line, reverse_path):
    main, options = trusted
    message = sent(installation, smarthost, header=f"{line}\n".encode(), main=main, **options)
    assert message.reverse_path == reverse_path.encode()


def test_f_counts_more_than_an_mbox_line(installation, smarthost):
    line = f"{MBOX_LINES[0][0]}\n".encode()
    message = sent(installation, smarthost, "-f", "dora@example.org", header=line, user="root")
    assert message.reverse_path == b"dora@example.org"


@pytest.mark.parametrize(
    "line",
    [b"From a@@b Mon Jan  1 00:00:00 2024", b"From \x1b[31m Mon Jan  1 00:00:00 2024", b"From here on: all is well"],
)
def test_an_mbox_line_without_an_address_names_nobody(installation, smarthost, line):
    message = sent(installation, smarthost, header=line + b"\n", user="root")
    assert message.reverse_path == own(installation, "root").encode()


@pytest.mark.parametrize("patterns", [[], [OTHER]])
def test_an_mbox_line_gives_the_untrusted_no_reverse_path_that_f_would_not(installation, smarthost, patterns):
    main = {"untrusted_set_sender": patterns} if patterns else {}
    message = sent(installation, smarthost, header=f"{MBOX_LINES[0][0]}\n".encode(), main=main)
    assert message.reverse_path == (OTHER if patterns else own(installation)).encode()


@pytest.mark.parametrize(
    ("patterns", "given", "allowed"),
    [
        ([OTHER], OTHER, True),
        ([OTHER], "other@EXAMPLE.org", True),
        ([OTHER], "another@example.org", False),
        (["*@example.org"], OTHER, True),
        (["*@example.org"], '"x@example.org"@example.com', False),
        (["*"], OTHER, True),
        (["^o[a-z]+@example\\.org$"], OTHER, True),
        (["^o[a-z]+@example\\.org$"], "other@example.org.example.com", False),
        (["!other@*", "*@example.org"], OTHER, False),
        (["!other@*", "*@example.org"], "another@example.org", True),
        (["news@example.net", OTHER], "news", True),
    ],
)
def test_everybody_may_have_a_reverse_path_that_is_set_free(installation, smarthost, patterns, given, allowed):
    message = sent(installation, smarthost, "-f", given, main={"untrusted_set_sender": patterns})
    qualified = given if "@" in given else f"{given}@example.net"
    assert message.reverse_path == (qualified if allowed else own(installation)).encode()


def test_who_has_a_reverse_path_of_its_own_is_named_as_sender_all_the_same(installation, smarthost):
    message = sent(installation, smarthost, "-f", OTHER, header=FROM_OTHER, main={"untrusted_set_sender": ["*"]})
    assert message.reverse_path == OTHER.encode()
    assert fields(message, "Sender") == [sender_of(installation)]


# Whom the password file does not know


def free_uid():
    """Return a uid that nobody has."""
    taken = {account.pw_uid for account in pwd.getpwall()}
    return next(uid for uid in range(61000, 61999) if uid not in taken)


def as_stray(uid):
    """Return the options of a send by a uid that no password entry has."""
    ids = ["--reuid", str(uid), "--regid", str(uid), "--clear-groups"]
    return {"user": "root", "through": ["/usr/bin/setpriv", *ids, "--"]}


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_a_uid_without_a_password_entry_sends(installation, smarthost, mode):
    host = smarthost()
    uid = free_uid()
    installation.mode(mode)
    configure(installation, host)
    result = installation.send("-f", OTHER, CAROL, stdin=FROM_OTHER + MESSAGE, **as_stray(uid))
    assert_sent(result, host, [CAROL])
    assert host.message.reverse_path == f"uid{uid}@example.net".encode()
    assert fields(host.message, "Sender") == [f"Sender: uid{uid}@example.net".encode()]
    assert f"from userid {uid}," in fields(host.message, "Received")[0].decode()
    facts = facts_of(result.log_line)
    assert (facts["caller"], facts["uid"]) == (f"uid{uid}", str(uid))


def test_a_uid_without_a_password_entry_is_its_own_author(installation, smarthost):
    uid = free_uid()
    message = sent(installation, smarthost, **as_stray(uid))
    assert fields(message, "From", "Sender") == [f"From: uid{uid}@example.net".encode()]
