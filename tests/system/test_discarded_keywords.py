"""discard_ehlo_keywords: what a smart host offers and does badly counts as not offered."""

from __future__ import annotations

import subprocess

import pytest

from tests.system.outcome import ONE, assert_sent, configure, facts_of, label

EVERYTHING = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 100000", "LIMITS RCPTMAX=1")
TWO = ("carol@example.org", "dave@example.org")
MESSAGE = "From: Alice <alice@example.net>\nTo: carol@example.org\n\nGr\u00fc\u00dfe\n".encode()
SIGNED = MESSAGE.replace(b"\n\n", b"\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n\n")


@pytest.mark.parametrize(
    ("discarded", "verbs"),
    [
        (["CHUNKING", "size", "limits"], ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]),
        (
            ["chunking", "Pipelining", "8bitmime", "SMTPUTF8", "dsn", "SIZE", "Limits"],
            ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"],
        ),
    ],
    ids=["some", "all"],
)
def test_what_is_discarded_counts_as_not_offered(installation, smarthost, discarded, verbs):
    host = smarthost(extensions=EVERYTHING)
    configure(installation, host, discard_ehlo_keywords=discarded)
    result = installation.send("-N", "failure", *TWO, stdin=MESSAGE)
    assert_sent(result, host, TWO)
    assert host.session.verbs == verbs
    dropped = {keyword.upper() for keyword in discarded}
    parameters = host.message.parameters
    assert "SIZE" not in parameters
    assert ("BODY" in parameters) == ("8BITMIME" not in dropped)
    assert host.message.octets.isascii() == ("8BITMIME" in dropped)
    assert (facts_of(result.log_line).get("dsn") == "not offered") == ("DSN" in dropped)


def test_a_refusal_says_that_it_was_discarded_and_nobody_asks_again(installation, smarthost):
    host = smarthost(tls="implicit", auth={"ws1": "secret"}, extensions=EVERYTHING)
    configure(installation, host, discard_ehlo_keywords=["8BITMIME", "SIZE"])
    result = installation.send(*ONE, stdin=SIGNED)
    reason = f"{label(host)}: the message has 8-bit octets, and 8BITMIME is discarded (discard_ehlo_keywords); it"
    assert result.reason.startswith(reason)
    host.settle()
    assert host.session.verbs == ["EHLO", "AUTH", "QUIT"]


def test_check_minds_a_keyword_that_nobody_knows_and_shows_what_is_discarded(installation, smarthost):
    host = smarthost(extensions=EVERYTHING)
    configure(installation, host, discard_ehlo_keywords=["chunkng", "DSN"])
    command = [installation.prefix / "bin/gatepost", "check", "--connect"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert "relay: discard_ehlo_keywords: CHUNKNG is not a known EHLO keyword; did you mean CHUNKING?" in done.stdout
    (called,) = (line for line in done.stdout.splitlines() if "offers" in line)
    assert "CHUNKING" in called and "DSN" not in called.partition("; discarded: ")[0]


@pytest.mark.parametrize("keyword", ["STARTTLS", "auth"])
def test_what_protects_is_never_discarded(installation, smarthost, keyword):
    host = smarthost(tls="starttls", auth={"ws1": "secret"})
    configure(installation, host, discard_ehlo_keywords=[keyword])
    result = installation.send(*ONE, stdin=MESSAGE)
    assert result.status == 1  # of a configuration that is wrong, exit_codes are not known either
    assert "discard_ehlo_keywords[1]: must be an EHLO keyword other than STARTTLS and AUTH" in result.stderr
    assert host.connections == 0
