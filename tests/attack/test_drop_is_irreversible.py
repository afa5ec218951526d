"""A3, A6: what takes the first octet from outside has the caller's rights, and no way back to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.process import status_of

MESSAGE = b"Subject: hello\n\nhello\n"
DROP = "helper/privileged/drop.py"

in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])


@in_both_modes
@pytest.mark.parametrize(("caller", "becomes"), [("alice", "alice"), ("root", "null")])
def test_all_ids_are_the_callers(installation, held, caller, becomes, mode):
    installation.mode(mode)
    status = status_of(held(installation, caller))
    account = installation.account(becomes)
    assert status["Uid"].split() == [str(account.pw_uid)] * 4
    assert status["Gid"].split() == [str(account.pw_gid)] * 4
    assert status["Groups"].split() == []


@in_both_modes
@pytest.mark.parametrize("caller", ["alice", "root"])
def test_nothing_else_is_left_either(installation, held, caller, mode):
    installation.mode(mode)
    helper = held(installation, caller)
    status = status_of(helper)
    assert {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapAmb"), 0
    )
    assert status["NoNewPrivs"] == "1"
    assert core_limits(helper) == ["0", "0"]


def test_a_user_that_was_not_dropped_is_found_out(weakened, smarthost):
    installation = weakened({DROP: {"    drop_user()\n": ""}})
    assert_refused(installation, smarthost(), "the service user's rights could be taken back")


def test_a_group_that_was_not_dropped_is_found_out(weakened, smarthost):
    """In the set-gid mode, where the group is all there is: with the user dropped as well, either test would do."""
    installation = weakened({DROP: {"    drop_groups()\n": ""}})
    assert_refused(installation, smarthost(), "the service user's group could be taken back")
    installation.mode(0o2755)
    assert_refused(installation, smarthost(), "the service user's group could be taken back")


@pytest.mark.parametrize("kept", ["os.setresuid(real, real, UNCHANGED)", "os.setresuid(UNCHANGED, real, UNCHANGED)"])
def test_one_id_that_was_kept_is_found_out(weakened, smarthost, kept):
    installation = weakened({DROP: {"    os.setresuid(real, real, real)\n": f"    {kept}\n"}})
    assert_refused(installation, smarthost(), "the service user's rights were not given up")


def test_control_without_drop_and_proof_the_rights_are_kept(weakened, held):
    installation = weakened({DROP: {"    drop_user()\n": "", "    prove_no_way_back(*before)\n": ""}})
    status = status_of(held(installation, "alice"))
    assert status["Uid"].split()[1:3] == [str(installation.account("mail").pw_uid)] * 2


def test_control_without_drop_of_groups_and_proof_the_group_is_kept(weakened, held):
    installation = weakened({DROP: {"    drop_groups()\n": "", "    prove_no_way_back(*before)\n": ""}})
    status = status_of(held(installation, "alice"))
    assert status["Gid"].split()[1:3] == [str(installation.account("mail").pw_gid)] * 2


def assert_refused(installation, host, reason):
    """Send, and be refused for this reason without any connection."""
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert reason in result.reason
    assert host.connections == 0


def core_limits(pid):
    """Return the soft and the hard limit of core files."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line for line in lines if line.startswith("Max core file size")).split()[4:6]
