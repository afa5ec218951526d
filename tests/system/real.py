"""Sends to real servers, and what may be said of them whatever the server."""

from __future__ import annotations

from typing import Any

from tests.support.canary import assert_no_canary
from tests.support.installation import Installation
from tests.support.realservers.dovecot import Dovecot
from tests.support.realservers.exim import Exim
from tests.support.realservers.opensmtpd import OpenSmtpd
from tests.support.realservers.postfix import Postfix
from tests.support.realservers.server import MAILBOXES, USER, Endpoint, RealServer
from tests.support.result import Result
from tests.system.outcome import assert_logged

SERVERS = (Postfix, Exim, Dovecot, OpenSmtpd)
HEADER = b"From: Alice <alice@example.net>\nTo: undisclosed-recipients:;\nSubject: hello\n\n"
MESSAGE = HEADER + b"A line.\n"
BOTH = tuple(f"{name}@example.org" for name in MAILBOXES)


def send(
    installation: Installation,
    endpoint: Endpoint,
    *args: str,
    stdin: bytes = MESSAGE,
    main: dict[str, Any] | None = None,
    password: str = "",
    **transport: Any,
) -> Result:
    """Send as alice, who is an ordinary user; `password` is what the administrator took for the right one."""
    secrets = {"relay.password": password or endpoint.auth[USER]}
    installation.configure(installation.relay_configuration(endpoint, main, **transport), secrets)
    return installation.send(*args, stdin=stdin, etc=endpoint.etc)


def label(endpoint: Endpoint) -> str:
    """Return a smart host as messages call it."""
    return f"{endpoint.address}:{endpoint.port}"


def assert_taken(result: Result, server: RealServer, mailboxes: tuple[str, ...] = MAILBOXES) -> None:
    """Nobody was bothered, and each of these mailboxes has the message once; the password stands nowhere."""
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    arrivals = server.arrivals()
    assert sorted(arrival.mailbox for arrival in arrivals) == sorted(mailboxes)
    assert_no_canary(server.password, result, [arrival.octets for arrival in arrivals])


def assert_nothing_taken(result: Result, server: RealServer, outcome: str, recipients: tuple[str, ...] = BOTH) -> None:
    """One line says why, the same stands in the log, and no mailbox has anything; the password stands nowhere."""
    assert (result.status, result.stdout) == (1, "")
    assert result.reason
    assert_logged(result, status=1, recipients=recipients, outcome=outcome)
    assert server.arrivals() == []
    assert_no_canary(server.password, result, server.said())
