"""ssmtp's configurations: Debian's 2.64-11 was asked what each means."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

FILE = "etc/ssmtp/ssmtp.conf"
HERE = "mailhub=localhost:{port}\nhostname=ws1.example.net\n"
LOGIN = f"AuthUser={USER}\nAuthPass={PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}


def move(name: str, text: str, revaliases: str = "", **result: Any) -> Move:
    """Return a configuration of one file, and perhaps revaliases."""
    return Move("ssmtp", name, {FILE: text, "etc/ssmtp/revaliases": revaliases}, **result)


SENT = [
    move("a smart host", HERE, written=('hosts = ["localhost:587"]', 'tls = "none"'), absent=("from_override",)),
    move(
        "hostname sets the sender's domain",
        "mailhub=localhost:{port}\nhostname=ws7.example.net\n",
        written=('qualify_domain = "ws7.example.net"', 'primary_hostname = "ws7.example.net"'),
    ),
    move(
        "rewriteDomain",
        f"{HERE}rewriteDomain=example.net\n",
        written=('qualify_domain = "example.net"', 'primary_hostname = "ws1.example.net"'),
    ),
    move(
        "an empty rewriteDomain",
        f"{HERE}rewriteDomain=\n",
        compared=False,
        written=('qualify_domain = "ws1.example.net"',),
    ),
    move("no hostname", "mailhub=localhost:{port}\n", written=('qualify_domain = "ws1.example.net"',), compared=False),
    move(
        "root's mail",
        f"{HERE}root=admin@al.example\n",
        written=(
            'local_parts = ["root", "www-data"]',
            'domains = ["ws1.example.net"]',
            'data = ["admin@al.example"]',
            'qualify_domain = "ws1.example.net"',
        ),
    ),
    move(
        "root's mail for a name",
        f"{HERE}root=postmaster\nrewriteDomain=example.net\n",
        written=('data = ["postmaster"]',),
        said=("Root: also gets mail for root@example.net",),
    ),
    move("root's mail at a provider", f"{HERE}root=me@gmail.example\n", absent=('qualify_domain = "gmail.example"',)),
    move("an empty root", f"{HERE}root=\n", absent=("[[routers]]",)),
    move(
        "a port of its own",
        "mailhub=localhost\nRemotePort={port}\nhostname=ws1.example.net\n",
        written=('hosts = ["localhost:587"]',),
    ),
    move(
        "a port before the host's",
        "RemotePort=1\nmailhub=localhost:{port}\nhostname=ws1.example.net\n",
        written=('hosts = ["localhost:587"]',),
    ),
    move("the usual port", "mailhub=a.example\n", written=('hosts = ["a.example:25"]',), compared=False),
    move("no mailhub", "hostname=ws1.example.net\n", written=('hosts = ["mail:25"]',), compared=False),
    move(
        "STARTTLS alone",
        f"{HERE}UseSTARTTLS=YES\n{LOGIN}",
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        said=("UseSTARTTLS: no certificate was verified",),
    ),
    move("TLS and STARTTLS", f"{HERE}UseTLS=YES\nUseSTARTTLS=YES\n{LOGIN}", tls="starttls", secrets=RELAY),
    move("implicit TLS", f"{HERE}UseTLS=yes\n{LOGIN}", tls="implicit", secrets=RELAY, written=('tls = "implicit"',)),
    move("TLS switched off again", f"{HERE}UseSTARTTLS=YES\nUseTLS=NO\n", written=('tls = "none"',)),
    move(
        "certificates of its own",
        f"{HERE}UseTLS=YES\nTLS_CA_File=/etc/own.pem\n",
        written=('tls_ca_file = "/etc/own.pem"',),
        compared=False,
    ),
    move(
        "a login in the clear",
        HERE + LOGIN,
        secrets=RELAY,
        written=("allow_plaintext = true",),
        said=("mail and password go over the network unencrypted",),
    ),
    move(
        "CRAM-MD5",
        f"{HERE}{LOGIN}AuthMethod=CRAM-MD5\n",
        secrets=RELAY,
        offers=("CRAM-MD5", "LOGIN"),
        written=('mechanisms = ["CRAM-MD5"]',),
    ),
    move("a method that is LOGIN in truth", f"{HERE}{LOGIN}AuthMethod=PLAIN\n", secrets=RELAY),
    move("a password with a colon", f"{HERE}AuthUser={USER}\nAuthPass=a:b\n", secrets={"relay.password": "a:b"}),
    move("a password with a blank", f"{HERE}AuthUser={USER}\nAuthPass=a b\n", secrets={"relay.password": "a"}),
    move("a password with an equals sign", f"{HERE}AuthUser={USER}\nAuthPass=ab==\n", secrets={"relay.password": "ab"}),
    move("a comment after a password", f"{HERE}AuthUser={USER}\nAuthPass=abc # x\n", secrets={"relay.password": "abc"}),
    move(
        "a password with quotes and backslashes",
        f'{HERE}AuthUser={USER}\nAuthPass="a\\b"\n',
        secrets={"relay.password": '"a\\b"'},
    ),
    move(
        "the first login counts",
        f"{HERE}AuthUser={USER}\nAuthUser=b\nAuthPass=1\nAuthPass=2\n",
        secrets={"relay.password": "1"},
    ),
    move(
        "the last of the rest counts",
        f"{HERE}hostname=two.example\nrewriteDomain=a.example\nrewriteDomain=b.example\n",
        written=('qualify_domain = "b.example"', 'primary_hostname = "two.example"'),
    ),
    move("a key that is none", f"{HERE}Hunter2=x\n", said=("ssmtp.conf:3: ssmtp does not know this key",)),
    move(
        "From: decides",
        f"{HERE}FromLineOverride=YES\n",
        said=("FromLineOverride: From: stays unchanged",),
        differs=frozenset({"sender"}),
    ),
    move("From: does not decide", f"{HERE}FromLineOverride=NO\n", absent=("from_override",)),
    move(
        "addresses of users",
        HERE,
        "# c\nroot:machines@example.net:localhost:{port}\nalice:alice.smith@example.net\n",
        written=('root = "machines@example.net"', 'alice = "alice.smith@example.net"'),
        absent=("[[routers]]",),
    ),
    move(
        "the last address of a user counts",
        HERE,
        "alice:one@example.net\nalice:two@example.net\n",
        written=('alice = "two@example.net"',),
    ),
    move(
        "a smart host of a user's own",
        HERE,
        "alice:a@example.net\nbob:b@example.net:other.example:26\n",
        written=('hosts = ["other.example:26"]', 'callers = ["bob"]', 'transport = "relay-bob"'),
    ),
    move("a header field", f"{HERE}AddHeader=X-A:b\n", said=("AddHeader: see headers_add",), compared=False),
    move(
        "a value in another case",
        "MAILHUB=localhost:{port}\nHOSTNAME=ws1.example.net\n",
        written=('hosts = ["localhost:587"]',),
    ),
]
REFUSED = [
    move(
        "no password",
        f"{HERE}AuthUser={USER}\n",
        refused="etc/ssmtp/ssmtp.conf:3: AuthUser: the password is missing or empty",
    ),
    move(
        "an empty password",
        f"{HERE}AuthUser={USER}\nAuthPass=\n",
        refused="etc/ssmtp/ssmtp.conf:4: AuthPass: the password is missing or empty",
    ),
    move(
        "a number sign in a password",
        f"{HERE}AuthUser={USER}\nAuthPass=abc#def\n",
        refused="etc/ssmtp/ssmtp.conf:3: AuthUser: the password is missing or empty",
    ),
    move(
        "a blank before a password",
        f"{HERE}AuthUser={USER}\nAuthPass= abc\n",
        refused="the password is missing or empty",
    ),
    move(
        "an address that is none",
        HERE,
        "alice:alice\n",
        refused="etc/ssmtp/revaliases:1: alice: is an address without a domain",
    ),
    move(
        "a host that is none",
        "mailhub=a_b,c:25\n",
        refused="etc/ssmtp/ssmtp.conf:1: MailHub: cannot be carried over: it must be a host",
    ),
]
MOVES = [*SENT, *REFUSED]
