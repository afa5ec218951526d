from __future__ import annotations

import pytest

from helper import status
from helper.failure import CannotTake, Failure, HostFailed, InDoubt, Refused, ReplyError
from helper.secret import Secret
from helper.sentence import verdict
from helper.smtp.dialogue import dialogue
from helper.smtp.envelope import Envelope, MailData, Notification, SessionTerms, Timeouts
from helper.smtp.sasl.exchange import Credential
from helper.smtp.steps import Quit
from helper.smtp.transaction import CHUNK_LIMIT_OCTETS
from tests.unit.smtp.transcript import GONE, play

GREETING = b"220 mx.example.net ESMTP\r\n"
OK = b"250 2.0.0 ok\r\n"
BYE = b"221 2.0.0 bye\r\n"
GO_AHEAD = b"354 go ahead\r\n"
BYE_EXPECTED = b"250 2.0.0 queued as 4F\r\n"


def ehlo(*keywords: str) -> bytes:
    lines = ["mx.example.net", *keywords]
    return b"".join(
        f"250{'-' if number < len(lines) - 1 else ' '}{line}\r\n".encode() for number, line in enumerate(lines)
    )


def session(**changes):
    return SessionTerms(b"ws1.example.net", "none", Timeouts(1.0, 2.0, 3.0), lambda: b"nonce").replace(**changes)


def envelope(*recipients: bytes, **changes):
    data = MailData(321, as_chunk=list, as_data=list)
    return Envelope(b"alice@example.net", recipients or (b"b@x.example",), data).replace(**changes)


CREDENTIAL = Credential(b"ws1", Secret(b"secret"))


def test_takes_two_turns_after_the_greeting_for_one_recipient_with_chunking():
    turns, reply = play(
        dialogue(session(), envelope()), [GREETING, ehlo("PIPELINING", "CHUNKING", "SIZE 1000"), OK, OK, BYE_EXPECTED]
    )
    assert turns == [
        "",
        "EHLO ws1.example.net\r\n",
        "MAIL FROM:<alice@example.net> SIZE=321\r\nRCPT TO:<b@x.example>\r\n<message as chunk>QUIT\r\n",
        "",
        "",
        "",
    ]
    assert reply.text == "250 2.0.0 queued as 4F"


def test_takes_three_turns_for_several_recipients_with_chunking():
    turns, _ = play(
        dialogue(session(), envelope(b"a@x.example", b"b@x.example")),
        [GREETING, ehlo("PIPELINING", "CHUNKING"), OK, OK, OK, BYE_EXPECTED],
    )
    assert [turn for turn in turns if turn] == [
        "EHLO ws1.example.net\r\n",
        "MAIL FROM:<alice@example.net>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\n",
        "<message as chunk>QUIT\r\n",
    ]


def test_takes_three_turns_with_pipelining_alone():
    turns, _ = play(
        dialogue(session(), envelope(b"a@x.example", b"b@x.example")),
        [GREETING, ehlo("PIPELINING"), OK, OK, OK, GO_AHEAD, BYE_EXPECTED],
    )
    assert [turn for turn in turns if turn] == [
        "EHLO ws1.example.net\r\n",
        "MAIL FROM:<alice@example.net>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n",
        "<message as data>QUIT\r\n",
    ]


def test_waits_for_each_reply_without_pipelining():
    turns, _ = play(
        dialogue(session(), envelope(b"a@x.example", b"b@x.example")),
        [GREETING, ehlo(), OK, OK, OK, GO_AHEAD, BYE_EXPECTED],
    )
    assert turns[2:] == [
        "MAIL FROM:<alice@example.net>\r\n",
        "RCPT TO:<a@x.example>\r\n",
        "RCPT TO:<b@x.example>\r\n",
        "DATA\r\n",
        "<message as data>",
        "QUIT\r\n",
    ]


EHLO_REFUSED = [b"%d what?\r\n" % code for code in (500, 501, 502, 503, 504, 550)]


@pytest.mark.parametrize("tls", ["none", "implicit"])
@pytest.mark.parametrize("refusal", EHLO_REFUSED)
def test_says_helo_to_a_server_that_refuses_ehlo(refusal, tls):
    script = [GREETING, refusal, OK, OK, OK, GO_AHEAD, BYE_EXPECTED]
    turns, _ = play(dialogue(session(tls=tls), envelope()), script)
    assert turns[1:3] == ["EHLO ws1.example.net\r\n", "HELO ws1.example.net\r\n"]


@pytest.mark.parametrize("changes", [{"tls": "starttls"}, {"tls": "implicit", "credential": CREDENTIAL}])
@pytest.mark.parametrize("refusal", EHLO_REFUSED)
def test_says_no_helo_where_it_would_lead_to_nothing(refusal, changes):
    with pytest.raises(HostFailed, match=f"EHLO was refused: {refusal[:3].decode()} what"):
        play(dialogue(session(**changes), envelope()), [GREETING, refusal])


@pytest.mark.parametrize("code", [421, 451, 503 + 27, 535, 554, 555])
def test_takes_any_other_refusal_of_ehlo_as_one(code):
    with pytest.raises(HostFailed, match=f"EHLO was refused: {code}"):
        play(dialogue(session(), envelope()), [GREETING, b"%d no\r\n" % code])


def test_who_hangs_up_on_helo_has_said_before_why():
    with pytest.raises(HostFailed, match=r"EHLO was refused: 550 5\.7\.1 listed"):
        play(dialogue(session(), envelope()), [GREETING, b"550 5.7.1 listed\r\n", GONE])


def test_turns_private_before_anything_else_and_forgets_what_was_offered_before():
    turns, _ = play(
        dialogue(session(tls="starttls"), envelope()),
        [GREETING, ehlo("STARTTLS", "PIPELINING", "CHUNKING"), b"220 go\r\n", ehlo(), OK, OK, GO_AHEAD, BYE_EXPECTED],
    )
    assert turns[1:5] == [
        "EHLO ws1.example.net\r\n",
        "STARTTLS\r\n",
        "<TLS>EHLO ws1.example.net\r\n",
        "MAIL FROM:<alice@example.net>\r\n",
    ]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([GREETING, ehlo("PIPELINING")], "STARTTLS is not offered"),
        ([GREETING, ehlo("STARTTLS"), b"454 4.7.0 not now\r\n"], "STARTTLS was refused: 454 4.7.0 not now"),
        ([GREETING, ehlo("STARTTLS"), b"250 yes\r\n"], "the reply to STARTTLS is unexpected: 250 yes"),
    ],
)
def test_never_goes_on_without_the_tls_that_is_required(script, reason):
    with pytest.raises(HostFailed, match=reason):
        play(dialogue(session(tls="starttls", credential=CREDENTIAL), envelope()), script)


def test_implicit_tls_comes_before_the_greeting():
    turns, _ = play(dialogue(session(tls="implicit"), envelope()), [GREETING, ehlo(), OK, OK, GO_AHEAD, BYE_EXPECTED])
    assert turns[0] == "<TLS>"


PLAIN = "AHdzMQBzZWNyZXQ="


@pytest.mark.parametrize(
    ("mechanisms", "replies", "written"),
    [
        ("AUTH PLAIN", [b"235 ok\r\n"], [f"AUTH PLAIN {PLAIN}\r\n"]),
        ("AUTH LOGIN PLAIN", [b"235 ok\r\n"], [f"AUTH PLAIN {PLAIN}\r\n"]),
        ("AUTH=PLAIN", [b"235 ok\r\n"], [f"AUTH PLAIN {PLAIN}\r\n"]),
        (
            "AUTH LOGIN",
            [b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 ok\r\n"],
            ["AUTH LOGIN\r\n", "d3Mx\r\n", "c2VjcmV0\r\n"],
        ),
        ("AUTH PLAIN,LOGIN", [b"235 ok\r\n"], [f"AUTH PLAIN {PLAIN}\r\n"]),
        ("AUTH=LOGIN, plain ,", [b"235 ok\r\n"], [f"AUTH PLAIN {PLAIN}\r\n"]),
        ("AUTH LOGIN", [b"334\r\n", b"334 \r\n", b"235 ok\r\n"], ["AUTH LOGIN\r\n", "d3Mx\r\n", "c2VjcmV0\r\n"]),
    ],
)
def test_authenticates(mechanisms, replies, written):
    turns, _ = play(
        dialogue(session(tls="implicit", credential=CREDENTIAL), envelope()),
        [GREETING, ehlo(mechanisms), *replies, OK, OK, GO_AHEAD, BYE_EXPECTED],
    )
    assert turns[2 : 2 + len(written)] == written
    assert turns[2 + len(written)].startswith("<authenticated by")


@pytest.mark.parametrize(
    ("keywords", "replies", "reason", "exit_status"),
    [
        (["AUTH PLAIN"], [b"535 5.7.8 no\r\n"], "AUTH PLAIN was refused: 535 5.7.8 no", status.NOT_PERMITTED),
        (["AUTH PLAIN"], [b"454 4.7.0 later\r\n"], "AUTH PLAIN was refused: 454", status.TEMPORARY),
        (
            ["AUTH SCRAM-SHA-1 PLAIN"],
            [b"535 5.7.8 no\r\n", b"504 5.5.4 what\r\n"],
            "^AUTH SCRAM-SHA-1 was refused: 535 5.7.8 no; AUTH PLAIN was refused: 504 5.5.4 what$",
            status.NOT_PERMITTED,
        ),
        (
            ["AUTH SCRAM-SHA-1 PLAIN"],
            [b"535 5.7.8 no\r\n", b"454 later\r\n"],
            "^AUTH SCRAM-SHA-1 was refused: 535 5.7.8 no; AUTH PLAIN was refused: 454 later$",
            status.NOT_PERMITTED,
        ),
        (["AUTH PLAIN"], [b"250 what\r\n"], "the reply to AUTH PLAIN is unexpected", status.PROTOCOL),
        (["AUTH PLAIN"], [b"334 more\r\n"], "the challenge is not valid", status.PROTOCOL),
        (["AUTH LOGIN"], [b"334 ****\r\n"], "the challenge is not valid", status.PROTOCOL),
        (["AUTH GSSAPI NTLM"], [], "no common mechanism; the server offers GSSAPI NTLM", status.NOT_PERMITTED),
        ([], [], "no common mechanism; the server offers none", status.NOT_PERMITTED),
    ],
)
def test_failed_authentication_is_the_hosts_failure_and_no_message_is_offered(keywords, replies, reason, exit_status):
    with pytest.raises(HostFailed, match=reason.replace("*", r"\*")) as caught:
        play(
            dialogue(session(tls="implicit", credential=CREDENTIAL), envelope()), [GREETING, ehlo(*keywords), *replies]
        )
    assert caught.value.status == exit_status


def test_never_sends_a_password_without_tls_unless_the_configuration_allows_it():
    with pytest.raises(HostFailed, match="not sent without TLS"):
        play(dialogue(session(credential=CREDENTIAL), envelope()), [GREETING, ehlo("AUTH PLAIN")])
    turns, _ = play(
        dialogue(session(credential=CREDENTIAL, allow_plaintext=True), envelope()),
        [GREETING, ehlo("AUTH PLAIN"), b"235 ok\r\n", OK, OK, GO_AHEAD, BYE_EXPECTED],
    )
    assert turns[2] == f"AUTH PLAIN {PLAIN}\r\n"


@pytest.mark.parametrize("code", [b"554 5.7.1 no\r\n", b"421 4.3.2 busy\r\n"])
def test_a_refused_greeting_or_ehlo_is_the_hosts_failure(code):
    with pytest.raises(HostFailed, match="the greeting was refused"):
        play(dialogue(session(), envelope()), [code])
    with pytest.raises(HostFailed, match="EHLO was refused"):
        play(dialogue(session(), envelope()), [GREETING, code])


KEYWORDS = [(), ("PIPELINING",), ("CHUNKING",), ("PIPELINING", "CHUNKING")]
REFUSALS = [b"550 5.1.1 no such user\r\n", b"451 4.3.0 try later\r\n"]


@pytest.mark.parametrize("keywords", KEYWORDS)
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("count", [2, 3, 5])
def test_sends_no_message_after_any_refused_recipient(keywords, refusal, count):
    recipients = [b"r%d@x.example" % number for number in range(count)]
    for refused in range(count):
        replies = [refusal if number == refused else OK for number in range(count)]
        steps = dialogue(session(), envelope(*recipients))
        written = []
        with pytest.raises(Refused) as caught:
            play(spied(steps, written), [GREETING, ehlo(*keywords), OK, *replies])
        assert caught.value.command == f"RCPT TO:<r{refused}@x.example>"
        assert not any(type(step).__name__.startswith("SendAs") for step in written)


def spied(steps, written):
    """Pass a dialogue on and keep its steps."""
    go_on, answer = steps.send, None
    while True:
        try:
            step = go_on(answer)
        except StopIteration as done:
            return done.value
        written.append(step)
        try:
            go_on, answer = steps.send, (yield step)
        except HostFailed as lost:
            go_on, answer = steps.throw, lost


@pytest.mark.parametrize("keywords", KEYWORDS)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_mail_data_or_message_names_the_command_and_tries_no_other_host(keywords, refusal):
    at_once = "CHUNKING" in keywords and "PIPELINING" in keywords
    goodbye = [BYE] if at_once else []
    with pytest.raises(Refused) as caught:
        play(dialogue(session(), envelope()), [GREETING, ehlo(*keywords), refusal, *goodbye])
    assert caught.value.command == "MAIL FROM:<alice@example.net>"
    chunking = "CHUNKING" in keywords
    if not chunking:
        with pytest.raises(Refused) as caught:
            play(dialogue(session(), envelope()), [GREETING, ehlo(*keywords), OK, OK, refusal])
        assert caught.value.command == "DATA"
    accepted = [OK, OK] if chunking else [OK, OK, GO_AHEAD]
    with pytest.raises(Refused) as caught:
        play(dialogue(session(), envelope()), [GREETING, ehlo(*keywords), *accepted, refusal, *goodbye])
    assert caught.value.command == "the message"


@pytest.mark.parametrize(
    ("changes", "script", "how_often"),
    [
        ({}, [b"554 no\r\n"], 1),
        ({}, [GREETING, b"554 no\r\n"], 1),
        ({}, [GREETING, b"502 what?\r\n", b"550 no\r\n"], 1),
        ({"tls": "starttls"}, [GREETING, ehlo()], 1),
        ({"tls": "starttls"}, [GREETING, ehlo("STARTTLS"), b"454 no\r\n"], 1),
        ({"credential": CREDENTIAL}, [GREETING, ehlo("AUTH PLAIN")], 1),
        ({"credential": CREDENTIAL, "allow_plaintext": True}, [GREETING, ehlo("AUTH NTLM")], 1),
        ({"credential": CREDENTIAL, "allow_plaintext": True}, [GREETING, ehlo("AUTH PLAIN"), b"535 no\r\n"], 1),
        ({}, [GREETING, ehlo("SIZE 320")], 1),
        *(({}, [GREETING, ehlo(*keywords), b"550 no\r\n"], 1) for keywords in ((), ("CHUNKING",))),
        *(({}, [GREETING, ehlo(*keywords), OK, b"550 no\r\n"], 1) for keywords in ((), ("CHUNKING",))),
        *(({}, [GREETING, ehlo(*keywords), OK, OK, b"550 no\r\n"], 1) for keywords in ((), ("CHUNKING",))),
        ({}, [GREETING, ehlo(), OK, OK, GO_AHEAD, b"550 no\r\n"], 1),
        ({}, [GREETING, ehlo("PIPELINING"), OK, OK, b"550 no\r\n"], 1),
        ({}, [GREETING, ehlo("PIPELINING"), OK, OK, GO_AHEAD, b"550 no\r\n"], 1),
        ({}, [GREETING, ehlo("PIPELINING", "CHUNKING"), OK, b"550 no\r\n", b"503 no\r\n", BYE], 1),
        # DATA went with it, so that the server may be inside the message: only closing the connection ends that.
        ({}, [GREETING, ehlo("PIPELINING"), OK, b"550 no\r\n"], 0),
        # Nothing is known any more of a server that does not speak SMTP.
        ({}, [GREETING, ehlo(), b"354 what\r\n"], 0),
        # What is said inside an exchange is a part of it.
        ({"credential": CREDENTIAL, "allow_plaintext": True}, [GREETING, ehlo("AUTH LOGIN"), b"334 ****\r\n"], 0),
        ({}, [GREETING, GONE], 0),
    ],
)
def test_says_goodbye_after_a_refusal_where_that_is_heard_as_one(changes, script, how_often):
    written = []
    with pytest.raises(Failure):
        play(spied(dialogue(session(**changes), envelope()), written), script)
    assert [type(step) for step in written].count(Quit) == how_often


def test_says_goodbye_after_a_refused_recipient_of_many():
    written = []
    steps = dialogue(session(), envelope(b"a@x.example", b"b@x.example"))
    with pytest.raises(Refused):
        play(spied(steps, written), [GREETING, ehlo("PIPELINING", "CHUNKING"), OK, OK, b"550 no\r\n"])
    assert isinstance(written[-1], Quit)


NO = b"550 5.7.1 no\r\n"
AT_ONCE = ("PIPELINING", "CHUNKING")


@pytest.mark.parametrize(
    ("recipients", "replies", "believed"),
    [
        (1, [OK, OK, NO, BYE], True),
        (1, [OK, OK, NO, GONE], True),
        (1, [OK, NO, NO, BYE], True),
        (1, [NO, NO, NO, BYE], True),
        (1, [OK, NO, BYE_EXPECTED], False),  # a word too many to MAIL: the refusal is of nothing that we said
        (2, [OK, OK, OK, NO, BYE], True),
        (2, [OK, OK, OK, NO, GONE], True),
        (2, [OK, OK, OK, NO, BYE_EXPECTED], False),  # the refusal was the second recipient's
        (2, [OK, OK, OK, NO, NO, BYE_EXPECTED], False),
    ],
)
def test_a_refusal_after_the_message_is_believed_if_nothing_is_accepted_after_it(recipients, replies, believed):
    steps = dialogue(session(), envelope(*(b"r%d@x.example" % number for number in range(recipients))))
    with pytest.raises(Refused if believed else InDoubt):
        play(steps, [GREETING, ehlo(*AT_ONCE), *replies])


def test_a_reply_that_makes_no_sense_is_no_refusal():
    with pytest.raises(ReplyError, match="is unexpected"):
        play(dialogue(session(), envelope()), [GREETING, ehlo(), b"354 what\r\n"])
    with pytest.raises(ReplyError):
        play(dialogue(session(), envelope()), [GREETING, ehlo(), OK, OK, b"250 what\r\n"])


def test_refuses_before_any_command_what_the_server_cannot_take():
    with pytest.raises(CannotTake, match="321 octets, but at most 320 are accepted"):
        play(dialogue(session(), envelope()), [GREETING, ehlo("SIZE 320")])


def test_offers_and_parameters_are_one():
    data = MailData(321, as_chunk=list, as_data=list, is_8bit=True)
    steps = dialogue(session(), envelope(data=data, is_internationalised=True, requires_tls=True))
    offer = ehlo("SIZE", "8bitmime", "SMTPUTF8", "REQUIRETLS")
    turns, _ = play(steps, [GREETING, offer, OK, OK, GO_AHEAD, BYE_EXPECTED])
    assert turns[2] == "MAIL FROM:<alice@example.net> SIZE=321 BODY=8BITMIME SMTPUTF8 REQUIRETLS\r\n"


def test_asks_to_be_told_of_the_delivery_where_the_server_does_that():
    notification = Notification(b" RET=HDRS ENVID=QQ", (b" NOTIFY=SUCCESS", b""))
    steps = dialogue(session(), envelope(b"a@x.example", b"b@x.example", notification=notification))
    turns, _ = play(steps, [GREETING, ehlo("PIPELINING", "CHUNKING", "DSN"), OK, OK, OK, BYE_EXPECTED])
    assert turns[2].split("\r\n")[:3] == [
        "MAIL FROM:<alice@example.net> RET=HDRS ENVID=QQ",
        "RCPT TO:<a@x.example> NOTIFY=SUCCESS",
        "RCPT TO:<b@x.example>",
    ]


def test_the_log_is_told_that_nobody_will_be_notified():
    steps = dialogue(session(), envelope(notification=Notification(b" RET=HDRS", (b" NOTIFY=SUCCESS",))))
    turns, _ = play(steps, [GREETING, ehlo("PIPELINING", "CHUNKING"), OK, OK, BYE_EXPECTED])
    assert turns[2].startswith("<dsn: not offered>MAIL FROM:<alice@example.net>\r\nRCPT TO:<b@x.example>\r\n")


def test_a_refusal_names_the_recipient_without_its_parameters():
    steps = dialogue(session(), envelope(notification=Notification(b"", (b" NOTIFY=SUCCESS",))))
    with pytest.raises(Refused) as failure:
        play(steps, [GREETING, ehlo("DSN"), OK, b"550 no\r\n"])
    assert failure.value.command == "RCPT TO:<b@x.example>"


LOGGED_IN = [GREETING, ehlo("AUTH PLAIN", "PIPELINING", "CHUNKING"), b"235 ok\r\n"]
AUTHENTICATING = {"credential": CREDENTIAL, "allow_plaintext": True}


def test_who_lacks_something_asks_again_after_authentication():
    data = MailData(321, as_chunk=list, as_data=list, is_8bit=True)
    steps = dialogue(session(**AUTHENTICATING), envelope(data=data))
    turns, _ = play(steps, [*LOGGED_IN, ehlo("8BITMIME", "PIPELINING", "CHUNKING"), OK, OK, BYE_EXPECTED])
    assert turns[3] == "<authenticated by PLAIN>EHLO ws1.example.net\r\n"
    assert "BODY=8BITMIME" in turns[4]


@pytest.mark.parametrize("reply", [b"503 5.5.1 you said that\r\n", b"421 no\r\n", b"500 what\r\n"])
def test_a_server_that_will_not_say_it_again_is_taken_by_its_first_word(reply):
    steps = dialogue(session(**AUTHENTICATING), envelope(notification=Notification(b" RET=FULL", (b"",))))
    turns, _ = play(steps, [*LOGGED_IN, reply, OK, OK, BYE_EXPECTED])
    assert turns[4].startswith("<dsn: not offered>MAIL FROM:<alice@example.net>\r\n")
    assert turns[4].endswith("<message as chunk>QUIT\r\n"), "PIPELINING and CHUNKING as they were"


def test_who_lacks_nothing_does_not_ask_again():
    turns, _ = play(dialogue(session(**AUTHENTICATING), envelope()), [*LOGGED_IN, OK, OK, BYE_EXPECTED])
    assert [turn.count("EHLO") for turn in turns] == [0, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\0"])
def test_no_line_break_in_an_address_ever_reaches_the_server(octet):
    with pytest.raises(AssertionError, match="line break inside"):
        play(dialogue(session(), envelope(b"a@x" + octet + b"RCPT TO:<evil@x>")), [GREETING, ehlo(), OK])


def mail_data(text: bytes) -> MailData:
    """Return mail data in pieces, so that what is looked for can stand across two of them."""
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    return MailData(len(text), as_chunk=lambda: iter(pieces), as_data=lambda: iter(pieces))


@pytest.mark.parametrize("keywords", [AT_ONCE, ("CHUNKING",)])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("text", "as_chunk"),
    [
        (b"Subject: data, bdat\r\n\r\nthe data\r\nMAIL FROM:<x@y>\r\nRSET\r\n", True),
        (b"x" * (CHUNK_LIMIT_OCTETS - 2) + b"\r\n", True),
        (b"x" * (CHUNK_LIMIT_OCTETS - 1) + b"\r\n", False),
        (b"Subject: x\r\n\r\nRCPT TO:<evil@x.example>\r\n", False),
        (b"Subject: x\r\n\r\n12345rCpT\r\n", False),
        (b"Subject: precrcpts\r\n\r\n", False),
        (b"Subject: x\r\n\r\nDATA\r\n", False),
        (b"Subject: x\r\n\r\n \t data and more\r\n", False),
        (b"bdat 12 LAST\r\n", False),
    ],
)
def test_what_a_server_could_take_for_commands_is_sent_when_it_is_known_to_be_waited_for(
    keywords, count, text, as_chunk
):
    recipients = [b"r%d@x.example" % number for number in range(count)]
    steps = dialogue(session(), envelope(*recipients, data=mail_data(text)))
    go_ahead = [] if as_chunk else [GO_AHEAD]
    turns, _ = play(steps, [GREETING, ehlo(*keywords), OK, *[OK] * count, *go_ahead, BYE_EXPECTED])
    with_message = next(turn for turn in turns if "<message" in turn)
    assert ("<message as chunk>" in with_message) is as_chunk
    assert as_chunk or not any(verb in with_message for verb in ("MAIL", "RCPT", "DATA"))


@pytest.mark.parametrize("keywords", [AT_ONCE, ("CHUNKING",)])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("code", [500, 501, 502, 503, 504])
def test_a_server_that_does_not_know_the_chunk_that_it_offered_is_told_of(keywords, count, code):
    steps = dialogue(session(), envelope(*(b"r%d@x.example" % number for number in range(count))))
    goodbye = [BYE] if "PIPELINING" in keywords else []
    with pytest.raises(Refused) as caught:
        play(steps, [GREETING, ehlo(*keywords), OK, *[OK] * count, b"%d 5.5.1 what?\r\n" % code, *goodbye])
    assert caught.value.command == "BDAT"
    line = verdict(caught.value).line
    assert line.endswith(f'BDAT (discard_ehlo_keywords = ["CHUNKING"] avoids it) was refused: {code} 5.5.1 what?')
