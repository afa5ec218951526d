"""Speak: the messenger, which talks to the authorization server. It has only the stand-in user's rights.

It parses the server's answers, so that root does not. Root sends the refresh token only after this process
has made itself unreadable.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from admin.oauth.frame import FRAME_LIMIT, parse_frame, to_frame
from admin.oauth.grant import is_text
from helper.failure import Failure
from helper.privileged.drop import drop
from helper.sandbox.confine import Sandbox
from helper.text import printable as made_printable

DOMAIN, HTTPS = 53, 443
PROBLEM_LIMIT = 400  # characters
Request = Mapping[str, str]
Say = Callable[[Mapping[str, str]], None]
Receive = Callable[[], dict[str, str]]


def main() -> None:
    """Carry out one request, and send its result."""
    secrets: list[str] = []
    try:
        drop()
        say({"ready": "yes"})
        request = receive()
        secrets += [request[name] for name in ("refresh_token", "client_secret") if name in request]
        say(carry_out(request))
    except Failure as failure:
        error = getattr(failure, "error", "")
        say({"problem": printable(failure.problem, secrets)} | ({"error": error} if is_text(error) else {}))
    except ModuleNotFoundError as missing:
        from admin.reinstall import package_command

        say({"problem": f"the Python module {missing.name} is missing: {package_command('oauthlib')}"})
    except BaseException as defect:  # no traceback, whose lines could hold a token
        say({"problem": f"a defect in Gatepost: {type(defect).__name__}"})


def carry_out(request: Request) -> dict[str, str]:
    """Load OAuth and TLS, enter the sandbox, and run the requested flow."""
    from admin.oauth import flows

    endpoints = [request[name] for name in ("token_endpoint", "device_endpoint") if name in request]
    ports = {urlsplit(endpoint).port or HTTPS for endpoint in endpoints}
    sandbox = Sandbox(ports | {DOMAIN}, [request["ca_file"]] if "ca_file" in request else [])
    sandbox.shut_in()
    sandbox.shut_in_further()
    return flows.FLOWS[request["flow"]](request, say, receive)


def say(fields: Mapping[str, str]) -> None:
    """Send fields to root."""
    sys.stdout.buffer.write(to_frame(fields))
    sys.stdout.buffer.flush()


def receive() -> dict[str, str]:
    """Return the next fields from root."""
    octets = b""
    while (line := sys.stdin.buffer.readline(FRAME_LIMIT)) and line != b"\n":
        octets += line
    return parse_frame(octets + line)


def printable(text: str, secrets: list[str]) -> str:
    """Return text of the server that is safe to show: no secret of ours, no control character, limited length."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return made_printable(text)[:PROBLEM_LIMIT]
