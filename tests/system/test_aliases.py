"""/etc/aliases without any router in the configuration: as everybody expects it to work."""

from __future__ import annotations

import pytest

from tests.system.outcome import MESSAGE, ONE, assert_not_sent, assert_sent, configure, facts_of

LONG = "".join(f"user{number}: target{number}@example.org\n" for number in range(20_000))


@pytest.mark.parametrize(
    ("aliases", "recipient", "expected"),
    [
        ("root: carol@example.org\n", "root", ["carol@example.org"]),
        ("root: carol@example.org\n", "ROOT", ["carol@example.org"]),
        ("Root : carol@example.org\n", "root", ["carol@example.org"]),
        ("root: carol@example.org\n", "root@example.net", ["carol@example.org"]),
        ("root: carol@example.org\n", "root@ws1.example.net", ["carol@example.org"]),
        ("root: carol@example.org\n", "root@elsewhere.example", ["root@elsewhere.example"]),
        ("root: carol@example.org, dave@example.org\n", "root", ["carol@example.org", "dave@example.org"]),
        ("root: carol@example.org,\n\tdave@example.org\n", "root", ["carol@example.org", "dave@example.org"]),
        ("# root: x@y.example\nroot: carol@example.org\n# end\n", "root", ["carol@example.org"]),
        ("root: admin\nadmin: carol@example.org\n", "root", ["carol@example.org"]),
        ("root: root, carol@example.org\n", "root", ["root@example.net", "carol@example.org"]),
        ("root: \\root\n", "root", ["root@example.net"]),
        ('"root": "Carol, of sales" <carol@example.org>\n', "root", ["carol@example.org"]),
        ("root: \\alice\n", "root@ws1.example.net", ["alice@ws1.example.net"]),
        (
            '\ufeffroot: "carol@example.org", "admin"\nadmin: "dave@example.org"\n',
            "root",
            ["carol@example.org", "dave@example.org"],
        ),
        ("postmaster: root\n", "alice", ["alice@example.net"]),
        ("*: carol@example.org\n", "anybody", ["carol@example.org"]),
        (LONG + "root: user19999\n", "root", ["target19999@example.org"]),
        ("root: :unknown:\n", "root", ["root@example.net"]),
        (None, "root", ["root@example.net"]),
        ("", "root", ["root@example.net"]),
    ],
)
@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_local_address_leads_where_the_aliases_say(installation, smarthost, aliases, recipient, expected, user):
    host = smarthost()
    configure(installation, host)
    result = installation.send(recipient, stdin=MESSAGE, user=user, etc={"aliases": aliases})
    assert_sent(result, host, expected)


def test_recipients_that_lead_to_the_same_address_get_one_copy(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    etc = {"aliases": "root: carol@example.org\npostmaster: root\n"}
    assert_sent(installation.send("root", "postmaster", *ONE, stdin=MESSAGE, etc=etc), host, ONE)


@pytest.mark.parametrize("item", [":blackhole:", "/dev/null"])
def test_a_message_that_is_for_nobody_is_discarded(installation, smarthost, item):
    host = smarthost()
    configure(installation, host)
    result = installation.send("root", stdin=MESSAGE, etc={"aliases": f"root: {item}\n"})
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["status"]) == ("accepted", "0")
    assert "discarded" in result.log_line
    assert host.connections == 0


@pytest.mark.parametrize(
    ("aliases", "part"),
    [
        ("root: <carol@example.org\n", "root"),
        ("root: carol@@example.org\n", "root"),
        ("root: :fail: nobody reads this\n", "nobody reads this"),
        ("root: :defer: read later\n", "read later"),
        ("root: |/bin/true\n", "root"),
        ("root: /var/mail/root\n", "root"),
        ("root: :include:/no/such/list\n", "root"),
    ],
)
def test_an_alias_that_leads_nowhere_fails_the_message(installation, smarthost, aliases, part):
    host = smarthost()
    configure(installation, host, "simple")
    result = installation.send("root", *ONE, stdin=MESSAGE, etc={"aliases": aliases})
    assert part in result.reason
    assert_not_sent(result, result.reason, status=1, recipients=("root", *ONE), hosts=[host])
    assert host.connections == 0


def test_two_aliases_that_lead_to_each_other_end(installation, smarthost):
    """As Exim does it: an address that a router has handled on the way is not handled by it again."""
    host = smarthost()
    configure(installation, host, "simple")
    result = installation.send("root", stdin=MESSAGE, etc={"aliases": "root: admin\nadmin: root\n"}, time_limit_s=8)
    host.settle()
    assert result.status in (0, 1)
    assert len(host.messages) == (1 if result.status == 0 else 0)


def test_an_alias_file_that_everybody_can_write_is_refused(installation, smarthost):
    host = smarthost()
    configure(installation, host, "simple")
    etc = {"aliases": "root: mallory@example.com\n"}
    installation.send("root", stdin=MESSAGE, etc=etc)  # the file is made with the first send
    host.settle()
    file = installation._etc_files(etc) / "aliases"
    file.chmod(0o666)
    try:
        result = installation.send("root", stdin=MESSAGE, etc=etc)
    finally:
        file.chmod(0o644)
    assert "/etc/aliases: can be written by users other than root" in result.reason
    assert len(host.messages) == 1
