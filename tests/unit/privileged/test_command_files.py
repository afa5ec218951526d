"""The rule for a command that is asked for a password: who else than root has a say in what it executes and reads."""

from __future__ import annotations

import os
import stat

import pytest

from admin.configured_commands import hides_path
from helper.failure import ConfigError
from helper.privileged.command_files import interpreter_of, refuse_unsafe_command
from helper.privileged.protected_files import Owner, is_writable_by_others

ASK = "#!/bin/sh\necho x\n"


def theirs(path, status):
    """Raise ConfigError for what stands for others': whatever they can write, but for a sticky directory."""
    if status.st_mode & stat.S_IWOTH and is_writable_by_others(status):
        raise ConfigError(path, "is theirs")


ANYBODY = Owner("", "", "", theirs)


@pytest.fixture
def ask(tmp_path):
    path = tmp_path / "ask"
    path.write_text(ASK)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def places(tmp_path):
    """Return a file and a folder of ours, and of others, and links to theirs."""
    for who, mode in (("ours", 0o755), ("theirs", 0o777)):
        folder = tmp_path / who
        folder.mkdir()
        (folder / "inside.py").write_text("")
        folder.chmod(mode)
    open_file = tmp_path / "open.py"
    open_file.write_text("")
    open_file.chmod(0o666)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").chmod(0o666)
    (tmp_path / "link").symlink_to(open_file)
    (tmp_path / "folder-link").symlink_to(tmp_path / "theirs")
    (tmp_path / "theirs" / "back").symlink_to(tmp_path / "ours/inside.py")
    (tmp_path / "through").symlink_to("theirs/back")
    return str(tmp_path)


@pytest.mark.parametrize(
    "argument",
    [
        "{0}/open.py",
        "{0}/link",
        "{0}/theirs/inside.py",
        "{0}/folder-link/inside.py",
        "{0}/through",
        "{0}/ours/../open.py",
        "--file={0}/open.py",
        "FILE={0}/open.py",
        "LD_PRELOAD={0}/theirs/not-there-yet.so",
        "{0}/theirs/not-there-yet.py",
        "{0}/theirs",
        "{0}/pipe",
        "-f{0}/open.py",
        "-I{0}/theirs",
        "-K{0}/theirs/not-there-yet",
        "@{0}/open.py",
        "file:{0}/open.py",
    ],
)
def test_an_argument_that_others_can_write_is_refused(ask, places, argument):
    with pytest.raises(ConfigError, match="is theirs"):
        refuse_unsafe_command((ask, "show", argument.format(places)), ANYBODY)


def test_a_file_that_is_not_there_and_that_all_can_make_is_refused(ask):
    with pytest.raises(ConfigError, match="does not exist, and every user could create it"):
        refuse_unsafe_command((ask, "--cache=/tmp/gatepost-not-there-yet"), ANYBODY)


def test_a_file_that_is_named_from_the_root_is_one(ask, places):
    with pytest.raises(ConfigError, match="is theirs"):
        refuse_unsafe_command((ask, f"{places}/open.py"[1:]), ANYBODY)


@pytest.mark.parametrize(
    "argument",
    [
        *("show", "mail/relay", "{0}/ours/inside.py", "--file={0}/ours/inside.py", "/nowhere/at/all", "{0}/ours"),
        *("{0}/ours/not-there-yet", "/tmp", "/dev/null", "https://example.net/{0}", "--user=me", "x=y=z", "="),
        "cat {0}/open.py",
    ],
)
def test_what_others_cannot_write_or_is_no_file_is_taken(ask, places, argument):
    refuse_unsafe_command((ask, argument.format(places)), ANYBODY)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("#!{0}/theirs/inside.py", "is theirs"),
        ("#! \t{0}/open.py", "is theirs"),
        ("#!/usr/bin/env {0}/open.py", "is theirs"),
        ("#!/usr/bin/env -S python3 {0}/open.py", "is theirs"),
        ("#!{0}/second", "is theirs"),
        ("#!python3", "has no absolute path in its #! line"),
        ("#!{0}/nowhere", "cannot be found"),
    ],
)
def test_the_interpreter_and_its_argument_are_looked_at_as_well(tmp_path, ask, places, line, told):
    (tmp_path / "second").write_text(f"#!{places}/open.py\n")
    (tmp_path / "ask").write_text(line.format(places) + "\n")
    with pytest.raises(ConfigError, match=told):
        refuse_unsafe_command((ask,), ANYBODY)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"#!/bin/sh\n", ("/bin/sh", "")),
        (b"#!  /bin/sh  -e x \n", ("/bin/sh", "-e x")),
        (b"#!\t/usr/bin/env\tpython3\nrest", ("/usr/bin/env", "python3")),
        (b"#!/bin/sh", ("/bin/sh", "")),
        (b"#!\n", ("", "")),
        (b"\x7fELF", ("", "")),
        (b"", ("", "")),
    ],
)
def test_the_first_line_is_read_as_the_kernel_reads_it(tmp_path, content, expected):
    (tmp_path / "program").write_bytes(content)
    assert interpreter_of(str(tmp_path / "program")) == expected


def test_links_in_a_circle_come_to_an_end(tmp_path, ask):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    refuse_unsafe_command((ask, f"{tmp_path}/one"), ANYBODY)


@pytest.mark.parametrize(
    ("command", "hides"),
    [
        (("/bin/sh", "-c", "cat /home/alice/x"), True),
        (("/bin/sh", "-c", "/home/alice/x"), True),
        (("/bin/bash", "-ec", "</x"), True),
        (("/usr/bin/env", "sh", "-c", "a/b"), True),
        (("/usr/bin/python3", "-c", "open('/x') and 1"), True),
        (("/usr/bin/python3", "-c", "exec(open('/x').read())"), True),
        (("/usr/bin/python3", "-cexec(open('/x').read())"), True),
        (("/usr/bin/perl", "-E", "do'/x';"), True),
        (("/usr/bin/curl", "https://example.net/token?a=b&c=d"), False),
        (("/bin/sh", "-c", "echo hello"), False),
        (("/usr/bin/pass", "show", "mail/relay"), False),
        (("/opt/ask", "--file=/etc/x"), False),
        (("/opt/ask",), False),
    ],
)
def test_a_line_of_a_shells_with_a_path_in_it_is_seen(command, hides):
    assert hides_path(command) is hides
