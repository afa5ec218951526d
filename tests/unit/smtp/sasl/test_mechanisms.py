from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helper.secret import Secret
from helper.smtp.sasl.exchange import Credential
from helper.smtp.sasl.mechanisms import common_mechanisms, gs2_header, no_common_mechanism, start_exchange

BINDING = ("tls-unique", b"twelve octet")
EVERYTHING = (
    *("LOGIN", "PLAIN", "CRAM-MD5", "EXTERNAL", "XOAUTH2", "OAUTHBEARER", "NTLM"),
    *("SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"),
)
ROOT = Path(__file__).parents[4]


def chosen(offered, wanted=(), kind="password", is_private=True, binding=None, password=b"hunter2"):
    return common_mechanisms(offered, Credential(b"ws1", Secret(password), wanted, kind), is_private, binding)


@pytest.mark.parametrize(
    ("offered", "options", "names"),
    [
        (EVERYTHING, {}, ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5")),
        (EVERYTHING, {"is_private": False}, ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN")),
        (
            EVERYTHING,
            {"binding": BINDING},
            ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN", "LOGIN", "CRAM-MD5"),
        ),
        (EVERYTHING, {"kind": "token"}, ("OAUTHBEARER", "XOAUTH2")),
        (EVERYTHING, {"kind": "token", "wanted": ("XOAUTH2",)}, ("XOAUTH2",)),
        (EVERYTHING, {"kind": "token", "wanted": ("PLAIN",)}, ()),
        (EVERYTHING, {"wanted": ("XOAUTH2", "OAUTHBEARER")}, ()),
        (EVERYTHING, {"wanted": ("PLAIN", "EXTERNAL", "SCRAM-SHA-1")}, ("SCRAM-SHA-1", "EXTERNAL", "PLAIN")),
        (EVERYTHING, {"kind": "token", "wanted": ("EXTERNAL", "XOAUTH2")}, ("XOAUTH2", "EXTERNAL")),
        (EVERYTHING, {"wanted": ("SCRAM-SHA-256",), "binding": BINDING}, ("SCRAM-SHA-256",)),
        (EVERYTHING, {"wanted": ("SCRAM-SHA-256-PLUS",)}, ()),
        (EVERYTHING, {"password": b"\xff"}, ("PLAIN", "LOGIN", "CRAM-MD5")),
        (("SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"), {"binding": BINDING}, ("SCRAM-SHA-256", "SCRAM-SHA-1-PLUS")),
        (("LOGIN", "PLAIN"), {}, ("PLAIN", "LOGIN")),
        (("LOGIN",), {}, ("LOGIN",)),
        (("PLAIN",), {"wanted": ("LOGIN",)}, ()),
        (("NTLM", "GSSAPI"), {}, ()),
        ((), {}, ()),
    ],
)
def test_the_best_mechanism_that_all_want_comes_first(offered, options, names):
    assert chosen(offered, **options) == names


@pytest.mark.parametrize(
    ("name", "offered", "binding", "header"),
    [
        ("SCRAM-SHA-256-PLUS", EVERYTHING, BINDING, (b"p=tls-unique,,", b"twelve octet")),
        # we could, they cannot: whoever took the offer out is found out by the server
        ("SCRAM-SHA-256", ("SCRAM-SHA-256",), BINDING, (b"y,,", b"")),
        # we could, they could, the configuration does not want it
        ("SCRAM-SHA-256", EVERYTHING, BINDING, (b"n,,", b"")),
        ("SCRAM-SHA-256", EVERYTHING, None, (b"n,,", b"")),
        ("SCRAM-SHA-256", ("SCRAM-SHA-256",), None, (b"n,,", b"")),
    ],
)
def test_the_server_is_told_whether_we_could_bind(name, offered, binding, header):
    assert gs2_header(name, offered, binding) == header


@pytest.mark.parametrize(
    ("name", "initial"),
    [
        ("PLAIN", b"\0ws1\0hunter2"),
        ("LOGIN", None),
        ("CRAM-MD5", None),
        ("EXTERNAL", b""),
        ("XOAUTH2", b"user=ws1\1auth=Bearer hunter2\1\1"),
        ("OAUTHBEARER", b"n,a=ws1,\1auth=Bearer hunter2\1\1"),
        ("SCRAM-SHA-1", b"n,,n=ws1,r=nonce"),
        ("SCRAM-SHA-256", b"n,,n=ws1,r=nonce"),
        ("SCRAM-SHA-1-PLUS", b"p=tls-unique,,n=ws1,r=nonce"),
        ("SCRAM-SHA-256-PLUS", b"p=tls-unique,,n=ws1,r=nonce"),
    ],
)
def test_every_mechanism_can_be_started(name, initial):
    credential = Credential(b"ws1", Secret(b"hunter2"))
    binding = BINDING if name.endswith("-PLUS") else None
    assert next(start_exchange(name, credential, EVERYTHING, binding, lambda: b"nonce")) == initial


@pytest.mark.parametrize(
    ("offered", "credential", "binding", "words"),
    [
        (
            ("GSSAPI", "NTLM"),
            Credential(b"u", Secret(b"p")),
            None,
            "no common mechanism; the server offers GSSAPI NTLM",
        ),
        ((), Credential(b"u", Secret(b"p")), None, "no common mechanism; the server offers none"),
        (("A\x1b[0m", "B" * 500), Credential(b"u", Secret(b"p")), None, "offers " + "B" * 200),
        (("PLAIN",), Credential(b"u", Secret(b"t"), (), "token"), None, "no common mechanism for a token; the server"),
        (
            ("SCRAM-SHA-1-PLUS",),
            Credential(b"u", Secret(b"p"), ("SCRAM-SHA-1-PLUS",)),
            None,
            "offers SCRAM-SHA-1-PLUS; those with -PLUS need TLS 1.2 here",
        ),
        (("SCRAM-SHA-1",), Credential(b"u", Secret(b"\xff")), None, "that SASLprep (RFC 4013) allows"),
    ],
)
def test_says_what_is_missing(offered, credential, binding, words):
    assert words in no_common_mechanism(offered, credential, binding)


PROBE = """
import sys
sys.path[:0] = [{root!r}]
from helper.secret import Secret
from helper.smtp.sasl.mechanisms import start_exchange
from helper.smtp.sasl.exchange import Credential
next(start_exchange({name!r}, Credential({user!r}, Secret(b"p")), (), None, lambda: b"n"))
print(*sorted({{"hmac", "hashlib", "stringprep", "unicodedata"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "user", "modules"),
    [
        ("PLAIN", b"u", []),
        ("LOGIN", b"u", []),
        ("XOAUTH2", b"u", []),
        ("SCRAM-SHA-256", b"u", ["hashlib", "hmac"]),
        ("PLAIN", "\u00e4".encode(), ["stringprep", "unicodedata"]),
    ],
)
def test_only_who_needs_hashes_and_tables_loads_them(name, user, modules):
    script = PROBE.format(root=str(ROOT), name=name, user=user)
    done = subprocess.run(["/usr/bin/python3", "-I", "-S", "-B", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split() == modules
