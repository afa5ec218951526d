"""msmtp's configurations: 1.8.23 was asked what each means."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

FILE = "etc/msmtprc"
HERE = "host localhost\nport {port}\n"
PLAIN = f"{HERE}from me@gmail.example\n"
STARTTLS = f"{PLAIN}tls on\n"
LOGIN = f"auth on\nuser {USER}\npassword {PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}
EVERYBODY = '"*" = "me@gmail.example"'


def move(name: str, text: str, aliases: str = "", **result: Any) -> Move:
    """Return a configuration of one file, and perhaps one of aliases."""
    files = {FILE: text} | ({"etc/msmtp.aliases": aliases} if aliases else {}) | result.pop("more", {})
    return Move("msmtp", name, files, **result)


SENT = [
    move(
        "a fixed from", PLAIN, written=(EVERYBODY, 'helo_data = "localhost"'), absent=("qualify_domain", "return_path")
    ),
    move("no from", HERE, absent=("[rewrite]",), compared=False),
    move("from of each user", f"{HERE}from %U@gmail.example\n", written=('"*" = "*@gmail.example"',)),
    move("from of each user and the mail name", f"{HERE}from %U@%M\n", absent=("[rewrite]",)),
    move("from with the host's name", f"{HERE}from %U@%H\n", absent=("[rewrite]",), compared=False),
    move(
        "from with the canonical name",
        f"{HERE}from %H@site.example\n",
        compared=False,
        written=('"*" = "ws1.example.net@site.example"',),
    ),
    move(
        "auto_from",
        f"{HERE}auto_from on\nmaildomain gmail.example\n",
        written=('"*" = "*@gmail.example"',),
        said=("auto_from: msmtp ignored -f",),
        differs=frozenset({"sender"}),
    ),
    move(
        "auto_from without maildomain",
        f"{HERE}auto_from on\n",
        said=("auto_from: there is no maildomain",),
        compared=False,
    ),
    move(
        "a pattern of the user's name",
        f"{HERE}from %U+x@site.example\n",
        said=("from: only an address",),
        compared=False,
    ),
    move("a domain for EHLO", f"{PLAIN}domain ws7.example.net\n", written=('helo_data = "ws7.example.net"',)),
    move("the mail name for EHLO", f"{PLAIN}domain %M\n", written=('helo_data = "ws1.example.net"',)),
    move("STARTTLS and a login", STARTTLS + LOGIN, secrets=RELAY, tls="starttls", written=('tls = "starttls"',)),
    move(
        "implicit TLS",
        f"{STARTTLS}tls_starttls off\n{LOGIN}",
        secrets=RELAY,
        tls="implicit",
        written=('tls = "implicit"',),
    ),
    move("tls with an empty argument", f"{PLAIN}tls\n{LOGIN}", secrets=RELAY, tls="starttls"),
    move(
        "the port that goes with implicit TLS",
        "host a.example\ntls on\ntls_starttls off\n",
        written=('hosts = ["a.example:465"]',),
        compared=False,
    ),
    move("the port of SMTP", "host a.example\ntls on\n", written=('hosts = ["a.example:25"]',), compared=False),
    move(
        "an address of IPv6",
        "host 2001:db8::1\nport 587\ntls on\n",
        written=('hosts = ["[2001:db8::1]:587"]',),
        compared=False,
    ),
    move(
        "the system's certificates",
        f"{STARTTLS}tls_trust_file /etc/ssl/certs/ca-certificates.crt\n",
        tls="starttls",
        absent=("tls_ca_file",),
    ),
    move(
        "certificates of its own",
        f"{STARTTLS}tls_trust_file /etc/ssl/own.pem\n",
        written=('tls_ca_file = "/etc/ssl/own.pem"',),
        compared=False,
    ),
    move(
        "no check of certificates",
        f"{STARTTLS}tls_certcheck off\n",
        tls="starttls",
        written=("tls_verify = false",),
        said=("tls_certcheck: the server is not verified",),
    ),
    move(
        "a pin without a check",
        f"{STARTTLS}tls_certcheck off\ntls_fingerprint 00:11\n",
        written=("tls_verify = false",),
        compared=False,
    ),
    move("a pin without TLS", f"{PLAIN}tls off\ntls_fingerprint 00:11\n", compared=False, absent=("tls_pins",)),
    move(
        "a name to verify",
        f"{STARTTLS}tls_host_override smtp.test\n",
        tls="starttls",
        written=('tls_verify_name = "smtp.test"',),
    ),
    move(
        "a certificate of ours",
        f"{STARTTLS}tls_cert_file /etc/ssl/a.pem\ntls_key_file /etc/ssl/a.key\n",
        compared=False,
        written=('tls_certificate = "/etc/ssl/a.pem"', 'tls_privatekey = "/etc/ssl/a.key"'),
    ),
    move(
        "EXTERNAL",
        f"{STARTTLS}tls_cert_file /etc/ssl/a.pem\nauth external\n",
        compared=False,
        written=('auth = { mechanisms = ["EXTERNAL"] }',),
    ),
    move(
        "a named method in the clear",
        f"{PLAIN}auth plain\nuser {USER}\npassword {PASSWORD}\n",
        secrets=RELAY,
        written=("allow_plaintext = true",),
        said=("mail and password go over",),
    ),
    move(
        "login in the clear",
        f"{PLAIN}tls off\nauth login\nuser {USER}\npassword {PASSWORD}\n",
        secrets=RELAY,
        written=('mechanisms = ["LOGIN"]', "allow_plaintext = true"),
    ),
    move(
        "CRAM-MD5 in the clear",
        f"{PLAIN}auth cram-md5\nuser {USER}\npassword {PASSWORD}\n",
        secrets=RELAY,
        offers=("CRAM-MD5", "PLAIN"),
        written=('mechanisms = ["CRAM-MD5"]',),
    ),
    move("auth off", f"{PLAIN}auth off\nuser {USER}\npassword {PASSWORD}\n", absent=("auth",)),
    move(
        "a password with a tab",
        f"{STARTTLS}auth on\nuser {USER}\npassword a\tb\n",
        secrets={"relay.password": "a\tb"},
        tls="starttls",
    ),
    move(
        "a password with no-break spaces",
        f"{STARTTLS}auth on\nuser {USER}\npassword a\u00a0b\u00a0\n",
        secrets={"relay.password": "a\u00a0b\u00a0"},
        tls="starttls",
        differs=frozenset({"login"}),  # what goes out by PLAIN is prepared (RFC 4013)
    ),
    move(
        "a password in quotes",
        f'{STARTTLS}auth on\nuser {USER}\npassword\t" a"b #c "\n',
        secrets={"relay.password": ' a"b #c '},
        tls="starttls",
    ),
    move(
        "a password with a number sign",
        f"{STARTTLS}auth on\nuser {USER}\npassword #a b\n",
        secrets={"relay.password": "#a b"},
        tls="starttls",
    ),
    move(
        "a password with one quote",
        f'{STARTTLS}auth on\nuser {USER}\npassword "a\n',
        secrets={"relay.password": '"a'},
        tls="starttls",
    ),
    move(
        "a tab after the command",
        f"{STARTTLS}auth\ton\nuser\t{USER}\npassword\t {PASSWORD} \n",
        secrets=RELAY,
        tls="starttls",
    ),
    move(
        "a file with the password",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval cat /etc/msmtp.secret\n",
        more={"etc/msmtp.secret": "pw one\ntwo\n"},
        secrets={"relay.password": "pw one"},
        tls="starttls",
    ),
    move(
        "the first line of a file",
        f'{STARTTLS}auth on\nuser {USER}\npasswordeval "/usr/bin/head -n1 /etc/msmtp.secret"\n',
        more={"etc/msmtp.secret": "pw one\ntwo\n"},
        secrets={"relay.password": "pw one"},
        tls="starttls",
    ),
    move(
        "a password by echo",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval echo some words\n",
        secrets={"relay.password": "some words"},
        tls="starttls",
    ),
    move(
        "a program of its own",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval /usr/local/bin/show smtp\n",
        compared=False,
        written=('password_command = ["/usr/local/bin/show", "smtp"]',),
    ),
    move("both a password and a program", f"{STARTTLS}{LOGIN}passwordeval false\n", secrets=RELAY, tls="starttls"),
    move(
        "a token by a script",
        f"host smtp.gmail.com\nfrom me@gmail.example\ntls on\n"
        f"auth oauthbearer\nuser {USER}\npasswordeval /opt/oauth2.py\n",
        compared=False,
        written=('password_file = "relay.token"', 'mechanisms = ["OAUTHBEARER"]'),
        said=("gatepost login relay --provider google --client-id ID",),
    ),
    move(
        "a token of Microsoft's",
        f"host smtp.office365.com\nfrom me@x.example\ntls on\n"
        f"auth xoauth2\nuser {USER}\npasswordeval mutt_oauth2.py f\n",
        compared=False,
        said=("gatepost login relay --provider microsoft",),
    ),
    move(
        "From: of everybody's",
        f"{PLAIN}set_from_header on\n",
        written=("from_override = true",),
        differs=frozenset({"name"}),
    ),
    move("From: as it is", f"{PLAIN}set_from_header auto\n", absent=("from_override",)),
    move(
        "never a From:",
        f"{PLAIN}set_from_header off\n",
        said=("set_from_header: Gatepost always adds a missing From:",),
        differs=frozenset({"from"}),
    ),
    move("an older name for it", f"{PLAIN}add_missing_from_header on\n", absent=("from_override",)),
    move(
        "-f is not heard",
        f"{PLAIN}allow_from_override off\n",
        said=("allow_from_override: root and trusted_users",),
        differs=frozenset({"sender"}),
    ),
    move("a log of its own", f"{PLAIN}logfile ~/.msmtp.log\nsyslog LOG_MAIL\n", said=("logfile: the system log",)),
    move(
        "aliases",
        PLAIN + "aliases /etc/msmtp.aliases\n",
        "root: admin@al.example\nalice: a@al.example, b@al.example\n",
        written=('file = "/etc/msmtp.aliases"', 'domains = ["ws1.example.net"]', 'qualify_domain = "ws1.example.net"'),
    ),
    move(
        "aliases for the rest",
        PLAIN + "aliases /etc/msmtp.aliases\n",
        "alice: a@al.example\ndefault: me@al.example, too@al.example\n",
        written=(
            'name = "aliases-default"',
            'data = ["me@al.example", "too@al.example"]',
            'domains = ["ws1.example.net"]',
        ),
    ),
    move(
        "the system's aliases",
        f"{PLAIN}aliases /etc/aliases\n",
        more={"etc/aliases": "root: admin@al.example\n"},
        absent=("[[routers]]",),
    ),
    move(
        "the system's aliases for the rest",
        f"{PLAIN}aliases /etc/aliases\n",
        more={"etc/aliases": "root: admin@al.example\ndefault: me@al.example\n"},
        written=('file = "/etc/aliases"', 'data = ["me@al.example"]'),
    ),
    move(
        "a catch-all nobody asked for",
        PLAIN,
        more={"etc/aliases": "root: admin@al.example\n*: me@al.example\n"},
        said=("etc/aliases: msmtp did not read it", "etc/aliases:2: *: takes the mail for every local name"),
        differs=frozenset({"recipients"}),
    ),
    move(
        "aliases that are wrong for us",
        PLAIN + "aliases /etc/msmtp.aliases\n",
        "root: admin@al.example # the boss\n",
        said=("etc/msmtp.aliases:1:",),
        compared=False,
    ),
    move("no aliases", f"{PLAIN}aliases\n", absent=("[[routers]]",)),
    move(
        "defaults and accounts",
        f"defaults\ntls on\n{LOGIN}account a\n{PLAIN}account default : a\n",
        secrets=RELAY,
        tls="starttls",
        absent=("[[routers]]",),
    ),
    move(
        "an account that takes over from two",
        f"account a\n{PLAIN}account b\nhost other.example\ntls on\n{LOGIN}account default : b, a\n",
        secrets=RELAY,
        tls="starttls",
        said=("account a: it has no from of its own", "account b: it has no from of its own"),
    ),
    move(
        "defaults that change",
        f"defaults\ntls on\naccount a\n{PLAIN}defaults\ntls off\naccount default : a\n",
        said=("account a: it has no from of its own",),
    ),
    move(
        "several accounts",
        f"account default\n{PLAIN}auth plain\nuser {USER}\npassword {PASSWORD}\naccount work\n"
        f"{HERE}from work@corp.example\nauth plain\nuser other\npassword second\n",
        secrets={**RELAY, "work.password": "second"},
        names=("work@corp.example", "work+detail@corp.example"),
        written=(
            "[transports.work]",
            'senders = ["work@corp.example", "work+*@corp.example"]',
            'transport = "work"',
            'untrusted_set_sender = ["work@corp.example", "work+*@corp.example"]',
        ),
    ),
    move(
        "an account for a pattern",
        f"account default\n{PLAIN}account work\n{HERE}from *@corp.example\n",
        names=("anybody@corp.example",),
        written=('senders = ["*@corp.example"]',),
    ),
    move(
        "an account that cannot be carried over",
        f"account default\n{PLAIN}account work\n{HERE}from work@corp.example\nsocket /run/x\n",
        said=("account work: cannot be carried over: ", "socket: Gatepost cannot use a socket as the"),
        absent=("[transports.work]",),
    ),
    move(
        "an account by its name",
        f"account a\nhost a.example\naccount b\n{PLAIN}",
        arguments=("--account", "b"),
        written=(EVERYBODY,),
        said=("account: a is not the one",),
        compared=False,
    ),
    move(
        "what stands above all accounts",
        f"{PLAIN}account other\nhost other.example\n",
        written=(EVERYBODY,),
        said=("account other: it has no from of its own",),
    ),
    move(
        "a switch that says no more than the default",
        f"{PLAIN}remove_bcc_headers on\nset_date_header auto\nundisclosed_recipients off\n",
        absent=("zzz",),
    ),
    move(
        "a source address",
        f"{PLAIN}source_ip 127.0.0.1\ntimeout 20\n",
        written=('interface = "127.0.0.1"', 'connect_timeout = "20s"'),
    ),
    move("an empty proxy", f"{PLAIN}proxy_host\n"),
    move("comments and blank lines", f"# a\n\n  # b\n  {PLAIN}", written=(EVERYBODY,)),
    move("lines that end in CRLF", PLAIN.replace("\n", "\r\n"), written=(EVERYBODY,)),
    move("a file per user", f"{STARTTLS}logfile ~/.log\n", tls="starttls"),
]
REFUSED = [
    move(
        "auth on without TLS",
        PLAIN + LOGIN,
        refused="etc/msmtprc:4: auth: with tls off",
    ),
    move("auth on with tls off", f"{PLAIN}tls off\n{LOGIN}", refused="etc/msmtprc:5: auth: with tls off"),
    move(
        "no account called default",
        f"account a\n{PLAIN}account b\n{PLAIN}",
        refused="etc/msmtprc: there is no account default: choose one with --account (a, b)",
    ),
    move(
        "an account that is not there",
        PLAIN,
        arguments=("--account", "x"),
        refused="there is no account x: choose one with --account (default)",
    ),
    move("no host", "tls on\n", refused="etc/msmtprc:1: account: has no host"),
    move("a proxy", f"{PLAIN}proxy_host 127.0.0.1\n", refused="etc/msmtprc:4: proxy_host: Gatepost supports no proxy"),
    move("a socket", f"{PLAIN}socket /run/x\n", refused="etc/msmtprc:4: socket: Gatepost cannot use a socket as the"),
    move(
        "a line by a program",
        f"{PLAIN}eval echo tls on\n",
        refused="etc/msmtprc:4: eval: Gatepost reads no settings from programs",
    ),
    move("LMTP", f"{PLAIN}protocol lmtp\n", refused="etc/msmtprc:4: protocol: Gatepost speaks only SMTP"),
    move(
        "the fingerprint",
        f"{STARTTLS}tls_fingerprint 00:11:22\n",
        refused="etc/msmtprc:5: tls_fingerprint: pins the certificate",
    ),
    move(
        "a list of revoked certificates",
        f"{STARTTLS}tls_crl_file /etc/crl.pem\n",
        refused="etc/msmtprc:5: tls_crl_file: Gatepost reads no certificate revocation lists",
    ),
    move(
        "an empty password",
        f"{STARTTLS}auth on\nuser {USER}\npassword\n",
        refused="etc/msmtprc:7: password: the password is missing or empty",
    ),
    move(
        "an empty password in quotes",
        f'{STARTTLS}auth on\nuser {USER}\npassword ""\n',
        refused="etc/msmtprc:7: password: the password is missing or empty",
    ),
    move("no user", f"{STARTTLS}auth on\npassword x\n", refused="etc/msmtprc:5: auth: no user name is given"),
    move(
        "an empty user", f"{STARTTLS}auth on\nuser\npassword x\n", refused="etc/msmtprc:6: user: no user name is given"
    ),
    move("a keyring", f"{STARTTLS}auth on\nuser {USER}\n", refused="etc/msmtprc:6: user: there is no password"),
    move(
        "a shell",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval gpg -d x | head -1\n",
        refused="etc/msmtprc:7: passwordeval: would run without a shell",
    ),
    move(
        "a program without its path",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval pass show smtp\n",
        refused="etc/msmtprc:7: passwordeval: would run without a shell",
    ),
    move(
        "a helper script for a token",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval oauth2.py\n",
        refused="then gatepost login",
    ),
    move(
        "a file of each user's",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval cat ~/.secret\n",
        refused="etc/msmtprc:7: passwordeval: is a different file for each user",
    ),
    move(
        "a file without its path",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval cat secret\n",
        refused="etc/msmtprc:7: passwordeval: names a file without its absolute path",
    ),
    move(
        "an empty file with the password",
        f"{STARTTLS}auth on\nuser {USER}\npasswordeval cat /etc/msmtp.secret\n",
        more={"etc/msmtp.secret": "\n"},
        refused="etc/msmtprc:7: passwordeval: the password is missing or empty",
    ),
    move(
        "a method of its own",
        f"{STARTTLS}auth ntlm\nuser {USER}\npassword x\n",
        refused="etc/msmtprc:5: auth: Gatepost does not support this method",
    ),
    move("no base", "account default : x\n", refused="etc/msmtprc:1: account: the account x is not defined before"),
    move(
        "two of one name",
        f"account default\n{PLAIN}account default\n{PLAIN}",
        refused="etc/msmtprc:5: account: the account default is defined twice",
    ),
    move("a switch that is none", f"{PLAIN}tls maybe\n", refused="etc/msmtprc:4: tls: must be on or off"),
    move("a command that is none", f"{PLAIN}hunter2 x\n", refused="etc/msmtprc:4: is not a command of msmtp"),
    move("a from without a domain", f"{HERE}from me\n", refused="etc/msmtprc:3: from: is an address without a domain"),
    move("a host that is none", "host a b\n", refused="etc/msmtprc:1: host: cannot be carried over: it must be a host"),
    move(
        "a from that is none",
        f"{HERE}from me@@x\n",
        refused="etc/msmtprc:3: from: cannot be carried over: it must be an address",
    ),
    move(
        "a trust file per user",
        f"{STARTTLS}tls_trust_file ~/ca.pem\n",
        refused="etc/msmtprc:5: tls_trust_file: is a different file for each user",
    ),
]
MOVES = [*SENT, *REFUSED]
