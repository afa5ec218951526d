"""The machine: under which settings of the kernel a send is safe, and possible."""

from __future__ import annotations

import pytest

from admin.finding import Caution
from admin.machine import judge_kernel
from helper.failure import SystemFault

GOOD = {"fs/suid_dumpable": "0", "fs/protected_hardlinks": "1"}


@pytest.mark.parametrize("dumpable", ["0", "2"])
def test_a_kernel_that_keeps_secrets_is_right(dumpable):
    assert judge_kernel(GOOD | {"fs/suid_dumpable": dumpable}, False) == f"fs.suid_dumpable is {dumpable}"


@pytest.mark.parametrize("no_new_privs", [False, True])
@pytest.mark.parametrize("links", ["0", "1"])
def test_a_kernel_that_gives_them_away_is_wrong_whatever_else_there_is(no_new_privs, links):
    settings = GOOD | {"fs/suid_dumpable": "1", "fs/protected_hardlinks": links}
    with pytest.raises(SystemFault, match=r"sysctl -w fs\.suid_dumpable=0"):
        judge_kernel(settings, no_new_privs)


@pytest.mark.parametrize(
    ("settings", "no_new_privs", "told"),
    [
        (GOOD | {"fs/suid_dumpable": None}, False, "it must not be 1"),
        (GOOD | {"fs/protected_hardlinks": "0"}, False, "fs.protected_hardlinks is 0"),
        (GOOD, True, "no_new_privs is set here"),
    ],
)
def test_what_is_no_fault_is_told_all_the_same(settings, no_new_privs, told):
    with pytest.raises(Caution, match=told):
        judge_kernel(settings, no_new_privs)


def test_a_kernel_that_does_not_tell_of_links_is_no_reason_to_warn():
    assert judge_kernel(GOOD | {"fs/protected_hardlinks": None}, False)
