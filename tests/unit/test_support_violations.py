"""The scripted smart host is strict: each thing that a client must not do is seen, and nothing else is."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.support.smarthost import SmartHost

ENVELOPE = b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\n"
PLAIN = b"AGFsaWNlAHNlY3JldA=="  # NUL alice NUL secret
BODY = b"Subject: x\r\n\r\n"
VIOLATIONS = [
    ("before the greeting", {}, [b"EHLO x.example\r\n"]),
    ("did not wait for the reply to EHLO", {}, [b"", b"EHLO x.example\r\nNOOP\r\n"]),
    ("did not wait for the reply to DATA", {}, [b"", b"EHLO x\r\n", ENVELOPE + b"DATA\r\n" + BODY]),
    ("did not wait for the reply to MAIL", {"extensions": ()}, [b"", b"EHLO x\r\n", ENVELOPE]),
    ("did not wait for the reply to QUIT", {}, [b"", b"EHLO x\r\n", b"QUIT\r\nNOOP\r\n"]),
    ("did not wait for the reply to STARTTLS", {"tls": "starttls"}, [b"", b"EHLO x\r\n", b"STARTTLS\r\nEHLO y\r\n"]),
    (
        "did not wait for the reply to the message",
        {"extensions": ()},
        [b"", b"EHLO x\r\n", *ENVELOPE.splitlines(keepends=True), b"DATA\r\n", BODY + b".\r\nQUIT\r\n"],
    ),
    ("plaintext in place of", {"tls": "starttls"}, [b"", b"EHLO x\r\n", b"STARTTLS\r\n", b"EHLO y\r\n"]),
    ("plaintext in place of", {"tls": "implicit"}, [b"EHLO x\r\n"]),
    ("STARTTLS without", {}, [b"", b"EHLO x\r\n", b"STARTTLS\r\n"]),
    ("AUTH without TLS", {"auth": {"alice": "secret"}}, [b"", b"EHLO x\r\n", b"AUTH PLAIN " + PLAIN + b"\r\n"]),
    ("AUTH CRAM-MD5 without", {"auth": {"alice": "x"}}, [b"", b"EHLO x\r\n", b"AUTH CRAM-MD5\r\n"]),
    (
        "makes no sense",
        {"auth": {"alice": "secret"}, "allow_plaintext_auth": True},
        [b"", b"EHLO x\r\n", b"AUTH PLAIN !!\r\n"],
    ),
    (
        "did not wait for the reply to a response",
        {"auth": {"alice": "secret"}, "allow_plaintext_auth": True},
        [b"", b"EHLO x\r\n", b"AUTH LOGIN\r\n", b"YWxpY2U=\r\nc2VjcmV0\r\n"],
    ),
    (
        "AUTH is too long",
        {"auth": {"alice": "secret"}, "allow_plaintext_auth": True},
        [b"", b"EHLO x\r\n", b"AUTH PLAIN " + b"A" * 500 + b"\r\n"],
    ),
    (
        "a response is too long",
        {"auth": {"alice": "secret"}, "allow_plaintext_auth": True},
        [b"", b"EHLO x\r\n", b"AUTH PLAIN\r\n", b"A" * 12289 + b"\r\n"],
    ),
    ("bare LF in a command", {}, [b"", b"EHLO x\n"]),
    ("bare CR in a command", {}, [b"", b"EHLO x\ry\r\n"]),
    ("NUL in a command", {}, [b"", b"EHLO x\0\r\n"]),
    ("endless command", {}, [b"", b"A" * 1200000]),
    ("too long: 513", {}, [b"", b"EHLO " + b"x" * 506 + b"\r\n"]),
    ("too long: 636", {"extensions": ("DSN",)}, [b"", b"EHLO x\r\n", b"MAIL " + b"x" * 629 + b"\r\n"]),
    ("an unknown command: HELP", {}, [b"", b"HELP\r\n"]),
    ("not a host name", {}, [b"", b"EHLO a b\r\n"]),
    ("MAIL before EHLO", {}, [b"", b"MAIL FROM:<>\r\n"]),
    ("MAIL twice", {}, [b"", b"EHLO x\r\n", b"MAIL FROM:<>\r\n", b"MAIL FROM:<>\r\n"]),
    ("RCPT without MAIL", {}, [b"", b"EHLO x\r\n", b"RCPT TO:<a@x.example>\r\n"]),
    ("a syntax error", {}, [b"", b"EHLO x\r\n", b"MAIL FROM: <a@x.example>\r\n"]),
    ("a syntax error", {}, [b"", b"EHLO x\r\n", b"MAIL FROM:<a b@x.example>\r\n"]),
    ("without a domain", {}, [b"", b"EHLO x\r\n", b"MAIL FROM:<alice>\r\n"]),
    ("8-bit octets in a command", {"extensions": ()}, [b"", b"EHLO x\r\n", b"MAIL FROM:<\xc3\xa4@x.example>\r\n"]),
    ("8-bit octets in an address", {}, [b"", b"EHLO x\r\n", b"MAIL FROM:<\xc3\xa4@x.example>\r\n"]),
    *(
        (f"the parameter {name}", {"extensions": ()}, [b"", b"EHLO x\r\n", f"MAIL FROM:<> {name}{value}\r\n".encode()])
        for name, value in [("SIZE", "=1"), ("BODY", "=8BITMIME"), ("SMTPUTF8", ""), ("RET", "=HDRS"), ("ENVID", "=1")]
    ),
    ("the offer of BINARYMIME", {}, [b"", b"EHLO x\r\n", b"MAIL FROM:<> BODY=BINARYMIME\r\n"]),
    (
        "the parameter NOTIFY",
        {"extensions": ()},
        [b"", b"EHLO x\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@x.example> NOTIFY=NEVER\r\n"],
    ),
    ("DATA where", {}, [b"", b"EHLO x\r\n", b"DATA\r\n"]),
    (
        "BDAT where",
        {"extensions": ("PIPELINING",)},
        [b"", b"EHLO x\r\n", b"MAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nBDAT 0 LAST\r\n"],
    ),
    ("after a refused greeting", {"refuse": {"GREETING": "554 no"}}, [b"", b"EHLO x\r\n"]),
    *(
        (what, {}, [b"", b"EHLO x\r\n", ENVELOPE + b"DATA\r\n", octets + b"\r\n.\r\n"])
        for what, octets in [
            ("a bare CR in", b"a\rb"),
            ("a bare LF in", b"a\nb"),
            ("a bare LF in", b"a\n.\nb"),
            ("a bare LF in", b"a\n.\r\nb"),
            ("a bare CR in", b"a\r.\rb"),
            ("a line of more than 998", b"x" * 999),
            ("8-bit octets in the message", b"\xe4"),
            ("single dot", b"a\r\n.b"),
        ]
    ),
    ("a bare LF in", {}, [b"", b"EHLO x\r\n", ENVELOPE + b"BDAT 2 LAST\r\n\n\n"]),
]


@pytest.mark.parametrize(
    ("what", "options", "octets"), VIOLATIONS, ids=lambda value: value if type(value) is str else ""
)
def test_sees_a_violation(smarthost, what, options, octets):
    host = smarthost(expect_violations=True, patience_s=0.05, **options)
    with Client(host, greeted=False) as client:
        for part in octets:
            client.say(part) if part else client.hear()
            if part and part is not octets[-1]:
                client.hear_lines(part.count(b"\n"))
        client.hear_to_end()
    host.settle()
    assert len(host.violations) == 1
    assert what in host.violations[0]
    assert host.messages == []


def test_a_violation_fails_the_test():
    with pytest.raises(AssertionError, match="broke the rules"), SmartHost() as host, Client(host) as client:
        client.talk(b"NONSENSE\r\n")


@pytest.mark.parametrize(
    ("content", "declared"),
    [(b"x" * 998, b""), (b"\xe4", b" BODY=8BITMIME"), (b"..", b""), (b"x\r\n..\r\n...\r\ny", b"")],
)
def test_sees_no_violation_where_there_is_none(smarthost, content, declared):
    host = smarthost()
    with Client(host) as client:
        client.talk(b"EHLO x.example\r\n")
        client.talk(ENVELOPE.replace(b"a@x.example>", b"a@x.example>" + declared) + b"DATA\r\n", replies=4)
        client.talk(content + b"\r\n.\r\nQUIT\r\n", replies=2)
    assert len(host.messages) == 1
