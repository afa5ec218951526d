"""The sandbox by its parts: what is said of its strength, and what may still be read in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helper.privileged.kernel import call
from helper.sandbox.confine import around, readable, resolver_configuration, strength_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("abi", "has_seccomp", "strength"),
    [
        (6, True, ""),
        (7, True, ""),
        (5, True, "landlock-5+seccomp"),
        (1, False, "landlock-1"),
        (7, False, "landlock-7"),
        (0, True, "seccomp"),
        (0, False, "none"),
    ],
)
def test_the_log_is_told_where_the_kernel_does_not_have_all_of_it(abi, has_seccomp, strength):
    assert strength_of(abi, has_seccomp) == strength


def test_modules_that_are_imported_late_can_be_read():
    assert set(sys.path) <= set(readable(()))


def test_certificates_can_be_read_where_the_links_of_a_folder_lead(tmp_path):
    """`openssl rehash` leaves links, also to files that are elsewhere."""
    elsewhere = tmp_path / "elsewhere.pem"
    elsewhere.write_text("")
    folder = tmp_path / "hashed"
    folder.mkdir()
    (folder / "own.pem").write_text("")
    (folder / "1234abcd.0").symlink_to("../elsewhere.pem")
    (folder / "5678abcd.0").symlink_to("own.pem")
    added = set(readable((str(folder), str(elsewhere)))) - set(readable(()))
    assert added == {str(folder), str(elsewhere), str(folder / "own.pem")}


@pytest.mark.parametrize(
    "folder", ["/", "/home", "/root", "/tmp", "/var", "/var/mail", "/run", "/srv", "/proc", "/dev"]
)
def test_no_folder_of_users_and_services_can_be_read(folder):
    allowed = {os.path.realpath(path) for path in readable(()) if path not in sys.path}
    assert not {folder, *map(str, Path(folder).parents)} & allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/etc/resolv.conf", "/etc/resolv.conf"),
        ("/run/systemd/resolve/stub-resolv.conf", "/run/systemd/resolve"),
        ("/run/resolv.conf", "/run/resolv.conf"),
        ("/resolv.conf", "/resolv.conf"),
    ],
)
def test_where_resolv_conf_is_does_not_open_all_that_is_beside_it(path, allowed):
    assert resolver_configuration(path) == allowed


def test_the_processor_is_the_one_whose_numbers_are_called_whatever_uname_says():
    """A caller's personality(2) would else switch the filter of system calls off."""
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from helper.sandbox.confine import machine; print(machine())"
    own = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout
    for wrapper in ([], ["setarch", "linux32"], ["setarch", "--uname-2.6"]):
        command = [*wrapper, "/usr/bin/python3", "-I", "-S", "-B", "-c", script]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == own


def test_what_the_kernel_refuses_is_an_error():
    with pytest.raises(OSError, match="Invalid argument"):
        call(444, 0, 0, 1 << 31)  # landlock_create_ruleset, with a flag that there is not


# What a hostile smart host would have a hijacked helper do is in tests/attack; here is that two steps fit together.
IN_THE_SANDBOX = """
import os, sys
sys.path[:0] = [{root!r}]
sys.path.append("/usr/lib/python3/dist-packages")
from helper.privileged.python_prctl import PR_SET_NO_NEW_PRIVS, prctl
from helper.sandbox.confine import Sandbox
prctl(PR_SET_NO_NEW_PRIVS, 1)
sandbox = Sandbox((1,))
sandbox.shut_in()
print(os.path.exists({file!r}) and open({file!r}).read(), end=" ")
for _ in range(40):
    sandbox.shut_in_further()
try:
    open({file!r})
except PermissionError:
    print("refused", end=" ")
import ssl, _socket
print(_socket.getaddrinfo(b"localhost", b"1", 0, _socket.SOCK_STREAM)[0][4][1], end=" ")
print(len(os.listdir("/etc")) > 1)
"""


def test_files_can_be_read_until_it_is_shut_further_and_the_systems_own_after_it(tmp_path):
    file = tmp_path / "list"
    file.write_text("a-list")
    script = IN_THE_SANDBOX.format(root=str(ROOT), file=str(file))
    command = ["/usr/bin/python3", "-I", "-S", "-B", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", "a-list refused 1 True\n")


@pytest.fixture
def etc(tmp_path):
    for directory in ("gatepost/secrets", "ssl/certs"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "hosts").touch()
    (tmp_path / "way-back").symlink_to("gatepost")
    return tmp_path


def read(kept_back, path):
    return sorted(around(str(kept_back), str(path)))


def test_all_else_in_a_directory_is_read(etc):
    assert read(etc / "gatepost", etc) == [str(etc / "hosts"), str(etc / "ssl")]


def test_so_it_is_on_the_whole_way_to_it(etc):
    assert read(etc / "ssl/certs", etc) == [str(etc / "gatepost"), str(etc / "hosts")]


def test_the_root_is_on_every_way(etc):
    assert str(etc) not in read(etc, "/")


@pytest.mark.parametrize("name", ["hosts", "ssl", "gatepost/secrets", "gate", "gatepost2", "nothing"])
def test_what_is_not_on_the_way_to_it_stays_as_it_is(etc, name):
    assert read(etc / "gatepost", etc / name) == [str(etc / name)]


def test_it_itself_is_not_read(etc):
    assert read(etc / "gatepost", etc / "gatepost") == []


def test_without_one_nothing_is_kept_back(etc):
    assert read("", etc) == [str(etc)]
