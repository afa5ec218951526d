"""I16: a server may present as many certificates as it likes; what is too much ends the handshake, and nothing else."""

from __future__ import annotations

import secrets

import pytest

from tests.support.canary import assert_no_canary
from tests.support.certificates import Certificate

CANARY = secrets.token_urlsafe(24)
WITHOUT_LIMIT_OF_TIME_S = 20


def padded(certificates, folder, count):
    """Return the good certificate with so many others after it."""
    chain = folder / "chain.pem"
    chain.write_text(certificates.good.chain.read_text() + certificates.ca.read_text() * count)
    return Certificate(chain, certificates.good.key, certificates.good.ca)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_chain_that_is_too_long_gets_nothing(installation, smarthost, certificates, tmp_path, tls):
    """OpenSSL takes 100 KiB of them."""
    host = smarthost(tls=tls, auth={"ws1": CANARY}, certificate=padded(certificates, tmp_path, 300))
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"\nhello\n", time_limit_s=WITHOUT_LIMIT_OF_TIME_S)
    assert result.status == 1
    assert "TLS" in result.reason
    host.settle()
    assert [session.identity for session in host.sessions if session.identity] == []
    assert host.messages == []
    assert_no_canary(CANARY, result)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_control_a_chain_that_is_merely_long_is_a_good_one(installation, smarthost, certificates, tmp_path, tls):
    host = smarthost(tls=tls, auth={"ws1": CANARY}, certificate=padded(certificates, tmp_path, 60))
    installation.configure_relay(host)
    result = installation.send("carol@example.org", stdin=b"\nhello\n")
    assert (result.status, result.stderr) == (0, "")
