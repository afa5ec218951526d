"""Post one form to an endpoint by HTTPS and return its answer: verified, bounded, without redirects or proxies."""

from __future__ import annotations

import json
import signal
import ssl
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from helper.failure import Failure

ANSWER_LIMIT = 64 * 1024  # octets; an answer with two tokens has about 6,000
WAIT_S, WHOLE_S = 30, 60
HEADER = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": "Gatepost"}


class Unreached(Failure):
    """The endpoint could not be asked."""


def post(url: str, form: str, ca_file: str | None, whole_s: int = WHOLE_S) -> tuple[int, bytes]:
    """Return status and octets of the answer to a form. Unreached if there is no usable answer."""
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or 443}"

    def give_up(*_: object) -> None:
        raise Unreached(f"{place}: did not answer within {whole_s} s")

    signal.signal(signal.SIGALRM, give_up)  # also for who answers an octet at a time
    signal.alarm(whole_s)
    try:
        context = ssl.create_default_context(cafile=ca_file)
        connection = HTTPSConnection(str(parts.hostname), parts.port, timeout=WAIT_S, context=context)
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), form, HEADER)
        answer = connection.getresponse()
        status, octets = answer.status, answer.read(ANSWER_LIMIT + 1)
        connection.close()
    except ssl.SSLCertVerificationError as error:
        raise Unreached(f"{place}: the certificate is not trusted: {error.verify_message}") from None
    except (OSError, HTTPException) as error:
        raise Unreached(f"{place}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        signal.alarm(0)
    if len(octets) > ANSWER_LIMIT:
        raise Unreached(f"{place}: answered more than {ANSWER_LIMIT} octets")
    if 300 <= status < 400 or status >= 500:
        raise Unreached(f"{place}: answered {status}, which is not an answer of OAuth 2.0")
    return status, octets


def json_of(status: int, octets: bytes) -> dict[str, Any]:
    """Return the JSON object in an answer. Unreached if there is none."""
    try:
        answer = json.loads(octets)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Unreached(f"the endpoint answered {status} without a JSON object")
    return answer
