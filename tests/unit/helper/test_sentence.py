from __future__ import annotations

import pytest

from helper import failure, status
from helper.sentence import verdict
from helper.smtp.reply import Reply

NO_USER = Reply(550, (b"5.1.1 no such user",))
LATER = Reply(451, (b"4.3.0 try later",))
NO = Reply(554, (b"5.7.1 no",))


def at_host(error):
    error.host = "smtp.example.net:587"
    return error


@pytest.mark.parametrize(
    ("error", "exit_status", "outcome", "line"),
    [
        (failure.UsageError("unknown option -Z"), 64, "failed", "usage: unknown option -Z"),
        (failure.MessageError("it has a NUL"), 65, "failed", "not sent: it has a NUL"),
        (failure.AddressError(b"b@x", "is unknown"), 67, "failed", "not sent: b@x: is unknown"),
        (failure.AddressError(b"b@x", "is deferred", later=True), 75, "failed", "not sent: b@x: is deferred"),
        (failure.AddressError(b"b\xc3\xbc@x\r\n", "is wrong"), 67, "failed", "not sent: b\\xfc@x??: is wrong"),
        (failure.InputError("it cannot be read"), 74, "failed", "not sent: it cannot be read"),
        (failure.DaemonError("Daemon cannot be run"), 69, "failed", "not sent: Daemon cannot be run"),
        (failure.NotPermitted("kiosk may not"), 77, "failed", "not sent: kiosk may not"),
        (
            failure.StaleToken("/etc/g/token", "expired at noon"),
            77,
            "failed",
            "not sent: /etc/g/token: expired at noon",
        ),
        (failure.ConfigError("/etc/g.toml", "is missing"), 78, "failed", "not sent: /etc/g.toml: is missing"),
        (
            failure.ConfigError("/etc/g.toml", "is unknown", line=3, key="transports.relay.x"),
            78,
            "failed",
            "not sent: /etc/g.toml, line 3: transports.relay.x: is unknown",
        ),
        (
            at_host(failure.Refused("RCPT TO:<b@x.example>", NO_USER)),
            67,
            "refused",
            "not sent: smtp.example.net:587: RCPT TO:<b@x.example> was refused: 550 5.1.1 no such user",
        ),
        (
            at_host(failure.Refused("RCPT TO:<b@x.example>", NO)),
            69,
            "refused",
            "not sent: smtp.example.net:587: RCPT TO:<b@x.example> was refused: 554 5.7.1 no",
        ),
        (
            at_host(failure.Refused("the message", LATER)),
            75,
            "refused",
            "not sent: smtp.example.net:587: the message was refused: 451 4.3.0 try later",
        ),
        (
            at_host(failure.CannotTake("8BITMIME is not offered")),
            69,
            "failed",
            "not sent: smtp.example.net:587: 8BITMIME is not offered",
        ),
        (
            at_host(failure.ReplyError("DATA", "changes its code")),
            76,
            "failed",
            "not sent: smtp.example.net:587: the reply to DATA changes its code",
        ),
        (
            at_host(failure.InDoubt("the message: no reply within 2 s")),
            75,
            "in-doubt",
            "may have been sent: smtp.example.net:587: the message: no reply within 2 s",
        ),
        (
            failure.AllHostsFailed(
                [
                    at_host(failure.HostFailed("connecting: connection refused", status.TEMPORARY)),
                    at_host(failure.HostFailed("AUTH PLAIN was refused: 535 no", status.NOT_PERMITTED)),
                ]
            ),
            77,
            "failed",
            "not sent: smtp.example.net:587: connecting: connection refused; "
            "smtp.example.net:587: AUTH PLAIN was refused: 535 no",
        ),
        (failure.WireError("it lies"), 76, "failed", "not sent: the frontend broke the protocol: it lies"),
        (failure.SystemFault("no memory"), 71, "failed", "not sent: no memory"),
    ],
)
def test_every_failure_has_status_outcome_and_sentence(error, exit_status, outcome, line):
    found = verdict(error)
    assert (found.status, found.outcome, found.line) == (exit_status, outcome, f"sendmail: {line}")


def test_no_family_of_failures_is_forgotten():
    families = {
        name for name, value in vars(failure).items() if isinstance(value, type) and issubclass(value, failure.Failure)
    }
    assert families - {"Failure", "HostFailure"} == {
        "UsageError",
        "InputError",
        "DaemonError",
        "MessageError",
        "AddressError",
        "NotPermitted",
        "StaleToken",
        "ConfigError",
        "OnlyBySocket",
        "HostFailed",
        "AllHostsFailed",
        "Refused",
        "CannotTake",
        "ReplyError",
        "InDoubt",
        "WireError",
        "SystemFault",
    }


@pytest.mark.parametrize(("code", "shown"), [(0, 0), (1, 1), (64, 64), (65, 1), (75, 1), (78, 1)])
def test_the_simple_status_is_one_for_everything_but_usage(code, shown):
    assert status.simple(code) == shown
