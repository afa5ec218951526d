"""Store: the files of a login: `secrets/TRANSPORT.oauth`, root's alone, and the access token, which sends read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from admin.draft import draft
from admin.oauth.grant import Grant, parse_grant, to_octets
from helper.config.values import CREDENTIAL, Configuration, Transport
from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account
from helper.secret import Secret
from helper.smtp.sasl.mechanisms import TOKEN

SUFFIX = ".oauth"
GRANT_MODE, TOKEN_MODE = 0o600, 0o640
GRANT_LIMIT = 64 * 1024
LIFE_LIMIT_S = 366 * 86_400
Tokens = Mapping[str, str]


def grant_file(name: str) -> Path:
    """Return the path of the grant of a transport."""
    return Path(paths.SECRETS, f"{name}{SUFFIX}")


def logins() -> list[str]:
    """Return the names of the transports that were logged in."""
    return sorted(path.name.removesuffix(SUFFIX) for path in Path(paths.SECRETS).glob(f"[!.]*{SUFFIX}"))


def token_file(configuration: Configuration, name: str) -> Path:
    """Return the file from which sends by a transport read the token. ConfigError if they read none."""
    transport = next((each for each in configuration.transports if each.name == name), None)
    if transport is None:
        raise ConfigError(paths.CONFIGURATION, f"has no transport {name}")
    if not takes_token(transport):
        wanted = f'auth = {{ user = "...", mechanisms = ["XOAUTH2"], password_file = "{name}.token" }}'
        raise ConfigError(paths.CONFIGURATION, f"must contain {wanted}", key=f"transports.{name}")
    assert transport.auth is not None
    path = os.path.join(paths.SECRETS, str(transport.auth.password_file))
    protected_files.refuse_unsafe_directories(path, protected_files.ROOT)
    return Path(path)


def takes_token(transport: Transport) -> bool:
    """Return whether sends by a transport read a token, and from a file that we can write."""
    auth = transport.auth
    if auth is None or auth.password_file is None or auth.password_file.startswith(CREDENTIAL):
        return False
    return bool(auth.mechanisms) and set(auth.mechanisms) <= set(TOKEN)


@contextlib.contextmanager
def locked(name: str) -> Iterator[Grant]:
    """Yield what was remembered, while no other command of ours renews it: a refresh token may be good only once.

    ConfigError if others than root can read it, or if it is not a grant.
    """
    with held(name) as file:
        yield parse_grant(str(grant_file(name)), file.read(GRANT_LIMIT))


@contextlib.contextmanager
def held(name: str) -> Iterator[BinaryIO]:
    """Yield the open file of a login, locked. Who cannot open it, and that is all but root, cannot hold us up."""
    path = grant_file(name)
    while True:
        descriptor = open_grant(path)
        with open(descriptor, "rb") as file:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                yield file
                return


def open_grant(path: Path) -> int:
    """Return the open file. ConfigError if it is not root's alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | protected_files.OPEN_QUIETLY)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}: gatepost login") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o077:
        os.close(descriptor)
        raise ConfigError(str(path), "must belong to root, and only root may read it: chown root:root, chmod 0600")
    return descriptor


def save(name: str, grant: Grant, path: Path, tokens: Tokens, now: datetime) -> str:
    """Put both files in their places, whole, and return until when the token is good.

    SystemFault for tokens that are none; nothing has changed then, nor where the files cannot be written.
    """
    line, until = token_line(tokens, now)
    if "refresh_token" in tokens:
        grant = grant.replace(refresh_token=Secret(one_token(tokens["refresh_token"])))
    drafts: dict[Path, Path] = {}
    try:
        drafts[grant_file(name)] = draft(grant_file(name), to_octets(grant), 0, GRANT_MODE)
        drafts[path] = draft(path, line, account(paths.SERVICE_USER).pw_gid, TOKEN_MODE)
        for final, drafted in drafts.items():
            drafted.replace(final)
    except OSError as error:
        for drafted in drafts.values():
            drafted.unlink(missing_ok=True)
        raise SystemFault(f"{error.filename}: cannot be written: {error.strerror}") from None
    return until


def token_line(tokens: Tokens, now: datetime) -> tuple[bytes, str]:
    """Return what goes into the file of an access token, and until when it is good, empty if nobody says."""
    token, life = one_token(tokens.get("access_token", "")), tokens.get("expires_in", "")
    if not life:
        return token + b"\n", ""
    if not (life.isascii() and life.isdigit() and len(life) < 10 and 0 < int(life) <= LIFE_LIMIT_S):
        raise SystemFault("the token endpoint gave an impossible lifetime for the token")
    until = (now + timedelta(seconds=int(life))).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return token + f"\nexpires {until}\n".encode(), until


def validity(until: str) -> str:
    """Return until when a token is valid, in words."""
    return f"is valid until {until}" if until else "has no stated expiry time"


def one_token(text: str) -> bytes:
    """Return the octets of a token. SystemFault for what no smart host would take as one (RFC 6750, section 2.1)."""
    if not (0 < len(text) <= 8192 and text.isascii() and text.isprintable() and " " not in text):
        raise SystemFault("the token endpoint gave an invalid token")
    return text.encode("ascii")
