"""Grant: what `gatepost login` remembers, for `gatepost refresh`: the client, the endpoints, the refresh token."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from helper.failure import ConfigError
from helper.record import Record
from helper.secret import Secret

TEXT_LIMIT = 8192  # octets of any field; the longest refresh tokens in use are about 2,000


class Provider(Record):
    """Where an authorization server has its endpoints, and what it calls the right to send mail."""

    token_endpoint: str
    device_endpoint: str
    authorization_endpoint: str
    scope: str
    by_browser: bool  # where no device code is given for this scope


PROVIDERS = {
    # Google refuses a device code for Gmail's scope (invalid_scope), so there is the browser's way alone.
    "google": Provider(
        "https://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com/device/code",
        "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
        "https://mail.google.com/",
        True,
    ),
    "microsoft": Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://outlook.office.com/SMTP.Send offline_access",
        False,
    ),
}


class Grant(Record):
    """A client of an authorization server (RFC 6749), and the refresh token that it was granted."""

    client_id: str
    token_endpoint: str
    device_endpoint: str = ""
    authorization_endpoint: str = ""
    scope: str = ""
    ca_file: str = ""
    client_secret: Secret = Secret(b"")
    refresh_token: Secret = Secret(b"")


SECRETS = ("client_secret", "refresh_token")
REQUIRED = ("client_id", "token_endpoint")
ENDPOINTS = ("token_endpoint", "device_endpoint", "authorization_endpoint")


def to_octets(grant: Grant) -> bytes:
    """Return what stands in the file."""
    return json.dumps(fields_of(grant), indent=1).encode("ascii") + b"\n"


def fields_of(grant: Grant) -> dict[str, str]:
    """Return the fields as texts, the secrets too; those that are empty are left out."""
    texts = {name: text.reveal().decode("ascii") if name in SECRETS else text for name, text in vars(grant).items()}
    return {name: text for name, text in texts.items() if text}


def parse_grant(file: str, octets: bytes) -> Grant:
    """Parse a grant file. ConfigError if it is not a grant; the error never shows its content."""
    try:
        fields = json.loads(octets)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or set(fields) - set(Grant._fields) or not set(REQUIRED) <= set(fields):
        raise ConfigError(file, "does not have the format that gatepost login writes: run gatepost login again")
    made: dict[str, Any] = {}
    for name, text in fields.items():
        if not isinstance(text, str) or not is_text(text):
            raise ConfigError(
                file, "does not have the format that gatepost login writes: run gatepost login again", key=name
            )
        made[name] = Secret(text.encode("ascii")) if name in SECRETS else text
    return checked(file, Grant(**made))


def checked(source: str, grant: Grant) -> Grant:
    """Return a grant all of whose endpoints are reached by TLS. ConfigError otherwise."""
    for name in ENDPOINTS:
        endpoint = getattr(grant, name)
        if endpoint and not is_endpoint(endpoint):
            raise ConfigError(source, "must be https://HOST/PATH, because a token is never sent without TLS", key=name)
    return grant


def is_text(text: str) -> bool:
    """Return whether it is a line of printable ASCII that anybody could mean."""
    return 0 < len(text) <= TEXT_LIMIT and text.isascii() and text.isprintable()


def is_endpoint(url: str) -> bool:
    """Return whether it names a place that is reached by TLS (RFC 6749, section 3.2), and neither user nor fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    named = bool(parts.hostname) and "@" not in parts.netloc and " " not in url
    return is_text(url) and parts.scheme == "https" and named and not parts.fragment and port != 0
