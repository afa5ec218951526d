"""Smart hosts that are slow or odd, and right all the same: the message is sent, and nobody waits for nothing."""

from __future__ import annotations

import time

import pytest

from tests.support.misbehaviour import Behaviour, Close, Delay, Dribble, Endless, Raw, Reset, Silent
from tests.system.outcome import (
    EXTENSIONS,
    FIVE,
    MESSAGE,
    assert_sent,
    configure,
    facts_of,
)

with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT 3", "MESSAGE", "QUIT"])
def test_a_reply_may_come_octet_by_octet(installation, smarthost, step):
    replies = {"GREETING": b"220 hello\r\n", "EHLO": b"250-smtp.test\r\n250 PIPELINING\r\n"}
    host = smarthost(at={step: Dribble(replies.get(step, b"250 2.0.0 ok\r\n"))})
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)


@with_each_extension
def test_each_reply_has_a_time_of_its_own(installation, smarthost, extensions):
    late = {step: Delay(0.16) for step in ("GREETING", "EHLO", "MAIL", "RCPT 1", "RCPT 3", "RCPT 5", "MESSAGE")}
    host = smarthost(extensions=extensions, at=late)
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert len(host.acted) == len(late)


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT 3", "MESSAGE"])
def test_odd_text_in_a_good_reply_does_no_harm(installation, smarthost, step):
    code = {"GREETING": b"220"}.get(step, b"250")
    host = smarthost(at={step: Raw(code + b' \xff\xfe gr\xfc\xdf \x1b]0;title\x07 "quoted\\" outcome=refused\r\n')})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_sent(result, host, FIVE)
    assert result.log_line.isprintable()
    assert result.log_line.isascii()


def test_the_reply_that_took_the_message_stands_in_the_log(installation, smarthost):
    host = smarthost(at={"MESSAGE": Raw(b"250 2.0.0 Ok: queued as 4F\r\n")})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert facts_of(result.log_line)["reply"] == "250 2.0.0 Ok: queued as 4F"


QUITS: dict[str, Behaviour] = {
    "silent": Silent(),
    "close": Close(),
    "reset": Reset(),
    "endless": Endless(b"221-bye\r\n"),
    "nonsense": Raw(b"\0\xff"),
    "late": Delay(0.9),
}


@with_each_extension
@pytest.mark.parametrize("behaviour", QUITS.values(), ids=QUITS)
def test_nobody_waits_for_the_end_of_the_session(installation, smarthost, extensions, behaviour):
    host = smarthost(extensions=extensions, at={"QUIT": behaviour})
    configure(installation, host)
    started = time.monotonic()
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert time.monotonic() - started < 0.9
    assert_sent(result, host, FIVE)
