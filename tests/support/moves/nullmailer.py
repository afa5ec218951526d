"""nullmailer's configurations, as Debian's 2.2 reads them."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

HERE = "localhost smtp --port={port}"
STARTTLS = f"{HERE} --starttls"
LOGIN = f"{STARTTLS} --user={USER} --pass="
RELAY = {"relay.password": PASSWORD}
OWN = 'qualify_domain = "ws1.example.net"'


def move(name: str, remotes: str, more: dict[str, str] | None = None, **result: Any) -> Move:
    """Return a configuration: `remotes`, and other files of the directory."""
    files = {f"etc/nullmailer/{each}": text for each, text in (more or {}).items()}
    return Move("nullmailer", name, {"etc/nullmailer/remotes": f"{remotes}\n", **files}, **result)


SENT = [
    move(
        "a smart host",
        HERE,
        written=('hosts = ["localhost:587"]', OWN, 'primary_hostname = "ws1.example.net"'),
        said=("there is neither starttls nor tls: mail goes over",),
    ),
    move("the usual port", "a.example", written=('hosts = ["a.example:25"]',), compared=False),
    move(
        "options without hyphens", "localhost smtp port={port} starttls", tls="starttls", written=('tls = "starttls"',)
    ),
    move("implicit TLS", f"{HERE} --ssl", tls="implicit", written=('tls = "implicit"',)),
    move("implicit TLS by its other name", f"{HERE} --tls", tls="implicit"),
    move("the port of implicit TLS", "a.example smtp --ssl", written=('hosts = ["a.example:465"]',), compared=False),
    move("a login", f"{LOGIN}{PASSWORD}", tls="starttls", secrets=RELAY),
    move(
        "a login in the clear",
        f"{HERE} --user={USER} --pass={PASSWORD}",
        secrets=RELAY,
        written=("allow_plaintext = true",),
    ),
    move("a password in quotes", f"{LOGIN}'a b$c'", tls="starttls", secrets={"relay.password": "a b$c"}),
    move(
        "a password with an escape in quotes", f'{LOGIN}"a\\$b c"', tls="starttls", secrets={"relay.password": "a$b c"}
    ),
    move("a quoted backslash", f'{LOGIN}"a\\\\xb"', tls="starttls", secrets={"relay.password": "a\\xb"}),
    move("a quoted quote", f'{LOGIN}"a\\"xb"', tls="starttls", secrets={"relay.password": 'a"xb'}),
    move("an escape without quotes", f"{LOGIN}a\\ bc", tls="starttls", secrets={"relay.password": "a bc"}),
    move("quotes within a word", f"{LOGIN}a'b c'd", tls="starttls", secrets={"relay.password": "ab cd"}),
    move("a quote around an option", f"{STARTTLS} --user={USER} '--pass={PASSWORD}'", tls="starttls", secrets=RELAY),
    move("an unterminated quote", f"{LOGIN}'{PASSWORD}", tls="starttls", secrets=RELAY),
    move("a number sign in a password", f"{LOGIN}a#b", tls="starttls", secrets={"relay.password": "a#b"}),
    move(
        "an insecure one",
        f"{STARTTLS} --insecure",
        tls="starttls",
        written=("tls_verify = false",),
        said=("insecure: the server is not verified",),
    ),
    move("comments", f"# a\n\n{HERE}\n", written=('hosts = ["localhost:587"]',)),
    move(
        "two alike",
        "a.example smtp --starttls\nb.example smtp --starttls",
        written=('hosts = ["a.example:25", "b.example:25"]',),
        compared=False,
    ),
    move(
        "two that differ",
        f"{STARTTLS}\nother.example smtp --ssl --user=x --pass=hunter2",
        tls="starttls",
        said=("remotes:2: differs from the first smart host",),
    ),
    move(
        "me is disregarded",
        HERE,
        {"me": "me.example\n"},
        written=(OWN,),
        said=("me: Debian's nullmailer uses /etc/mailname instead",),
    ),
    move("a default domain", HERE, {"defaultdomain": "example.net\n"}, written=(OWN,)),
    move(
        "a default host",
        HERE,
        {"defaulthost": "example.net\n"},
        written=('qualify_domain = "example.net"', 'primary_hostname = "ws1.example.net"'),
    ),
    move(
        "a short default host",
        HERE,
        {"defaulthost": "mail\n", "defaultdomain": "example.net\n"},
        written=('qualify_domain = "mail.example.net"',),
    ),
    move("a name for EHLO", HERE, {"helohost": "helo.example.net\n"}, written=('helo_data = "helo.example.net"',)),
    move(
        "local mail",
        HERE,
        {"adminaddr": "admin@al.example\n"},
        written=('domains = ["ws1.example.net", "localhost"]', 'data = ["admin@al.example"]'),
    ),
    move(
        "local mail for two",
        HERE,
        {"adminaddr": "a@al.example,b@al.example\n"},
        written=('data = ["a@al.example", "b@al.example"]',),
    ),
    move(
        "local mail is not that of the default host",
        HERE,
        {"adminaddr": "admin@al.example\n", "defaulthost": "gmail.example\n"},
        written=('domains = ["ws1.example.net", "localhost"]', 'qualify_domain = "gmail.example"'),
    ),
    move(
        "a sender for all",
        HERE,
        {"allmailfrom": "me@gmail.example\n"},
        written=('"*" = "me@gmail.example"', OWN),
        absent=("return_path",),
        said=("allmailfrom: also changes From",),
        differs=frozenset({"from"}),
    ),
    move(
        "what a queue is about",
        HERE,
        {"pausetime": "60\n", "queuelifetime": "1\n"},
        said=("pausetime: Gatepost has no queue", "queuelifetime: Gatepost has no queue"),
    ),
    move("an empty setting", HERE, {"adminaddr": "\n"}, absent=("[[routers]]",)),
    move("LOGIN", f"{LOGIN}{PASSWORD} --auth-login", tls="starttls", secrets=RELAY),
    move("a source address", f"{HERE} --source=127.0.0.1", written=('interface = "127.0.0.1"',)),
    move(
        "certificates of its own",
        f"{STARTTLS} --x509cafile=/etc/own.pem",
        written=('tls_ca_file = "/etc/own.pem"',),
        compared=False,
    ),
]
REFUSED = [
    move("no smart host", "# a.example", refused="etc/nullmailer/remotes: has no smart host"),
    move("another protocol", "a.example qmqp", refused="etc/nullmailer/remotes:1: the second word is the protocol"),
    move(
        "an option in place of the protocol",
        "a.example --port=587",
        refused="etc/nullmailer/remotes:1: the second word is the protocol",
    ),
    move(
        "a password in two words",
        f"{LOGIN}hunter2 hunter3",
        refused="etc/nullmailer/remotes:1: contains a word that is not an option",
    ),
    move("an empty password", LOGIN, refused="etc/nullmailer/remotes:1: user: the password is missing or empty"),
    move(
        "no password",
        f"{STARTTLS} --user={USER}",
        refused="etc/nullmailer/remotes:1: user: the password is missing or empty",
    ),
    move(
        "a list of revoked certificates",
        f"{STARTTLS} --x509crlfile=/x",
        refused="etc/nullmailer/remotes:1: x509crlfile: Gatepost reads no certificate revocation lists",
    ),
    move(
        "no certificates at all",
        f"{STARTTLS} --insecure --tls-anon-auth",
        refused="etc/nullmailer/remotes:1: tls-anon-auth",
    ),
    move(
        "a port that is none",
        "a.example smtp --port=99999",
        refused="etc/nullmailer/remotes:1: cannot be carried over: it must be a host",
    ),
    move(
        "an address that is none",
        HERE,
        {"allmailfrom": "me\n"},
        refused="etc/nullmailer/allmailfrom:1: allmailfrom: cannot be carried over",
    ),
]
MOVES = [*SENT, *REFUSED]
