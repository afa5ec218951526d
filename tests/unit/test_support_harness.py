"""The rest of the harness: certificates are what they say, and the canary is found wherever it is."""

from __future__ import annotations

import base64
import smtplib
import ssl
import tomllib

import pytest

from tests.support.canary import assert_no_canary
from tests.support.configuration import to_toml
from tests.support.result import Result

CANARY = "Zq7!canary-of-this-test"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong_name", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("not_yet_valid", "certificate is not yet valid"),
        ("unknown_issuer", "unable to get local issuer certificate"),
        ("self_signed", "self-signed certificate"),
    ],
)
def test_each_bad_certificate_is_bad_in_its_own_way(smarthost, certificates, name, reason):
    host = smarthost(tls="implicit", certificate=getattr(certificates, name))
    context = ssl.create_default_context(cafile=certificates.ca)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        smtplib.SMTP_SSL("127.0.0.1", host.port, context=context)
    host.settle()
    assert host.session.tls_error or host.session.ended.startswith("closed by the client")


@pytest.mark.parametrize(
    "place",
    [
        f"x{CANARY}y",
        CANARY.encode(),
        CANARY.encode().hex(),
        CANARY.encode().hex().upper(),
        base64.b64encode(CANARY.encode()),
        base64.b64encode(b"\0alice\0" + CANARY.encode()),
        base64.b64encode(b"\0bob\0" + CANARY.encode() + b"?"),
        base64.urlsafe_b64encode(b"user=x\1auth=" + CANARY.encode()),
        ["nothing", {"key": (b"", CANARY)}],
        Result(1, "", f"sendmail: not sent: {CANARY}\n", []),
        Result(1, "", "", ["", CANARY]),
    ],
)
def test_the_canary_is_found(place):
    with pytest.raises(AssertionError, match="the canary stands"):
        assert_no_canary(CANARY, "nothing", place)


def test_the_canary_is_found_in_files_and_their_names(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(b"\0" + CANARY.encode())
    with pytest.raises(AssertionError, match=r"the canary stands in clear in .*folder/file"):
        assert_no_canary(CANARY, tmp_path)
    (tmp_path / "folder/file").unlink()
    (tmp_path / f"folder/{CANARY}").touch()
    with pytest.raises(AssertionError, match="the canary stands in clear"):
        assert_no_canary(CANARY, tmp_path)


def test_no_canary_is_found_where_there_is_none(tmp_path):
    (tmp_path / "file").write_bytes(b"canary")
    assert_no_canary(CANARY, tmp_path, "canary", Result(0, "", "", ["outcome=accepted"]))


def test_a_sweep_of_nothing_is_no_sweep(tmp_path):
    with pytest.raises(AssertionError, match="nothing to search"):
        assert_no_canary(CANARY, tmp_path)
    with pytest.raises(TypeError):
        assert_no_canary(CANARY, object())


def test_writes_toml_that_python_reads_back():
    options = {"a": 'quote " and \\', "b-c": [1, True], "*@x": {"d": None, "e": "ä", "f.g": False}}
    assert tomllib.loads(to_toml(options)) == options | {"*@x": {"e": "ä", "f.g": False}}
    assert to_toml({"a": None}) == ""
