"""Exim's configurations: Debian's answers to its questions, and files of Exim's own with mua_wrapper."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

ANSWERS = {
    "dc_eximconfig_configtype": "satellite",
    "dc_other_hostnames": "ws1.example.net",
    "dc_local_interfaces": "127.0.0.1 ; ::1",
    "dc_readhost": "",
    "dc_relay_domains": "",
    "dc_minimaldns": "false",
    "dc_relay_nets": "",
    "dc_smarthost": "localhost::{port}",
    "CFILEMODE": "644",
    "dc_use_split_config": "false",
    "dc_hide_mailname": "",
    "dc_mailname_in_oh": "true",
    "dc_localdelivery": "mail_spool",
}
LOGIN = f"localhost:{USER}:{PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}
HIDDEN = {"dc_readhost": "example.net", "dc_hide_mailname": "true"}


def answered(
    name: str, passwords: str = "", macros: str = "", more: dict[str, str] | None = None, **result: Any
) -> Move:
    """Return a configuration of Debian's: answers that differ from the usual ones are in `answers`."""
    answers = {**ANSWERS, **result.pop("answers", {})}
    files = {"etc/exim4/update-exim4.conf.conf": "".join(f"{key}='{value}'\n" for key, value in answers.items())}
    files |= {"etc/exim4/passwd.client": passwords, "etc/exim4/exim4.conf.localmacros": macros} | (more or {})
    return Move("exim", name, files, **result)


def wrapper(name: str, *, main: str = "", router: str = "", transport: str = "", rest: str = "", **result: Any) -> Move:
    """Return a configuration of Exim's own with one router and one transport."""
    text = (
        f"mua_wrapper\nprimary_hostname = ws1.example.net\nqualify_domain = ws1.example.net\n{main}begin routers\n"
        f"smarthost:\n  driver = manualroute\n  self = send\n  transport = relay\n{router or ROUTE}"
        f"begin transports\nrelay:\n  driver = smtp\n  allow_localhost\n{transport}{rest}"
    )
    return Move("exim", name, {"etc/exim4/exim4.conf": text}, **result)


ROUTE = "  route_list = * localhost::{port}\n"
AUTHENTICATOR = (
    "begin authenticators\nplain:\n  driver = plaintext\n  public_name = PLAIN\n"
    f"  hide client_send = ^{USER}^{PASSWORD}\n"
)
ANSWERED = [
    answered(
        "a satellite",
        written=(
            'hosts = ["localhost:587"]',
            'qualify_domain = "ws1.example.net"',
            "local_from_check = false",
            'untrusted_set_sender = ["*"]',
        ),
        tls="starttls",
    ),
    answered("a satellite with a login", LOGIN, tls="starttls", secrets=RELAY),
    answered(
        "a hidden name",
        answers=HIDDEN,
        tls="starttls",
        written=(
            '"*" = "*@example.net"',
            'qualify_domain = "ws1.example.net"',
            'data = ["alice@example.net"]',
            'domains = ["ws1.example.net", "localhost"]',
        ),
    ),
    answered(
        "a name that is not hidden",
        answers={"dc_readhost": "example.net", "dc_hide_mailname": "false"},
        tls="starttls",
        absent=("[rewrite]",),
    ),
    answered(
        "a hidden name without one to show", answers={"dc_hide_mailname": "true"}, tls="starttls", absent=("[rewrite]",)
    ),
    answered(
        "a hub for users alone",
        answers={"dc_readhost": "example.net"},
        tls="starttls",
        written=('local_parts = ["root"]', 'data = ["root@example.net"]'),
        absent=("[rewrite]",),
    ),
    answered(
        "a smart host with mailboxes",
        answers={"dc_eximconfig_configtype": "smarthost"},
        tls="starttls",
        said=("Exim delivered to mailboxes",),
    ),
    answered(
        "implicit TLS",
        answers={"dc_smarthost": "a.example::465"},
        written=('tls = "implicit"', 'hosts = ["a.example:465"]'),
        compared=False,
    ),
    answered(
        "implicit TLS by a macro",
        LOGIN,
        "REMOTE_SMTP_SMARTHOST_PROTOCOL = smtps\n",
        tls="implicit",
        secrets=RELAY,
        written=('tls = "implicit"',),
    ),
    answered(
        "TLS that has to be",
        LOGIN,
        "REMOTE_SMTP_SMARTHOST_HOSTS_REQUIRE_TLS = *\n",
        tls="starttls",
        secrets=RELAY,
        absent=("TLS was optional",),
    ),
    answered("no TLS", "", "REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = *\n", written=('tls = "none"',)),
    answered(
        "a login in the clear",
        LOGIN,
        "REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = *\nAUTH_CLIENT_ALLOW_NOTLS_PASSWORDS = 1\n",
        secrets=RELAY,
        written=("allow_plaintext = true",),
    ),
    answered(
        "a name for EHLO",
        "",
        "REMOTE_SMTP_HELO_DATA = helo.example.net\n",
        tls="starttls",
        written=('helo_data = "helo.example.net"',),
    ),
    answered(
        "a name of the machine's own",
        "",
        "MAIN_HARDCODE_PRIMARY_HOSTNAME = ws9.example.net\n",
        tls="starttls",
        written=('primary_hostname = "ws9.example.net"',),
    ),
    answered(
        "a macro that is none of these",
        "",
        "MAIN_LOG_SELECTOR = +all\n",
        tls="starttls",
        said=("exim4.conf.localmacros:1: MAIN_LOG_SELECTOR",),
    ),
    answered(
        "senders that are not free",
        "",
        "MAIN_FORCE_SENDER = 1\n",
        tls="starttls",
        absent=("untrusted_set_sender", "local_from_check"),
    ),
    answered("hosts by a wildcard", f"# c\n*:{USER}:{PASSWORD}\n", tls="starttls", secrets=RELAY),
    answered("hosts by an expression", f"^loc.*$:{USER}:{PASSWORD}\n", tls="starttls", secrets=RELAY),
    answered(
        "the first that fits",
        f"{LOGIN}*:x:hunter2\n",
        tls="starttls",
        secrets=RELAY,
        said=("passwd.client:2: does not name the smart host",),
    ),
    answered(
        "Gmail by its other name",
        f"*.google.com:{USER}:{PASSWORD}\n",
        answers={"dc_smarthost": "smtp.gmail.com::587"},
        secrets=RELAY,
        compared=False,
    ),
    answered(
        "another host's login",
        "other.example:x:hunter2\n",
        tls="starttls",
        absent=("auth = ",),
        said=("passwd.client:1: does not name the smart host",),
    ),
    answered(
        "a password with colons and circumflexes",
        f"localhost:{USER}:a:b^c\n",
        tls="starttls",
        secrets={"relay.password": "a:b^c"},
    ),
    answered(
        "addresses of users",
        more={"etc/email-addresses": "# c\nalice: alice.smith@al.example\n"},
        tls="starttls",
        written=('alice = "alice.smith@al.example"',),
    ),
    answered(
        "aliases",
        more={"etc/aliases": "root: admin@al.example\n"},
        tls="starttls",
        written=('file = "/etc/aliases"', 'domains = ["ws1.example.net", "localhost"]'),
    ),
    answered(
        "two smart hosts",
        answers={"dc_smarthost": "a.example::587;b.example"},
        written=('hosts = ["a.example:587", "b.example:25"]',),
        compared=False,
    ),
    answered(
        "a mail name that is not local",
        answers={"dc_other_hostnames": ""},
        more={"etc/mailname": "example.net\n"},
        tls="starttls",
        written=('qualify_domain = "example.net"',),
        said=("the mail name is not in dc_other_hostnames",),
    ),
]
WRAPPERS = [
    wrapper("a file of Exim's own", written=('hosts = ["localhost:587"]', 'tls = "starttls"'), tls="starttls"),
    wrapper(
        "TLS that has to be, and a login",
        transport="  hosts_require_tls = *\n  hosts_require_auth = *\n",
        rest=AUTHENTICATOR,
        tls="starttls",
        secrets=RELAY,
        written=('mechanisms = ["PLAIN"]',),
    ),
    wrapper(
        "implicit TLS by its protocol", transport="  protocol = smtps\n", tls="implicit", written=('tls = "implicit"',)
    ),
    wrapper(
        "implicit TLS by its port",
        router="  route_list = * a.example::465\n",
        written=('tls = "implicit"',),
        compared=False,
    ),
    wrapper("no TLS of its own", transport="  hosts_avoid_tls = *\n", written=('tls = "none"',)),
    wrapper(
        "rules for addresses",
        rest="begin rewrite\n*@ws1.example.net  $1@example.net  Ffrs\n",
        written=('"*@ws1.example.net" = "*@example.net"',),
        tls="starttls",
    ),
    wrapper(
        "macros",
        main="SMART = localhost\n",
        router="  route_list = * SMART::{port}\n",
        written=('hosts = ["localhost:587"]',),
        tls="starttls",
    ),
    wrapper("trusted users", main="trusted_users = alice\n", written=('trusted_users = ["alice"]',), tls="starttls"),
]
REFUSED = [
    answered(
        "local mail alone",
        answers={"dc_eximconfig_configtype": "local"},
        refused="update-exim4.conf.conf:1: dc_eximconfig_configtype: it sends nothing to a smart host",
    ),
    answered("no smart host", answers={"dc_smarthost": ""}, refused="dc_smarthost is empty"),
    answered(
        "an empty password",
        f"localhost:{USER}:\n",
        refused="etc/exim4/passwd.client:1: the password is missing or empty",
    ),
    answered("a line that is none", "hunter2\n", refused="etc/exim4/passwd.client:1: is not host:user:password"),
    answered(
        "an expression that is none",
        f"^(:{USER}:hunter2\n",
        refused="etc/exim4/passwd.client:1: contains a pattern that gatepost migrate does",
    ),
    answered(
        "a login in the clear that Exim would not send",
        LOGIN,
        "REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = *\n",
        refused="exim4.conf.localmacros:1: REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS: without TLS",
    ),
    answered(
        "ports of two kinds",
        answers={"dc_smarthost": "a.example::465;b.example::587"},
        refused="dc_smarthost: some of these ports use implicit TLS",
    ),
    answered(
        "a reverse-path in Exim's language",
        "",
        "REMOTE_SMTP_RETURN_PATH = ${x}\n",
        refused="exim4.conf.localmacros:1: REMOTE_SMTP_RETURN_PATH: is an expansion",
    ),
    answered(
        "a file that overrides the answers",
        more={"etc/exim4/exim4.conf": "qualify_domain = x.example\n"},
        refused="etc/exim4/exim4.conf: does not set mua_wrapper, so it configures a mail server; "
        "Exim uses it instead of update-exim4.conf.conf",
    ),
    wrapper(
        "a list of revoked certificates",
        transport="  tls_crl = /x\n",
        refused="tls_crl: Gatepost reads no certificate revocation lists",
    ),
    wrapper(
        "an empty password of its own",
        transport="  hosts_require_auth = *\n",
        rest=AUTHENTICATOR.replace(PASSWORD, ""),
        refused="client_send: ",
    ),
]
MOVES = [*ANSWERED, *WRAPPERS, *REFUSED]
