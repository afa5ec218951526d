"""A smart host that says no, 4xx or 5xx, at any step: nothing is sent to anyone, and the caller reads why."""

from __future__ import annotations

import pytest

from tests.support.misbehaviour import Raw
from tests.system.outcome import (
    DATA_STEPWISE,
    EXTENSIONS,
    FIVE,
    MESSAGE,
    ONE,
    WITH_CHUNKS,
    WITH_DATA,
    assert_not_sent,
    assert_sent,
    configure,
    label,
    shown_status,
)

PERMANENT, TEMPORARY = 69, 75
REPLIES = {
    "5xx": ("550 5.7.1 we do not want this", PERMANENT),
    "4xx": ("451 4.3.0 not now", TEMPORARY),
    "421": ("421 4.3.2 shutting down", TEMPORARY),
}

with_each_reply = pytest.mark.parametrize(("reply", "status"), REPLIES.values(), ids=REPLIES)
with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)
with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])


@with_each_exit_codes
@with_each_reply
@with_each_extension
@pytest.mark.parametrize("at", [0, 2, 4], ids=["first", "middle", "last"])
def test_sends_no_octet_of_the_message_after_a_refused_recipient(
    installation, smarthost, extensions, at, reply, status, exit_codes
):
    host = smarthost(extensions=extensions, refuse={f"RCPT:{FIVE[at]}": reply})
    configure(installation, host, exit_codes)
    result = installation.send(*FIVE, stdin=MESSAGE)
    assert_not_sent(
        result,
        f"{label(host)}: RCPT TO:<{FIVE[at]}> was refused: {reply}",
        status=shown_status(status, exit_codes),
        recipients=FIVE,
        outcome="refused",
        hosts=[host],
    )
    assert host.session.content == b""
    # RFC 5321, section 4.1.1.10; inside the message, only closing the connection ends it
    assert (host.session.verbs[-1] == "QUIT") == (extensions != WITH_DATA)


@pytest.mark.parametrize(
    ("reply", "status"),
    [("550 5.1.1 no such user", 67), ("550 5.1.2 no such host", 68), ("552 5.2.2 mailbox full", 69)],
)
def test_an_enhanced_status_code_tells_who_is_unknown(installation, smarthost, reply, status):
    host = smarthost(refuse={"RCPT:user3@example.org": reply})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<user3@example.org> was refused: {reply}"
    assert_not_sent(result, reason, status=status, recipients=FIVE, outcome="refused", hosts=[host])


@with_each_extension
def test_the_first_of_several_refused_recipients_is_named(installation, smarthost, extensions):
    host = smarthost(extensions=extensions, refuse={"RCPT 2": "550 5.1.1 two", "RCPT 4": "450 4.2.1 four"})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<user2@example.org> was refused: 550 5.1.1 two"
    assert_not_sent(result, reason, status=67, recipients=FIVE, outcome="refused", hosts=[host])


@with_each_extension
def test_every_recipient_may_be_refused(installation, smarthost, extensions):
    host = smarthost(extensions=extensions, refuse={"RCPT": "550 5.7.1 nobody"})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<user1@example.org> was refused: 550 5.7.1 nobody"
    assert_not_sent(result, reason, status=69, recipients=FIVE, outcome="refused", hosts=[host])
    assert host.session.content == b""


@with_each_reply
@with_each_extension
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_a_refused_reverse_path_stops_the_message(installation, smarthost, extensions, recipients, reply, status):
    host = smarthost(extensions=extensions, refuse={"MAIL": reply})
    configure(installation, host)
    result = installation.send(*recipients, stdin=MESSAGE)
    login = installation.logins["alice"]
    assert_not_sent(
        result,
        f"{label(host)}: MAIL FROM:<{login}@example.net> was refused: {reply}",
        status=status,
        recipients=recipients,
        outcome="refused",
        hosts=[host],
    )


@with_each_reply
@with_each_extension
def test_a_refused_only_recipient_gets_nothing(installation, smarthost, extensions, reply, status):
    host = smarthost(extensions=extensions, refuse={"RCPT": reply})
    configure(installation, host)
    result = installation.send(*ONE, stdin=MESSAGE)
    reason = f"{label(host)}: RCPT TO:<carol@example.org> was refused: {reply}"
    assert_not_sent(result, reason, status=status, recipients=ONE, outcome="refused", hosts=[host])


@with_each_exit_codes
@with_each_reply
@pytest.mark.parametrize("extensions", [WITH_DATA, DATA_STEPWISE], ids=["pipelining", "stepwise"])
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_a_refused_data_command_stops_the_message(
    installation, smarthost, extensions, recipients, reply, status, exit_codes
):
    host = smarthost(extensions=extensions, refuse={"DATA": reply})
    configure(installation, host, exit_codes)
    result = installation.send(*recipients, stdin=MESSAGE)
    assert_not_sent(
        result,
        f"{label(host)}: DATA was refused: {reply}",
        status=shown_status(status, exit_codes),
        recipients=recipients,
        outcome="refused",
        hosts=[host],
    )
    assert host.session.content == b""


@with_each_reply
@with_each_extension
@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
def test_a_refused_message_is_not_sent(installation, smarthost, extensions, recipients, reply, status):
    host = smarthost(extensions=extensions, refuse={"MESSAGE": reply})
    configure(installation, host)
    result = installation.send(*recipients, stdin=MESSAGE)
    assert_not_sent(
        result,
        f"{label(host)}: the message was refused: {reply}",
        status=status,
        recipients=recipients,
        outcome="refused",
        hosts=[host],
    )


@with_each_exit_codes
@pytest.mark.parametrize(
    ("step", "command"), [("GREETING", "the greeting"), ("EHLO", "EHLO")], ids=["greeting", "EHLO"]
)
@pytest.mark.parametrize(
    ("reply", "status"),
    [("554 5.3.2 no mail here", PERMANENT), ("421 4.3.2 too busy", TEMPORARY)],
    ids=["5xx", "4xx"],
)
def test_a_host_that_refuses_us_is_the_reason(installation, smarthost, step, command, reply, status, exit_codes):
    host = smarthost(refuse={step: reply})
    configure(installation, host, exit_codes)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: {command} was refused: {reply}"
    assert_not_sent(result, reason, status=shown_status(status, exit_codes), recipients=FIVE, hosts=[host])


@pytest.mark.parametrize("reply", ["500 5.5.1 what?", "504 5.5.2 no such name", "550 5.7.1 not by this name"])
def test_a_host_without_ehlo_is_greeted_with_helo(installation, smarthost, reply):
    host = smarthost(refuse={"EHLO": reply})
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
    assert host.session.verbs == ["EHLO", "HELO", "MAIL", *["RCPT"] * 5, "DATA", "QUIT"]


def test_a_refused_helo_is_the_reason(installation, smarthost):
    host = smarthost(refuse={"EHLO": "500 5.5.1 what?", "HELO": "550 5.7.1 no"})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{label(host)}: HELO was refused: 550 5.7.1 no"
    assert_not_sent(result, reason, status=PERMANENT, recipients=FIVE, hosts=[host])


@with_each_extension
def test_a_refusal_in_many_lines_is_one_line(installation, smarthost, extensions):
    reply = b"550-5.1.1 The user is unknown.\r\n550-5.1.1 \x1b[31mSee\xff https://example.org/\x07\r\n550 5.1.1 Bye\r\n"
    host = smarthost(extensions=extensions, at={"RCPT 2": Raw(reply)})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    text = "550 5.1.1 The user is unknown. ?[31mSee? https://example.org/? Bye"
    reason = f"{label(host)}: RCPT TO:<user2@example.org> was refused: {text}"
    assert_not_sent(result, reason, status=67, recipients=FIVE, outcome="refused", hosts=[host])


def test_a_refusal_of_thousands_is_found(installation, smarthost):
    recipients = tuple(f"user{number}@example.org" for number in range(2000))
    host = smarthost(extensions=WITH_CHUNKS, refuse={"RCPT:user1999@example.org": "550 5.1.1 no such user"})
    configure(installation, host)
    result = installation.send(*recipients, stdin=MESSAGE)
    host.settle()
    assert result.reason == f"{label(host)}: RCPT TO:<user1999@example.org> was refused: 550 5.1.1 no such user"
    assert host.messages == []
    assert host.session.content == b""


@pytest.mark.parametrize("reply", ["221 2.0.0 bye", "421 4.3.2 gone", "502 5.5.1 what?"])
def test_what_is_said_to_quit_does_not_matter(installation, smarthost, reply):
    host = smarthost(refuse={"QUIT": reply})
    configure(installation, host)
    assert_sent(installation.send(*FIVE, stdin=MESSAGE), host, FIVE)
