"""Whose a subordinate uid is, by the lines of /etc/subuid."""

from __future__ import annotations

import os
import pwd

import pytest

from helper.identity.subordinate import owner_of, ranges

# Two accounts that every Debian has, by their uids of old.
DAEMON, GAMES = pwd.getpwnam("daemon"), pwd.getpwnam("games")


@pytest.mark.parametrize(
    ("lines", "owner"),
    [
        ("daemon:100000:65536\n", "daemon"),
        (f"{DAEMON.pw_uid}:100000:65536", "daemon"),
        (" daemon:100005:1 \n", "daemon"),
        ("daemon:100000:6\n", "daemon"),
        ("daemon:100000:5\n", None),
        ("daemon:100006:9\n", None),
        ("games:0:10\ndaemon:100000:10\ndaemon:100000:99\n", "daemon"),
        (f"daemon:100000:10\n{DAEMON.pw_uid}:100000:10\n", "daemon"),
        ("games:100000:10\ndaemon:100000:10\n", None),
        ("root:100000:65536\n", None),
        ("0:100000:65536\n", None),
        ("root:100000:65536\ndaemon:100000:65536\n", None),
        ("no-such-user:100000:65536\n", None),
        ("no-such-user:100000:65536\ndaemon:100000:65536\n", None),
        ("daemon:-1:99999999\n", None),
        ("daemon:100000\n", None),
        ("daemon:100000:10:10\n", None),
        ("daemon:100000:x\n:100000:10\n\0:100000:10\n\n", None),
        ("", None),
    ],
)
def test_the_owner_is_the_only_one_who_has_it_in_a_range(lines, owner):
    found = owner_of(100_005, lines.encode())
    assert (found and found.pw_name) == owner


def test_every_cut_of_a_line_is_survived():
    line = os.urandom(1) + b"daemon:100000:65536\ngames:1:2"
    for length in range(len(line)):
        list(ranges(line[:length]))
