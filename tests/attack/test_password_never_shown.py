"""F5, C7, E9: no error, dialogue, log or traceback shows a password, wherever the administrator put it by mistake."""

from __future__ import annotations

import base64
import secrets
import traceback

import pytest

from helper.config.configuration import parse_configuration
from helper.config.values import ThisHost
from helper.failure import ConfigError
from helper.sentence import verdict
from tests.support.canary import assert_no_canary
from tests.support.misbehaviour import Close, Raw

CANARY = secrets.token_hex(16)
MESSAGE = b"Subject: hello\n\nhello\n"
MACHINE = ThisHost(b"ws1.example.net", None, False)

# Where a password could come to stand, rightly or by mistake.
PLACES = {
    "as-password": 'auth = {{ user = "ws1", password = "{0}" }}',
    "as-file": 'auth = {{ user = "ws1", password_file = "{0}" }}',
    "as-user": 'auth = {{ user = "{0}", password_file = "relay.password" }}',
    "as-text": 'auth = "{0}"',
    "as-list": 'auth = ["{0}"]',
    "as-mechanism": 'auth = {{ user = "ws1", password_file = "relay.password", mechanisms = ["{0}"] }}',
    "unquoted": 'auth = {{ user = "ws1", password_file = {0} }}',
    "not-closed": 'auth = {{ user = "ws1", password_file = "{0} }}',
    "in-a-comment-not-closed": "auth = {{ # {0}",
    "as-host": 'hosts = ["ws1:{0}@smtp.example.net"]',
    "as-port": 'hosts = ["127.0.0.1:{0}"]',
    "as-tls": 'tls = "{0}"',
    "as-driver": 'driver = "{0}"',
    "as-number": 'connect_timeout = "{0}"',
    "as-truth": 'tls_verify = "{0}"',
    "as-header": 'headers_add = "{0}"',
}
ERRORS_SHOWN = {"helper/config/toml.py": {'"is not TOML: syntax error", told_line': "said + text, told_line"}}
DIALOGUE_SHOWN = {"helper/smtp/auth.py": {'f"{words} ***", None': 'f"{words}{at_once!r}", None'}}


def configuration_with(line):
    """Return a configuration in which this line stands somewhere in the middle."""
    given = line.split(" ")[0]
    options = {"driver": 'driver = "smtp"', "hosts": 'hosts = ["127.0.0.1:25"]', "tls": 'tls = "none"'}
    usual = "\n".join(text for name, text in options.items() if name != given)
    return f'qualify_domain = "example.net"\n\n[transports.relay]\n{usual}\n{line}\n\n[rewrite]\nroot = "a@b.example"\n'


@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_configuration_does_not_show_it(installation, smarthost, place):
    installation.configure(configuration_with(PLACES[place].format(CANARY)), {"relay.password": CANARY})
    result = installation.send("-v", "carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert_no_canary(CANARY, result, installation.log)


@pytest.mark.parametrize("place", PLACES)
def test_no_octet_too_few_or_too_many_makes_it_show(place):
    """Every octet of the line is left out, and many put before each: whatever the parser says, it is never said."""
    line = PLACES[place].format(CANARY)
    for at in range(len(line)):
        for put in ("", "\n", '"', "'", "=", "#", ".", "[", "]", "{", "}", ",", "\0", "\x85", "\\", " "):
            broken = line[:at] + put + line[at + (not put) :]
            whole = CANARY if put in (" ", "\n") else CANARY[:8]  # a password may have been cut in two
            assert_error_without(whole if whole in broken else CANARY[-8:], configuration_with(broken))


@pytest.mark.parametrize(
    "content",
    [CANARY + "\n" + CANARY, CANARY + "\0", "\n" + CANARY, CANARY * 1000, "", "\n", CANARY + "\r\n\r\n"],
    ids=["two-lines", "nul", "second-line", "too-long", "empty", "only-a-line-end", "empty-line"],
)
def test_a_wrong_password_file_does_not_show_it(installation, smarthost, content):
    host = smarthost(tls="starttls", auth={"ws1": CANARY})
    installation.configure(installation.relay_configuration(host), {"relay.password": content})
    result = installation.send("-v", "carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert host.connections == 0
    assert_no_canary(CANARY, result, installation.log)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(
    "at",
    [{}, {"AUTH": Raw(b"535 5.7.8 no\r\n")}, {"AUTH": Raw(b"999 nonsense\r\n")}, {"AUTH": Close()}],
    ids=["accepted", "refused", "nonsense", "closed"],
)
@pytest.mark.parametrize("user", ["alice", "root"])
def test_the_dialogue_does_not_show_it_to_anybody(installation, smarthost, mechanism, at, user):
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, mechanisms=(mechanism,), at=at)
    installation.configure_relay(host)
    result = installation.send("-v", "carol@example.org", stdin=MESSAGE, user=user)
    assert result.status == (1 if at else 0)
    assert "AUTH " + mechanism in result.stderr
    assert_no_canary(CANARY, result, installation.log)


@pytest.mark.parametrize("options", [(), ("-v",)], ids=["quiet", "verbose"])
@pytest.mark.parametrize("repeated", ["in-clear", "in-base64", "as-the-command"])
def test_a_smart_host_that_repeats_it_does_not_make_it_known(installation, smarthost, repeated, options):
    """Servers do repeat what they do not understand: `500 5.5.1 Command unrecognized: "AUTH PLAIN AHdz..."`."""
    encoded = base64.b64encode(b"\0ws1\0" + CANARY.encode())
    said = {"in-clear": CANARY.encode(), "in-base64": encoded, "as-the-command": b"AUTH PLAIN " + encoded}[repeated]
    reply = b'500 5.5.1 Command unrecognized: "' + said + b'"\r\n'
    host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"AUTH": Raw(reply)})
    installation.configure_relay(host)
    result = installation.send(*options, "carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert "500" in result.stderr
    assert_no_canary(CANARY, result, installation.log)


@pytest.mark.parametrize(
    "defect",
    ["raise ValueError(credential.secret.reveal())", "raise KeyboardInterrupt(credential.secret.reveal())", "1 / 0"],
    ids=["error", "interrupt", "arithmetic"],
)
def test_a_defect_of_ours_does_not_show_it(weakened, smarthost, defect):
    """The last resort tells the kind of a defect and its place, never a value."""
    line = "    while names:\n"
    installation = weakened({"helper/smtp/auth.py": {line: f"    {defect}\n{line}"}})
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": CANARY}))
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert "a defect in Gatepost: " in result.reason
    assert_no_canary(CANARY, result, installation.log)


def test_control_a_parser_that_quotes_the_file_shows_it(weakened, smarthost):
    installation = weakened(ERRORS_SHOWN)
    installation.configure(configuration_with(PLACES["not-closed"].format(CANARY)), {})
    assert CANARY in installation.send("carol@example.org", stdin=MESSAGE).stderr


def test_control_a_dialogue_without_stars_shows_it(weakened, smarthost):
    installation = weakened(DIALOGUE_SHOWN)
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": CANARY}))
    result = installation.send("-v", "carol@example.org", stdin=MESSAGE)
    with pytest.raises(AssertionError, match="base64"):
        assert_no_canary(CANARY, result)


def assert_error_without(secret, text):
    """Parse; where that fails, nothing of the exception may have the secret in it."""
    try:
        parse_configuration(text.encode("utf-8"), "/etc/gatepost/gatepost.toml", MACHINE)
    except ConfigError as error:
        said = verdict(error).line + repr(error) + "".join(map(str, vars(error).values()))
        assert secret not in said, said
        assert error.__context__ is None
        shown = traceback.TracebackException.from_exception(error, capture_locals=False)
        assert secret not in "".join(shown.format_exception_only())
