"""Inquiries: -bt explains each step of routing, -bv says what came of it; nothing is sent."""

from __future__ import annotations

import os

import pytest

from tests.system.world import (
    ACCEPT,
    configure,
    home_file,
    login,
    own,
    place,
    public_file,
    redirect,
)

CAROL = "carol@example.org"
STAFF = "staff@example.net"
ALIASES = """\
staff: team
team: carol@example.org, dora@example.org
round: other
other: round
both: \\both, carol@example.org
nobody: :blackhole:
null: /dev/null
asleep: :unknown:
gone: :fail: moved away
later: :defer: moving
piped: "|/bin/cat"
filed: /var/mail/filed
wrong: @@
"""


@pytest.fixture
def relay(smarthost):
    """Return a smart host that is never connected to."""
    host = smarthost()
    yield host
    host.settle()
    assert host.connections == 0


def ask(installation, option, *args, **options):
    """Ask, and return status and answer; nothing is printed on standard error, and nothing logged as a message."""
    result = installation.send(option, *args, **options)
    assert (result.stderr, result.log_lines) == ("", [])
    return result.status, result.stdout.splitlines()


def goes(host, address, router="smarthost", came="", reverse_path=None):
    """Return the line of a trace that tells where an address ends up."""
    return f"{address}{came}: router {router}: transport relay, hosts {place(host)}, reverse-path <{reverse_path}>"


# -bt: conditions and drivers


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ({"domains": ["example.com"]}, "domains"),
        ({"local_parts": ["dora"]}, "local_parts"),
        ({"senders": ["news@example.com"]}, "senders"),
        ({"callers": ["nobody"]}, "callers"),
        ({"check_local_user": True}, "check_local_user"),
        ({"callers": ["nobody"], "domains": ["example.com"]}, "domains"),
    ],
)
def test_bt_names_the_condition_that_is_not_met(installation, relay, condition, name):
    configure(installation, relay, [ACCEPT | {"name": "first"} | condition, ACCEPT])
    end = goes(relay, CAROL, reverse_path=own(installation))
    expected = [f"{CAROL}: router first skipped: {name}", end, f"{CAROL}: verified"]
    assert ask(installation, "-bt", CAROL) == (0, expected)


def test_bt_calls_a_router_without_a_name_by_its_number(installation, relay):
    routers = [{"driver": "accept", "transport": "relay", "domains": ["x.example"]}, ACCEPT | {"name": None}]
    configure(installation, relay, routers)
    lines = ask(installation, "-bt", CAROL)[1]
    assert lines[0] == f"{CAROL}: router router1 skipped: domains"
    assert lines[1].startswith(f"{CAROL}: router router2: ")


def test_bt_explains_manualroute(installation, relay):
    hosts = ["a.example", "b.example:smtp", "192.0.2.1:25", "[2001:db8::1]:465"]
    router = {"name": "by_hand", "driver": "manualroute", "transport": "relay", "hosts": hosts}
    configure(installation, relay, [router])
    end = f"{CAROL}: router by_hand: transport relay, hosts {', '.join(hosts)}, reverse-path <{own(installation)}>"
    assert ask(installation, "-bt", CAROL) == (0, [end, f"{CAROL}: verified"])


def test_bt_explains_dnslookup(installation, relay):
    configure(installation, relay, [{"name": "mx", "driver": "dnslookup", "transport": "relay"}])
    end = f"{CAROL}: router mx: transport relay, hosts mx:example.org, reverse-path <{own(installation)}>"
    assert ask(installation, "-bt", CAROL) == (0, [end, f"{CAROL}: verified"])


def test_bt_explains_a_redirect_by_file(installation, relay):
    file = public_file(installation, "aliases", ALIASES)
    configure(installation, relay, [redirect(file, domains=["example.net"]), ACCEPT])
    came, reverse_path = f" (from {STAFF})", own(installation)
    assert ask(installation, "-bt", "staff") == (
        0,
        [
            f"{STAFF}: router aliases: redirected by {file} to team@example.net",
            f"team@example.net: router aliases: redirected by {file} to carol@example.org, dora@example.org",
            f"{CAROL}: router aliases skipped: domains",
            goes(relay, CAROL, came=came, reverse_path=reverse_path),
            "dora@example.org: router aliases skipped: domains",
            goes(relay, "dora@example.org", came=came, reverse_path=reverse_path),
            f"{STAFF}: verified",
        ],
    )


def test_bt_explains_a_redirect_by_data(installation, relay):
    router = {"name": "desk", "driver": "redirect", "local_parts": ["help"], "data": [CAROL]}
    configure(installation, relay, [router, ACCEPT])
    status, lines = ask(installation, "-bt", "help")
    assert (status, lines[0]) == (0, f"help@example.net: router desk: redirected by the data of router desk to {CAROL}")


def test_bt_explains_forwarding(installation, relay):
    router = {"name": "forward", "driver": "redirect", "file": "$home/.forward", "check_local_user": True}
    configure(installation, relay, [router, ACCEPT])
    path = home_file(installation, "alice", ".forward", f"{CAROL}\n")
    forwarded = ask(installation, "-bt", own(installation))
    os.remove(path)
    kept = ask(installation, "-bt", own(installation))
    assert forwarded[1][0] == f"{own(installation)}: router forward: redirected by {path} to {CAROL}"
    assert kept[1][0] == f"{own(installation)}: router forward declined: it has no entry for it"
    assert (forwarded[0], kept[0]) == (0, 0)


@pytest.mark.parametrize(("errors_to", "reverse_path"), [("errors@example.net", "errors@example.net"), ("<>", "")])
def test_bt_shows_the_reverse_path_that_a_router_sets(installation, relay, errors_to, reverse_path):
    configure(installation, relay, [ACCEPT | {"errors_to": errors_to}])
    assert ask(installation, "-bt", CAROL)[1][0] == goes(relay, CAROL, reverse_path=reverse_path)


@pytest.mark.parametrize("setting", [{"headers_add": ["X-Way: 1"]}, {"headers_remove": ["x-way"]}])
def test_bt_shows_the_header_fields_that_a_router_adds_or_removes(installation, relay, setting):
    configure(installation, relay, [ACCEPT | setting])
    assert "x-way" in "\n".join(ask(installation, "-bt", CAROL)[1]).lower()


def test_bt_explains_that_an_address_goes_no_further(installation, relay):
    file = public_file(installation, "aliases", ALIASES)
    configure(installation, relay, [redirect(file, more=False), ACCEPT])
    expected = [
        "erik@example.net: router aliases declined: it has no entry for it",
        "erik@example.net: is not taken by router aliases, and goes no further: not verified",
    ]
    assert ask(installation, "-bt", "erik") == (1, expected)


def test_bt_explains_that_no_router_takes_an_address(installation, relay):
    configure(installation, relay, [ACCEPT | {"domains": ["example.com"]}])
    expected = [f"{CAROL}: router smarthost skipped: domains", f"{CAROL}: is taken by no router: not verified"]
    assert ask(installation, "-bt", CAROL) == (1, expected)


# -bt and -bv: items

ENDS = [
    ("both", 0, "verified", "it has redirected this address already"),
    ("nobody", 0, "discarded", "to nobody, so it is discarded"),
    ("null", 0, "discarded", "to nobody, so it is discarded"),
    ("asleep", 0, "verified", "router aliases declined: its entry is :unknown:"),
    ("erik", 0, "verified", "router aliases declined: it has no entry for it"),
    ("gone", 1, "is not taken: moved away: not verified", "router aliases"),
    ("later", 1, "is not taken for now: moving: not verified", "router aliases"),
    ("piped", 1, "is redirected to a pipe, and there is no local delivery: not verified", "router aliases"),
    ("filed", 1, "is redirected to a file, and there is no local delivery: not verified", "router aliases"),
    ("wrong", 1, "cannot be routed: FILE, line 13: an address is missing: not verified", "router aliases"),
    ("round", 1, "is redirected in a loop: not verified", "router aliases: redirected by FILE to other@example.net"),
]


def configure_aliases(installation, relay, **options):
    """Configure the alias file of this page and return its path."""
    file = public_file(installation, "aliases", ALIASES)
    allowed = {"domains": ["example.net"], "allow_fail": True, "allow_defer": True}
    configure(installation, relay, [redirect(file, **(allowed | options)), ACCEPT])
    return file


@pytest.mark.parametrize(("local_part", "status", "answer", "step"), ENDS)
def test_bv_tells_what_comes_of_an_address(installation, relay, local_part, status, answer, step):
    file = configure_aliases(installation, relay)
    expected = f"{local_part}@example.net: {answer.replace('FILE', file)}"
    assert ask(installation, "-bv", local_part) == (status, [expected])


@pytest.mark.parametrize(("local_part", "status", "answer", "step"), ENDS)
def test_bt_explains_each_item(installation, relay, local_part, status, answer, step):
    file = configure_aliases(installation, relay)
    told, lines = ask(installation, "-bt", local_part)
    address = f"{local_part}@example.net"
    assert (told, lines[-1]) == (status, f"{address}: {answer.replace('FILE', file)}")
    assert any(line.startswith(f"{address}: ") and step.replace("FILE", file) in line for line in lines)


@pytest.mark.parametrize("item", [":fail:", ":defer:"])
def test_bt_explains_what_a_router_does_not_allow(installation, relay, item):
    configure_aliases(installation, relay, allow_fail=False, allow_defer=False)
    local_part = {":fail:": "gone", ":defer:": "later"}[item]
    answer = f"{local_part}@example.net: is redirected to {item}, which router aliases does not allow: not verified"
    assert ask(installation, "-bt", local_part)[1][-1] == answer


@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_a_list_that_is_included_shows_where_it_leads(installation, relay, option):
    members = public_file(installation, "members.list", "carol@example.org\n")
    file = public_file(installation, "aliases", f"staff: :include:{members}\nempty: :include:/nowhere.list\n")
    configure(installation, relay, [redirect(file, domains=["example.net"]), ACCEPT])
    status, lines = ask(installation, option, "staff", "empty")
    assert status == 1
    assert (goes(relay, CAROL, came=f" (from {STAFF})", reverse_path=own(installation)) in lines) == (option == "-bt")
    assert f"{STAFF}: verified" in lines
    assert lines[-1] == "empty@example.net: cannot be routed: there is no /nowhere.list: not verified"


@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_who_cannot_go_together_is_told_here_too(installation, relay, option):
    file = public_file(installation, "aliases", "staff: carol@example.org, dora@example.com\n")
    routers = [redirect(file), ACCEPT | {"name": "com", "domains": ["example.com"], "errors_to": "<>"}, ACCEPT]
    configure(installation, relay, routers)
    status, lines = ask(installation, option, "staff")
    problem = f"dora@example.com: cannot go together with {CAROL}: they differ in the reverse-path"
    assert (status, lines[-1]) == (1, f"{problem}: not verified")


# -bt and -bv: who asks, and about what


@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_every_address_of_every_argument_is_answered(installation, relay, option):
    configure(installation, relay, [ACCEPT | {"domains": ["example.org"]}])
    status, lines = ask(installation, option, "Carol <carol@example.org>, dora@example.com, erik@example.org", "a@@b")
    answers = [line for line in lines if line.endswith("verified")]
    assert status == 1
    assert answers[:3] == [
        f"{CAROL}: verified",
        "dora@example.com: is taken by no router: not verified",
        "erik@example.org: verified",
    ]
    assert answers[3].startswith("a@@b: is not a recipient: ")


@pytest.mark.parametrize("caller", ["alice", "bob", "root"])
def test_it_is_routed_as_for_a_message_of_who_asks(installation, relay, caller):
    routers = [ACCEPT | {"name": "hers", "callers": [login(installation, "alice")]}, ACCEPT]
    configure(installation, relay, routers, rewrite={login(installation, caller): "public@example.com"})
    router = "hers" if caller == "alice" else "smarthost"
    lines = ask(installation, "-bt", CAROL, user=caller)[1]
    assert goes(relay, CAROL, router, reverse_path="public@example.com") in lines


@pytest.mark.parametrize(("caller", "reverse_path"), [("alice", None), ("root", "news@example.com")])
def test_only_the_trusted_ask_for_a_message_of_somebody_else(installation, relay, caller, reverse_path):
    configure(installation, relay, [ACCEPT])
    lines = ask(installation, "-bt", "-f", "news@example.com", CAROL, user=caller)[1]
    assert lines[0] == goes(relay, CAROL, reverse_path=reverse_path or own(installation, caller))


@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_without_an_address_there_is_nothing_to_answer(installation, relay, option):
    configure(installation, relay)
    result = installation.send(option)
    assert (result.status, result.stdout, result.stderr) == (64, "", "sendmail: usage: no address to verify\n")


@pytest.mark.parametrize("option", ["-bt", "-bv"])
def test_standard_input_is_not_read(installation, relay, option):
    configure(installation, relay)
    reading, writing = os.pipe()
    with installation.start(option, CAROL, stdin=reading) as process:
        output = process.communicate(timeout=20)[0]
    os.close(reading)
    os.close(writing)
    assert (process.returncode, output.decode().splitlines()[-1]) == (0, f"{CAROL}: verified")


@pytest.mark.parametrize("args", [["-bt", CAROL], ["-bv", CAROL], ["-bi"]], ids=["-bt", "-bv", "-bi"])
def test_a_broken_configuration_is_told(installation, relay, args):
    installation.configure("nonsense = 1\n")
    result = installation.send(*args)
    assert (result.status, result.stdout) == (1, "")
    assert result.reason == f"{installation.configuration}, line 1: nonsense: is not an option here"
