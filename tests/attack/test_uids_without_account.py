"""K8: policies are for users, and a user may have more uids: nobody passes by them as a uid that they do not name."""

from __future__ import annotations

import os
import pwd
import shutil

import pytest

from tests.system.world import MESSAGE, configure, login

CAROL = "carol@example.org"
TEMPORARY, NOT_PERMITTED = 75, 77
# A file that is set-id to a subordinate uid: newuidmap(1) lets every user make one in a user namespace of their own.
BECOME = "import os, sys\nos.setresuid(*3 * [os.geteuid()])\nos.execv(sys.argv[1], sys.argv[1:])\n"
BLIND = {
    "helper/identity/identify.py": {"    owner = owner_of(uid, subordinate_uids())\n": "    owner = None\n"},
    "helper/routing/policy.py": {"    if policies and not caller.has_account:\n": "    if False:\n"},
}


def free_uids(count):
    """Return the first of so many uids in a row that nobody has."""
    taken = {account.pw_uid for account in pwd.getpwall()}
    return next(uid for uid in range(700_000, 799_000) if taken.isdisjoint(range(uid, uid + count)))


FIRST = free_uids(2000)
UID = FIRST + 5


@pytest.fixture
def as_subordinate(shared_installation):
    """Return the options of a send that alice makes as a uid of her range."""
    folder = shared_installation.root / "set-id"
    folder.mkdir()
    program = folder / "python"
    shutil.copy("/usr/bin/python3", program)
    os.chown(program, UID, 0)
    program.chmod(0o4755)
    yield {"user": "alice", "through": (str(program), "-ISBc", BECOME)}
    shutil.rmtree(folder)


def as_stray(uid, *options):
    """Return the options of a send by a uid that nobody has."""
    ids = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
    return {"user": "root", "through": ("/usr/bin/setpriv", *ids, *options, "--"), "etc": {"subuid": ""}}


def forbid(installation, host, *callers, **main):
    """Forbid these to send, and configure sysexits."""
    configure(installation, host, policies=[{"callers": list(callers), "allow": False}], main=main | SYSEXITS)


SYSEXITS = {"exit_codes": "sysexits"}


@pytest.mark.parametrize(
    ("mode", "who", "owner"),
    [(0o6755, "{alice}", "{alice}"), (0o6755, "@{alice}", "{uid}"), (0o2755, "{alice}", "{uid}")],
)
def test_a_subordinate_uid_is_its_user(installation, smarthost, as_subordinate, mode, who, owner):
    host = smarthost()
    names = {"alice": login(installation, "alice"), "uid": installation.account("alice").pw_uid}
    installation.mode(mode)
    forbid(installation, host, who.format(**names))
    etc = {"subuid": f"# ranges\nnobody-known\n{owner.format(**names)}:{FIRST}:1000\n"}
    result = installation.send(CAROL, stdin=MESSAGE, etc=etc, **as_subordinate)
    installation.mode(0o6755)
    assert (result.status, result.reason) == (NOT_PERMITTED, f"{names['alice']} may not send mail")
    assert f"caller={names['alice']} uid={UID} subuid=yes " in result.log_line
    assert host.connections == 0


def test_and_sends_as_that_user_where_nothing_forbids_it(installation, smarthost, as_subordinate):
    host = smarthost()
    configure(installation, host)
    alice = login(installation, "alice")
    etc = {"subuid": f"{alice}:{FIRST}:1000\n"}
    assert installation.send(CAROL, stdin=MESSAGE, etc=etc, **as_subordinate).status == 0
    assert host.message.reverse_path == f"{alice}@example.net".encode()


@pytest.mark.parametrize(
    "ranges",
    [
        "",
        "root:{first}:1000\n",
        "{mail}:{first}:1000\n",
        "{alice}:{first}:1000\n{bob}:{first}:1000\n",
        "{alice}:{first}:1000\nroot:{first}:1000\n",
        "{alice}:{first}:1000\nlong-gone:{first}:1000\n",
        "{alice}:{first}:5\n{alice}:{after}:1000\n",
        "{alice}:{first}\n{alice}:x:1000\n{alice}:{first}:-1\n",
    ],
)
def test_a_range_makes_nobody_root_or_one_of_ours_or_one_of_two(installation, smarthost, as_subordinate, ranges):
    host = smarthost()
    names = {who: login(installation, who) for who in ("alice", "bob", "mail")}
    forbid(installation, host, "root")
    etc = {"subuid": ranges.format(first=FIRST, after=UID + 1, **names)}
    result = installation.send(CAROL, stdin=MESSAGE, etc=etc, **as_subordinate)
    assert (result.status, result.reason) == (TEMPORARY, f"uid {UID} has no account (or the directory service is down)")
    assert f"caller=uid{UID} uid={UID} from=" in result.log_line
    assert host.connections == 0


@pytest.mark.parametrize(
    ("policies", "status"),
    [
        ([], 0),
        ([{"callers": ["root"]}], TEMPORARY),
        ([{"callers": ["root"], "allow": False}], TEMPORARY),
        ([{"callers": [f"uid{UID}"]}], 0),
        ([{"callers": [f"uid{UID}"], "allow": False}, {}], NOT_PERMITTED),
        ([{"callers": [f"uid{UID + 1}"]}], TEMPORARY),
        ([{"callers": ["root", f"uid{FIRST}-{UID}"]}], 0),
        ([{"callers": [f"uid{UID}-{UID}"], "allow": False}], NOT_PERMITTED),
        ([{"callers": [f"uid{UID + 1}-{UID + 9}"]}], TEMPORARY),
        ([{"callers": ["root"]}, {}], 0),
        ([{"callers": ["root"]}, {"allow": False}], NOT_PERMITTED),
    ],
)
def test_a_uid_without_an_account_needs_a_policy_where_there_are_any(installation, smarthost, policies, status):
    host = smarthost()
    configure(installation, host, policies=policies, main=SYSEXITS)
    result = installation.send(CAROL, stdin=MESSAGE, **as_stray(UID))
    assert (result.status, host.connections) == (status, 0 if status else 1)


def test_behind_gatepost_socket_uids_are_told_apart_in_the_same_way(installation, smarthost, second_door):
    host = smarthost()
    alice = login(installation, "alice")
    second_door(installation, etc={"subuid": f"{alice}:{UID}:1\n"})
    policies = [{"callers": [f"uid{FIRST}-{UID}"]}, {"callers": [f"@{alice}"], "allow": False}]
    configure(installation, host, policies=policies, main=SYSEXITS)
    results = [
        installation.send(CAROL, stdin=MESSAGE, **as_stray(uid, "--no-new-privs")) for uid in (FIRST, UID, UID + 1)
    ]
    assert [result.status for result in results] == [0, NOT_PERMITTED, TEMPORARY]
    assert f"caller={alice} uid={UID} subuid=yes " in results[1].log_line
    assert results[2].reason == f"uid {UID + 1} has no account (or the directory service is down)"


def test_a_range_is_for_no_account(installation, smarthost):
    host = smarthost()
    uid = installation.account("alice").pw_uid
    forbid(installation, host, f"uid{uid}", f"uid1-{uid}")
    assert installation.send(CAROL, stdin=MESSAGE).status == 0


def test_a_router_is_for_uids_without_an_account_too(installation, smarthost):
    host, other = smarthost(), smarthost()
    for_them = {"driver": "accept", "transport": "other", "callers": [f"uid{FIRST}-{UID}"]}
    configure(installation, host, [for_them, {"driver": "accept", "transport": "relay"}], others={"other": other})
    assert installation.send(CAROL, stdin=MESSAGE, **as_stray(UID)).status == 0
    assert (len(host.messages), len(other.messages)) == (0, 1)


def test_control_without_a_look_at_the_ranges_a_policy_is_passed_by(weakened, smarthost, as_subordinate):
    installation = weakened(BLIND)
    host = smarthost()
    forbid(installation, host, login(installation, "alice"))
    etc = {"subuid": f"{login(installation, 'alice')}:{FIRST}:1000\n"}
    assert installation.send(CAROL, stdin=MESSAGE, etc=etc, **as_subordinate).status == 0
