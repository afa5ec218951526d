"""`_ssl` beside `ssl`: both make the same client, and TLS works by either."""

from __future__ import annotations

import _ssl
import ssl
import subprocess
import sys

import pytest

from helper.failure import SystemFault
from helper.network import openssl, public_ssl
from helper.network.tls import TlsLayer, make_context, trust_store
from helper.network.trust import Trust
from tests.unit.network.tls_server import NAME, Server

PROPERTIES = [
    *("protocol", "options", "verify_mode", "verify_flags", "check_hostname", "_host_flags"),
    *("minimum_version", "maximum_version", "security_level"),
    *("post_handshake_auth", "keylog_filename", "sni_callback", "num_tickets"),
]
EXCEPTIONS = ["SSLError", "SSLWantReadError", "SSLCertVerificationError"]
NUMBERS = {
    "CERT_NONE": ssl.CERT_NONE,
    "OP_NO_RENEGOTIATION": ssl.OP_NO_RENEGOTIATION,
    "PROTOCOL_TLS_CLIENT": ssl.PROTOCOL_TLS_CLIENT,
    "TLS_1_2": ssl.TLSVersion.TLSv1_2,
    "TLS_1_3": ssl.TLSVersion.TLSv1_3,
    "VERIFY_X509_PARTIAL_CHAIN": ssl.VERIFY_X509_PARTIAL_CHAIN,
}


def client(module):
    return module.Context(module.PROTOCOL_TLS_CLIENT)


def test_this_python_has_all_names_that_are_taken_from_the_c_module():
    assert openssl.Context is _ssl._SSLContext
    assert openssl.wrap is _ssl._SSLContext._wrap_bio


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_client_has_the_same_properties(name):
    ours, public = (getattr(client(module), name) for module in (openssl, public_ssl))
    assert ours == public


def test_a_client_proposes_the_same_ciphers():
    assert client(openssl).get_ciphers() == client(public_ssl).get_ciphers()


def test_a_client_trusts_nobody_before_it_is_told_whom():
    assert client(openssl).get_ca_certs() == client(public_ssl).get_ca_certs() == []


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_what_is_caught_is_what_is_raised(name):
    assert getattr(openssl, name) is getattr(ssl, name)


@pytest.mark.parametrize("name", NUMBERS)
def test_constants_have_the_same_value(name):
    assert getattr(openssl, name) == NUMBERS[name] == getattr(public_ssl, name)


def test_the_trust_store_is_the_same():
    public = ssl.get_default_verify_paths()
    assert openssl.built_in_trust_store() == (public.openssl_cafile, public.openssl_capath)


@pytest.mark.parametrize("module", [openssl, public_ssl])
def test_a_session_has_the_methods_that_are_called(module):
    session = module.wrap(client(module), module.MemoryBIO(), module.MemoryBIO(), False, server_hostname=NAME)
    for method in (
        *("do_handshake", "read", "write", "shutdown", "version", "cipher"),
        *("getpeercert", "get_channel_binding", "get_unverified_chain"),
    ):
        assert callable(getattr(session, method))
    assert session.server_hostname == NAME


def test_a_context_that_checks_names_is_not_used_without_a_name(certificates):
    with pytest.raises(SystemFault, match="no name to verify"):
        TlsLayer(Trust("", True, str(certificates.ca)))


@pytest.mark.parametrize("name", [None, NAME])
def test_control_openssl_would_skip_the_check_without_a_name(certificates, name):
    context = make_context(Trust(NAME, True, str(certificates.ca)))
    incoming, outgoing = openssl.MemoryBIO(), openssl.MemoryBIO()
    session = openssl.wrap(context, incoming, outgoing, False, server_hostname=name)
    server = Server(certificates.wrong_name)
    with pytest.raises(openssl.SSLWantReadError):
        session.do_handshake()
    incoming.write(server.respond(outgoing.read()))
    if name is None:
        assert session.do_handshake() is None
    else:
        with pytest.raises(openssl.SSLCertVerificationError):
            session.do_handshake()


WITHOUT_A_NAME = """
import _ssl, ssl, sys
del _ssl.MemoryBIO
import pytest
from helper.network import openssl
assert openssl.Context is ssl.SSLContext
sys.exit(pytest.main(["-n", "0", "-p", "no:cacheprovider", "tests/unit/network/test_tls.py"]))
"""


def test_where_the_c_module_lacks_a_name_ssl_does_the_same():
    """All of test_tls.py again, by the public module."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_A_NAME], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_system_has_a_trust_store():
    file, directory = trust_store()
    assert (file is None) != (directory is None)
