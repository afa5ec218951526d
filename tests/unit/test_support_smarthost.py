"""The scripted smart host is the oracle of the system tests: it sees what it must see, and serves who does it right."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time

import pytest

from tests.support.client import Client
from tests.support.misbehaviour import AcceptThen, Behaviour, Close, Delay, Dribble, Endless, Raw, Reset, Silent
from tests.support.smarthost import SmartHost, deaf_port, refusing_port

TEXT = b"Subject: hello\r\n\r\n.a dot\r\n"
ENVELOPE = b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\n"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_serves_an_ordinary_client(smarthost, certificates, tls, address):
    host = smarthost(tls=tls, auth=None if tls == "none" else {"alice": "secret"})
    context = ssl.create_default_context(cafile=certificates.ca)
    if tls == "implicit":
        client = smtplib.SMTP_SSL(address, host.port, context=context)
    else:
        client = smtplib.SMTP(address, host.port)
    with client:
        if tls == "starttls":
            client.starttls(context=context)
        if tls != "none":
            client.login("alice", "secret")
        client.sendmail("a@x.example", ["b@x.example", "c@x.example"], TEXT)
    host.settle()
    assert host.message.octets == TEXT
    assert host.message.reverse_path == b"a@x.example"
    assert host.message.parameters == {"SIZE": str(len(TEXT))}
    assert host.message.addresses == [b"b@x.example", b"c@x.example"]
    assert host.session.identity == (None if tls == "none" else "alice")
    assert host.session.tls == (None if tls == "none" else "TLSv1.3")
    assert host.session.ended == "quit"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize(("password", "welcome"), [("secret", True), ("Secret", False)])
def test_knows_the_password(smarthost, mechanism, password, welcome):
    host = smarthost(auth={"alice": "secret"}, mechanisms=[mechanism], allow_plaintext_auth=True)
    with smtplib.SMTP("127.0.0.1", host.port) as client:
        if welcome:
            client.login("alice", password)
        else:
            with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
                client.login("alice", password)
    host.settle()
    assert (host.session.identity, host.session.mechanism) == ("alice" if welcome else None, mechanism)


def test_takes_no_mail_from_strangers(smarthost):
    host = smarthost(auth={"alice": "secret"})
    with smtplib.SMTP("127.0.0.1", host.port) as client, pytest.raises(smtplib.SMTPSenderRefused, match=r"5\.7\.0"):
        client.sendmail("a@x.example", ["b@x.example"], TEXT)


def test_counts_the_turns_of_a_pipelining_client(smarthost):
    host = smarthost()
    with Client(host) as client:
        client.talk(b"EHLO x.example\r\n")
        client.talk(ENVELOPE + b"DATA\r\n", replies=4)
        client.talk(b"Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n", replies=2)
    host.settle()
    assert [turn.count(b"\n") for turn in host.session.turns] == [1, 4, 5]
    assert host.session.verbs == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]
    assert host.message.octets == b"Subject: x\r\n\r\n.\r\n"


def test_joins_chunks(smarthost):
    host = smarthost()
    with Client(host) as client:
        client.talk(b"EHLO x.example\r\n")
        replies = client.talk(ENVELOPE + b"BDAT 5\r\nab\r\n.BDAT 4 LAST\r\n\r\nc\nQUIT\r\n".replace(b"c\n", b"\r\n"), 6)
    assert replies.count(b"250") == 5
    assert host.message.octets == b"ab\r\n.\r\n\r\n"
    assert host.message.chunked


@pytest.mark.parametrize(
    ("refused", "message", "digits"),
    [
        ({"RCPT:b@x.example": "550 no"}, b"BDAT 2 LAST\r\n\r\n", "2522"),
        ({"RCPT 2": "450 no"}, b"DATA\r\n", "2243"),
        ({"RCPT": "550 no"}, b"DATA\r\n", "2555"),
        ({"MAIL": "550 no"}, b"BDAT 2 LAST\r\n\r\n", "5555"),
        ({"DATA": "451 no"}, b"DATA\r\n", "2224"),
        ({"BDAT": "451 no"}, b"BDAT 2 LAST\r\n\r\n", "2224"),
        ({"MESSAGE": "554 no"}, b"BDAT 2 LAST\r\n\r\n", "2225"),
    ],
)
def test_refuses_as_a_pipelining_server_does(smarthost, refused, message, digits):
    host = smarthost(refuse=refused)
    with Client(host) as client:
        client.talk(b"EHLO x.example\r\n")
        replies = client.talk(ENVELOPE + message, replies=4)
    host.settle()
    assert "".join(line[:1] for line in replies.decode().splitlines()) == digits
    assert [message.addresses for message in host.messages] == ([[b"c@x.example"]] if digits == "2522" else [])
    assert host.acted


def test_has_nothing_of_a_message_whose_end_did_not_come(smarthost):
    host = smarthost()
    with Client(host) as client:
        client.talk(b"EHLO x.example\r\n")
        client.talk(ENVELOPE + b"DATA\r\n", replies=4)
        client.say(b"Subject: x\r\n\r\nend\r\n.\r")
    host.settle()
    assert host.messages == []
    assert host.session.content == b"Subject: x\r\n\r\nend\r\n.\r"
    assert host.session.ended == "closed by the client"


def misbehave(step: str, behaviour: Behaviour, host_starter, at_least_s: float = 0) -> tuple[SmartHost, bytes | str]:
    """Go through a session; return the last that was heard, or how the connection broke.

    Who waits for something has the patience of a busy machine; who waits for nothing waits in vain however long.
    """
    is_silent = Silent() in (behaviour, getattr(behaviour, "then", None))
    host = host_starter(at={step: behaviour})
    heard: bytes | str = b""
    began = time.monotonic()
    try:
        with Client(host, greeted=False, timeout_s=0.3 if is_silent else 10) as client:
            heard = client.hear()
            for part in (
                b"EHLO x\r\n",
                b"MAIL FROM:<>\r\n",
                b"RCPT TO:<a@x.example>\r\n",
                b"RCPT TO:<b@x.example>\r\n",
            ):
                heard = client.talk(part)
            heard = client.talk(b"DATA\r\n")
            heard = client.talk(b"Subject: x\r\n\r\n.\r\n")
            heard = client.talk(b"QUIT\r\n")
    except (OSError, EOFError) as error:
        heard = type(error).__name__
    host.settle()
    assert time.monotonic() - began >= at_least_s
    assert host.acted == [step]
    return host, heard


@pytest.mark.parametrize(
    "step", ["CONNECT", "GREETING", "EHLO", "MAIL", "RCPT 1", "RCPT 2", "DATA", "CONTENT", "MESSAGE", "QUIT"]
)
@pytest.mark.parametrize(
    ("behaviour", "heard"), [(Silent(), "TimeoutError"), (Close(), "EOFError"), (Reset(), "ConnectionResetError")]
)
def test_breaks_off_at_any_step(smarthost, step, behaviour, heard):
    host, last = misbehave(step, behaviour, smarthost)
    assert last == heard or (last == "BrokenPipeError" and heard == "ConnectionResetError")
    assert len(host.messages) == (1 if step == "QUIT" else 0)


@pytest.mark.parametrize(
    ("behaviour", "heard"), [(Silent(), "TimeoutError"), (Close(), "EOFError"), (Reset(), "ConnectionResetError")]
)
def test_leaves_the_client_in_doubt(smarthost, behaviour, heard):
    host, last = misbehave("MESSAGE", AcceptThen(behaviour), smarthost)
    assert last == heard
    assert len(host.messages) == 1


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT 2", "DATA", "MESSAGE"])
def test_answers_late(smarthost, step):
    host, last = misbehave(step, Delay(0.2), smarthost, at_least_s=0.2)
    assert last.startswith(b"221")
    assert len(host.messages) == 1


def test_dribbles(smarthost):
    host, last = misbehave("MESSAGE", Dribble(b"250 taken\r\n", pause_s=0.02), smarthost, at_least_s=0.2)
    assert last.startswith(b"221")
    assert len(host.messages) == 1


@pytest.mark.parametrize("octets", [b"2", b"250-x\r\n"])
def test_answers_without_end(smarthost, octets):
    host = smarthost(at={"EHLO": Endless(octets)})
    with Client(host) as client:
        client.say(b"EHLO x\r\n")
        assert client.hear_octets(1 << 20).count(octets[:1]) > 1000
    assert host.messages == []


@pytest.mark.parametrize("octets", [b"nonsense\r\n", b"250-a\r\n550 b\r\n", b"250 a\n", b"\xff\x1b[2J\0\r\n", b""])
def test_says_what_the_script_wants(smarthost, octets):
    host = smarthost(at={"EHLO": Raw(octets), "NOOP": Raw(b"end\r\n")})
    with Client(host) as client:
        client.say(b"EHLO x\r\n")
        time.sleep(0.05)
        client.say(b"NOOP\r\n")
        assert client.hear_octets(len(octets) + 5) == octets + b"end\r\n"


def test_injects_plaintext_after_the_reply_to_starttls(smarthost):
    host = smarthost(tls="starttls", at={"STARTTLS": Raw(b"220 go\r\n250 injected\r\n")})
    with Client(host) as client:
        client.talk(b"EHLO x\r\n")
        assert client.talk(b"STARTTLS\r\n", replies=2) == b"220 go\r\n250 injected\r\n"


@pytest.mark.parametrize(
    ("behaviour", "heard"),
    [(Silent(), TimeoutError), (Close(), ssl.SSLError), (Reset(), OSError), (Raw(b"?"), OSError)],
)
def test_breaks_off_in_place_of_the_handshake(smarthost, behaviour, heard):
    host = smarthost(tls="implicit", at={"TLS": behaviour})
    with pytest.raises(heard), socket.create_connection(("127.0.0.1", host.port), timeout=0.3) as connection:
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
    host.settle()
    assert (host.session.tls, host.session.turns) == (None, [])


def test_goes_on_after_a_challenge_of_the_script(smarthost):
    host = smarthost(
        auth={"alice": "x"}, allow_plaintext_auth=True, at={"AUTH": Raw(b"334 !!\r\n"), "AUTH 2": Raw(b"535 no\r\n")}
    )
    with Client(host) as client:
        client.talk(b"EHLO x\r\n")
        assert client.talk(b"AUTH LOGIN\r\n") == b"334 !!\r\n"
        assert client.talk(b"*\r\n") == b"535 no\r\n"
    assert host.session.identity is None


def test_knows_the_name_that_was_asked_for(smarthost, certificates):
    host = smarthost(tls="implicit", maximum_tls=ssl.TLSVersion.TLSv1_2)
    context = ssl.create_default_context(cafile=certificates.ca)
    with smtplib.SMTP_SSL("localhost", host.port, context=context):
        pass
    host.settle()
    assert host.sessions[-1].server_name == "localhost"
    assert host.sessions[-1].tls == "TLSv1.2"


def test_refuses_a_script_with_an_unknown_step():
    with pytest.raises(ValueError, match="RECIPIENT"):
        SmartHost(at={"RECIPIENT 2": Close()})


def test_leaves_no_thread():
    before = threading.active_count()
    with SmartHost(at={"EHLO": Silent(), "GREETING": Dribble(b"220 x\r\n", 0.001)}) as host:
        clients = [Client(host) for _ in range(3)]
        for client in clients:
            client.say(b"EHLO x\r\n")
            client.close()
    assert threading.active_count() == before
    assert host.connections == 3


def test_a_refusing_port_refuses():
    with refusing_port() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_deaf_port_does_not_even_refuse():
    with deaf_port() as port, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", port), timeout=0.3)
