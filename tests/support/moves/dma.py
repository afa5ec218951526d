"""dma's configurations: Debian's 0.13 was asked what each means."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

HERE = "SMARTHOST localhost\nPORT {port}\nMAILNAME /etc/mailname\nNULLCLIENT\n"
MAILBOXES = HERE.replace("NULLCLIENT\n", "")
PRIVATE = f"{HERE}SECURETRANSFER\nSTARTTLS\n"
AUTHPATH = "AUTHPATH /etc/dma/auth.conf\n"
LOGIN = f"{USER}|localhost:{PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}


def move(name: str, text: str, auth: str = "", **result: Any) -> Move:
    """Return a configuration of two files."""
    return Move("dma", name, {"etc/dma/dma.conf": text, "etc/dma/auth.conf": auth} | result.pop("more", {}), **result)


SENT = [
    move(
        "a null client",
        HERE,
        written=(
            'hosts = ["localhost:587"]',
            'qualify_domain = "ws1.example.net"',
            'primary_hostname = "ws1.example.net"',
        ),
    ),
    move("tabs", HERE.replace(" ", "\t"), written=('hosts = ["localhost:587"]',)),
    move("the usual port", "SMARTHOST a.example\nNULLCLIENT\n", written=('hosts = ["a.example:25"]',), compared=False),
    move(
        "no MAILNAME",
        HERE.replace("MAILNAME /etc/mailname\n", ""),
        written=('qualify_domain = "ws1.example.net"',),
        compared=False,
    ),
    move(
        "a MAILNAME that is a name",
        HERE.replace("/etc/mailname", "q.example"),
        written=('qualify_domain = "q.example"', 'primary_hostname = "q.example"'),
    ),
    move(
        "the last of two",
        f"SMARTHOST other.example\nMAILNAME a.example\n{HERE}MAILNAME b.example\n",
        written=('hosts = ["localhost:587"]', 'qualify_domain = "b.example"'),
    ),
    move(
        "comments",
        f"# a\n\n{HERE.replace('NULLCLIENT', 'NULLCLIENT # b')}#STARTTLS\n",
        written=('hosts = ["localhost:587"]',),
    ),
    move("a line that begins with a blank", f"{HERE} MASQUERADE me@gmail.example\n", absent=("[rewrite]",)),
    move(
        "a sender for all",
        f"{HERE}MASQUERADE me@gmail.example\n",
        written=('"*" = "me@gmail.example"', 'qualify_domain = "ws1.example.net"'),
        absent=("return_path",),
    ),
    move(
        "a domain for all",
        f"{HERE}MASQUERADE gmail.example\n",
        written=('"*" = "*@gmail.example"', 'qualify_domain = "ws1.example.net"'),
    ),
    move("a local part for all", f"{HERE}MASQUERADE me@\n", written=('"*" = "me@ws1.example.net"',)),
    move("the domain that it is", f"{HERE}MASQUERADE ws1.example.net\n", absent=("[rewrite]",)),
    move(
        "STARTTLS and a login",
        PRIVATE + AUTHPATH,
        LOGIN,
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        said=("SECURETRANSFER: no certificate was verified",),
    ),
    move(
        "implicit TLS",
        f"{HERE}SECURETRANSFER\n{AUTHPATH}",
        LOGIN,
        tls="implicit",
        secrets=RELAY,
        written=('tls = "implicit"',),
    ),
    move(
        "STARTTLS where it is offered",
        f"{PRIVATE}OPPORTUNISTIC_TLS\n",
        tls="starttls",
        said=("OPPORTUNISTIC_TLS: Gatepost never falls back to no TLS",),
    ),
    move(
        "a login in the clear", f"{HERE}{AUTHPATH}INSECURE\n", LOGIN, secrets=RELAY, written=("allow_plaintext = true",)
    ),
    move("no AUTHPATH", f"{PRIVATE}", LOGIN, tls="starttls", absent=("auth",)),
    move(
        "no login for the smart host",
        f"{PRIVATE}{AUTHPATH}",
        "x|other.example:hunter2\n",
        tls="starttls",
        absent=("auth = ",),
        said=("etc/dma/auth.conf:1: is for another host than the smart host",),
    ),
    move("the last login counts", PRIVATE + AUTHPATH, f"x|localhost:one\n{LOGIN}", tls="starttls", secrets=RELAY),
    move(
        "a password with blanks",
        PRIVATE + AUTHPATH,
        f"{USER}|localhost: a b#c:d|e \n",
        tls="starttls",
        secrets={"relay.password": " a b#c:d|e "},
    ),
    move(
        "a blank before a password", PRIVATE + AUTHPATH, f"{USER}|localhost {PASSWORD}\n", tls="starttls", secrets=RELAY
    ),
    move(
        "mailboxes",
        MAILBOXES,
        said=("SMARTHOST: dma delivered to mailboxes",),
        more={"etc/aliases": "root: admin@al.example\n"},
        absent=("[[routers]]",),
    ),
    move(
        "a catch-all",
        MAILBOXES,
        said=("etc/aliases:2: *: takes the mail for every local name",),
        more={"etc/aliases": "root: admin@al.example\n*: me@al.example\n"},
    ),
    move(
        "aliases of a null client",
        HERE,
        said=("etc/aliases: dma did not read it",),
        more={"etc/aliases": "root: admin@al.example\n"},
        differs=frozenset({"recipients"}),
    ),
    move(
        "aliases elsewhere",
        f"{MAILBOXES}ALIASES /etc/dma/aliases\n",
        more={"etc/dma/aliases": "root: admin@al.example\n"},
        written=('file = "/etc/dma/aliases"', 'domains = ["ws1.example.net"]'),
    ),
    move(
        "aliases that are wrong for us",
        f"{MAILBOXES}ALIASES /etc/dma/aliases\n",
        more={"etc/dma/aliases": "root: a@al.example b@al.example\n"},
        said=("etc/dma/aliases:1:",),
        compared=False,
    ),
    move(
        "a certificate of ours",
        f"{PRIVATE}CERTFILE /etc/dma/cert.pem\n",
        said=("CERTFILE: name the certificate",),
        compared=False,
    ),
    move("what a queue is about", f"{HERE}SPOOLDIR /var/spool/dma\nFULLBOUNCE\n", absent=("zzz",)),
]
REFUSED = [
    move("no smart host", "NULLCLIENT\n", refused="etc/dma/dma.conf: has no SMARTHOST"),
    move(
        "a login in the clear that dma would not send",
        HERE + AUTHPATH,
        LOGIN,
        refused="etc/dma/dma.conf:5: AUTHPATH: without SECURETRANSFER or INSECURE",
    ),
    move(
        "the fingerprint",
        f"{PRIVATE}FINGERPRINT 001122\n",
        refused="etc/dma/dma.conf:7: FINGERPRINT: pins the certificate",
    ),
    move(
        "an empty password",
        PRIVATE + AUTHPATH,
        f"{USER}|localhost:\n",
        refused="etc/dma/auth.conf:1: the password is missing or empty",
    ),
    move("no user", PRIVATE + AUTHPATH, "|localhost:hunter2\n", refused="etc/dma/auth.conf:1: no user name is given"),
    move(
        "a line that is none", PRIVATE + AUTHPATH, "hunter2\n", refused="etc/dma/auth.conf:1: is not user|host:password"
    ),
    move("no auth.conf", f"{PRIVATE}AUTHPATH /etc/dma/none\n", refused="etc/dma/none: cannot be read"),
    move("a setting that is none", f"{HERE}HUNTER2 x\n", refused="etc/dma/dma.conf:5: is not a setting of dma"),
    move("a switch with a value", f"{HERE}STARTTLS yes\n", refused="etc/dma/dma.conf:5: is not a setting of dma"),
    move(
        "a sender that is none",
        f"{HERE}MASQUERADE m e@x.example\n",
        refused="etc/dma/dma.conf:5: MASQUERADE: cannot be carried over: it must be an address",
    ),
]
MOVES = [*SENT, *REFUSED]
