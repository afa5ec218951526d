"""Authentication that goes wrong: the password is said to nobody but the host that asks for it, and never shown."""

from __future__ import annotations

import base64
import secrets

import pytest

from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Behaviour, Close, Endless, Raw, Reset, Silent
from tests.system.outcome import FIVE, MESSAGE, assert_not_sent, assert_sent, configure, facts_of, label, shown_status

UNAVAILABLE, TEMPORARY, PROTOCOL, NOT_PERMITTED = 69, 75, 76, 77
CANARY = secrets.token_urlsafe(18)
AUTH = {"ws1": CANARY}

with_each_tls = pytest.mark.parametrize("tls", ["starttls", "implicit"])
with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])

BROKEN: dict[str, tuple[Behaviour, int]] = {
    "silent": (Silent(), TEMPORARY),
    "close": (Close(), TEMPORARY),
    "reset": (Reset(), TEMPORARY),
}


def nothing_leaked(result, host) -> None:
    """The password was neither said to the host nor shown to anyone."""
    host.settle()
    said = [octets for session in host.sessions for who, octets in session.transcript if who == "C"]
    assert_no_canary(CANARY, result, said, [bytes(session.leftover) for session in host.sessions])
    assert all(session.identity is None for session in host.sessions)


@with_each_exit_codes
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@with_each_tls
def test_a_wrong_password_is_not_permitted(installation, smarthost, tls, mechanism, exit_codes):
    host = smarthost(tls=tls, auth=AUTH, mechanisms=[mechanism])
    configure(installation, host, exit_codes)
    (installation.secrets / "relay.password").write_text("another password\n")
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH {mechanism} was refused: 535 5.7.8 not accepted"
    status = shown_status(NOT_PERMITTED, exit_codes)
    assert_not_sent(result, reason, status=status, recipients=FIVE, hosts=[host])
    assert host.connections == 1
    assert_no_canary("another password", result)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ("454 4.7.0 temporary authentication failure", TEMPORARY),
        ("421 4.3.2 shutting down", TEMPORARY),
        ("534 5.7.9 too weak", NOT_PERMITTED),
        ("538 5.7.11 encryption required", NOT_PERMITTED),
        ("504 5.5.4 unknown mechanism", NOT_PERMITTED),
    ],
)
@pytest.mark.parametrize(("mechanism", "step"), [("PLAIN", "AUTH"), ("LOGIN", "AUTH 1"), ("LOGIN", "AUTH 3")])
def test_authentication_may_be_refused(installation, smarthost, mechanism, step, reply, status):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism], refuse={step: reply})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH {mechanism} was refused: {reply}"
    assert_not_sent(result, reason, status=status, recipients=FIVE, hosts=[host])
    assert_no_canary(CANARY, result)


@with_each_exit_codes
@pytest.mark.parametrize(
    ("offered", "wanted", "told"),
    [
        (("NTLM", "GSSAPI"), None, "NTLM GSSAPI"),
        (("LOGIN",), ["PLAIN"], "LOGIN"),
        (("PLAIN",), ["LOGIN"], "PLAIN"),
    ],
)
def test_without_a_common_mechanism_nothing_is_tried(installation, smarthost, offered, wanted, told, exit_codes):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=offered)
    auth = {"user": "ws1", "password_file": "relay.password", "mechanisms": wanted}
    configure(installation, host, exit_codes, auth=auth)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH: no common mechanism; the server offers {told}"
    status = shown_status(NOT_PERMITTED, exit_codes)
    assert_not_sent(result, reason, status=status, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


def test_without_any_offer_nothing_is_tried(installation, smarthost):
    host = smarthost(tls="implicit")
    auth = {"user": "ws1", "password_file": "relay.password"}
    installation.configure(
        installation.relay_configuration(host, {"exit_codes": "sysexits"}, auth=auth), {"relay.password": CANARY}
    )
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: AUTH: no common mechanism; the server offers none"
    assert_not_sent(result, reason, status=NOT_PERMITTED, recipients=FIVE, hosts=[host])
    nothing_leaked(result, host)


@pytest.mark.parametrize("wanted", ["PLAIN", "LOGIN"])
def test_the_configuration_chooses_the_mechanism(installation, smarthost, wanted):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=("LOGIN", "PLAIN"))
    auth = {"user": "ws1", "password_file": "relay.password", "mechanisms": [wanted]}
    configure(installation, host, auth=auth)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_sent(result, host, FIVE)
    assert (host.session.identity, host.session.mechanism) == ("ws1", wanted)
    assert facts_of(result.log_line)["auth"] == wanted


def test_the_administrator_may_allow_an_open_line(installation, smarthost):
    host = smarthost(tls="none", auth=AUTH, allow_plaintext_auth=True)
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.identity == "ws1"


@pytest.mark.parametrize(("behaviour", "status"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(("mechanism", "step"), [("PLAIN", "AUTH"), ("LOGIN", "AUTH 1"), ("LOGIN", "AUTH 2")])
def test_a_host_may_fail_at_authentication(installation, smarthost, mechanism, step, behaviour, status):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism], at={step: behaviour})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.reason.startswith(f"{label(host)}: AUTH {mechanism}: ")
    assert_not_sent(result, result.reason, status=status, recipients=FIVE, hosts=[host])
    assert_no_canary(CANARY, result)


NONSENSE: dict[str, Behaviour] = {
    "no-base64": Raw(b"334 !!!!\r\n"),
    "8-bit": Raw(b"334 \xff\xff\r\n"),
    "too-many-challenges": Raw(b"334 VXNlcm5hbWU6\r\n"),
    "too-long": Raw(b"334 " + b"QUFB" * 5000 + b"\r\n"),
    "a-line-without-end": Endless(b"334 QUFB"),
    "endless-lines": Endless(b"334-QUFB\r\n"),
    "many-lines": Raw(b"334-VXNl\r\n334 cm5h\r\n"),
    "another-success": Raw(b"250 2.0.0 ok\r\n"),
    "words": Raw(b"welcome\r\n"),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_host_may_talk_nonsense_at_authentication(installation, smarthost, mechanism, nonsense):
    host = smarthost(tls="implicit", auth=AUTH, mechanisms=[mechanism], at={"AUTH": nonsense}, expect_violations=True)
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.reason.startswith(f"{label(host)}: ")
    assert f"AUTH {mechanism}" in result.reason
    assert_not_sent(result, result.reason, status=PROTOCOL, recipients=FIVE, hosts=[host])
    assert_no_canary(CANARY, result)


@pytest.mark.parametrize("options", [(), ("-v",)], ids=["plain", "-v"])
@pytest.mark.parametrize("form", ["in-clear", "of-PLAIN", "of-LOGIN"])
def test_what_the_host_echoes_of_the_password_is_not_shown(installation, smarthost, form, options):
    """A host that repeats our response in its refusal must not put the password before the caller's eyes."""
    responses = {"in-clear": CANARY.encode(), "of-PLAIN": b"\0ws1\0" + CANARY.encode(), "of-LOGIN": CANARY.encode()}
    echo = responses[form] if form == "in-clear" else base64.b64encode(responses[form])
    host = smarthost(tls="implicit", auth=AUTH, refuse={"AUTH": f"535 5.7.8 not accepted: {echo.decode()}"})
    configure(installation, host)
    result = installation.send(*options, *FIVE, stdin=MESSAGE)
    assert result.status == NOT_PERMITTED
    assert "535 5.7.8 not accepted: " in result.stderr
    assert_no_canary(CANARY, result)
