"""Redirects: each item of an alias file, and what makes a message fail there (contract, section 6)."""

from __future__ import annotations

import os

import pytest

from tests.system.outcome import assert_sent, facts_of
from tests.system.world import (
    ACCEPT,
    MESSAGE,
    assert_goes_nowhere,
    configure,
    fields,
    public_file,
    redirect,
)

NO_USER, TEMPORARY = 67, 75
STAFF = "staff@example.net"


def configure_aliases(installation, host, aliases, *, main=None, **router):
    """Configure an alias file for the domain example.net, with what may stand in it allowed; return its path."""
    file = public_file(installation, "aliases", aliases)
    allowed = {"domains": ["example.net"], "allow_fail": True, "allow_defer": True}
    configure(installation, host, [redirect(file, **(allowed | router)), ACCEPT], main=main)
    return file


# What an address may become


@pytest.mark.parametrize(
    ("aliases", "recipients"),
    [
        ("staff: carol@example.org\n", ["carol@example.org"]),
        ("staff: carol@example.org, dora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("staff: carol\n", ["carol@example.net"]),
        ("staff: <carol@example.org>, Dora D. <dora@example.org>\n", ["carol@example.org", "dora@example.org"]),
        ('staff: "Doe, Carol" <carol@example.org>\n', ["carol@example.org"]),
        ('staff: "odd one"@example.org\n', ['"odd one"@example.org']),
        ("staff: carol@example.org (her, too), dora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("STAFF: carol@example.org\n", ["carol@example.org"]),
        ('"staff": carol@example.org\n', ["carol@example.org"]),
        ("staff carol@example.org\n", ["carol@example.org"]),
        ("staff:\n  carol@example.org,\n\tdora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("# staff: nobody\n\nstaff: carol@example.org\n# the end\n", ["carol@example.org"]),
        ("staff: carol@example.org,\n# not her\n dora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("staff: carol@example.org\nstaff: dora@example.org\n", ["carol@example.org"]),
        ("staffer: dora@example.org\nstaff: carol@example.org", ["carol@example.org"]),
        ("*: carol@example.org\n", ["carol@example.org"]),
        ("*: dora@example.org\nstaff: carol@example.org\n", ["carol@example.org"]),
        ("boss: carol@example.org\nstaff: boss, dora@example.org\n", ["carol@example.org", "dora@example.org"]),
        ("staff: staff, carol@example.org\n", [STAFF, "carol@example.org"]),
        ("staff: \\staff, carol@example.org\n", [STAFF, "carol@example.org"]),
        ("staff: \\boss\nboss: carol@example.org\n", ["boss@example.net"]),
        ("staff: :unknown:\n", [STAFF]),
        ("staff: /dev/null, carol@example.org\n", ["carol@example.org"]),
        ("staff: team, carol@example.org\nteam: :blackhole:\n", ["carol@example.org"]),
        ("other: carol@example.org\n", [STAFF]),
        ("staff: carol@example.org, carol@EXAMPLE.ORG, <carol@example.org>\n", ["carol@example.org"]),
        ("staff: Carol@example.org, carol@example.org\n", ["Carol@example.org", "carol@example.org"]),
    ],
)
def test_an_address_becomes_what_its_entry_says(installation, smarthost, aliases, recipients):
    host = smarthost()
    configure_aliases(installation, host, aliases)
    assert_sent(installation.send(STAFF, stdin=MESSAGE), host, recipients)


def test_the_message_stays_as_it_is(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "staff: carol@example.org\n")
    assert_sent(installation.send(STAFF, stdin=b"To: Staff <staff>\n" + MESSAGE), host, ["carol@example.org"])
    assert fields(host.message, "To") == [b"To: Staff <staff@example.net>"]


def test_a_local_part_in_upper_case_has_the_same_entry(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "staff: carol@example.org\n")
    assert_sent(installation.send("STAFF", stdin=MESSAGE), host, ["carol@example.org"])


def test_a_default_entry_that_leads_to_itself_ends_there(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "*: postmaster\npostmaster: \\postmaster\n")
    assert_sent(installation.send(STAFF, stdin=MESSAGE), host, ["postmaster@example.net"])


def test_all_ways_to_one_address_are_one_recipient(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "staff: carol@example.org, team\nteam: dora@example.org, carol@example.org\n")
    recipients = ["carol@example.org", "dora@example.org"]
    assert_sent(installation.send(STAFF, "team", "dora@example.org", stdin=MESSAGE), host, recipients)


@pytest.mark.parametrize("aliases", ["staff: :blackhole:\n", "staff: /dev/null\n", "staff: :blackhole: of mail\n"])
def test_where_nobody_is_left_the_status_is_0_and_the_log_says_so(installation, smarthost, aliases):
    host = smarthost()
    configure_aliases(installation, host, aliases)
    result = installation.send(STAFF, stdin=MESSAGE)
    facts = facts_of(result.log_line)
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert (facts["outcome"], facts["status"], facts["to"]) == ("accepted", "0", f"<{STAFF}>")
    assert facts["reply"] == "discarded: after the aliases no recipient is left"
    assert host.connections == 0


def test_who_is_discarded_does_not_keep_the_others_from_their_mail(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "staff: :blackhole:\n")
    assert_sent(installation.send(STAFF, "carol@example.org", stdin=MESSAGE), host, ["carol@example.org"])


# Lists in files of their own


def test_a_list_is_included(installation, smarthost):
    host = smarthost()
    inner = public_file(installation, "inner.list", "erik@example.org\n")
    content = f"carol@example.org, # who leads\n\n# and the others:\ndora@example.org\n:include:{inner}\n"
    outer = public_file(installation, "outer.list", content)
    configure_aliases(installation, host, f"staff: :include:{outer}, fritz@example.org\n")
    recipients = [f"{name}@example.org" for name in ("carol", "dora", "erik", "fritz")]
    assert_sent(installation.send(STAFF, stdin=MESSAGE), host, recipients)


def test_an_empty_list_leaves_nobody(installation, smarthost):
    host = smarthost()
    empty = public_file(installation, "empty.list", "# nobody yet\n")
    configure_aliases(installation, host, f"staff: :include:{empty}\n")
    assert installation.send(STAFF, stdin=MESSAGE).status == 0
    assert host.connections == 0


def test_a_list_that_includes_itself_is_a_loop(installation, smarthost):
    host = smarthost()
    path = installation.sysconfdir / "round.list"
    public_file(installation, "round.list", f"carol@example.org\n:include:{path}\n")
    configure_aliases(installation, host, f"staff: :include:{path}\n")
    reason = f"{STAFF}: is redirected in a loop: {path} is included again and again"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason)


def test_a_list_that_is_not_there_fails_the_message(installation, smarthost):
    host = smarthost()
    configure_aliases(installation, host, "staff: :include:/nowhere/at.all\n", main={"exit_codes": "sysexits"})
    reason = f"{STAFF}: cannot be routed: there is no /nowhere/at.all"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason, TEMPORARY)


def test_a_list_with_a_wrong_line_fails_the_message(installation, smarthost):
    host = smarthost()
    wrong = public_file(installation, "wrong.list", "carol@example.org\ndora@@example.org\n")
    configure_aliases(installation, host, f"staff: :include:{wrong}\n")
    result = installation.send(STAFF, stdin=MESSAGE)
    assert result.reason.startswith(f"{STAFF}: cannot be routed: {wrong}, line 2: ")
    assert_goes_nowhere(result, host, [STAFF], result.reason)


@pytest.mark.parametrize(("make", "problem"), [(os.mkfifo, "is not a regular file"), (os.mkdir, "Is a directory")])
def test_a_list_has_to_be_a_regular_file(installation, smarthost, make, problem):
    host = smarthost()
    path = installation.sysconfdir / f"odd.{make.__name__}"
    make(path)
    configure_aliases(installation, host, f"staff: :include:{path}\n")
    reason = f"{STAFF}: cannot be routed: {path} cannot be read: {problem}"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason)


# What fails the message, for everybody


@pytest.mark.parametrize(
    ("aliases", "problem", "status"),
    [
        ("staff: :fail: gone, ask the desk\n", "is not taken: gone, ask the desk", NO_USER),
        ("staff: :fail:\n", "is not taken", NO_USER),
        ("staff: :FAIL: gone\n", "is not taken: gone", NO_USER),
        ("staff: carol@example.org,\n :fail: gone\n", "is not taken: gone", NO_USER),
        ("staff: :fail: red \x1b[31malert\n", "is not taken: red ?[31malert", NO_USER),
        ("staff: :defer: moving house\n", "is not taken for now: moving house", TEMPORARY),
        ("staff: :defer:\n", "is not taken for now", TEMPORARY),
        ("staff: |/bin/cat\n", "is redirected to a pipe, and there is no local delivery", NO_USER),
        ('staff: "|/bin/cat /etc/passwd"\n', "is redirected to a pipe, and there is no local delivery", NO_USER),
        ("staff: carol@example.org, |/bin/cat\n", "is redirected to a pipe, and there is no local delivery", NO_USER),
        ("staff: /var/mail/staff\n", "is redirected to a file, and there is no local delivery", NO_USER),
        ('staff: "/var/mail/staff"\n', "is redirected to a file, and there is no local delivery", NO_USER),
        ("staff: /var/mail/\n", "is redirected to a file, and there is no local delivery", NO_USER),
        ("staff: team\nteam: staff\n", "is redirected in a loop", NO_USER),
        ("staff: team, carol@example.org\nteam: crew\ncrew: Staff\n", "is redirected in a loop", NO_USER),
    ],
)
def test_an_entry_fails_the_message(installation, smarthost, aliases, problem, status):
    host = smarthost()
    configure_aliases(installation, host, aliases, main={"exit_codes": "sysexits"})
    recipients = ["dora@example.org", STAFF, "erik@example.org"]
    result = installation.send(*recipients, stdin=MESSAGE)
    assert result.reason.startswith(f"{STAFF}: ")
    assert result.reason.endswith(problem)
    assert_goes_nowhere(result, host, recipients, result.reason, status)


@pytest.mark.parametrize("item", [":fail:", ":defer:"])
def test_what_a_router_does_not_allow_fails_the_message(installation, smarthost, item):
    host = smarthost()
    configure_aliases(installation, host, f"staff: {item} text\n", allow_fail=None, allow_defer=None)
    reason = f"{STAFF}: is redirected to {item}, which router aliases does not allow"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason)


@pytest.mark.parametrize(
    ("aliases", "line"),
    [
        ("staff: carol@@example.org\n", 1),
        ("# first\n\nboss: carol@example.org\nstaff: dora@example..org\n", 4),
        ('staff: "carol@example.org\n', 1),
        ("staff: carol@example.org (no end\n", 1),
        ("staff: :nonsense: x\n", 1),
        ("staff: :include: relative/path\n", 1),
        ("staff: carol @example.org dora\n", 1),
        ("staff:\n", 1),
        ("staff: # nobody\n", 1),
    ],
)
def test_a_wrong_entry_fails_the_message_and_its_line_is_named(installation, smarthost, aliases, line):
    host = smarthost()
    file = configure_aliases(installation, host, aliases)
    recipients = ["dora@example.org", STAFF]
    result = installation.send(*recipients, stdin=MESSAGE)
    assert result.reason.startswith(f"{STAFF}: cannot be routed: {file}, line {line}: ")
    assert_goes_nowhere(result, host, recipients, result.reason)


@pytest.mark.parametrize("good", ["carol", "dora"])
def test_a_wrong_entry_fails_only_those_it_is_for(installation, smarthost, good):
    host = smarthost()
    configure_aliases(installation, host, "carol: c@example.org\nstaff: @@\ndora: d@example.org\n")
    assert_sent(installation.send(good, stdin=MESSAGE), host, [f"{good[0]}@example.org"])


def test_an_alias_file_that_is_not_there_fails_the_message(installation, smarthost):
    host = smarthost()
    file = str(installation.sysconfdir / "no.aliases")
    configure(installation, host, [redirect(file), ACCEPT], main={"exit_codes": "sysexits"})
    reason = f"{STAFF}: cannot be routed: there is no {file}"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason, TEMPORARY)


def test_a_chain_of_aliases_is_followed(installation, smarthost):
    host = smarthost()
    chain = "".join(f"a{number}: a{number + 1}\n" for number in range(50))
    configure_aliases(installation, host, f"staff: a0\n{chain}a50: carol@example.org\n")
    assert_sent(installation.send(STAFF, stdin=MESSAGE), host, ["carol@example.org"])


def test_a_chain_of_aliases_has_an_end(installation, smarthost):
    host = smarthost()
    chain = "".join(f"a{number}: a{number + 1}\n" for number in range(1000))
    configure_aliases(installation, host, f"staff: a0\n{chain}a1000: carol@example.org\n")
    reason = f"{STAFF}: became a99@example.net, which is redirected more than 100 times"
    assert_goes_nowhere(installation.send(STAFF, stdin=MESSAGE), host, [STAFF], reason)
