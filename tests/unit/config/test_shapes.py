from __future__ import annotations

import datetime

import pytest

from helper.config import address_patterns, hosts, mailboxes, parsers
from helper.config.shape import BadValue
from helper.config.values import Host

NAME = Host("name", b"a.example")


def address(text: bytes, **more) -> Host:
    return Host("name", text, is_address=True, **more)


TAKEN = [
    (parsers.BOOLEAN, True, True),
    (parsers.BOOLEAN, False, False),
    (parsers.ONLY_TRUE, True, True),
    (parsers.COUNT, 1, 1),
    (parsers.COUNT, 0, None),
    (parsers.COUNT, 2**53, 2**53),
    (parsers.PORT, 1, 1),
    (parsers.PORT, 65535, 65535),
    (parsers.DURATION, 1, 1.0),
    (parsers.DURATION, "30s", 30.0),
    (parsers.DURATION, "2m", 120.0),
    (parsers.DURATION, "1h30m", 5400.0),
    (parsers.DURATION, "1d2h3m4s", 93784.0),
    (parsers.DURATION, "45", 45.0),
    (parsers.DURATION, "1w", 604800.0),
    (parsers.DURATION, 604800, 604800.0),
    (parsers.SIZE, 1, 1),
    (parsers.SIZE, 0, None),
    (parsers.SIZE, "0", None),
    (parsers.SIZE, "17", 17),
    (parsers.SIZE, "50M", 52428800),
    (parsers.SIZE, "10K", 10240),
    (parsers.SIZE, "1G", 2**30),
    (parsers.WORD, "a" * 64, "a" * 64),
    (parsers.WORD, "Relay_1-b", "Relay_1-b"),
    (parsers.TEXT, "Zoë's", "Zoë's".encode()),
    (parsers.TEXT, "x" * 998, b"x" * 998),
    (parsers.PATH, "relay.password", "relay.password"),
    (parsers.PATH, "a/..b/c..", "a/..b/c.."),
    (parsers.PATH, "/a" * 2047 + "x", "/a" * 2047 + "x"),
    (parsers.ABSOLUTE_PATH, "/x", "/x"),
    (parsers.LOG, "syslog", "syslog"),
    (parsers.LOG, "/var/log/g", "/var/log/g"),
    (parsers.ALIAS_PATH, "/etc/aliases", "/etc/aliases"),
    (parsers.ALIAS_PATH, "$home/.forward", "$home/.forward"),
    (parsers.COMMAND, ["/bin/x", "a b"], ("/bin/x", "a b")),
    (parsers.KEYWORD, "chunking", "CHUNKING"),
    (parsers.KEYWORD, "X-any-Thing", "X-ANY-THING"),
    (parsers.MECHANISM, "scram-sha-1-plus", "SCRAM-SHA-1-PLUS"),
    (hosts.DOMAIN, "Ex-1_a.Example", b"ex-1_a.example"),
    (hosts.DOMAIN, "localhost", b"localhost"),
    (hosts.DOMAIN, "x" * 63 + ".a", b"x" * 63 + b".a"),
    (hosts.DOMAIN, "a." * 127 + "a", b"a." * 127 + b"a"),
    (hosts.DOMAIN_OR_ADDRESS, "2001:DB8::1", b"2001:db8::1"),
    (hosts.HELO_DATA, "[192.0.2.1]", b"[192.0.2.1]"),
    (hosts.HELO_DATA, "[IPv6:2001:db8::1]", b"[IPv6:2001:db8::1]"),
    (hosts.HELO_DATA, "a.example", b"a.example"),
    (hosts.HOST, "A.Example", NAME),
    (hosts.HOST, "a.example.", NAME),
    (hosts.HOST, "a.example:1", NAME.replace(port=1)),
    (hosts.HOST, "a.example:65535", NAME.replace(port=65535)),
    (hosts.HOST, "a.example:Submission", NAME.replace(service=b"submission")),
    (hosts.HOST, "192.0.2.1", address(b"192.0.2.1")),
    (hosts.HOST, "192.0.2.1:25", address(b"192.0.2.1", port=25)),
    (hosts.HOST, "[192.0.2.1]:25", address(b"192.0.2.1", port=25)),
    (hosts.HOST, "[2001:DB8::1]", address(b"2001:db8::1")),
    (hosts.HOST, "[2001:db8::1]:587", address(b"2001:db8::1", port=587)),
    (hosts.HOST, "[::1]:smtp", address(b"::1", service=b"smtp")),
    (hosts.HOST, "mx:Example.com", Host("mx", b"example.com")),
    (hosts.HOST, "mx:example.com:26", Host("mx", b"example.com", port=26)),
    (hosts.HOST, "srv:example.com", Host("srv", b"example.com")),
    (mailboxes.MAILBOX, "a.b+c@Example.net", b"a.b+c@Example.net"),
    (mailboxes.MAILBOX, '"a b"@c', b'"a b"@c'),
    (mailboxes.MAILBOX, "a@bücher.example", b"a@xn--bcher-kva.example"),
    (mailboxes.REVERSE_PATH, "", b""),
    (mailboxes.REVERSE_PATH, "<>", b""),
    (mailboxes.REVERSE_PATH, "a@b", b"a@b"),
    (mailboxes.AFFIX, "*-", b"*-"),
    (mailboxes.AFFIX, "web.", b"web."),
    (address_patterns.DOMAIN_PATTERN, "!*.Example.net", b"!*.Example.net"),
    (address_patterns.DOMAIN_PATTERN, "^(a|b)\\.example$", b"^(a|b)\\.example$"),
    (address_patterns.DOMAIN_PATTERN, "[192.0.2.*]", b"[192.0.2.*]"),
    (address_patterns.DOMAIN_PATTERN, "!*.BÜCHER.example.", b"!*.xn--bcher-kva.example"),
    (address_patterns.DOMAIN_PATTERN, "example.net.", b"example.net"),
    (address_patterns.LOCAL_PART_PATTERN, "!zoë", "!zoë".encode()),
    (address_patterns.LOCAL_PART_PATTERN, "!Zoe\u0308", "!zoë".encode()),
    (address_patterns.LOCAL_PART_PATTERN, '"zo\\e"', b"zoe"),
    (address_patterns.LOCAL_PART_PATTERN, '"*.zoe"', b"*.zoe"),
    (address_patterns.ADDRESS_PATTERN, "!*@xn--bcher-kva.example", b"!*@xn--bcher-kva.example"),
    (address_patterns.ADDRESS_PATTERN, "!*@bücher.example", b"!*@xn--bcher-kva.example"),
    (address_patterns.ADDRESS_PATTERN, "zoë@*.bu\u0308cher.example.", "zoë@*.xn--bcher-kva.example".encode()),
    (address_patterns.ADDRESS_PATTERN, "zoë.*.bücher.example", "zoë.*.xn--bcher-kva.example".encode()),
    (address_patterns.ADDRESS_PATTERN, '"zoe"@example.net.', b"zoe@example.net"),
    (address_patterns.ADDRESS_PATTERN, '!"b b"@example.net', b"!b b@example.net"),
    (address_patterns.ADDRESS_PATTERN, '"a..b"@example.net', b"a..b@example.net"),
    (address_patterns.ADDRESS_PATTERN, '"a@b"@example.net', b"a@b@example.net"),
    (address_patterns.LOCAL_PART_PATTERN, "^a@", b"^a@"),
    (address_patterns.ADDRESS_PATTERN, "*", b"*"),
    (address_patterns.ADDRESS_PATTERN, "!<>", b"!<>"),
    (address_patterns.ADDRESS_PATTERN, "^x y$", b"^x y$"),
    (address_patterns.ADDRESS_PATTERN, "a" * 511 + "*", b"a" * 511 + b"*"),
    (mailboxes.LOGIN, "DOMAIN\\jane doe", b"DOMAIN\\jane doe"),
    (mailboxes.CALLER, "@domain users", b"@domain users"),
    (mailboxes.HEADER_FIELD, "X-A: b: c", b"X-A: b: c"),
    (mailboxes.HEADER_FIELD, "X-A:", b"X-A:"),
    (mailboxes.HEADER_FIELD, "X: " + "y" * 995, b"X: " + b"y" * 995),
    (mailboxes.FIELD_NAME, "X-Mailer", b"x-mailer"),
    (mailboxes.FIELD_NAME, "X-*", b"x-*"),
    (mailboxes.PIN, "AB" * 32, b"\xab" * 32),
    (mailboxes.PIN, ":".join(["ab"] * 32), b"\xab" * 32),
    (mailboxes.PIN, "//////////////////////////////////////////8=", b"\xff" * 32),
    (mailboxes.PIN, "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=", b"\xab" * 32),
]

REFUSED = [
    *((parsers.BOOLEAN, value) for value in (0, 1, "true", "yes", [], {})),
    *((parsers.ONLY_TRUE, value) for value in (False, 1, "true")),
    *((parsers.COUNT, value) for value in (-1, True, 1.0, "1", 2**53 + 1, 10**4000)),
    *((parsers.PORT, value) for value in (0, 65536, -1, True, "587", "smtp", 5.0)),
    *((parsers.DURATION, value) for value in (0, -1, True, 1.5, "", "0s", "s", "1x", "1 m", "-1s", "1.5h", "1m1h")),
    *((parsers.DURATION, value) for value in ("1s1s", "1h30", "8d", "1w1s", 604801, "9" * 17, "٣s", "1S")),
    *((parsers.SIZE, value) for value in (-1, True, 1.5, "", "K", "1k", "1T", "1 M", "50MB", "-1", "٣K", "9" * 17)),
    *((parsers.SIZE, value) for value in ("9999999999999G", 2**53 + 1)),
    *((parsers.WORD, value) for value in ("", "a" * 65, "a b", "a.b", "é", 1)),
    *((parsers.TEXT, value) for value in ("", "a\nb", "a\0", "a\x1b[2J", "a\u2028b", "x" * 999, 5)),
    *((parsers.PATH, value) for value in ("", "..", "../x", "a/../b", "/a/..", "a\0b", "a\nb", "x" * 4096, 7)),
    *((parsers.ABSOLUTE_PATH, value) for value in ("", "x", "./x", "/x/../y")),
    *((parsers.LOG, value) for value in ("", "Syslog", "stderr", "log/x", "/x/../y", True)),
    *((parsers.ALIAS_PATH, value) for value in ("", "aliases", "$home", "$homex/y", "/a/$local_part", "$home/../x")),
    *((parsers.ALIAS_PATH, value) for value in ("$home/$home/x", "~/.forward", 3)),
    *((parsers.COMMAND, value) for value in ([], "/bin/x", ["x"], ["/bin/x", 1], ["/bin/x", ""], ["/bin/x", "a\0"])),
    *((parsers.KEYWORD, value) for value in ("", "STARTTLS", "starttls", "Auth", "AUTH=LOGIN", "SIZE 1", "-X", "a_b")),
    *((parsers.KEYWORD, value) for value in ("8BITM\u0131ME", "x" * 65, "CHUNKING,DSN", 8, ["DSN"])),
    *((parsers.MECHANISM, value) for value in ("", "NTLM", "PLAIN ", "pla\u0131n", 3)),
    *((hosts.DOMAIN, value) for value in ("", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "a/b", "a@b", "192.0.2.1")),
    *((hosts.DOMAIN, value) for value in ("x" * 64, "a." * 127 + "ab", "bücher.example", "a\n", "1", 3, None, [])),
    *((hosts.ADDRESS, value) for value in ("", "a", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.٤", "[::1]")),
    *(
        (hosts.ADDRESS, value)
        for value in ("::1%eth0", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::")
    ),
    *((hosts.ADDRESS, value) for value in ("::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "g::", ":", "1:2:3:4:5:6:7:8::")),
    *((hosts.DOMAIN_OR_ADDRESS, value) for value in ("", "[::1]", "a b", "1.2.3")),
    *((hosts.HELO_DATA, value) for value in ("", "[a]", "[2001:db8::1]", "192.0.2.1", "a b", "a\r\nb", "é")),
    *(
        (hosts.HOST, value)
        for value in ("", "a:", "a:0", "a:65536", "a:065537", "a:+5", "a:-1", "a: 5", "a:5:6", ":25")
    ),
    *((hosts.HOST, value) for value in ("a b", "a\tb", "a\0", "a\x7f", "http://a", "a@b", "-a:1", "1.2.3:25", "a..")),
    *(
        (hosts.HOST, value)
        for value in ("2001:db8::1", "[2001:db8::1", "[::1]x", "[::1]:", "[a.example]:25", "[]", "[")
    ),
    *(
        (hosts.HOST, value)
        for value in ("mx:", "mx:25", "mx:a b", "srv:a:25", "srv:", "a:" + "s" * 16, "bücher.example")
    ),
    *((hosts.HOST, value) for value in ("a:٣", "mx:[::1]", "x" * 513, 587, None)),
    *(
        (mailboxes.MAILBOX, value)
        for value in ("", "a", "@b", "a@", "a b@c", "a..b@c", ".a@c", '"a"@b', "a@b@c", "ä\x85@b")
    ),
    *((mailboxes.MAILBOX, value) for value in ("x" * 256 + "@a", "a@b\r\nRCPT", "a@[::1]", "a@-b", 3)),
    *((mailboxes.REVERSE_PATH, value) for value in ("< >", "a", "<a@b>", 0, False, None)),
    *((mailboxes.AFFIX, value) for value in ("", "a b", "a@", "a:b", "x" * 256, "é", 1)),
    *(
        (address_patterns.DOMAIN_PATTERN, value)
        for value in ("", "!", "a b", "+local", "@", "lsearch;/etc/x", "é*", "\ufb01", "a。b", "^é", "a:/b", "^(", 1)
    ),
    *((address_patterns.LOCAL_PART_PATTERN, value) for value in ("", "!", "a@b", "a b", "a\n", "!^*", "^é", "x" * 513)),
    *(
        (address_patterns.ADDRESS_PATTERN, value)
        for value in ("", "a", "example.net", "! a@b", "^[", "a@b\0", "^" + "(" * 500, "a@é*", "*é*", "!^.*@é")
    ),
    *((mailboxes.LOGIN, value) for value in ("", "@g", "a:b", "a\n", "*", "!a", "x" * 257, 1000)),
    *((mailboxes.CALLER, value) for value in ("", "@", "@@a", "*", "!alice", "a:b", 1000)),
    *(
        (mailboxes.HEADER_FIELD, value)
        for value in ("", "X", ": y", "X Y: z", "X: é", "X: a\nBcc: b", "X: a\r", "é: x", 1)
    ),
    *((mailboxes.HEADER_FIELD, value) for value in ("X: " + "y" * 996, "X: \0")),
    *((mailboxes.FIELD_NAME, value) for value in ("", "*", "X Y", "X:", "é", "X\n", 1)),
    *(
        (mailboxes.PIN, value)
        for value in (
            "",
            "A" * 44,
            "A" * 42 + "==",
            "-" * 43 + "=",
            "ab" * 31,
            "ab" * 33,
            "zz" * 32,
            "q6ur",
            "sha256",
            1,
        )
    ),
]


@pytest.mark.parametrize(("shape", "value", "expected"), TAKEN)
def test_a_value_is_read_as_what_it_means(shape, value, expected):
    read = shape.parse(value)
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(("shape", "value"), REFUSED)
def test_an_impossible_value_is_refused_in_words_that_do_not_show_it(shape, value):
    with pytest.raises(BadValue) as caught:
        shape.parse(value)
    assert caught.value.problem.startswith("must ")
    assert caught.value.__context__ is None
    assert caught.value.args == (caught.value.problem,)


SHAPES = sorted({id(shape): shape for shape, _ in REFUSED}.values(), key=lambda shape: shape.words)
OTHER_TYPES = [None, 1.5, float("nan"), {}, [], [1], {"a": 1}, datetime.date(2024, 1, 1), datetime.time(1), -(10**4000)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.words)
@pytest.mark.parametrize("value", OTHER_TYPES, ids=lambda value: type(value).__name__)
def test_a_value_of_another_type_is_refused_by_every_shape(shape, value):
    with pytest.raises(BadValue):
        shape.parse(value)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("bücher.example", "A-label"),
        ("2001:db8::1", "square brackets"),
        ("[a.example]:25", "must have an IP address in square brackets"),
        ("a.example:0", "from 1 to 65535"),
        ("srv:a.example:25", "the DNS gives it"),
    ],
)
def test_a_wrong_host_is_told_what_to_write(value, hint):
    with pytest.raises(BadValue, match=hint):
        hosts.HOST.parse(value)
