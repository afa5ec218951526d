"""gatepost login: get a user's consent for this machine to send, and store the tokens in secrets/."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from datetime import UTC, datetime
from typing import Any

from admin.configuration import read_configuration
from admin.finding import reason
from admin.oauth.grant import ENDPOINTS, PROVIDERS, Grant, checked, fields_of, is_text
from admin.oauth.messenger import ANSWER_S, Messenger
from admin.oauth.store import grant_file, held, locked, save, token_file, validity
from helper.failure import ConfigError, Failure, NotPermitted
from helper.password import one_line
from helper.privileged import protected_files
from helper.secret import Secret
from helper.status import FAILED, SENT
from helper.text import shown

OURS = "gatepost login"
SECRET_LIMIT = 4096  # octets
TEXTS = (*ENDPOINTS, "scope", "ca_file")


def login(arguments: argparse.Namespace) -> int:
    """Log in for one transport, and return the exit status."""
    try:
        if os.geteuid() != 0:
            raise NotPermitted("only root can log in: sudo gatepost login")
        path = token_file(read_configuration().configuration, arguments.transport)
        grant = grant_of(arguments)
        flow = "browser" if by_browser(arguments, grant) else "device"
        if flow == "browser" and not grant.authorization_endpoint:
            raise ConfigError(OURS, "give --device-endpoint, or --authorization-endpoint for a browser")
        with Messenger() as messenger:
            messenger.say({"flow": flow} | {k: v for k, v in fields_of(grant).items() if k != "refresh_token"})
            tokens = ask(messenger, flow)
        if "refresh_token" not in tokens:
            raise ConfigError(OURS, "the server issued no refresh token: is offline_access in --scope?")
        is_first = not grant_file(arguments.transport).exists()
        # Else a refresh that is under way would write the old one again.
        with contextlib.nullcontext() if is_first else held(arguments.transport):
            until = save(arguments.transport, grant, path, tokens, datetime.now(UTC))
    except Failure as failure:
        print(f"gatepost: {shown(os.fsencode(f'{arguments.transport}: {reason(failure)}'))}", file=sys.stderr)
        return FAILED
    print(f"{arguments.transport}: logged in; the access token {validity(until)}")
    print("to renew it in time: systemctl enable --now gatepost-refresh.timer")
    return SENT


def ask(messenger: Messenger, flow: str) -> dict[str, str]:
    """Show the address to visit, and return the result."""
    told = messenger.receive()
    uri = told.get("verification_uri", "")
    if not uri.startswith("https://"):
        raise ConfigError(OURS, "the authorization server named no https page to open")
    print(f"open in a browser, on any machine: {uri}", flush=True)
    if flow == "device":
        print(f"and enter this code: {told.get('user_code', '')}", flush=True)
        return messenger.receive(seconds_of(told.get("expires_in", "")) + ANSWER_S)
    print("the browser ends at a page that it cannot load; paste the address of that page here:", flush=True)
    address = sys.stdin.readline(16384).strip()
    if not is_text(address):
        raise ConfigError(OURS, "no address was pasted")
    messenger.say({"address": address})
    return messenger.receive()


def seconds_of(text: str) -> int:
    """Return the lifetime of a code. ConfigError for a wrong or much too long time."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ConfigError(OURS, "the authorization server did not say how long its code is valid")
    return int(text)


def by_browser(arguments: argparse.Namespace, grant: Grant) -> bool:
    """Return whether a browser must be redirected to us, because the provider has no device codes."""
    provider = PROVIDERS.get(arguments.provider or "")
    return bool(arguments.browser or not grant.device_endpoint or (provider and provider.by_browser))


def grant_of(arguments: argparse.Namespace) -> Grant:
    """Return the client that the arguments describe; without any, the one of the last login."""
    if arguments.client_id is None:
        if not grant_file(arguments.transport).exists():
            raise ConfigError(OURS, "give --client-id, and --provider or the endpoints; see gatepost(8)")
        if any(getattr(arguments, name) for name in (*TEXTS, "provider", "client_secret_file")):
            raise ConfigError(OURS, "give --client-id too; without it, everything is taken from the last login")
        with locked(arguments.transport) as grant:
            return grant
    fields: dict[str, Any] = dict(provided(arguments))
    for name in (*TEXTS, "client_id"):
        fields[name] = getattr(arguments, name) or fields.get(name, "")
        if fields[name] and not is_text(fields[name]):
            raise ConfigError(OURS, f"--{name.replace('_', '-')} must be a line of printable ASCII")
    if not fields["token_endpoint"]:
        raise ConfigError(OURS, "give --provider, or --token-endpoint and --device-endpoint")
    return checked(OURS, Grant(**fields, client_secret=client_secret(arguments.client_secret_file)))


def client_secret(file: str | None) -> Secret:
    """Return the secret of a client, empty without a file. ConfigError if the file is not a secret."""
    if file is None:
        return Secret(b"")
    octets = one_line(file, protected_files.protected_file(os.path.abspath(file), SECRET_LIMIT))
    if not is_text(octets.decode("latin-1")):
        raise ConfigError(file, "must be a line of printable ASCII")
    return Secret(octets)


def provided(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the known settings of the provider."""
    provider = PROVIDERS.get(arguments.provider or "")
    if provider is None:
        return {}
    tenant = arguments.tenant
    if not tenant.replace("-", "").replace(".", "").isalnum():
        raise ConfigError(OURS, "--tenant must be a Microsoft tenant's name or id")
    fields = {name: text for name, text in vars(provider).items() if name != "by_browser"}
    if provider.by_browser:
        del fields["device_endpoint"]
    return {name: text.replace("{tenant}", tenant) for name, text in fields.items()}
