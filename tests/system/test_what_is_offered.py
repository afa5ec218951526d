"""What a smart host offers decides what it is sent: the message as it is, converted without loss, or not at all."""

from __future__ import annotations

import email
import email.policy

import pytest

from tests.system.outcome import ONE, assert_not_sent, assert_sent, configure, facts_of, label

PLAIN = ("PIPELINING", "CHUNKING", "SIZE 1000000")
BODY_8BIT = "Grüße aus Köln, 5 €\n.\nFrom here on.\n"
LONG_LINE = "word " * 300
HEAD = b"From: Alice <alice@example.net>\nTo: <carol@example.org>\nSubject: hello\n"


def parsed(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


@pytest.mark.parametrize("offered", [PLAIN, ("PIPELINING",), ()], ids=["chunking", "data", "nothing"])
def test_8bit_text_arrives_complete_at_a_server_without_8bitmime(installation, smarthost, offered):
    host = smarthost(extensions=offered)
    configure(installation, host)
    result = installation.send(*ONE, stdin=HEAD + b"\n" + BODY_8BIT.encode())
    assert_sent(result, host, ONE)
    assert host.message.octets.isascii()
    message = parsed(host.message.octets)
    assert message["MIME-Version"] == "1.0"
    assert (message.get_content_type(), message.get_content_charset()) == ("text/plain", "utf-8")
    assert message.get_content().replace("\r\n", "\n") == BODY_8BIT
    assert facts_of(result.log_line)["converted"] == "yes"


def test_8bit_text_stays_as_it_is_where_it_may(installation, smarthost):
    host = smarthost(extensions=(*PLAIN, "8BITMIME"))
    configure(installation, host)
    result = installation.send(*ONE, stdin=HEAD + b"\n" + BODY_8BIT.encode())
    assert_sent(result, host, ONE)
    assert host.message.body == BODY_8BIT.replace("\n", "\r\n").encode()
    assert host.message.parameters["BODY"] == "8BITMIME"
    assert "converted" not in facts_of(result.log_line)


@pytest.mark.parametrize("offered", [PLAIN, (*PLAIN, "8BITMIME")], ids=["7bit", "8bit"])
def test_no_line_is_longer_than_servers_take(installation, smarthost, offered):
    host = smarthost(extensions=offered)
    configure(installation, host)
    text = f"{LONG_LINE}\n{BODY_8BIT}"
    result = installation.send(*ONE, stdin=HEAD + b"\n" + text.encode())
    assert_sent(result, host, ONE)
    assert max(map(len, host.message.octets.split(b"\r\n"))) <= 998
    assert parsed(host.message.octets).get_content().replace("\r\n", "\n") == text


def test_the_announced_size_is_that_of_what_is_sent(installation, smarthost):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    installation.send(*ONE, stdin=HEAD + b"\n" + BODY_8BIT.encode())
    assert host.message.parameters["SIZE"] == str(len(host.message.octets))


SIGNED = b"""\
MIME-Version: 1.0
Content-Type: multipart/signed; boundary=b; protocol="application/pgp-signature"; micalg=pgp-sha256

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Gr\xc3\xbc\xc3\x9fe
--b
Content-Type: application/pgp-signature

signature
--b--
"""


def test_what_is_signed_is_refused_before_any_data(installation, smarthost):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    result = installation.send(*ONE, stdin=HEAD + SIGNED)
    problem = "the message has 8-bit octets, and 8BITMIME is not offered; it cannot be converted: it is signed"
    assert result.reason.startswith(f"{label(host)}: {problem}")
    assert_not_sent(result, result.reason, status=69, recipients=ONE, hosts=[host])
    assert "MAIL" not in host.session.verbs


# Internationalised addresses and header fields


SUBJECT_8BIT = "Subject: Grüße aus Köln\n".encode()


EVERYTHING = (*PLAIN, "8BITMIME", "SMTPUTF8")
OFFERED = pytest.mark.parametrize("offered", [PLAIN, (*PLAIN, "8BITMIME"), EVERYTHING], ids=["7bit", "8bit", "utf8"])


def message_with(*header, body="hello\n"):
    return "".join(["From: alice@example.net\n", *header, "\n", body]).encode()


@OFFERED
def test_a_header_beyond_ascii_is_encoded_whatever_is_offered(installation, smarthost, offered):
    host = smarthost(extensions=offered)
    configure(installation, host)
    result = installation.send(*ONE, stdin=b"From: alice@example.net\n" + SUBJECT_8BIT + b"\nhello\n")
    assert_sent(result, host, ONE)
    assert not {"SMTPUTF8", "BODY"} & set(host.message.parameters)
    assert host.message.header.isascii()
    assert parsed(host.message.octets)["Subject"] == "Grüße aus Köln"
    assert host.message.parameters["SIZE"] == str(len(host.message.octets))


PART = "--b\nContent-Type: text/plain; name=grüße.txt\nContent-Description: Grüße\n\nhello\n--b--\n"
WITHIN = "--b\nContent-Type: message/rfc822\n\nSubject: Grüße\nFrom: Jörg <j@x.example>\n\nhello\n--b--\n"
MIXED = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n'


@OFFERED
@pytest.mark.parametrize(
    "message",
    [
        message_with("To: Käthe <carol@example.org>, =?utf-8?q?a?= <b@x.example>\n"),
        message_with("To: carol@bücher.example (Käthe)\n"),
        message_with("Comments: Grüße\n über die Grenze\n", "Keywords: Größe, Höhe\n"),
        message_with(
            "MIME-Version: 1.0\n",
            "Content-Type: text/plain (Grüße); name=grüße.txt; name*=iso-8859-1''gr%FC%DFe.txt\n",
            'Content-Disposition: attachment; x*0="grü"; x*1="ße"; filename=grüße (1).txt\n',
            "List-Help: <https://x.example/grüße>\n",
        ),
        message_with("Resent-From: Jörg <alice@example.net>\n", "Resent-To: Käthe <carol@example.org>\n"),
        message_with(MIXED, body=PART),
        message_with(MIXED, body=WITHIN),
        message_with(MIXED, "Subject: Grüße\n", body=PART.replace("\n", "\r\n")),
    ],
    ids=["name", "domain", "text", "parameter", "resent", "part", "message", "both"],
)
def test_headers_of_all_kinds_are_encoded_whatever_is_offered(installation, smarthost, offered, message):
    host = smarthost(extensions=offered)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=message), host, ONE)
    assert not {"SMTPUTF8", "BODY"} & set(host.message.parameters)
    assert host.message.octets.isascii()
    assert "\ufffd" not in str(parsed(host.message.octets))


DKIM = "DKIM-Signature: v=1; d=example.net; b=abc\n"
HAVE_NO_OTHER_FORM = {
    "local-part": ("To: Käthe <käthe@bücher.example>\n", "To: =?utf-8?q?K=C3=A4the?= <käthe@xn--bcher-kva.example>"),
    "message-id": ("Message-ID: <grüße@example.net>\n", "Message-ID: <grüße@example.net>"),
    "signed": (DKIM + "Subject: Grüße\n", "Subject: Grüße"),
}


@pytest.mark.parametrize("field", HAVE_NO_OTHER_FORM)
def test_what_has_no_form_in_ascii_goes_with_smtputf8_or_not_at_all(installation, smarthost, field):
    given, sent = HAVE_NO_OTHER_FORM[field]
    host = smarthost(extensions=EVERYTHING)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=message_with(given)), host, ONE)
    assert "SMTPUTF8" in host.message.parameters
    assert sent.encode() in host.message.header.split(b"\r\n")
    host = smarthost(extensions=(*PLAIN, "8BITMIME"))
    configure(installation, host)
    result = installation.send(*ONE, stdin=message_with(given))
    assert result.reason.startswith(
        f"{label(host)}: the header has 8-bit octets, and SMTPUTF8 is not offered; it cannot"
    )
    assert_not_sent(result, result.reason, status=69, recipients=ONE, hosts=[host])


def test_8_bit_that_is_no_utf_8_stays_where_it_may(installation, smarthost):
    host = smarthost(extensions=EVERYTHING)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=b"Subject: na\xefve\nX-Note: \xc3\xbc\n" + HEAD + b"\n"), host, ONE)
    assert (host.message.parameters["BODY"], "SMTPUTF8" in host.message.parameters) == ("8BITMIME", False)
    assert {b"Subject: na\xefve", b"X-Note: =?utf-8?b?w7w=?="} <= set(host.message.header.split(b"\r\n"))


def test_8_bit_that_is_no_utf_8_is_told_among_internationalised_addresses(installation, smarthost):
    host = smarthost(extensions=EVERYTHING)
    configure(installation, host)
    result = installation.send("käthe@example.org", stdin=b"Message-ID: <\xef@x>\n" + HEAD + b"\n")
    assert result.reason.startswith(f"{label(host)}: the header has ")
    assert "UTF-8" in result.reason and "is not offered" not in result.reason


# Lines that are too long for white space to break them


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("To", ",".join(f"user{number}@department.example" for number in range(99))),
        ("References", "".join(f"<{number}@mail.example>" for number in range(99))),
        ("Subject", "x" * 1500),
    ],
)
def test_a_long_field_without_white_space_is_folded(installation, smarthost, name, value):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    assert_sent(installation.send(*ONE, stdin=message_with(f"{name}: {value}\n")), host, ONE)
    assert max(map(len, host.message.header.split(b"\r\n"))) <= 78
    assert "".join(parsed(host.message.octets)[name].split()) == value


def test_a_folded_quoted_local_part_is_one(installation, smarthost):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    result = installation.send("-t", stdin=b'To: <"a\n b"@x.example>\n\nhello\n')
    host.settle()
    assert (result.status, host.message.addresses) == (0, [b'"a b"@x.example'])


def test_an_internationalised_domain_becomes_its_a_label(installation, smarthost):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    result = installation.send("carol@bücher.example", stdin=HEAD + b"\nhello\n")
    host.settle()
    assert (result.status, host.message.addresses) == (0, [b"carol@xn--bcher-kva.example"])


def test_an_internationalised_local_part_is_refused_before_any_data(installation, smarthost):
    host = smarthost(extensions=(*PLAIN, "8BITMIME"))
    configure(installation, host)
    result = installation.send("käthe@example.org", stdin=HEAD + b"\nhello\n")
    assert "is internationalised, and SMTPUTF8 is not offered" in result.reason
    assert result.status == 69
    assert "MAIL" not in host.session.verbs


# LIMITS (RFC 9422) and REQUIRETLS (RFC 8689)


@pytest.mark.parametrize(("limit", "status"), [(3, 0), (2, 69)])
def test_recipients_are_counted_before_mail(installation, smarthost, limit, status):
    host = smarthost(extensions=(*PLAIN, f"LIMITS RCPTMAX={limit}"))
    configure(installation, host)
    result = installation.send("a@x.example", "b@x.example", "c@y.example", stdin=HEAD + b"\nhello\n")
    host.settle()
    assert (result.status, len(host.messages)) == (status, 1 - bool(status))
    if status:
        assert result.reason == (
            f"{label(host)}: the message has 3 recipients, but at most 2 are accepted (LIMITS RCPTMAX)"
        )
        assert "MAIL" not in host.session.verbs


def test_what_requires_tls_says_so(installation, smarthost):
    host = smarthost(tls="starttls", extensions=(*PLAIN, "REQUIRETLS"))
    configure(installation, host, requiretls=True)
    result = installation.send(*ONE, stdin=HEAD + b"\nhello\n")
    assert_sent(result, host, ONE)
    assert "REQUIRETLS" in host.message.parameters


def test_what_requires_tls_goes_to_nobody_who_does_not_see_to_it(installation, smarthost):
    host = smarthost(tls="starttls", extensions=PLAIN)
    configure(installation, host, requiretls=True)
    result = installation.send(*ONE, stdin=HEAD + b"\nhello\n")
    reason = f"{label(host)}: this transport requires TLS on the whole path (requiretls), but REQUIRETLS is not offered"
    assert_not_sent(result, reason, status=69, recipients=ONE, hosts=[host])


def test_a_domain_in_the_header_becomes_its_a_label_too(installation, smarthost):
    host = smarthost(extensions=PLAIN)
    configure(installation, host)
    result = installation.send("-t", stdin="To: carol@bücher.example\nSubject: hello\n\nhello\n".encode())
    host.settle()
    assert (result.status, host.message.addresses) == (0, [b"carol@xn--bcher-kva.example"])
    assert b"To: carol@xn--bcher-kva.example\r\n" in host.message.header
