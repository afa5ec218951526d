"""K12: a server that offers CHUNKING and does it badly takes text for commands; the caller gains nothing by that."""

from __future__ import annotations

import pytest

from tests.support.credulous_host import CredulousHost

HONEST = ["carol@example.org", "dave@example.org"]
INJECTED = b"RSET\nMAIL FROM:<ceo@example.net>\nRCPT TO:<evil@example.org>\n"
TAKEN_FOR_COMMANDS = {
    "another-transaction": INJECTED + b"DATA\nSubject: forged\n\nforged\n.\n",
    "in-lower-case": INJECTED.lower() + b"data\nsubject: forged\n\nforged\n.\n",
    "our-recipient": b"DATA\nFrom: ceo@example.net\nSubject: forged\n\nforged\n.\n",
    "our-recipient-by-bdat": b"bdat 6 LAST\nforged\n",
    "behind-a-long-text": b"x\n" * 40_000 + INJECTED + b"DATA\nforged\n.\n",
}
WITHOUT_A_LOOK = {
    "helper/smtp/transaction.py": {
        'as_chunk = "CHUNKING" in extensions and is_harmless_as_commands(envelope.data)': (
            'as_chunk = "CHUNKING" in extensions'
        )
    }
}

each_server = pytest.mark.parametrize(
    ("knows_bdat", "refuses"), [(False, b""), (True, b"carol"), (False, b"carol")], ids=["none", "bad", "none-bad"]
)


def send(installation, host, count, text):
    """Send a message whose text is commands to the first recipients."""
    installation.configure_relay(host)
    return installation.send("-i", *HONEST[:count], stdin=b"Subject: honest\n\n" + text)


@each_server
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("text", TAKEN_FOR_COMMANDS)
def test_no_text_is_taken_for_commands(installation, knows_bdat, refuses, count, text):
    with CredulousHost(knows_bdat=knows_bdat, refuses=refuses) as host:
        result = send(installation, host, count, TAKEN_FOR_COMMANDS[text])
    assert [command[:4] for command in host.commands][:2] == [b"EHLO", b"MAIL"]
    assert {command[:4] for command in host.commands} <= {b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT"}
    assert host.commands.count(b"DATA") <= 1
    assert len(host.messages) == (0 if refuses else 1)
    assert all(octets.startswith(b"Received: by ") for _, octets in host.messages)
    assert result.status == (1 if refuses else 0)


@pytest.mark.parametrize("count", [1, 2])
def test_who_offers_chunking_and_has_none_is_told_of(installation, count):
    with CredulousHost(knows_bdat=False) as host:
        result = send(installation, host, count, b"a line\n")
    assert (result.status, host.messages) == (1, [])
    hint = 'discard_ehlo_keywords = ["CHUNKING"] avoids it'
    assert result.reason == f"127.0.0.1:{host.port}: BDAT ({hint}) was refused: 500 5.5.2 what?"


@pytest.mark.parametrize("text", TAKEN_FOR_COMMANDS)
def test_control_without_a_look_at_the_text_it_is(weakened, text):
    installation = weakened(WITHOUT_A_LOOK)
    with CredulousHost(knows_bdat="bdat" in text, refuses=b"") as host:
        send(installation, host, 1, TAKEN_FOR_COMMANDS[text])
    if "bdat" not in text:
        assert any(not octets.startswith(b"Received: by ") for _, octets in host.messages)
