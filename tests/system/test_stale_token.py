"""An access token that has expired: the send says so and connects to nobody; one that is good is sent as it is."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.canary import assert_no_canary
from tests.system.outcome import MESSAGE, ONE, assert_not_sent, assert_sent, configure, facts_of

TOKEN = "ya29.canary-of-a-token"
PAST, FAR = "2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
AUTH = {"user": "ws1", "mechanisms": ["XOAUTH2"], "password_file": "relay.password"}


@pytest.fixture
def relay(installation, smarthost):
    """Return what starts a smart host that wants a token, and writes one with its time as the one that we have."""

    def start(expires: str, exit_codes: str = "sysexits"):
        host = smarthost(tls="starttls", auth={"ws1": TOKEN}, mechanisms=["XOAUTH2"])
        configure(installation, host, exit_codes, auth=AUTH)
        (installation.secrets / "relay.password").write_text(f"{TOKEN}\nexpires {expires}\n")
        return host

    yield start
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


def check(installation, *arguments: str) -> list[str]:
    done = subprocess.run(
        [installation.prefix / "bin/gatepost", "check", *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


def test_a_token_that_is_good_goes_out_without_its_time(installation, relay):
    host = relay(FAR)
    result = installation.send(*ONE, stdin=MESSAGE)
    assert_sent(result, host, ONE)
    assert facts_of(result.log_line)["auth"] == "XOAUTH2"


@pytest.mark.parametrize(("exit_codes", "status"), [("sysexits", 77), ("simple", 1)])
def test_a_token_that_has_expired_is_told_and_nobody_is_connected_to(installation, relay, exit_codes, status):
    host = relay(PAST, exit_codes)
    result = installation.send(*ONE, stdin=MESSAGE)
    reason = f"{installation.secrets}/relay.password: the access token expired at {PAST}: gatepost refresh"
    assert_not_sent(result, reason, status=status, recipients=ONE, hosts=[host])
    assert host.connections == 0
    assert_no_canary(TOKEN, result)


def test_it_stops_only_what_goes_by_its_transport(installation, relay, smarthost):
    relay(PAST)
    other = smarthost()
    text = installation.configuration.read_text()
    text += f'\n[transports.other]\ndriver = "smtp"\nhosts = ["127.0.0.1:{other.port}"]\ntls = "none"\n'
    for name, domains in (("other", 'domains = ["example.org"]'), ("relay", "")):
        text += f'\n[[routers]]\ndriver = "accept"\ntransport = "{name}"\n{domains}\n'
    installation.configuration.write_text(text)
    assert_sent(installation.send(*ONE, stdin=MESSAGE), other, ONE)
    assert "expired at" in installation.send("carol@example.com", stdin=MESSAGE).reason


def test_one_that_systemd_hands_over_expires_too(installation, relay, second_door):
    host = relay(PAST)
    auth = AUTH | {"password_file": "credential:relay.token"}
    configure(installation, host, auth=auth)
    second_door(installation, credentials={"relay.token": f"{TOKEN}\nexpires {PAST}\n"})
    result = installation.send(*ONE, stdin=MESSAGE, through=("setpriv", "--no-new-privs"))
    reason = f"credential:relay.token: the access token expired at {PAST}: gatepost refresh"
    assert_not_sent(result, reason, status=77, recipients=ONE, hosts=[host])


@pytest.mark.parametrize("arguments", [(), ("--auth",)], ids=["files", "auth"])
def test_check_tells_both(installation, relay, arguments):
    host = relay(PAST)
    file = f"{installation.secrets}/relay.password"
    told = f"{file}: the access token expired at {PAST}: gatepost refresh"
    lines = check(installation, *arguments)
    assert f"wrong  secret: {told}" in lines
    assert (f"wrong  relay: {told}" in lines) == bool(arguments)
    assert host.connections == 0
    (installation.secrets / "relay.password").write_text(f"{TOKEN}\nexpires {FAR}\n")
    lines = check(installation, *arguments)
    assert f"ok     secret: {file}, until {FAR}" in lines
    assert_no_canary(TOKEN, lines)
