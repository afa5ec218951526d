"""Our own accounts, as the helper reads them from /etc/passwd: what the C programs make of the same lines."""

from __future__ import annotations

import pytest

from helper.privileged.accounts import find_account
from tests.system.test_c_programs import ACCOUNT_LINES, LINE


@pytest.mark.parametrize(("content", "found"), ACCOUNT_LINES)
def test_an_account_is_found_where_the_c_programs_find_it(content, found):
    account = find_account("mailuser", content)
    assert ("none" if account is None else f"{account.pw_uid} {account.pw_gid}") == found


def test_every_cut_of_a_line_is_survived():
    whole = b"daemon:x:1:1::/:/\n" + LINE
    assert [find_account("mailuser", whole[:length]) for length in range(len(whole))] == [None] * len(whole)


def test_the_other_fields_are_there_too():
    account = find_account("mailuser", LINE)
    assert (account.pw_name, account.pw_gecos, account.pw_dir) == ("mailuser", "Gatepost", "/nonexistent")
    assert account.pw_shell == "/usr/sbin/nologin"
    assert find_account("mailuser", b"mailuser:x:997:996:\n").pw_shell == ""
