"""What a smart host offers is read without a failure; numbers have 20 digits at most, and nothing is used unoffered.

No line of a reply takes away what another one offers.
"""

from __future__ import annotations

from helper.secret import Secret
from helper.smtp.extensions import parse_extensions
from helper.smtp.reply import Reply
from helper.smtp.sasl.exchange import Credential
from helper.smtp.sasl.mechanisms import common_mechanisms, no_common_mechanism

SEEDS = (
    b"mx\r\nSIZE 1000\r\nPIPELINING\r\nAUTH PLAIN LOGIN\r\nAUTH=SCRAM-SHA-256 CRAM-MD5\r\nLIMITS RCPTMAX=7 MAILMAX=1",
    b"mx\r\nsize=5\r\nstarttls\r\n8bitmime\r\n\r\nLIMITS rcptmax=0 RCPTDOMAINMAX=\r\nAUTH XOAUTH2 EXTERNAL",
    b"mx\r\nSIZE 99999999999999999999999\r\nSIZE \xb2\r\nAUTH \xff \x1b[2J",
)
WORDS = b"\r\n|SIZE |AUTH |AUTH=|LIMITS |RCPTMAX=|PLAIN|SCRAM-SHA-1-PLUS|CHUNKING|=".split(b"|")
CREDENTIALS = (
    Credential(b"u", Secret(b"p")),
    Credential(b"u", Secret(b"t"), ("EXTERNAL", "SCRAM-SHA-1-PLUS"), "token"),
)


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    lines = tuple(octets.split(b"\r\n"))
    extensions = parse_extensions(Reply(250, lines))
    for limit in (extensions.size_limit, extensions.limit("RCPTMAX"), extensions.limit("RCPTDOMAINMAX")):
        assert limit is None or 0 <= limit < 10**20
    assert extensions.size_limit != 0, "no limit is None"
    for line in lines[1:]:
        words = line.decode("ascii", "replace").split()
        assert not words or words[0].upper().partition("=")[0] in extensions
    for credential in CREDENTIALS:
        for binding in (None, ("tls-unique", b"x")):
            names = common_mechanisms(extensions.mechanisms, credential, True, binding)
            assert set(names) <= set(extensions.mechanisms)
            assert binding is not None or not any(name.endswith("-PLUS") for name in names)
            problem = no_common_mechanism(extensions.mechanisms, credential, binding)
            assert problem.isascii() and problem.isprintable() and len(problem) < 500
