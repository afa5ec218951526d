"""Transcripts of sessions: what the client says, and what it is answered. The helper is played by a few words."""

from __future__ import annotations

import pytest

from helper.request.smtp_session import RECIPIENTS_LIMIT_OCTETS, ServerSession, refusal
from helper.request.smtp_steps import (
    COMPLETE,
    CUT_OFF,
    FILE_LIMIT,
    IDLE,
    NO_MEMORY,
    TOO_LARGE,
    Abandon,
    CheckRecipient,
    CheckReversePath,
    ClientEnvelope,
    Line,
    Outcome,
    ReadCommand,
    ReadMailData,
    ServerReply,
    Submit,
)

GREETING = "220 ws1 ESMTP Gatepost"
GO_AHEAD = "354 the message, and then a line with a lone dot"
BYE = "221 ws1 closing"
SENT = Outcome(True, b"2.0.0 queued as 4F")
NOT_SENT = Outcome(False, b"not sent: smtp.example.net:587: RCPT TO:<b@x> was refused: 550 no")
TO_BOB = ("EHLO me", "MAIL FROM:<a@x>", "RCPT TO:<b@x>", "DATA")


class Play:
    """What came of a session: replies, envelopes and abandoned messages, and whether it was a good one."""

    def __init__(
        self, *commands, size_limit=1000, received=COMPLETE, outcomes=(SENT,), bad=(), end=b"\r\n", end_of_input=None
    ):
        self.replies: list[str] = []
        self.wishes: list[object] = []
        lines = iter(
            [
                Line(None, end, b"MAIL") if command is None else Line(command.encode("latin-1"), end)
                for command in commands
            ]
        )
        outcomes = iter(outcomes)
        dialogue = ServerSession(b"ws1", size_limit).dialogue()
        answer = None
        try:
            while True:
                step = dialogue.send(answer)
                answer = None
                if isinstance(step, ServerReply):
                    self.replies += step.octets.decode("ascii").splitlines()
                elif isinstance(step, ReadCommand):
                    answer = next(lines, end_of_input)
                else:
                    self.wishes.append(step)
                if isinstance(step, CheckRecipient | CheckReversePath):
                    asked = step.recipient if isinstance(step, CheckRecipient) else step.reverse_path
                    answer = b"bad" if asked in bad else None
                elif isinstance(step, ReadMailData):
                    answer = received
                    lines = lines if received != CUT_OFF else iter(())
                elif isinstance(step, Submit):
                    answer = next(outcomes)
        except StopIteration as done:
            self.is_good = done.value

    @property
    def codes(self):
        """The codes of the replies after the greeting, each once."""
        return [int(line[:3]) for line in self.replies[1:] if line[3] == " "]

    @property
    def envelopes(self):
        return [wish.envelope for wish in self.wishes if isinstance(wish, Submit)]

    @property
    def abandoned(self):
        return [wish for wish in self.wishes if isinstance(wish, Abandon)]


def test_a_message_is_taken_when_the_smart_host_has_it():
    play = Play(*TO_BOB, "QUIT")
    assert play.replies == [
        GREETING,
        *("250-ws1", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8", "250-DSN", "250 SIZE 1000"),
        *("250 OK", "250 OK", GO_AHEAD, "250 2.0.0 queued as 4F", BYE),
    ]
    assert play.wishes == [
        CheckReversePath(b"a@x"),
        CheckRecipient(b"b@x", b"a@x"),
        ReadMailData(b"\r\n"),
        Submit(ClientEnvelope(b"a@x", (b"b@x",), (b"",))),
    ]
    assert play.is_good


def test_a_message_that_was_not_sent_is_refused_with_the_reason():
    play = Play(*TO_BOB, "QUIT", outcomes=[NOT_SENT])
    assert play.replies[-2:] == [f"554 {NOT_SENT.text.decode()}", BYE]
    assert not play.is_good


def test_one_message_that_was_not_sent_spoils_the_session():
    play = Play(*TO_BOB, *TO_BOB[1:], *TO_BOB[1:], "QUIT", outcomes=[SENT, NOT_SENT, SENT])
    assert [code for code in play.codes if code not in (354, 221)] == [250, *[250] * 3, 250, 250, 554, 250, 250, 250]
    assert len(play.envelopes) == 3
    assert not play.is_good


def test_parameters_go_with_the_envelope():
    commands = (
        "EHLO me",
        "mail from:<a@x> size=10 body=8BITMIME ret=FULL envid=one+20two SMTPUTF8",
        "rcpt to:<b@x> notify=never",
        "RCPT TO:<c@x>",
        "data",
        "quit",
    )
    (envelope,) = Play(*commands).envelopes
    assert envelope == ClientEnvelope(
        reverse_path=b"a@x",
        recipients=(b"b@x", b"c@x"),
        recipient_parameters=(b"NOTIFY=NEVER", b""),
        body=b"8BITMIME",
        ret=b"FULL",
        envid=b"one two",
    )


def test_a_recipient_that_cannot_be_routed_is_refused_where_the_client_can_see_which():
    play = Play(*TO_BOB[:2], "RCPT TO:<bad@x>", "RCPT TO:<b@x>", "DATA", "QUIT", bad=[b"bad@x"])
    assert play.codes == [250, 250, 550, 250, 354, 250, 221]
    assert "550 bad" in play.replies
    assert [envelope.recipients for envelope in play.envelopes] == [(b"b@x",)]
    assert play.is_good


def test_without_any_recipient_there_is_no_data():
    play = Play(*TO_BOB, "RSET", *TO_BOB[1:], "QUIT", bad=[b"b@x"])
    assert play.codes == [250, 250, 550, 554, 250, 250, 550, 554, 221]
    assert play.envelopes == []
    assert play.abandoned == [Abandon(b"bad", (b"b@x",))]
    assert not play.is_good


def test_recipients_that_are_none_are_told_of_together():
    play = Play(*TO_BOB[:2], "RCPT TO:<>", "RCPT <b@x>", "DATA", "QUIT")
    assert play.codes == [250, 250, 501, 501, 554, 221]
    assert play.abandoned == [Abandon(b"RCPT was refused: 501 the null path is no recipient", ())]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ("MAIL", 501),
        ("MAIL FROM:<a@x", 501),
        ("MAIL FROM:<a@x> SIZE=1001", 552),
        ("MAIL FROM:<a@x> AUTH=<>", 555),
        ("MAIL FROM:<a@x> BODY=9BIT", 501),
        ("MAIL FROM:<a\x01@x>", 500),
        ("mail from:<bad@x>", 550),
        (None, 500),
    ],
)
@pytest.mark.parametrize("after", [(), ("RSET",), ("RSET", *TO_BOB[1:]), ("EHLO me", *TO_BOB[1:])], ids=str)
def test_a_refused_mail_is_a_message_that_was_not_sent_whatever_follows(refused, code, after):
    play = Play("EHLO me", refused, *after, "QUIT", bad=[b"bad@x"])
    assert play.codes[:2] == [250, code]
    assert len(play.abandoned) == 1
    assert not play.is_good


@pytest.mark.parametrize(
    "refused",
    [
        "RCPT TO:<>",
        "RCPT TO:<b@x",
        "RCPT TO:<b@x> NOTIFY=SOMETIMES",
        "RCPT TO:<b@x> X=1",
        "RCPT TO:<b\x01@x>",
        "RCPT TO:<bad>",
        "RCPT TO:<b@x>,<c@x>",
        "RCPT TO:b@x>,<c@x",
    ],
)
def test_a_refused_recipient_and_then_no_message_is_a_message_that_was_not_sent(refused):
    play = Play(*TO_BOB[:3], refused, "QUIT", bad=[b"bad"])
    assert 500 <= play.codes[3] < 560
    assert len(play.abandoned) == 1
    assert Play(*TO_BOB[:3], refused, "DATA", "QUIT", bad=[b"bad"]).is_good


def test_data_before_any_recipient_is_refused_and_the_transaction_goes_on():
    """RFC 5321, section 4.1.4."""
    play = Play(*TO_BOB[:2], "DATA", *TO_BOB[2:], "QUIT")
    assert play.codes == [250, 250, 503, 250, 354, 250, 221]
    assert play.abandoned == []
    assert play.is_good
    given_up = Play(*TO_BOB[:2], "DATA", "QUIT")
    assert given_up.abandoned == [Abandon(b"DATA came before RCPT", ())]


@pytest.mark.parametrize(
    "data", [("DATA",), ("DATA x",), ("BDAT 100 LAST",), (*TO_BOB[1:2], "DATA"), (*TO_BOB[1:3], "DATA now")]
)
@pytest.mark.parametrize("text", ["From: alice", "", "A line", ".", None, "MAIL\0", "To: <b@x>"])
def test_text_that_comes_after_a_refused_data_ends_the_session(data, text):
    play = Play("EHLO me", *data, text, *TO_BOB[1:], "QUIT")
    assert play.codes[-1] == 421
    assert play.envelopes == []
    assert not play.is_good


def test_no_other_message_begins_after_a_refused_data_until_a_reset():
    play = Play("EHLO me", "DATA", *TO_BOB[1:], "EHLO me", "RSET x", *TO_BOB[1:], "RSET", *TO_BOB[1:], "QUIT")
    assert play.codes == [250, 503, 503, 503, 503, 250, 501, 503, 503, 503, 250, 250, 250, 354, 250, 221]
    assert len(play.envelopes) == 1


@pytest.mark.parametrize("more", [("NOOP",), TO_BOB[1:], ("XYZZY",), ("RSET",)])
def test_a_session_whose_credential_was_refused_is_over(more):
    play = Play(*TO_BOB, *more, "QUIT", outcomes=[Outcome(False, b"not sent: AUTH", is_last=True)])
    assert play.codes[4:] == [554, 421]
    assert not play.is_good


def test_a_client_that_quits_then_is_answered_as_ever():
    assert Play(*TO_BOB, "QUIT", outcomes=[Outcome(False, b"x", is_last=True)]).codes[4:] == [554, 221]


@pytest.mark.parametrize(
    ("commands", "is_good"), [(TO_BOB, True), (TO_BOB[:3], False), ((), False), (TO_BOB[:1], False)]
)
def test_who_says_nothing_for_too_long_is_sent_away(commands, is_good):
    play = Play(*commands, end_of_input=IDLE)
    assert play.codes[-1:] == [421]
    assert play.is_good == is_good


@pytest.mark.parametrize("command", ["QUIT ", "QUIT\t", "QUIT \t "])
def test_white_space_at_the_end_is_tolerated(command):
    assert Play(f"EHLO me{command[4:]}", command).codes == [250, 221]


@pytest.mark.parametrize("end", ["QUIT", "RSET", "EHLO me", "HELO me", None])
def test_a_message_that_is_given_up_for_a_refusal_was_not_sent(end):
    commands = [*TO_BOB[:3], "RCPT TO:<bad@x>", "RCPT TO:<bad2@x>", *([end] if end else [])]
    play = Play(*commands, bad=[b"bad@x", b"bad2@x"])
    assert play.abandoned == [Abandon(b"bad", (b"bad@x", b"b@x"))]
    assert not play.is_good


@pytest.mark.parametrize("mail", ["MAIL FROM:<bad@x>", "MAIL FROM:<a@x> SIZE=1001"])
def test_a_message_whose_first_command_is_refused_was_not_sent(mail):
    play = Play("EHLO me", mail, "QUIT", bad=[b"bad@x"])
    assert len(play.abandoned) == 1
    assert not play.is_good


def test_a_message_that_goes_after_a_second_try_was_sent():
    play = Play("EHLO me", "MAIL FROM:<a@x> SIZE=1001", *TO_BOB[1:], "QUIT")
    assert play.abandoned == []
    assert play.is_good


def test_a_message_that_was_given_up_spoils_the_session():
    play = Play(*TO_BOB[:2], "RCPT TO:<bad@x>", "RSET", *TO_BOB[1:], "QUIT", bad=[b"bad@x"])
    assert len(play.envelopes) == 1
    assert not play.is_good


def test_a_reverse_path_that_is_none_begins_no_transaction():
    play = Play("EHLO me", "MAIL FROM:<bad>", "RCPT TO:<b@x>", "MAIL FROM:<>", "RCPT TO:<b@x>", "QUIT", bad=[b"bad"])
    assert play.codes == [250, 550, 503, 250, 250, 221]


@pytest.mark.parametrize("again", ["RSET", "EHLO me", "HELO me"])
def test_a_transaction_can_be_given_up(again):
    play = Play(*TO_BOB[:3], again, "RCPT TO:<c@x>", "MAIL FROM:<d@x>", "RCPT TO:<e@x>", "DATA", "QUIT")
    assert [envelope.recipients for envelope in play.envelopes] == [(b"e@x",)]
    assert 503 in play.codes
    assert play.is_good


def test_a_reset_says_once_more_why_the_message_before_was_not_sent():
    assert Play(*TO_BOB, "RSET", "RSET", "QUIT", outcomes=[NOT_SENT]).replies[-3:-1] == [
        f"250 OK; {NOT_SENT.text.decode()}",
        "250 OK",
    ]
    assert Play(*TO_BOB, *TO_BOB[1:], "RSET", "QUIT", outcomes=[NOT_SENT, SENT]).replies[-2] == "250 OK"


def test_recipients_can_be_tried_without_sending():
    assert Play(*TO_BOB[:3], "RSET", "QUIT").is_good
    assert Play(*TO_BOB[:3], "QUIT").is_good


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("NOOP", 250),
        ("NOOP x", 250),
        ("rset", 250),
        ("HELO me", 250),
        ("EHLO", 501),
        ("HELO", 501),
        ("VRFY b@x", 252),
        ("VRFY", 501),
        ("EXPN list", 502),
        ("HELP", 214),
        ("HELP MAIL", 214),
        ("AUTH PLAIN", 502),
        ("STARTTLS", 502),
        ("BDAT 10 LAST", 502),
        ("XYZZY", 500),
        ("", 500),
        ("Subject: hello", 500),
        (None, 500),
        ("NOOP\0", 500),
        ("MAIL", 501),
        ("MAIL FROM:<a@x> AUTH=<>", 555),
        ("MAIL FROM:<a@x> BODY=9BIT", 501),
        ("MAIL FROM:<a@x> SIZE=1000", 250),
        ("MAIL FROM:<a@x> SIZE=1001", 552),
        ("RCPT TO:<b@x>", 503),
        ("DATA x", 501),
        ("DATA", 503),
    ],
)
def test_each_command_is_answered(command, code):
    assert Play(command, "QUIT").codes == [code, 221]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("MAIL FROM:<c@x>", 503),
        ("RCPT TO:<>", 501),
        ("RCPT FROM:<b@x>", 501),
        ("RCPT TO:<b@x> RET=FULL", 555),
        ("RCPT TO:<b@x> NOTIFY=SOMETIMES", 501),
        ("XYZZY", 500),
        ("DATA now", 501),
    ],
)
def test_an_error_inside_a_transaction_leaves_it_as_it_was(command, code):
    play = Play(*TO_BOB[:3], command, "DATA", "QUIT")
    assert play.codes == [250, 250, 250, code, 354, 250, 221]
    assert play.envelopes == [ClientEnvelope(b"a@x", (b"b@x",), (b"",))]


def test_without_a_limit_every_size_is_good():
    play = Play("EHLO me", "MAIL FROM:<a@x> SIZE=" + "9" * 20, "QUIT", size_limit=0)
    assert play.codes == [250, 250, 221]
    assert "250 SIZE 0" in play.replies


def test_a_message_that_is_too_large_is_told_apart():
    play = Play(*TO_BOB, "QUIT", received=TOO_LARGE, outcomes=[Outcome(False, b"not sent: too large")])
    assert play.replies[-2:] == ["552 not sent: too large", BYE]
    assert not play.is_good


@pytest.mark.parametrize(("received", "code"), [(NO_MEMORY, 554), (FILE_LIMIT, 552)])
def test_without_memory_nothing_is_submitted(received, code):
    play = Play(*TO_BOB, *TO_BOB[1:], "QUIT", received=received)
    assert play.codes == [250, 250, 250, 354, code, 250, 250, 354, code, 221]
    assert play.envelopes == []
    assert play.abandoned == [Abandon(received.encode(), (b"b@x",))]
    assert not play.is_good


@pytest.mark.parametrize(
    "commands", [TO_BOB, TO_BOB[:3], TO_BOB[:2]], ids=["in-the-message", "after-RCPT", "after-MAIL"]
)
def test_a_client_that_goes_inside_a_transaction_sends_nothing(commands):
    play = Play(*commands, received=CUT_OFF)
    recipients = (b"b@x",) if len(commands) > 2 else ()
    assert play.abandoned == [Abandon(b"the SMTP client went before the end of its message", recipients)]
    assert play.envelopes == []
    assert not play.is_good


def test_a_client_that_goes_without_a_word_is_told_of():
    assert Play().abandoned == [Abandon(b"the SMTP client went without QUIT and without a message", ())]
    assert not Play("EHLO me", "From: alice").is_good


@pytest.mark.parametrize("outcome", [SENT, NOT_SENT])
def test_a_client_whose_messages_are_answered_may_go_without_quit(outcome):
    play = Play(*TO_BOB, outcomes=[outcome])
    assert play.abandoned == []
    assert play.is_good == outcome.is_sent


def test_a_client_that_quits_is_answered_no_more():
    assert Play("QUIT", "NOOP").replies == [GREETING, BYE]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_mail_data_has_the_line_ends_of_its_command(end):
    assert ReadMailData(end) in Play(*TO_BOB, "QUIT", end=end).wishes


def test_recipients_have_a_limit_that_the_wire_can_carry():
    recipient = "b" * 4000
    count = RECIPIENTS_LIMIT_OCTETS // (len(recipient) + 40)
    play = Play("EHLO me", "MAIL FROM:<a@x>", *[f"RCPT TO:<{recipient}>"] * (count + 1), "DATA", "QUIT")
    assert play.codes[2:] == [*[250] * count, 452, 354, 250, 221]


def test_a_long_reply_has_several_lines_and_none_steers_a_terminal():
    play = Play(*TO_BOB, "QUIT", outcomes=[Outcome(False, b"x" * 501 + b"\x1b[31m\r\n\xff")])
    assert play.replies[-3:] == ["554-" + "x" * 500, "554 x?[31m???", BYE]


def test_a_session_that_cannot_be_served_says_why_until_the_client_quits():
    dialogue = refusal(b"not sent: the launcher has no set-id bit")
    replies, answer = [], None
    lines = iter([b"EHLO me", None, b"quit", b"NOOP"])
    with pytest.raises(StopIteration) as done:
        while True:
            step = dialogue.send(answer)
            answer = Line(next(lines), b"\r\n") if isinstance(step, ReadCommand) else replies.append(step.octets)
    assert replies == [
        b"554 not sent: the launcher has no set-id bit\r\n",
        *[b"503 there is no service here\r\n"] * 2,
        b"221 closing\r\n",
    ]
    assert done.value.value is False
