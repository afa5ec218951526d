"""Limited or hit by a signal before any of its system calls, by the user who called: the truth is told, nothing shown.

While the helper has rights of the service user, the kernel refuses prlimit(2) to everybody but root, because not all
six ids are the caller's. Before that, and after the drop, it does not. Signals are allowed at each moment (kill(2): the
real uid counts). `make test` tries some moments, `make load` all of them.
"""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import cycle

import pytest

from helper.entry.serve import NOT_DROPPED
from tests.load.workbench import AUTH, HALVES, IN_DOUBT, NOT_SENT, Workbench, moments
from tests.support.canary import assert_no_canary
from tests.support.result import Result

CANARY = secrets.token_hex(16)
LIMITS = ("NOFILE", "AS", "DATA", "STACK", "FSIZE", "CPU", "NPROC", "MEMLOCK", "SIGPENDING", "CORE")
SIGNALS = ("TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT", "XCPU", "XFSZ", "PIPE", "ALRM", "CHLD", "USR1")

TURNS = 2  # so many of the attacks are tried at each moment, and the next ones at the next


@pytest.fixture
def watched(workbench):
    """The workbench with a canary as the password, and one in root's configuration."""
    installation, host = workbench.installation, workbench.host
    configuration = installation.relay_configuration(host)
    installation.configure(f"{configuration}\n# {CANARY}\n", {"relay.password": next(iter(host.auth.values()))})
    return workbench


def is_lent(workbench: Workbench, traced: dict) -> bool:
    """Say whether the victim had an id of the service user, or a capability, when it was attacked."""
    service = workbench.installation.account("mail")
    uids, gids = (traced["status"][ids].split() for ids in ("Uid", "Gid"))
    capabilities = [int(traced["status"][kept], 16) for kept in ("CapInh", "CapPrm", "CapEff", "CapAmb")]
    return str(service.pw_uid) in uids or str(service.pw_gid) in gids or any(capabilities)


def lies_of(workbench: Workbench, result: Result, traced: dict, attack: str) -> list[str]:
    """Return what is wrong with a send that was attacked."""
    lies = workbench.lies_about_acceptance(result)
    if result.status > 0:
        lies += workbench.lies_in_one_line(result)
    elif result.status < 0 and result.stderr:  # the frontend was ended
        lies.append("died, and complained")
    if traced["status"] and attack in LIMITS and traced["has_succeeded"] == is_lent(workbench, traced):
        lies.append("limited while it had rights, or not limited while it had none")
    return lies


def attack_everywhere(workbench: Workbench, victim: str, attacks: tuple[str, ...], numbers: list[int]) -> Counter[str]:
    """Attack one send after the other; assert that each tells the truth, and return what was seen."""
    wrong, counted = [], Counter()
    for number, attack in zip(numbers, cycle(attacks)):
        result, traced = workbench.send("alice", victim, number, victim, attack)
        assert_no_canary(CANARY, result, str(traced))
        assert_no_canary(next(iter(workbench.host.auth.values())), result, str(traced))
        lies = lies_of(workbench, result, traced, attack)
        wrong += [f"call {number}, {attack}: {', '.join(lies)}: {result}, {traced}"] if lies else []
        counted["moments"] += bool(traced["status"])
        counted["with rights"] += bool(traced["status"]) and is_lent(workbench, traced)
        counted["carried out"] += traced["has_succeeded"]
        counted["accepted"] += bool(workbench.host.messages)
        counted["told as sent"] += result.status == 0
        counted["in doubt"] += result.stderr.startswith(IN_DOUBT)
        counted["not sent"] += result.stderr.startswith(NOT_SENT)
        counted["lies"] += bool(lies)
    print(f"{victim} attacked by {attacks}: {dict(counted)}")
    assert not wrong, "\n".join(wrong[:20])
    return counted


@pytest.mark.parametrize("attacks", [LIMITS, SIGNALS], ids=["limits", "signals"])
@pytest.mark.parametrize("victim", HALVES)
def test_nobody_lies_wherever_the_caller_attacks(watched, record_property, victim, attacks, is_all):
    calls = watched.send("alice", victim, 0, victim)[1]["calls"]
    numbers = moments(calls, is_all)
    for turn in range(TURNS if is_all else 1):
        counted = attack_everywhere(watched, victim, attacks[turn:] + attacks[:turn], numbers)
        record_property("attacked", dict(counted))
        assert counted["carried out"] > 0
        assert counted["moments"] > counted["with rights"]
        assert (counted["with rights"] > 0) == (victim == "helper")


def first_after_drop(workbench: Workbench) -> int:
    """Return the first call of the helper at which it has no rights any more, by bisection."""
    calls = workbench.send("alice", "helper", 0, "helper")[1]["calls"]
    lent, dropped = calls // 4, calls
    while dropped - lent > 1:
        middle = (lent + dropped) // 2
        traced = workbench.send("alice", "helper", middle, "helper", "MEMLOCK")[1]
        lent, dropped = (middle, dropped) if is_lent(workbench, traced) else (lent, middle)
    return dropped


@pytest.mark.parametrize("attack", ["NOFILE", "AS", "DATA"])
def test_code_that_cannot_be_loaded_after_the_drop_is_told_in_constant_words(watched, attack):
    number = first_after_drop(watched)
    result, traced = watched.send("alice", "helper", number, "helper", attack)
    assert lies_of(watched, result, traced, attack) == []
    assert traced["has_succeeded"]
    assert result.reason == NOT_DROPPED
    assert watched.host.connections == 0


def test_control_a_helper_that_ends_with_success_there_is_noticed(weakened, smarthost, tmp_path):
    weakening = {"helper/entry/serve.py": {'b"s\\0\\2" + bytes([FAILED, 1])': 'b"s\\0\\2" + bytes([SENT, 1])'}}
    workbench = Workbench(weakened(weakening), smarthost(tls="starttls", auth=AUTH), tmp_path / "report")
    result, traced = workbench.send("alice", "helper", first_after_drop(workbench), "helper", "NOFILE")
    assert lies_of(workbench, result, traced, "NOFILE") == ["status 0 without acceptance, or with a complaint"]
