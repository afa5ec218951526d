"""Speak: the messenger. It has the stand-in's rights and no others, and talks to the authorization server.

What the server answers is parsed here, never by root. The refresh token comes by the pipe when nobody can look into
this process any more.
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
Hear = Callable[[], dict[str, str]]


def main() -> None:
    """Carry out one request, and say what came of it."""
    secrets: list[str] = []
    try:
        drop()
        say({"ready": "yes"})
        request = hear()
        secrets += [request[name] for name in ("refresh_token", "client_secret") if name in request]
        say(carry_out(request))
    except Failure as failure:
        error = getattr(failure, "error", "")
        say({"problem": printable(failure.problem, secrets)} | ({"error": error} if is_text(error) else {}))
    except ModuleNotFoundError as missing:
        say({"problem": f"the module {missing.name} is missing: install python3-oauthlib"})
    except BaseException as defect:  # no traceback, whose lines could hold a token
        say({"problem": f"a defect in Gatepost: {type(defect).__name__}"})


def carry_out(request: Request) -> dict[str, str]:
    """Load what speaks OAuth and TLS, shut this process in, and go the way that is asked for."""
    from admin.oauth import ways

    endpoints = [request[name] for name in ("token_endpoint", "device_endpoint") if name in request]
    ports = {urlsplit(endpoint).port or HTTPS for endpoint in endpoints}
    sandbox = Sandbox(ports | {DOMAIN}, [request["ca_file"]] if "ca_file" in request else [])
    sandbox.shut_in()
    sandbox.shut_in_further()
    return ways.WAYS[request["way"]](request, say, hear)


def say(fields: Mapping[str, str]) -> None:
    """Tell root."""
    sys.stdout.buffer.write(to_frame(fields))
    sys.stdout.buffer.flush()


def hear() -> dict[str, str]:
    """Return what root says."""
    octets = b""
    while (line := sys.stdin.buffer.readline(FRAME_LIMIT)) and line != b"\n":
        octets += line
    return parse_frame(octets + line)


def printable(text: str, secrets: list[str]) -> str:
    """Return words of the server's that can be shown: no secret of ours, no control character, not too many."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return made_printable(text)[:PROBLEM_LIMIT]
