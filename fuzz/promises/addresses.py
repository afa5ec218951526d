"""A mailbox of any text is an AddressSyntax, or reads back as itself wherever it is written; so is a path.

That is: alone, in a list, in a header field, and in a command of SMTP. It holds no control character. Its A-labels, if
it has any, are a mailbox of the same local part, and are their own A-labels.
"""

from __future__ import annotations

from helper.address import AddressSyntax, Mailbox
from helper.domain import NoALabel, ascii_address
from helper.message import path
from helper.message.address_list import parse_address_list, parse_mailbox
from helper.message.header import new_field
from helper.request.smtp_commands import parse_path
from helper.smtp.steps import command_line

SEEDS = (
    b"alice",
    b'"Alice (the one)" <alice@example.net> (really)',
    b'"a b\\"\\\\@c"@[IPv6:2001:db8::1]',
    b"<@relay.example,@other:bob@example.org>",
    b"friends: a.b@x.example;",
    "jos\u00e9@m\u00fcnchen.example".encode(),
    b"bob@b\xc3\xbccher.example",
    b"a..b@x, c@d",
    b"<>",
)
WORDS = b'@|<|>|"|\\|(|)|[|]|:|;|,|.|xn--|\xc3\xbc|\r\n |IPv6:'.split(b"|")
QUALIFY = b"example.net"


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    try:
        mailbox = parse_mailbox(octets, QUALIFY)
    except AddressSyntax as error:
        assert error.problem.isascii() and error.problem.isprintable() and error.position >= 0
        assert (octets and octets.strip() != b"<>") or path.parse_reverse_path(octets, QUALIFY) is None
        return
    check_path(octets, mailbox)
    check_mailbox(mailbox)
    check_a_labels(mailbox)


def check_path(octets: bytes, mailbox: Mailbox) -> None:
    """A text that is a path is the same address as the only one of a list."""
    try:
        assert path.parse_path(octets, QUALIFY) == mailbox
    except AddressSyntax as error:
        assert error.problem.isascii() and error.problem.isprintable() and error.position >= 0
    assert path.parse_path(b"<" + mailbox.octets + b">", b"other.example") == mailbox


def check_mailbox(mailbox: Mailbox) -> None:
    """Read a mailbox back in every place where one is written."""
    octets = mailbox.octets
    assert octets.decode("utf-8") and octets.translate(None, bytes(range(32)) + b"\x7f") == octets
    assert Mailbox(mailbox.local_part, mailbox.domain) == mailbox
    assert parse_mailbox(octets, b"other.example") == mailbox
    assert parse_mailbox(b"Name <" + octets + b">", b"other.example") == mailbox
    assert [(spec.local_part, spec.domain) for spec in parse_address_list(octets + b"," + octets)] == [
        (mailbox.local_part, mailbox.domain)
    ] * 2
    field = new_field(b"To", [octets])
    assert parse_mailbox(field.body, b"other.example") == mailbox
    assert command_line(b"RCPT TO:<" + octets + b">").octets == b"RCPT TO:<" + octets + b">\r\n"
    assert parse_path(b"TO:", b"TO:<" + octets + b"> NOTIFY=NEVER") == (octets, [b"NOTIFY=NEVER"])
    assert mailbox.key.lower() == octets.lower()


def check_a_labels(mailbox: Mailbox) -> None:
    """Look at the form in ASCII."""
    try:
        address = ascii_address(mailbox.octets)
    except NoALabel as no:
        assert no.problem.isascii() and mailbox.is_internationalised
        return
    local_part, _, domain = address.rpartition(b"@")
    assert address.isascii() and local_part == mailbox.local_part
    assert Mailbox(local_part, domain).octets == address == ascii_address(address)
