"""I15, K3: who gets the password is root's to say: no host that a caller's address leads to is ever logged in to."""

from __future__ import annotations

import pytest

from tests.support.nameserver import name_server

CANARY = "canary-for-the-relay-alone"
MESSAGE = b"Subject: hello\n\nhello\n"
GIVING = {"helper/config/routers.py": {"            refuse_given_away(router, transports)\n": ""}}
# The domain of a caller's own, whose only host has a certificate that is good for its own name.
ZONE = {("localhost", "MX"): ["10 localhost."], ("localhost", "A"): ["127.0.0.1"]}
LOOKUP = '\n[[routers]]\nname = "mx"\ndriver = "dnslookup"\ntransport = "relay"\n'


def configure(installation, host):
    """Give the transport of a dnslookup router a password, and return a send to a domain of the caller's choice."""
    auth = {"user": "ws1", "password_file": "relay.password"}
    text = installation.relay_configuration(host, hosts=None, port=host.port, auth=auth)
    installation.configure(text + LOOKUP, {"relay.password": CANARY})


def send(installation, **options):
    with name_server(ZONE) as server:
        etc = {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\n"}
        return installation.send("alice@localhost", stdin=MESSAGE, etc=etc, **options)


@pytest.fixture
def mx(smarthost):
    """The host that the caller's domain names: it takes any password that it is given, and remembers it."""
    return smarthost(tls="starttls", auth={"ws1": CANARY})


@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_transport_with_auth_is_not_lent_to_a_domain_of_the_callers(installation, mx, user):
    configure(installation, mx)
    result = send(installation, user=user)
    line = 1 + installation.configuration.read_text().splitlines().index('transport = "relay"')
    assert result.status == 1
    assert result.reason.startswith(f"{installation.configuration}, line {line}: routers[1].transport: has auth, ")
    assert mx.connections == 0
    checked = installation.run_as("root", str(installation.prefix / "bin/gatepost"), "check")
    assert checked.status == 1
    assert "name a transport without auth" in checked.stdout


def test_control_without_the_refusal_the_domains_own_host_is_given_the_password(weakened, mx):
    installation = weakened(GIVING)
    configure(installation, mx)
    assert send(installation).status == 0
    mx.settle()
    assert mx.session.identity == "ws1"
