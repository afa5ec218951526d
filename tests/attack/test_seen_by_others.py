"""B17: what everybody can see of a send (ps) tells nothing that its caller has not written there."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Silent
from tests.support.process import command_of, wait_for

CANARY = secrets.token_urlsafe(24)
VISIBLE = ("cmdline", "comm", "stat", "status", "limits", "mountinfo", "sched", "wchan")
NAMED = {
    "helper/delivery/deliver.py": {
        "    failures: list[HostFailed] = []\n": (
            "    from helper.privileged.kernel import call_function\n"
            "    call_function('prctl', 15, envelope.recipients[0], 0, 0, 0)\n"  # PR_SET_NAME
            "    failures: list[HostFailed] = []\n"
        )
    }
}


def hold(installation, smarthost, start_held):
    """Return the processes of a send that waits after it has authenticated, frontend first."""
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"MAIL": Silent()})
    installation.configure_relay(host)
    process, helper = start_held(installation)
    wait_for(lambda: "MAIL" in host.acted, "the smart host to stand still")
    return process.pid, helper


def seen(installation, pid):
    """Return what another user can read of a process."""
    files = [f"/proc/{pid}/{name}" for name in VISIBLE]
    return installation.run_as("bob", "/bin/cat", *files, f"/proc/{pid}/environ").stdout


def test_the_helpers_command_line_is_always_the_same(installation, smarthost, start_held):
    _, helper = hold(installation, smarthost, start_held)
    script = f"{installation.prefix}/lib/gatepost/helper/__main__.py"
    assert command_of(helper) == [word.encode() for word in ("/usr/bin/python3", "-I", "-S", "-B", script)]
    assert Path(f"/proc/{helper}/comm").read_text() == "python3\n"
    assert Path(f"/proc/{helper}/environ").read_bytes() == b"PATH=/usr/bin:/bin\0"


def test_others_see_neither_password_nor_recipient_at_the_helper(installation, smarthost, start_held):
    _, helper = hold(installation, smarthost, start_held)
    shown = seen(installation, helper)
    assert "python3" in shown
    assert "carol" not in shown
    assert_no_canary(CANARY, shown)


def test_they_see_at_the_frontend_what_its_caller_wrote_and_no_password(installation, smarthost, start_held):
    frontend, _ = hold(installation, smarthost, start_held)
    shown = seen(installation, frontend)
    assert "carol@example.org" in shown
    assert_no_canary(CANARY, shown, Path(f"/proc/{frontend}/environ").read_bytes())


def test_control_a_helper_named_after_its_work_is_seen(weakened, smarthost, start_held):
    installation = weakened(NAMED)
    _, helper = hold(installation, smarthost, start_held)
    assert "carol" in seen(installation, helper)
