"""`gatepost explain`: the routing trace, for root on behalf of anybody."""

from __future__ import annotations

import json
import subprocess

import pytest

ROUTERS = """
[[routers]]
name = "forward"
driver = "redirect"
file = "$home/.forward"
check_local_user = true

[[routers]]
name = "staff"
driver = "accept"
callers = ["{alice}"]
transport = "relay"

[[routers]]
name = "nobody-else"
driver = "redirect"
data = [":fail: not for you"]
allow_fail = true
"""


def explain(installation, *arguments, **options) -> tuple[int, str]:
    done = subprocess.run(
        [installation.prefix / "bin/gatepost", "explain", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def routed(installation, smarthost):
    text = installation.relay_configuration(smarthost())
    installation.configure(text + ROUTERS.format(alice=installation.logins["alice"]))
    return installation


@pytest.mark.parametrize("who", ["alice", "bob", "root"])
@pytest.mark.parametrize("address", ["carol@x.example", "bad@@x", "{bob}"])
def test_root_is_told_what_the_user_would_be_told(routed, who, address):
    """Also where a home is closed: bob's may be read by bob alone, and by root, whose sends are the stand-in's."""
    bob = routed.account("bob")
    address = address.format(bob=bob.pw_name)
    status, output = explain(routed, address, "--as", routed.account(who).pw_name)
    own = routed.send("-bt", address, user=who)
    assert (status, output) == (own.status, own.stdout)


def test_without_a_name_it_is_about_root(routed):
    assert explain(routed, "carol@x.example") == explain(routed, "carol@x.example", "--as", "root")


def test_a_user_who_does_not_exist_is_a_clear_failure(routed):
    assert explain(routed, "carol@x.example", "--as", "nobody-there") == (1, "there is no user nobody-there\n")


@pytest.mark.parametrize(("who", "kind"), [("mail", "service"), ("null", "stand-in")])
def test_an_account_that_cannot_send_is_told_as_by_a_send(routed, who, kind):
    name = routed.logins[who]
    assert explain(routed, "carol@x.example", "--as", name) == (1, f"the {kind} user {name} cannot send\n")


def test_a_configuration_that_is_wrong_is_told(routed):
    with routed.configuration.open("a") as file:
        file.write("colour = 1\n")
    status, output = explain(routed, "carol@x.example")
    assert status == 1
    assert "colour" in output
    assert output.count("\n") == 1


def test_only_root_may_ask_for_others(routed):
    alice = routed.account("alice")
    status, output = explain(routed, "x@y", user=alice.pw_uid, group=alice.pw_gid, extra_groups=[])
    assert (status, output.count("\n")) == (1, 1)
    assert "sendmail -bt" in output


def test_programs_are_told_the_same_as_json(routed):
    """Each outcome once: an address that is taken, one that is refused by a router, one that is none."""
    alice, addresses = routed.account("alice").pw_name, ["carol@x.example", "bad@@x"]
    status, output = explain(routed, *addresses, "--as", alice, "--json")
    told = json.loads(output)
    assert (status, told["status"], told["user"]) == (1, 1, alice)
    taken, wrong = told["addresses"]
    assert (taken["address"], taken["outcome"], taken["transport"]) == ("carol@x.example", "verified", "relay")
    assert (taken["recipients"], taken["reverse_path"]) == (["carol@x.example"], f"{alice}@example.net")
    assert wrong["outcome"] == "failed"
    lines = explain(routed, *addresses, "--as", alice)[1].splitlines()
    assert lines == [*taken["steps"], "carol@x.example: verified", f"{wrong['reason']}: not verified"]


def test_json_tells_whom_a_router_fails(routed):
    status, output = explain(routed, "carol@x.example", "--json")
    told = json.loads(output)["addresses"][0]
    assert (status, told["outcome"]) == (1, "failed")
    assert "not for you" in told["reason"]


def test_json_tells_what_goes_to_nobody(installation, smarthost):
    discard = '[[routers]]\ndriver = "redirect"\ndata = [":blackhole:"]\n'
    installation.configure(installation.relay_configuration(smarthost()) + discard)
    status, output = explain(installation, "carol@x.example", "--json")
    assert (status, json.loads(output)["addresses"][0]["outcome"]) == (0, "discarded")


def test_json_tells_a_configuration_that_is_wrong(routed):
    with routed.configuration.open("a") as file:
        file.write("colour = 1\n")
    status, output = explain(routed, "carol@x.example", "--json")
    told = json.loads(output)
    assert (status, told["status"], told["addresses"]) == (1, 1, [])
    assert "colour" in told["reason"]
