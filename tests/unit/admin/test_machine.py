"""The machine: under which settings of the kernel a send is safe, and possible."""

from __future__ import annotations

import re

import pytest

from admin.finding import Caution
from admin.machine import assess_kernel, assess_sandbox, refuse_closed, refuse_old_kernel
from helper.failure import ConfigError, SystemFault

GOOD = {"fs/suid_dumpable": "0", "fs/protected_hardlinks": "1"}


@pytest.mark.parametrize("dumpable", ["0", "2"])
def test_a_kernel_that_keeps_secrets_is_right(dumpable):
    assert assess_kernel(GOOD | {"fs/suid_dumpable": dumpable}, False) == f"fs.suid_dumpable is {dumpable}"


@pytest.mark.parametrize("no_new_privs", [False, True])
@pytest.mark.parametrize("links", ["0", "1"])
def test_a_kernel_that_gives_them_away_is_wrong_whatever_else_there_is(no_new_privs, links):
    settings = GOOD | {"fs/suid_dumpable": "1", "fs/protected_hardlinks": links}
    with pytest.raises(SystemFault, match=r"sysctl -w fs\.suid_dumpable=0"):
        assess_kernel(settings, no_new_privs)


@pytest.mark.parametrize(
    ("settings", "no_new_privs", "told"),
    [
        (GOOD | {"fs/suid_dumpable": None}, False, "it must not be 1"),
        (GOOD | {"fs/protected_hardlinks": "0"}, False, "fs.protected_hardlinks is 0"),
        (GOOD, True, "no_new_privs is set for this process"),
    ],
)
def test_what_is_no_fault_is_told_all_the_same(settings, no_new_privs, told):
    with pytest.raises(Caution, match=told):
        assess_kernel(settings, no_new_privs)


def test_a_kernel_that_does_not_tell_of_links_is_no_reason_to_warn():
    assert assess_kernel(GOOD | {"fs/protected_hardlinks": None}, False)


@pytest.mark.parametrize("is_required", [False, True])
@pytest.mark.parametrize("abi", [6, 7, 20])
def test_a_kernel_that_has_all_of_the_sandbox_is_right(abi, is_required):
    assert assess_sandbox(abi, True, is_required=is_required) == f"Landlock {abi} and seccomp"


@pytest.mark.parametrize(
    ("abi", "has_seccomp", "told"),
    [
        (0, True, "lacks Landlock (Linux 5.13"),
        (1, True, "connect to any port"),
        (3, True, "connect to any port"),
        (4, True, "abstract sockets"),
        (5, True, "abstract sockets"),
        (7, False, "lacks seccomp"),
        (0, False, "files of the caller; seccomp"),
    ],
)
def test_what_a_kernel_lacks_of_the_sandbox_is_told(abi, has_seccomp, told):
    with pytest.raises(Caution, match=re.escape(told)):
        assess_sandbox(abi, has_seccomp, is_required=False)


@pytest.mark.parametrize(("abi", "has_seccomp"), [(0, True), (0, False), (1, False), (7, False)])
def test_a_kernel_without_the_sandbox_that_is_required_is_wrong(abi, has_seccomp):
    with pytest.raises(SystemFault, match="no message is sent"):
        assess_sandbox(abi, has_seccomp, is_required=True)


@pytest.mark.parametrize("abi", [1, 5])
def test_an_old_landlock_is_enough_for_who_requires_a_sandbox(abi):
    with pytest.raises(Caution):
        assess_sandbox(abi, True, is_required=True)


@pytest.mark.parametrize("release", ["4.19.0-27-amd64", "5.8.18", "5.4"])
def test_a_kernel_that_is_too_old_is_told(release):
    with pytest.raises(SystemFault, match="but Gatepost needs"):
        refuse_old_kernel(release)


@pytest.mark.parametrize("release", ["5.9.0", "5.10.0-32-amd64", "6.1.0", "10.0", "odd"])
def test_a_kernel_that_is_new_enough_is_not(release):
    refuse_old_kernel(release)


def test_a_library_that_users_cannot_read_is_told_with_what_keeps_them_out(tmp_path):
    module = tmp_path / "lib" / "os.py"
    module.parent.mkdir(mode=0o755)
    module.write_text("")
    module.chmod(0o640)
    with pytest.raises(ConfigError, match=r"chmod o\+r$") as caught:
        refuse_closed(str(module))
    assert caught.value.file == str(module)
    module.chmod(0o644)
    module.parent.chmod(0o700)
    with pytest.raises(ConfigError, match=r"chmod o\+x$") as caught:
        refuse_closed(str(module))
    assert caught.value.file == str(module.parent)
