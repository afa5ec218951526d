"""A2, A7: nothing of a send by root ever runs as root, nor executes the file that belongs to the service user."""

from __future__ import annotations

import contextlib
import shutil

import pytest

from tests.support.misbehaviour import Silent
from tests.support.process import children_of, is_helper, status_of, wait_for

MESSAGE = b"Subject: hello\n\nhello\n"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
STARTER = "frontend/sendmail.c"

AS_ROOT = {STARTER: {"        give_up_root(standin.gid, standin.gid, standin.uid, standin.uid);\n": ""}}
THROUGH_THE_LAUNCHER = {
    STARTER: {
        "        if (!as_root) {\n            execute_launcher();\n        }\n": ("        execute_launcher();\n")
    }
}


@pytest.fixture
def trojan(playground):
    """Put a program in the launcher's place that leaves a mark, as who has become the service user can."""
    with contextlib.ExitStack() as stack:

        def put(installation):
            kept = installation.launcher.with_name("launcher.kept")
            shutil.copy2(installation.launcher, kept)
            stack.callback(kept.replace, installation.launcher)
            mark = playground / "mark"
            installation.launcher.unlink()
            installation.launcher.write_text(f"#!/bin/sh\nid -u >> {mark}\n")
            installation.launcher.chmod(0o755)
            return mark

        yield put


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_no_process_of_it_has_an_id_or_a_capability_of_root(installation, smarthost, mode):
    installation.mode(mode)
    seen = observe(installation, smarthost)
    assert {part for part, _ in seen} == {"frontend", "helper"}
    for part, status in seen:
        assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split(), (part, status)
        assert {name: int(status[name], 16) for name in CAPABILITIES} == dict.fromkeys(CAPABILITIES, 0), (part, status)


def test_the_frontend_of_root_is_the_stand_in_and_nobody_else(installation, smarthost):
    """The same reads the caller's message, and could be fooled into anything that the stand-in may do: nothing."""
    seen = observe(installation, smarthost)
    standin = installation.account("null")
    for status in (status for part, status in seen if part == "frontend"):
        assert status["Uid"].split() == [str(standin.pw_uid)] * 4
        assert status["Gid"].split() == [str(standin.pw_gid)] * 4
        assert status["Groups"].split() == []


def test_root_does_not_execute_the_launcher(installation, smarthost, trojan):
    host = smarthost()
    installation.configure_relay(host)
    mark = trojan(installation)
    result = installation.send("carol@example.org", stdin=MESSAGE, user="root")
    assert (result.status, result.stderr) == (0, "")
    assert host.message.body == b"hello\r\n"
    assert not mark.exists()


def test_control_everybody_else_does(installation, smarthost, trojan):
    installation.configure_relay(smarthost())
    mark = trojan(installation)
    result = installation.send("carol@example.org", stdin=MESSAGE, user="alice")
    assert result.status == 1
    assert mark.read_text().split() == [str(installation.account("alice").pw_uid)]


def test_control_a_starter_that_takes_the_same_way_for_root_executes_it_as_root(weakened, smarthost, trojan):
    installation = weakened(THROUGH_THE_LAUNCHER)
    installation.configure_relay(smarthost())
    mark = trojan(installation)
    installation.send("carol@example.org", stdin=MESSAGE, user="root")
    assert mark.read_text().split() == ["0"]


def test_control_a_starter_that_keeps_root_is_seen(weakened, smarthost):
    seen = observe(weakened(AS_ROOT), smarthost)
    assert any(part == "frontend" and "0" in status["Uid"].split() for part, status in seen)


def observe(installation, smarthost):
    """Look at root's send from its start until it waits for the smart host; return each part with its status."""
    host = smarthost(at={"GREETING": Silent()})
    installation.configure_relay(host)
    seen = []
    with installation.start("carol@example.org", user="root") as process:
        process.stdin.write(MESSAGE)
        process.stdin.close()

        def look():
            for pid in (process.pid, *children_of(process.pid)):
                # The helper's ids are given up before its interpreter is executed, the frontend's at its start.
                part = "helper" if is_helper(pid) else "frontend" if "GREETING" in host.acted else None
                status = status_of(pid)
                if part and status:
                    seen.append((part, status))
            return "GREETING" in host.acted

        wait_for(look, "the connection")
        look()
        process.kill()
    return seen
