"""Accounts: whoever could come by their rights is found."""

from __future__ import annotations

import pwd

import pytest

from admin.accounts import members_of, refuse_unfit
from helper.failure import SystemFault


def entry(name, uid=901, gid=901, shell="/usr/sbin/nologin"):
    return pwd.struct_passwd((name, "x", uid, gid, "", "/nonexistent", shell))


@pytest.mark.parametrize("shell", ["/usr/sbin/nologin", "/sbin/nologin", "/bin/false"])
def test_an_account_of_its_own_without_shell_and_members_will_do(shell):
    refuse_unfit(entry("mailuser", shell=shell), [])


@pytest.mark.parametrize(
    ("fields", "members", "told"),
    [
        ({"uid": 0}, [], "mailuser is root"),
        ({"gid": 0}, [], "mailuser is root"),
        ({"shell": "/bin/sh"}, [], "mailuser has a login shell: usermod --shell"),
        ({"shell": ""}, [], "mailuser has a login shell"),
        ({}, ["alice", "bob"], "the group of mailuser has members: alice bob"),
    ],
)
def test_what_gives_its_rights_to_others_is_told(fields, members, told):
    with pytest.raises(SystemFault, match=told):
        refuse_unfit(entry("mailuser", **fields), members)


def test_who_has_the_group_as_their_own_is_a_member_too():
    no_such_group = 4_000_000_000
    ours = entry("mailuser", gid=no_such_group)
    others = [entry("alice", uid=1001, gid=no_such_group), entry("bob", uid=1002, gid=1002)]
    assert members_of(ours, [ours, *others]) == ["alice"]
