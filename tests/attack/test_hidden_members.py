"""K11: whoever sends to a list whose file only root can read is never shown its members; the log is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.misbehaviour import Close
from tests.system.world import ACCEPT, configure, home_file, protected_file, redirect

MESSAGE = b"Subject: hello\n\nhello\n"
STAFF = "staff@example.net"
MEMBERS = ("secret1@example.org", "secret2@example.org")
LIST = f"staff: team\nteam: {', '.join(MEMBERS)}\ngone: secret4@gone.example\n"
REFUSED = "550 5.1.1 <secret1@example.org> no such user"
WITHOUT_STARS = {
    "helper/discreet.py": {
        "    if BEGIN not in line:\n        return line\n    first, *others = line.split(BEGIN)\n"
        '    return first + "".join(each.partition(INSTEAD)[0] + each.partition(END)[2] for each in others)\n': (
            "    return for_log(line)\n"
        )
    }
}


def set_up(installation, host, **options):
    """Configure a list that only the service user can read; nobody can be sent to in gone.example."""
    aliases = protected_file(installation, "aliases", LIST)
    accept = ACCEPT | {"domains": ["!gone.example", "*"]}
    configure(installation, host, [redirect(aliases, domains=["example.net"]), accept], **options)


def assert_hidden(*texts):
    """Say that no text has a member in it, nor a mark of ours."""
    for text in texts:
        assert "secret" not in text
        assert not set("\x0e\x0f\x1f") & set(text)


def test_a_dialogue_shows_stars(installation, smarthost):
    host = smarthost()
    set_up(installation, host)
    result = installation.send("-v", STAFF, "carol@example.org", stdin=MESSAGE)
    assert (result.status, len(host.message.addresses)) == (0, 3)
    assert_hidden(result.stderr)
    assert result.stderr.count(">> RCPT TO:<***>") == 2
    assert ">> RCPT TO:<carol@example.org>" in result.stderr
    assert "<< 250 2.0.0\n" in result.stderr
    assert all(f"<{member}>" in result.log_line for member in MEMBERS)


@pytest.mark.parametrize(
    ("refuse", "reason", "logged"),
    [
        (
            {"RCPT:secret1@example.org": REFUSED},
            f"RCPT TO:<***> (from <{STAFF}>) was refused: 550 5.1.1",
            f"RCPT TO:<secret1@example.org> (from <{STAFF}>) was refused: {REFUSED}",
        ),
        ({"MESSAGE": "554 secret1@example.org"}, "the message was refused: 554", "554 secret1@example.org"),
    ],
    ids=["rcpt", "message"],
)
@pytest.mark.parametrize("option", ["-v", "-i"])
def test_a_refusal_shows_its_codes_alone(installation, smarthost, refuse, reason, logged, option):
    set_up(installation, smarthost(refuse=refuse))
    result = installation.send(option, STAFF, stdin=MESSAGE)
    assert result.status == 1
    assert result.stderr.splitlines()[-1].endswith(f": {reason}")
    assert_hidden(result.stderr)
    assert logged in result.log_line


def test_a_session_is_shown_no_more(installation, smarthost):
    refused = smarthost(refuse={"RCPT:secret1@example.org": REFUSED})
    script = b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<%b>\r\nDATA\r\nSubject: hello\r\n\r\nhello\r\n.\r\nQUIT\r\n"
    for host, end in ((smarthost(), "250 2.0.0"), (refused, "(from <staff@example.net>) was refused: 550 5.1.1")):
        set_up(installation, host)
        result = installation.send("-bs", stdin=script % STAFF.encode())
        assert result.stdout.splitlines()[-2].rstrip().endswith(end)
        assert_hidden(result.stdout, result.stderr)


@pytest.mark.parametrize(
    ("arguments", "reason", "logged"),
    [
        (["gone"], "gone@example.net: became an address that is taken by no router", "secret4@gone.example, which is"),
        (["staff", "carol@example.org"], f"may not send to <{STAFF}>", "may not send to <secret1@example.org>"),
    ],
    ids=["router", "policy"],
)
def test_a_reason_of_ours_names_the_address_that_led_there(installation, smarthost, arguments, reason, logged):
    set_up(installation, smarthost(), policies=[{"recipients": ["!secret1@*", "*"]}])
    result = installation.send(*arguments, stdin=MESSAGE)
    assert (result.status, reason in result.reason, logged in result.log_line) == (1, True, True)
    asked = [installation.send(option, *arguments) for option in ("-bt", "-bv")]
    assert all(each.status == 1 and reason in each.stdout for each in asked)
    assert_hidden(result.stderr, *(each.stdout + each.stderr for each in asked))


def test_nor_does_the_file_of_a_member(installation, smarthost):
    bob = installation.account("bob")
    home_file(installation, "bob", ".forward", "# Exim filter\n")
    aliases = protected_file(installation, "aliases", f"desk: {bob.pw_name}\n")
    forward = {"name": "forward", "driver": "redirect", "file": "$home/.forward", "check_local_user": True}
    configure(installation, smarthost(), [redirect(aliases), forward, ACCEPT])
    Path(bob.pw_dir).chmod(0o755)
    result = installation.send("desk", stdin=MESSAGE)
    told = result.stderr + installation.send("-bt", "desk").stdout
    Path(bob.pw_dir, ".forward").unlink()
    Path(bob.pw_dir).chmod(0o700)
    assert "became an address that" in result.reason
    assert f"{bob.pw_dir}/.forward" in result.log_line
    assert bob.pw_name not in told and bob.pw_dir not in told


def test_two_that_cannot_go_together_are_named_by_what_led_there(installation, smarthost):
    aliases = protected_file(installation, "aliases", LIST)
    one = ACCEPT | {"name": "one", "domains": ["example.org"], "errors_to": "x@example.net"}
    configure(installation, smarthost(), [redirect(aliases, domains=["example.net"]), one, ACCEPT])
    result = installation.send(STAFF, "carol@example.com", stdin=MESSAGE)
    assert f"carol@example.com: cannot go together with {STAFF}: " in result.reason
    assert_hidden(result.stderr)
    assert "secret1@example.org" in result.log_line


def test_a_trace_shows_stars_to_callers_and_to_root_on_their_behalf(installation, smarthost):
    set_up(installation, smarthost())
    alice = installation.account("alice").pw_name
    gatepost = [installation.prefix / "bin/gatepost", "explain", STAFF, "--as", alice]
    by_root = subprocess.run([*gatepost, "--json"], capture_output=True, text=True, check=True).stdout
    result = installation.send("-bt", STAFF)
    assert result.stdout.count(f"*** (from {STAFF}): router smarthost: ") == 2
    assert_hidden(result.stdout, by_root)
    assert json.loads(by_root)["addresses"][0]["recipients"] == ["***", "***"]


def test_root_and_who_can_read_the_file_see_all(installation, smarthost):
    set_up(installation, smarthost(refuse={"RCPT:secret1@example.org": REFUSED}))
    assert installation.send(STAFF, stdin=MESSAGE, user="root").reason.endswith(f"was refused: {REFUSED}")
    (installation.sysconfdir / "aliases").chmod(0o644)
    assert "secret1@example.org (from" in installation.send("-bt", STAFF).stdout


def test_a_lost_connection_shows_no_member(installation, smarthost):
    set_up(installation, smarthost(at={"RCPT:secret2@example.org": Close()}))
    result = installation.send(STAFF, stdin=MESSAGE)
    assert result.status == 1
    assert_hidden(result.stderr)


def test_control_without_the_stars_members_are_shown(weakened, smarthost):
    installation = weakened(WITHOUT_STARS)
    set_up(installation, smarthost(refuse={"RCPT:secret1@example.org": REFUSED}))
    assert "secret1" in installation.send(STAFF, stdin=MESSAGE).stderr
    assert "secret2" in installation.send("-bt", STAFF).stdout
