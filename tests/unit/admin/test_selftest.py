"""The parts of `gatepost selftest` that decide: what holds, what fails, what could not be tried; and who attacks."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from admin.finding import FAILS, HOLDS, WARN, Caution
from admin.selftest.attacker import allowed
from admin.selftest.held import has_only_rights_of
from admin.selftest.proof import Proof, examine
from admin.selftest.suite import PROOFS, sudo_user
from helper.failure import SystemFault

STATUS = {"Uid": "7\t7\t7\t7", "Gid": "8\t8\t8\t8", "Groups": "8 9 ", "CapInh": "0", "CapPrm": "0", "CapEff": "0"} | {
    "CapAmb": "0000000000000000"
}


ALICE = SimpleNamespace(who=SimpleNamespace(pw_name="alice"))


def raising(error):
    def attack(_):
        raise error

    return attack


@pytest.mark.parametrize(
    ("attack", "word", "told"),
    [
        (lambda _: [], HOLDS, "alice stays out"),
        (lambda _: ["a", "b"], FAILS, "alice stays out: broken by: a, b"),
        (raising(Caution("no door")), WARN, "alice stays out: cannot be tried here: no door"),
        (raising(SystemFault("no helper")), FAILS, "alice stays out: not proved: no helper"),
        (raising(PermissionError(1, "No", "/f")), FAILS, "alice stays out: not proved: [Errno 1] No: '/f'"),
    ],
    ids=["in-vain", "succeeds", "cannot-be-tried", "fails", "breaks"],
)
def test_only_an_attack_that_was_carried_out_in_vain_lets_a_promise_hold(attack, word, told):
    found = examine(Proof("door", "{user} stays out", attack), ALICE)
    assert (found.word, found.subject, found.text) == (word, "door", told)


def test_every_promise_is_there_once_and_each_in_one_line():
    promises = [proof.promise for proof in PROOFS]
    assert len(set(promises)) == len(promises)
    assert [promise for promise in promises if not promise.format(user="alice").isprintable()] == []


def test_the_attempts_that_the_kernel_allows_are_told():
    assert allowed({"open": lambda: os.close(os.open("/", os.O_RDONLY)), "write": lambda: os.open("/", os.O_RDWR)}) == [
        "open"
    ]


@pytest.mark.parametrize(
    ("changes", "beyond"),
    [
        ({}, []),
        ({"Groups": ""}, []),
        ({"Uid": "7\t7\t5\t7"}, ["user ids 7 7 5 7"]),
        ({"Uid": "7\t7\t7\t5"}, ["user ids 7 7 7 5"]),
        ({"Gid": "8\t5\t8\t8"}, ["group ids 8 5 8 8"]),
        ({"Groups": "8 9 5 "}, ["groups 5"]),
        ({"CapPrm": "0000000000000080"}, ["CapPrm"]),
    ],
)
def test_rights_beyond_those_of_the_user_are_told(changes, beyond):
    assert has_only_rights_of(STATUS | changes, 7, 8, [9]) == beyond


@pytest.mark.parametrize(
    ("environment", "login"), [({"SUDO_USER": "alice"}, "alice"), ({"SUDO_USER": "root"}, ""), ({}, "")]
)
def test_who_has_become_root_by_sudo_is_known(environment, login):
    assert sudo_user(environment) == login
