"""Frame: what root and its messenger tell each other: lines of a name and a text, ended by an empty line.

So little that root can read it without fear: the messenger has read what a stranger sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from admin.oauth.grant import is_text
from helper.failure import SystemFault

FRAME_LIMIT = 64 * 1024  # octets; two tokens and some words
NAMES = frozenset(
    [
        "ready",
        "flow",
        "problem",
        "error",
        "address",
        "verification_uri",
        "user_code",
        "expires_in",
        "access_token",
        "refresh_token",
        "client_id",
        "client_secret",
        "token_endpoint",
        "device_endpoint",
        "authorization_endpoint",
        "scope",
        "ca_file",
    ]
)


def to_frame(fields: Mapping[str, str]) -> bytes:
    """Return the octets of a frame. SystemFault for what would be another one on the other side."""
    for name, text in fields.items():
        refuse_unfit(name, text)
    return "".join(f"{name} {text}\n" for name, text in fields.items()).encode("ascii") + b"\n"


def parse_frame(octets: bytes) -> dict[str, str]:
    """Return the fields of a whole frame. SystemFault for anything else."""
    if not octets.endswith(b"\n\n") or len(octets) > FRAME_LIMIT or not octets.isascii():
        raise SystemFault("the process that talks to the token endpoint sent no valid answer")
    fields: dict[str, str] = {}
    for line in octets[:-2].decode("ascii").split("\n"):
        name, _, text = line.partition(" ")
        refuse_unfit(name, text)
        if name in fields:
            raise SystemFault("the process that talks to the token endpoint sent a field twice")
        fields[name] = text
    return fields


def refuse_unfit(name: str, text: str) -> None:
    """Raise SystemFault for an unknown name, or a text that is not a line."""
    if name not in NAMES or not is_text(text):
        raise SystemFault("the answer of the process that talks to the token endpoint is not valid")
