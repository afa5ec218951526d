"""gatepost check by an ordinary user checks that user's own installation, and tells every fault of it at once."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.support.personal import PASSWORD, Personal

MESSAGE = b"Subject: hello\n\nhello\n"


@pytest.fixture
def own(installation):
    """Alice's own files, in an installation whose launcher has no set-id bit."""
    installation.mode(0o755)
    personal = Personal(installation)
    yield personal
    installation.run_as("root", "/bin/rm", "-rf", str(personal.folder))


@pytest.fixture
def host(smarthost):
    return smarthost(tls="starttls", auth={"ws1": PASSWORD})


def check(own, *options):
    return own.installation.run_as("alice", str(own.installation.prefix / "bin/gatepost"), "check", *options)


def found(own, *options):
    """Return status and findings as (verdict, subject), but for python-prctl, which only root can install."""
    done = check(own, "--json", *options)
    rows = [row for row in json.loads(done.stdout) if row["subject"] != "prctl"]
    return done.status, [(row["verdict"], row["subject"]) for row in rows], rows


def test_what_is_right_is_ok(own, host):
    own.configure(host)
    status, findings, rows = found(own)
    assert status == 0, rows
    assert {verdict for verdict, _ in findings} == {"ok"}
    assert ("ok", "secret") in findings
    assert PASSWORD not in json.dumps(rows)


def test_it_logs_in_when_asked(own, host):
    own.configure(host)
    status, _, rows = found(own, "--auth")
    assert (status, [row["verdict"] for row in rows if row["subject"] in ("relay", f"{host.address}:{host.port}")]) == (
        0,
        ["ok"],
    ), rows
    assert host.messages == []


FAULTS = {
    "configuration-of-others": (lambda own: own.configuration.chmod(0o666), "configuration", "chmod go-w"),
    "directory-of-others": (lambda own: own.folder.chmod(0o777), "configuration", "chmod go-w"),
    "secret-for-all": (lambda own: (own.secrets / "relay.password").chmod(0o644), "secret", "chmod go-rwx"),
    "secret-for-the-group": (lambda own: (own.secrets / "relay.password").chmod(0o640), "secret", "chmod go-rwx"),
    "no-secret": (lambda own: (own.secrets / "relay.password").unlink(), "secret", "install -D -m 0600"),
    "no-log": (lambda own: own.log.unlink(), "log", "install -m 0600 /dev/null"),
    "log-of-others": (lambda own: own.log.chmod(0o666), "log", ""),
    "blank": (lambda own: own.write(own.secrets / "relay.password", f"{PASSWORD} \n"), "secret", "sed -i"),
    "empty": (lambda own: own.write(own.secrets / "relay.password", ""), "secret", ""),
    "two-lines": (lambda own: own.write(own.secrets / "relay.password", "a\nb\n"), "secret", ""),
    "syntax": (lambda own: own.write(own.configuration, "hosts = ["), "configuration", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_with_its_remedy(own, host, fault):
    own.configure(host)
    spoil, subject, remedy = FAULTS[fault]
    spoil(own)
    _, _, rows = found(own)
    bad = [row for row in rows if row["verdict"] != "ok"]
    own.folder.chmod(0o700)
    assert [row["subject"] for row in bad][:1] == [subject], rows
    assert bad[0]["remedy"].startswith(remedy), rows


@pytest.mark.parametrize(
    "fault", [name for name, (_, _, remedy) in FAULTS.items() if remedy.startswith(("chmod", "sed"))]
)
def test_the_remedy_can_be_typed_and_helps(own, host, fault):
    own.configure(host)
    FAULTS[fault][0](own)
    remedy = next(row["remedy"] for row in found(own)[2] if row["remedy"])
    assert own.installation.run_as("alice", "/bin/sh", "-c", remedy).status == 0
    assert found(own)[0] == 0
    assert own.send("carol@example.org", stdin=MESSAGE).status == 0


def test_several_faults_are_told_at_once(own, host):
    own.configure(host, {"qualify_domain": "gmail.com"})
    own.configuration.chmod(0o666)
    own.write(own.secrets / "relay.password", "")
    (own.secrets / "relay.password").chmod(0o644)
    own.log.unlink()
    status, findings, rows = found(own)
    assert status == 1
    bad = [subject for verdict, subject in findings if verdict != "ok"]
    assert bad == ["configuration", "secret", "secret", "log", "qualify_domain"], rows


def test_without_a_configuration_the_command_that_makes_one_is_told_and_works(own):
    status, _, rows = found(own)
    assert status == 1
    remedy = rows[-1]["remedy"]
    assert shlex.split(remedy)[:4] == ["install", "-D", "-m", "0600"]
    assert own.installation.run_as("alice", "/bin/sh", "-c", remedy).status == 0
    assert own.configuration.stat().st_mode & 0o777 == 0o600
    rows = found(own)[2]
    assert rows[1]["subject"] == "configuration"
    assert (rows[1]["verdict"], rows[1]["text"]) == ("ok", str(own.configuration))


def test_where_the_installation_sends_nothing_of_ones_own_is_needed(own):
    own.installation.mode(0o6755)
    status, findings, rows = found(own)
    assert (status, findings[-1]) == (0, ("ok", "configuration"))
    assert "sudo gatepost check" in rows[-1]["text"]


def test_a_configuration_that_no_send_uses_is_a_warning(own, host):
    own.configure(host)
    own.installation.mode(0o6755)
    status, findings, _ = found(own)
    assert (status, findings.count(("warn", "configuration"))) == (0, 1)


def test_without_one_of_their_own_the_systems_configuration_is_what_a_user_checks(own, host):
    """A send without privilege reads it then; in an installation of the user's own it is the only one."""
    own.installation.configure_relay(host)
    own.installation.configuration.chmod(0o644)
    (own.installation.secrets).chmod(0o755)
    _, findings, rows = found(own)
    assert ("ok", "configuration") in findings
    assert str(own.installation.configuration) in [row["text"] for row in rows]
    own.installation.configuration.chmod(0o640)
    _, findings, rows = found(own)
    assert findings[-1] == ("wrong", "configuration")
    assert rows[-1]["remedy"].startswith("install -D -m 0600 ")
