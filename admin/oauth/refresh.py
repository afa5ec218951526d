"""gatepost refresh: renew access tokens before they expire; from a timer of systemd's, or cron."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from admin.configuration import read_configuration
from admin.finding import WRONG, told
from admin.oauth.grant import Grant, fields_of
from admin.oauth.messenger import Messenger, Refusal
from admin.oauth.store import locked, logins, save, token_file, validity
from helper.config.values import Configuration
from helper.failure import Failure, NotPermitted, SystemFault
from helper.password import password_in
from helper.privileged import protected_files
from helper.status import FAILED, SENT
from helper.text import shown

# Renewed while it is good for less than this: the timer comes three times in an hour, and may fail twice.
MARGIN = timedelta(minutes=45)


def refresh(names: list[str], *, is_forced: bool) -> int:
    """Renew what expires soon, or all of it, and return the exit status: 0 only if every token is good."""
    try:
        if os.geteuid() != 0:
            raise NotPermitted("only root can renew tokens: sudo gatepost refresh")
        configuration = read_configuration().configuration
    except Failure as failure:
        print(shown(os.fsencode(told(WRONG, "gatepost", failure).line)), file=sys.stderr)
        return FAILED
    status = SENT
    for name in names or logins():
        try:
            print(f"{name}: {renew(name, configuration, is_forced=is_forced)}", flush=True)
        except Failure as failure:
            print(f"gatepost: {shown(os.fsencode(told(WRONG, name, failure).line))}", file=sys.stderr, flush=True)
            status = FAILED
    return status


def renew(name: str, configuration: Configuration, *, is_forced: bool) -> str:
    """Renew one token and return its expiry time. Failure if this is impossible; no file is changed then."""
    path = token_file(configuration, name)
    with Messenger() as messenger, locked(name) as grant:  # it starts before the refresh token is read
        until = good_until(path)
        if not is_forced and until > (datetime.now(UTC) + MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ"):
            return f"the access token {validity(until)}"
        until = save(name, grant, path, answer(messenger, grant, name), datetime.now(UTC))
        return f"renewed; the access token {validity(until)}"


def answer(messenger: Messenger, grant: Grant, name: str) -> dict[str, str]:
    """Return the answer of the token endpoint to the refresh token."""
    if not grant.refresh_token.reveal():
        raise SystemFault(f"there is no refresh token: gatepost login {name}")
    messenger.say({"flow": "refresh"} | fields_of(grant))
    try:
        return messenger.receive()
    except Refusal as refusal:
        if refusal.error == "invalid_grant":
            raise SystemFault(
                f"{refusal.problem}: the refresh token is no longer valid: gatepost login {name}"
            ) from None
        raise


def good_until(path: Path) -> str:
    """Return until when the token that we have is good, empty if that is not known."""
    try:
        return password_in(protected_files.secret(str(path))).expires
    except Failure:
        return ""
