"""What arrives otherwise than from Exim 4.96, and why: the table of test_against_exim.py, one row for each reason.

Where one reason shows itself in several ways, it has a row for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ALL = ("status", "envelope", "header", "body")


@dataclass(frozen=True)
class Row:
    """Why these inputs, by name, differ in these aspects."""

    reason: str
    aspects: Sequence[str]
    inputs: Sequence[str]


DIFFERENCES = (
    Row(
        (
            "Exim sends 8-bit octets to whoever offers 8BITMIME without saying so; the smart host of the "
            "tests refuses that. Gatepost says BODY=8BITMIME, or encodes."
        ),
        ALL,
        (
            r"to: J\xc3\xb6rg <a@x.example>",
            r"to: J\xc3\xb6rg M\xc3\xbcller <a@x.example>",
            r'to: "J\xc3\xb6rg M." <a@x.example>',
            r"to: a@x.example (J\xc3\xb6rg)",
            r"to: J\xf6rg <a@x.example>",
            r"from: From: \xc3\x84lice <LOGIN@example.net>\n",
            r"from: From: \xc4lice <LOGIN@example.net>\n",
            r"from: From: \xc3\x84lice <boss@corp.example>\n",
            r"body: \nGr\xc3\xbc\xc3\x9fe\n",
            r"body: \nna\xefve\n",
            r"field: X-Umlaut: Gr\xc3\xbc\xc3\x9fe\n",
            r"field: X-Latin: na\xefve\n",
            r"field: Comments: Gr\xc3\xbc\xc3\x9fe (Gr\xc3\xbc\xc3\x9fe)\n",
            r"field: To: Gr\xc3\xbc\xc3\x9fe <b@x.example>\n",
            r"field: To: b@b\xc3\xbccher.example\n",
            r"field: To: j\xc3\xb6rg@x.example\n",
            r"field: X-Id: <\xc3\xbc@x.example>\n",
            r'field: MIME-Version: 1.0\nContent-Type: text/plain; name="\xc3\xbc.... 58',
        ),
    ),
    Row(
        (
            "Exim refuses lines over 998 octets (message_linelength_limit); Gatepost folds header fields, "
            "and encodes bodies."
        ),
        ALL,
        (
            "to: user0@x.example, user1@x.example, user2@x.example, user3@x.e... 1068",
            r"body: \nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... 1001",
            r"body: \nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... 1202",
            "field: X-Note: word word word word word word word word word word wo... 1259",
            "field: X-Note: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... 1209",
            "field: References: <0@mail.example><1@mail.example><2@mail.example>... 1363",
            "field: To: user0@x.example,user1@x.example,user2@x.example,user3@x.... 1354",
        ),
    ),
    Row(
        (
            "Gatepost sends a local part in its one wire form: in quotes where it needs them, and without "
            "where it does not."
        ),
        ("envelope",),
        (
            "to: .a@x.example",
            "to: a.@x.example",
            "to: a..b@x.example",
            'to: "a.b"@x.example',
            'to: "a"@x.example',
            r'to: "\\a"@x.example',
            "argument: a..b@x.example",
        ),
    ),
    Row(
        (
            "Gatepost sends a local part in its one wire form: in quotes where it needs them, and without "
            "where it does not."
        ),
        ALL,
        (
            'to: "a"."b"@x.example',
            'to: a."b c"@x.example',
        ),
    ),
    Row(
        (
            "Exim sends to those that it has read before the mistake, and status 0 hides that somebody is "
            "left out; Gatepost refuses."
        ),
        ALL,
        (
            "to: one: a@x.example; two: b@x.example;",
            "to: a@x.example(",
            r"cc: Cc: a@x.example (\n",
        ),
    ),
    Row(
        "Exim refuses underscores and hyphens in such places; the smart host knows what names there are.",
        ALL,
        (
            "to: a@x_y.example",
            "to: a@-x.example",
        ),
    ),
    Row(
        ("An address as an unquoted display name is read as one: programs write it, and sendmail reads it."),
        ("header",),
        (r"from: From: boss@corp.example <LOGIN@example.net>\n",),
    ),
    Row(
        ("An address as an unquoted display name is read as one: programs write it, and sendmail reads it."),
        ALL,
        ("to: a@x.example <b@x.example>",),
    ),
    Row(
        ("A source route stands in angle brackets (RFC 5321, appendix C); without them it is no address to us."),
        ("header",),
        (r"from: From: @y.example:LOGIN@example.net\n",),
    ),
    Row(
        ("A source route stands in angle brackets (RFC 5321, appendix C); without them it is no address to us."),
        ALL,
        ("to: @y.example:a@x.example",),
    ),
    Row(
        "A backslash belongs into quotes (RFC 5322, section 3.2.3).",
        ALL,
        (
            r"to: a\\b@x.example",
            r"argument: \\root",
        ),
    ),
    Row(
        ("Exim refuses local parts of more than 64 octets; the smart host knows whether somebody has such an address."),
        ALL,
        ("to: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... 265",),
    ),
    Row(
        "An argument is an address list as the header has it, with groups and empty items.",
        ALL,
        (
            "argument: friends: a@x.example;",
            "argument: ,a@x.example",
        ),
    ),
    Row(
        "An own address is one in quotes or in a group as well: no Sender.",
        ("header",),
        (
            r'from: From: "LOGIN"\n',
            r"from: From: group: LOGIN@example.net;\n",
        ),
    ),
    Row(
        "LOGIN@primary_hostname is the caller's own address too, for -f and From: alike.",
        ("envelope",),
        ("path: LOGIN@ws1.example.net",),
    ),
    Row(
        "LOGIN@primary_hostname is the caller's own address too, for -f and From: alike.",
        ("envelope", "header"),
        ("options: -f LOGIN@ws1.example.net",),
    ),
    Row(
        "LOGIN@primary_hostname is the caller's own address too, for -f and From: alike.",
        ("header",),
        (r"from: From: LOGIN@ws1.example.net\n",),
    ),
    Row(
        "An empty From: counts as missing.",
        ("header",),
        (
            r"from: From:\n",
            r"from: From: \n",
        ),
    ),
    Row(
        ("Which Resent fields are the newest cannot be told: refused, where Exim sends to all that were ever named."),
        ALL,
        (
            r"resent: Resent-To: a@x.example\nResent-To: b@x.example\n",
            r"resent: Resent-To: a@x.example\nReceived: by z.example\nResent-To: b... 69",
            r"resent: Resent-To: a@x.example\nReceived: by z.example\nResent-Bcc: ... 70",
            r"resent-to: Resent-To: a@x.example\nResent-To: b@x.example\n",
            r"resent-to: Resent-To: a@x.example\nReceived: by z.example\nResent-To: b... 69",
            r"resent-to: Resent-To: a@x.example\nReceived: by z.example\nResent-Bcc: ... 70",
        ),
    ),
    Row(
        "Resent-Reply-To: is qualified as Reply-To: is.",
        ("header",),
        (
            r"resent: Resent-Reply-To: root\nResent-To: a@x.example\n",
            r"resent-to: Resent-Reply-To: root\nResent-To: a@x.example\n",
        ),
    ),
    Row(
        (
            "Exim takes all Resent fields for one block: older recipients get the message once more, and "
            "older fields count as the newest."
        ),
        ("envelope", "header"),
        (
            r"resent: Resent-To: a@x.example\nReceived: by y.example\nResent-From:... 112",
            r"resent: Resent-Bcc: a@x.example\nReceived: by y.example\nResent-From... 113",
            r"resent: Resent-From: LOGIN@example.net\nResent-To: a@x.example\nRece... 170",
        ),
    ),
    Row(
        (
            "Exim takes all Resent fields for one block: older recipients get the message once more, and "
            "older fields count as the newest."
        ),
        ("header",),
        (
            r"resent-to: Resent-To: a@x.example\nReceived: by y.example\nResent-From:... 112",
            r"resent-to: Resent-Bcc: a@x.example\nReceived: by y.example\nResent-From... 113",
            r"resent-to: Resent-From: LOGIN@example.net\nResent-To: a@x.example\nRece... 170",
        ),
    ),
    Row(
        "Blind copies are removed always; Exim removes them with -t alone.",
        ("header",),
        (
            r"resent-to: Resent-Bcc: a@x.example\n",
            r"resent-to: Resent-To: a@x.example\nResent-Cc: b@x.example\nResent-Bcc: ... 70",
            r"resent-to: Resent-Bcc: a@x.example\nSender: s@y.example\n",
            r"resent-to: Resent-To: a@x.example\nX-Note: y\nResent-Bcc: b@x.example\n",
            r"field: Bcc: secret@y.example\n",
            r"field: Bcc:\n",
        ),
    ),
    Row(
        "A reverse-path of the caller's own is sent as it was written.",
        ("envelope",),
        ("path: LOGIN@EXAMPLE.NET",),
    ),
    Row(
        "Only <> and nothing at all are the null reverse-path.",
        ALL,
        ("path: < >",),
    ),
    Row(
        (
            "Exim takes -F for a phrase with comments, quotes it as it comes, and writes encoded words in "
            "capitals; it is a plain name to us."
        ),
        ("header",),
        (
            'options: -F Alice "A"',
            "options: -F Alice (A)",
            r"options: -F \xc3\x84lice",
        ),
    ),
    Row(
        "An mbox line may have a > before it, where a mail reader has put one.",
        ("header", "body"),
        (r"whole: >From LOGIN Mon Nov 30 10:00:00 2026\nFrom: LOGIN@example.ne... 152",),
    ),
    Row(
        "CRLF with more CRs before it is one line end: broken converters make that.",
        ("body",),
        (r"body: \na\r\r\nb\n",),
    ),
    Row(
        "CRLF with more CRs before it is one line end: broken converters make that.",
        ALL,
        (r"whole: From: LOGIN@example.net\r\r\nSubject: compared\r\r\nDate: Mo... 127",),
    ),
    Row(
        "Exim joins lines that end in LF where the first one ended in CRLF; to us each ends a line.",
        ("body",),
        (r"whole: From: LOGIN@example.net\r\nSubject: compared\r\nDate: Mon, 3... 119",),
    ),
    Row(
        "A line that begins with a colon is no field: it ends the header.",
        ("header", "body"),
        (r"whole: From: LOGIN@example.net\n...: no name\n\nA line.\n",),
    ),
)
