"""The OAuth 2.0 requests that return tokens (RFC 6749, 7636, 8628). oauthlib writes and parses them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from oauthlib.common import urlencode
from oauthlib.oauth2 import DeviceClient, OAuth2Error, WebApplicationClient

from admin.oauth.https import json_of, post
from helper.failure import Failure

Request = Mapping[str, str]
Say = Callable[[Mapping[str, str]], None]
Receive = Callable[[], dict[str, str]]

REDIRECT = "http://localhost"  # RFC 8252, section 7.3; nobody listens there, so the user pastes the address
INTERVAL_S, SLOWER_S = 5, 5  # RFC 8628, sections 3.2 and 3.5
CODE_LIFE_S = 1800  # do not wait longer for a code


class RefusedByServer(Failure):
    """A refusal by the authorization server. `error` is its code (RFC 6749, section 5.2)."""

    def __init__(self, problem: str, error: str = "") -> None:
        super().__init__(problem)
        self.error = error


def by_refresh(request: Request, _say: Say, _receive: Receive) -> dict[str, str]:
    """Trade the refresh token for an access token (RFC 6749, section 6)."""
    client = WebApplicationClient(request["client_id"])
    body = client.prepare_refresh_body(
        refresh_token=request["refresh_token"], client_id=request["client_id"], **secret_of(request)
    )
    return tokens(client, request, body)


def by_device(request: Request, say: Say, _receive: Receive) -> dict[str, str]:
    """Show a code to be entered on another device, and poll until that is done (RFC 8628)."""
    client = DeviceClient(request["client_id"])
    form = urlencode([("client_id", request["client_id"]), ("scope", request.get("scope", ""))])
    answer = json_of(*post(request["device_endpoint"], form, request.get("ca_file")))
    if "error" in answer:
        refuse(str(answer["error"]), str(answer.get("error_description", "")))
    try:
        uri = str(answer.get("verification_uri") or answer["verification_url"])  # Google's name for it
        life_s, interval_s = (
            min(int(answer["expires_in"]), CODE_LIFE_S),
            max(int(answer.get("interval", INTERVAL_S)), 1),
        )
        say({"verification_uri": uri, "user_code": str(answer["user_code"]), "expires_in": str(life_s)})
        code = str(answer["device_code"])
    except (KeyError, ValueError, TypeError):
        raise RefusedByServer("the device endpoint's answer is invalid (RFC 8628)") from None
    end = time.monotonic() + life_s
    body = client.prepare_request_body(code, include_client_id=True, **secret_of(request))
    while time.monotonic() < end:
        time.sleep(interval_s)
        try:
            return tokens(client, request, body)
        except RefusedByServer as refusal:
            if refusal.error not in ("authorization_pending", "slow_down"):
                raise
            interval_s += SLOWER_S if refusal.error == "slow_down" else 0
    raise RefusedByServer("nobody entered the code in time: run gatepost login again", "expired_token")


def by_browser(request: Request, say: Say, receive: Receive) -> dict[str, str]:
    """Have the user consent in a browser and paste the address that it ends at (RFC 8252, with RFC 7636)."""
    client = WebApplicationClient(request["client_id"])
    state, verifier = secrets.token_urlsafe(24), client.create_code_verifier(64)
    uri = client.prepare_request_uri(
        request["authorization_endpoint"],
        redirect_uri=REDIRECT,
        scope=request.get("scope"),
        state=state,
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
    )
    say({"verification_uri": uri})
    try:  # oauthlib insists on https, though nobody opens this address
        found = client.parse_request_uri_response(receive()["address"].replace("http:", "https:", 1), state=state)
    except OAuth2Error as error:
        refuse(error.error or "", error.description or "")
    body = client.prepare_request_body(
        code=found["code"], redirect_uri=REDIRECT, code_verifier=verifier, **secret_of(request)
    )
    return tokens(client, request, body)


def secret_of(request: Request) -> dict[str, str]:
    """Return the client's secret, if it has one."""
    return {"client_secret": request["client_secret"]} if "client_secret" in request else {}


def tokens(client: Any, request: Request, body: str) -> dict[str, str]:
    """Return the token endpoint's tokens. RefusedByServer if it refuses, or if its answer is invalid."""
    status, octets = post(request["token_endpoint"], body, request.get("ca_file"))
    answer = json_of(status, octets)
    try:
        client.parse_request_body_response(octets)
    except OAuth2Error as error:
        refuse(error.error or "", error.description or "")
    except (ValueError, TypeError, AttributeError, OverflowError, Warning):
        raise RefusedByServer("the token endpoint's answer is invalid (RFC 6749)") from None
    if str(answer.get("token_type", "")).lower() != "bearer":
        raise RefusedByServer("the token endpoint's token is not a bearer token")
    names = ("access_token", "expires_in", "refresh_token")
    return {name: str(answer[name]) for name in names if answer.get(name) not in (None, "")}


def refuse(error: str, description: str) -> NoReturn:
    """Raise RefusedByServer with the server's reason."""
    raise RefusedByServer(
        f"the authorization server refused: {error}" + (f": {description}" if description else ""), error
    )


FLOWS = {"refresh": by_refresh, "device": by_device, "browser": by_browser}
