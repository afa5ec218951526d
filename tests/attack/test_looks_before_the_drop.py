"""Acquire, drop, then look: with the service user's rights nothing is parsed that came from outside of root's files.

strace, run by root, lists in order what the helper does; setresuid to the caller's ids is the drop.
"""

from __future__ import annotations

import re

import pytest

MESSAGE = b"Subject: hello\n\nhello\n"
OUTER = (
    "/usr/bin/strace",
    "-f",
    "-qq",
    "-s",
    "500",
    "-e",
    "trace=network,setresuid,execve,fork,vfork,clone,clone3,openat",
    "-o",
)
TELL = "        tell(channel, identified(entry, uid, state), state)\n"
# It would forbid a drop that comes later.
SANDBOX = "        state = in_sandbox(of_entry(load_state(acquired), entry), entry)\n"
LATE_DROP = {
    "helper/entry/serve.py": {
        "        entry.drop()\n": "",
        SANDBOX: "        state = of_entry(load_state(acquired), entry)\n",
        TELL: TELL + "        entry.drop()\n",
    }
}
SWITCHED = {
    "helper/privileged/begin.py": {
        "    service, standin = our_accounts()\n": """    import pwd
    service, standin = pwd.getpwnam(paths.SERVICE_USER), pwd.getpwnam(paths.STANDIN_USER)
"""
    }
}
# What hears something from a peer; a socket's own end of file does not.
HEARS = re.compile(r"\b(recvfrom|recvmsg|recvmmsg|accept4?|connect)\((.*)")


def helper_calls(installation, folder, user, **options):
    """Return what the helper of a send called before it gave its rights up, and what afterwards."""
    file = folder / "trace"
    installation.send("carol@example.org", stdin=MESSAGE, user=user, outer=(*OUTER, file), **options)
    lines = file.read_text().splitlines()
    pid = next(line.split()[0] for line in lines if "execve(" in line and "/helper/__main__.py" in line)
    calls = [line.partition(" ")[2].strip() for line in lines if line.split()[0] == pid]
    start = next(at for at, call in enumerate(calls) if "/helper/__main__.py" in call)
    uid = installation.account("null" if user == "root" else user).pw_uid
    drop = f"setresuid({uid}, {uid}, {uid})"
    at = next(at for at, call in enumerate(calls) if call.startswith(drop))
    return calls[start + 1 : at], calls[at + 1 :]


def heard(calls):
    """Return what was heard of a peer that is no file of this machine."""
    return [call for call in calls if HEARS.search(call) and "AF_UNIX" not in call]


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_nothing_is_heard_from_the_caller_or_the_network(installation, smarthost, tmp_path, mode):
    installation.mode(mode)
    installation.configure_relay(smarthost())
    before, after = helper_calls(installation, tmp_path, "alice")
    assert heard(before) == []
    assert any("recvmsg(3" in call for call in after)
    assert any("AF_INET" in call for call in after)


def test_nor_in_a_send_by_root(installation, smarthost, tmp_path):
    installation.configure_relay(smarthost())
    before, after = helper_calls(installation, tmp_path, "root")
    assert heard(before) == []
    assert any("recvmsg(3" in call for call in after)


def test_nor_to_find_the_machines_name(installation, smarthost, tmp_path):
    """An answer of the DNS comes from outside: whoever sends it must not meet the service user's rights."""
    installation.configure_relay(smarthost(), {"primary_hostname": None})
    etc = {"hosts": "127.0.0.1 localhost\n", "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"}
    before, _ = helper_calls(installation, tmp_path, "alice", etc=etc)
    assert heard(before) == []


def switched(calls):
    """Return where the name-service switch was asked: it reads first which modules to ask."""
    return [call for call in calls if '"/etc/nsswitch.conf"' in call]


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
@pytest.mark.parametrize("user", ["alice", "root"])
def test_the_name_service_switch_is_asked_with_the_callers_rights_alone(installation, smarthost, tmp_path, mode, user):
    """Its modules may speak to a network; and nobody there may say who our own accounts are."""
    installation.mode(mode)
    installation.configure_relay(smarthost())
    before, after = helper_calls(installation, tmp_path, user)
    assert switched(before) == []
    assert switched(after) != []


def test_control_our_accounts_by_the_switch_are_looked_up_with_the_service_users_rights(weakened, smarthost, tmp_path):
    installation = weakened(SWITCHED)
    installation.configure_relay(smarthost())
    before, _ = helper_calls(installation, tmp_path, "alice")
    assert switched(before) != []


def test_nothing_is_executed_or_forked_after_it(installation, smarthost, tmp_path):
    """An exec would make the memory readable for the caller; a child would be one more process to watch."""
    installation.configure_relay(smarthost())
    before, after = helper_calls(installation, tmp_path, "alice")
    assert [call for call in before + after if re.match("(execve|v?fork|clone)", call)] == []


def test_control_a_drop_that_comes_late_is_seen(weakened, smarthost, tmp_path):
    installation = weakened(LATE_DROP)
    installation.configure_relay(smarthost())
    before, _ = helper_calls(installation, tmp_path, "alice")
    assert any("recvmsg(3" in call for call in before)
    assert any("AF_INET" in call for call in before)
