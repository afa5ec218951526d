"""What root reads of an authorization server: frames of the messenger's, tokens, and the file of a login."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from admin.main import parser
from admin.oauth.frame import FRAME_LIMIT, parse_frame, to_frame
from admin.oauth.grant import Grant, fields_of, is_endpoint, parse_grant, to_octets
from admin.oauth.login import grant_of, seconds_of
from admin.oauth.store import token_line
from helper.failure import ConfigError, SystemFault
from helper.secret import Secret

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
FILE = "/etc/gatepost/secrets/relay.oauth"
ENDPOINT = "https://login.test/token"


def test_a_frame_comes_back_as_it_went():
    fields = {"access_token": "a b", "expires_in": "3600"}
    assert parse_frame(to_frame(fields)) == fields


@pytest.mark.parametrize(
    "octets",
    [
        *(b"", b"\n", b"\n\n", b"ready yes", b"ready yes\n", b"ready\n\n", b"ready \n\n", b"colour red\n\n"),
        *(b"ready yes\nready yes\n\n", b"ready \x1b[31m\n\n", "ready \xfc\n\n".encode(), b"ready yes\r\n\n"),
        b"ready " + b"y" * FRAME_LIMIT + b"\n\n",
    ],
)
def test_anything_else_is_no_frame(octets):
    with pytest.raises(SystemFault):
        parse_frame(octets)


@pytest.mark.parametrize("text", ["", "a\nb", "a\0b", "\xfc", "x" * 8193])
def test_what_is_no_line_does_not_go_into_a_frame(text):
    with pytest.raises(SystemFault):
        to_frame({"access_token": text})


def test_the_file_of_a_token_says_when_it_expires():
    tokens = {"access_token": "ya29.a-b_c~d+/=", "expires_in": "3599"}
    assert token_line(tokens, NOON) == (b"ya29.a-b_c~d+/=\nexpires 2026-11-28T12:59:59Z\n", "2026-11-28T12:59:59Z")
    assert token_line({"access_token": "a"}, NOON) == (b"a\n", "")


@pytest.mark.parametrize("life", ["0", "-1", "1.5", "1e9", "soon", "31622401", "9" * 400, "\u0663"])
def test_a_life_that_makes_no_sense_is_refused(life):
    with pytest.raises(SystemFault):
        token_line({"access_token": "a", "expires_in": life}, NOON)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "a\nexpires 2999-01-01T00:00:00Z", "\xe9", "x" * 8193])
def test_a_token_that_is_none_is_refused(token):
    with pytest.raises(SystemFault):
        token_line({"access_token": token}, NOON)


def test_the_file_of_a_login_comes_back_and_its_secrets_never_show():
    grant = Grant("me", ENDPOINT, scope="send", refresh_token=Secret(b"canary"))
    again = parse_grant(FILE, to_octets(grant))
    assert (
        fields_of(again)
        == fields_of(grant)
        == {
            "client_id": "me",
            "token_endpoint": ENDPOINT,
            "scope": "send",
            "refresh_token": "canary",
        }
    )
    assert "canary" not in repr(again)


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        {},
        {"client_id": "canary"},
        {"client_id": "canary", "token_endpoint": "http://login.test/"},
        {"client_id": "canary", "token_endpoint": ENDPOINT, "colour": "red"},
        {"client_id": 3, "token_endpoint": ENDPOINT},
        {"client_id": "canary\n", "token_endpoint": ENDPOINT},
    ],
)
def test_another_file_is_refused_and_not_shown(fields):
    with pytest.raises(ConfigError) as raised:
        parse_grant(FILE, json.dumps(fields).encode())
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("url", [ENDPOINT, "https://login.test:8443/a?b=c", "https://[::1]/token"])
def test_an_endpoint_is_reached_by_tls(url):
    assert is_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "login.test", "http://login.test/", "ftp://login.test/", "https:///token", "https://a@login.test/"),
        *("https://login.test/#a", "https://login.test:0/", "https://login.test:99999/", "https://login.test/ b"),
    ],
)
def test_nothing_else_is_an_endpoint(url):
    assert not is_endpoint(url)


def grant_for(*arguments: str) -> Grant:
    return grant_of(parser().parse_args(["login", "relay", "--client-id", "me", *arguments]))


def test_microsoft_has_device_codes_for_a_tenant():
    grant = grant_for("--provider", "microsoft", "--tenant", "example.com")
    assert grant.device_endpoint == "https://login.microsoftonline.com/example.com/oauth2/v2.0/devicecode"
    assert grant.token_endpoint == "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"
    assert grant.scope == "https://outlook.office.com/SMTP.Send offline_access"


def test_google_has_none_for_mail():
    grant = grant_for("--provider", "google")
    assert (grant.device_endpoint, grant.scope) == ("", "https://mail.google.com/")
    assert grant.authorization_endpoint.startswith("https://accounts.google.com/")


@pytest.mark.parametrize("text", ["", "soon", "-1", "99999", "1.5", "\u0663"])
def test_a_code_that_is_good_for_no_time_is_not_waited_for(text):
    with pytest.raises(ConfigError):
        seconds_of(text)
