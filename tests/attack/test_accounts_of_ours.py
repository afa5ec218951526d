"""Who is, or belongs to, the service user or the stand-in cannot send; and root does not run the launcher.

A send of theirs would leave the helper with ids that are not the caller's alone: nothing would be given up.
"""

from __future__ import annotations

import pytest

from tests.support.forged import ForgedFrontend, memory_file

MESSAGE = b"Subject: hello\n\nhello\n"
in_both_modes = pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
BEGIN = "helper/privileged/begin.py"
LAUNCHER = "helper/privileged/launcher.c"
WITHOUT_THE_STAND_IN = {LAUNCHER: {"    if (real_user == standin.uid) {\n": "    if (false) {\n"}}
WITHOUT_THE_SERVICE_USER = {
    LAUNCHER: {
        "    if (real_user == service.uid) {\n": "    if (false) {\n",
        "    if (real_group == service.gid) {\n": "    if (false) {\n",
    },
    BEGIN: {"    if real == service.pw_uid or real_group == service.pw_gid or": "    if"},
}


def is_refused(installation, host, result, told):
    """Say that it ended in one clear line and without any connection."""
    assert result.status == 1
    assert told in result.reason
    assert host.connections == 0


@in_both_modes
@pytest.mark.parametrize(
    ("account", "told"), [("mail", "cannot send"), ("null", "the stand-in user")], ids=["service-user", "stand-in"]
)
def test_the_accounts_themselves_cannot_send(installation, smarthost, account, told, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    is_refused(installation, host, installation.send("carol@example.org", stdin=MESSAGE, user=account), told)


@in_both_modes
def test_a_member_of_the_service_users_group_cannot_send(installation, smarthost, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    group = installation.account("mail").pw_gid
    result = installation.send("carol@example.org", stdin=MESSAGE, groups=[group])
    is_refused(installation, host, result, "group cannot send")


@in_both_modes
def test_who_has_the_service_users_group_as_its_own_cannot_send(installation, smarthost, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    with ForgedFrontend(installation, group=installation.account("mail").pw_gid) as forged:
        lines, status = forged.end()
    assert status == 1
    assert b"cannot send" in lines[0]
    assert host.connections == 0


@in_both_modes
@pytest.mark.parametrize("account", ["root", "mail", "null"])
def test_the_launcher_does_not_run_for_them_either(installation, smarthost, account, mode):
    host = smarthost()
    installation.mode(mode)
    installation.configure_relay(host)
    with ForgedFrontend(installation, account) as forged:
        forged.send(b"GATEPOST", [memory_file(MESSAGE)])
        lines, status = forged.end()
    assert (status, len(lines)) == (1, 1)
    assert (b"root does not execute" if account == "root" else b"cannot send") in lines[0]
    assert host.connections == 0


@pytest.mark.parametrize("account", ["mail", "null"])
def test_their_send_by_root_is_no_way_in(installation, smarthost, account):
    """A set-id program that calls sendmail lends its rights: they are given up, and the send is its user's."""
    host = smarthost()
    installation.configure_relay(host)
    service, alice = installation.account(account), installation.account("alice")
    ids = ("/usr/bin/python3", "-c", BORROW, *map(str, (alice.pw_uid, service.pw_uid, alice.pw_gid, service.pw_gid)))
    result = installation.send("carol@example.org", stdin=MESSAGE, user="root", through=ids)
    assert result.status == 0
    assert f"uid={alice.pw_uid} " in result.log_line


BORROW = """
import os, sys
user, lent, group, lent_group = map(int, sys.argv[1:5])
os.setresgid(group, lent_group, lent_group)
os.setresuid(user, lent, lent)
os.execv(sys.argv[5], sys.argv[5:])
"""


def test_control_without_the_look_at_the_stand_in_its_send_counts_as_roots(weakened, smarthost):
    installation = weakened(WITHOUT_THE_STAND_IN)
    installation.configure_relay(smarthost())
    result = installation.send("carol@example.org", stdin=MESSAGE, user="null")
    assert "caller=root uid=0 " in result.log_line


def test_control_without_the_look_at_the_service_user_it_sends(weakened, smarthost):
    installation = weakened(WITHOUT_THE_SERVICE_USER)
    installation.configure_relay(smarthost())
    result = installation.send("carol@example.org", stdin=MESSAGE, user="mail")
    assert f"caller={installation.account('mail').pw_name} " in result.log_line
