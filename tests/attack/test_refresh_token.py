"""The refresh token is root's alone, and who speaks to the token endpoint has the stand-in's rights and no others."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.authorization_server import AuthorizationServer, tokens
from tests.support.process import children_of, command_of, status_of

CANARY = "canary-of-a-refresh-token"
AUTH = {"user": "ws1", "mechanisms": ["XOAUTH2"], "password_file": "relay.token"}


def prepare(installation, smarthost, server, auth):
    """Log the relay in, by an earlier refresh token."""
    host = smarthost(tls="starttls", auth={"ws1": "access-1"}, mechanisms=["XOAUTH2"])
    installation.configure(installation.relay_configuration(host, auth=auth))
    ca = installation.sysconfdir / "oauth-ca.pem"
    ca.write_bytes(server.ca.read_bytes())
    file = installation.secrets / "relay.oauth"
    grant = {"client_id": "me", "token_endpoint": server.url("token"), "ca_file": str(ca), "refresh_token": CANARY}
    file.write_text(json.dumps(grant))
    file.chmod(0o600)


@pytest.fixture
def watched(certificates, smarthost):
    """Refresh, and return what was to be seen of the process that waits for the token endpoint's answer."""

    def refresh(installation, auth=AUTH, is_asked=True):
        seen = {}

        def look():
            (pid,) = children_of(process.pid)
            uid = installation.account("alice").pw_uid
            standin = installation.account("null")
            reading = ["setpriv", f"--reuid={standin.pw_uid}", f"--regid={standin.pw_gid}", "--clear-groups"]
            seen.update(
                status=status_of(pid),
                shown=b" ".join(command_of(pid)) + Path(f"/proc/{pid}/environ").read_bytes(),
                by_itself=subprocess.run([*reading, "cat", f"/proc/{pid}/environ"], capture_output=True).returncode,
                uid=uid,
            )

        with AuthorizationServer(certificates.good, tokens(refresh="refresh-2")) as server:
            prepare(installation, smarthost, server, auth)
            server.before_answer = look
            command = [installation.prefix / "bin/gatepost", "refresh"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                seen["told"] = process.communicate(timeout=60)
            assert [form["refresh_token"] for form in server.asked] == [CANARY] * is_asked
        return seen

    return refresh


def readable_for(installation, who) -> bool:
    account = installation.account(who)
    command = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    done = subprocess.run([*command, "cat", installation.secrets / "relay.oauth"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("who", ["alice", "mail", "null"])
def test_a_refresh_token_is_readable_for_root_alone(installation, watched, who):
    assert watched(installation)["told"][1] == ""
    assert "refresh-2" in (installation.secrets / "relay.oauth").read_text()
    assert not readable_for(installation, who)


def test_who_speaks_to_the_endpoint_has_the_stand_ins_rights_and_no_others(installation, watched):
    seen = watched(installation)
    standin = installation.account("null")
    status = seen["status"]
    assert status["Uid"].split() == [str(standin.pw_uid)] * 4
    assert status["Gid"].split() == [str(standin.pw_gid)] * 4
    assert status["Groups"].split() == []
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert seen["by_itself"] != 0, "other processes of the stand-in can look into it"
    assert CANARY.encode() not in seen["shown"]


def test_control_with_a_mode_as_other_secrets_have_the_service_user_reads_it(weakened, watched):
    store = {
        "GRANT_MODE, TOKEN_MODE = 0o600, 0o640": "GRANT_MODE, TOKEN_MODE = 0o640, 0o640",
        "to_octets(grant), 0, GRANT_MODE)": "to_octets(grant), account(paths.SERVICE_USER).pw_gid, GRANT_MODE)",
    }
    installation = weakened({"admin/oauth/store.py": store})
    watched(installation)
    assert readable_for(installation, "mail")


def test_control_without_the_change_of_user_the_endpoint_speaks_to_root(weakened, watched):
    change = "            user=standin.pw_uid,\n            group=standin.pw_gid,\n            extra_groups=[],\n"
    speak = {"        drop()\n": ""}
    installation = weakened({"admin/oauth/messenger.py": {change: ""}, "admin/oauth/speak.py": speak})
    assert watched(installation)["status"]["Uid"].split() == ["0"] * 4


def test_control_without_the_drop_others_of_the_stand_in_look_into_it(weakened, watched):
    old = "        drop()\n"
    new = "        from helper.privileged import python_prctl as ours; ours.prctl(ours.PR_SET_NO_NEW_PRIVS, 1)\n"
    assert watched(weakened({"admin/oauth/speak.py": {old: new}}))["by_itself"] == 0


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("[sys.stdout.write('access_token ' + 'x' * 99) for _ in range(9999)]", "ended without an answer"),
        ("sys.stdout.write('access_token a\\x1b[31m\\n\\n')", "is not valid"),
        ("sys.stdout.write('access_token a\\nexpires_in 9' + '9' * 99 + '\\n\\n')", "impossible lifetime"),
    ],
    ids=["endless", "an escape sequence", "a number"],
)
def test_root_believes_nothing_of_a_messenger_that_was_taken_over(weakened, watched, lie, told):
    installation = weakened({"admin/oauth/speak.py": {"        say(carry_out(request))\n": taken_over(lie)}})
    assert told in watched(installation)["told"][1]
    assert json.loads((installation.secrets / "relay.oauth").read_text())["refresh_token"] == CANARY
    assert not (installation.secrets / "relay.token").exists()


def test_a_messenger_that_was_taken_over_changes_no_endpoint(weakened, watched):
    lie = "say({'access_token': 'a', 'token_endpoint': 'https://evil.test/', 'client_id': 'evil'})"
    installation = weakened({"admin/oauth/speak.py": {"        say(carry_out(request))\n": taken_over(lie)}})
    assert watched(installation)["told"][1] == ""
    assert (installation.secrets / "relay.token").read_text() == "a\n"
    assert "evil" not in (installation.secrets / "relay.oauth").read_text()


def taken_over(lie: str) -> str:
    """Return what a messenger does that asks the endpoint and then says something else."""
    return f"        carry_out(request)\n        {lie}\n        sys.stdout.flush()\n"


def test_root_writes_no_token_into_a_folder_that_others_can_write(installation, playground, watched):
    auth = AUTH | {"password_file": str(playground / "relay.token")}
    told = watched(installation, auth=auth, is_asked=False)["told"][1]
    assert f"{playground}: can be written by users other than root" in told
    assert list(playground.iterdir()) == []
