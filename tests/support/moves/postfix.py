"""Postfix's configurations, as 3.7 reads them."""

from __future__ import annotations

from typing import Any

from tests.support.moves import PASSWORD, USER, Move

NAMES = "myhostname = ws1.example.net\nmyorigin = /etc/mailname\n"
NULL = f"{NAMES}mydestination =\n"
HERE = f"{NULL}relayhost = [localhost]:{{port}}\n"
TABLE = "texthash:/etc/postfix/sasl_passwd"
AUTH = f"smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = {TABLE}\n"
SASL = f"{AUTH}smtp_sasl_security_options = noanonymous\n"
ENCRYPT = f"{HERE}smtp_tls_security_level = encrypt\n"
LOGIN = f"[localhost]:{{port}} {USER}:{PASSWORD}\n"
RELAY = {"relay.password": PASSWORD}
ADMIN = "root@ws1.example.net admin@al.example\n"


def move(name: str, text: str, passwords: str = "", more: dict[str, str] | None = None, **result: Any) -> Move:
    """Return a configuration: main.cf, a table of passwords, and other files of the directory, or of /etc."""
    files = {
        f"etc/{each}" if each == "aliases" else f"etc/postfix/{each}": words for each, words in (more or {}).items()
    }
    return Move("postfix", name, {"etc/postfix/main.cf": text, "etc/postfix/sasl_passwd": passwords, **files}, **result)


SENT = [
    move(
        "a null client",
        HERE,
        written=(
            'hosts = ["localhost:587"]',
            'tls = "none"',
            'primary_hostname = "ws1.example.net"',
            'qualify_domain = "ws1.example.net"',
        ),
    ),
    move(
        "what the smart host does badly",
        f"{HERE}smtp_discard_ehlo_keywords = chunking, silent-discard starttls\n",
        written=('discard_ehlo_keywords = ["CHUNKING"]',),
        said=("smtp_discard_ehlo_keywords: tls and auth decide whether TLS and a login are used",),
        compared=False,
    ),
    move("the usual port", f"{NULL}relayhost = [a.example]\n", written=('hosts = ["a.example:25"]',), compared=False),
    move(
        "an MX look-up", f"{NULL}relayhost = example.net\n", written=('hosts = ["mx:example.net:25"]',), compared=False
    ),
    move(
        "an MX look-up with a port",
        f"{NULL}relayhost = smtp.example.net:587\n",
        written=('hosts = ["mx:smtp.example.net:587"]',),
        compared=False,
    ),
    move(
        "no DNS",
        f"{NULL}relayhost = localhost:{{port}}\ndisable_dns_lookups = yes\n",
        written=('hosts = ["localhost:587"]',),
        compared=False,
    ),
    move(
        "an address",
        f"{NULL}relayhost = [IPv6:2001:db8::1]:587\n",
        written=('hosts = ["[2001:db8::1]:587"]',),
        compared=False,
    ),
    move(
        "two next hops",
        f"{NULL}relayhost = [a.example]:587, [b.example]:587\n",
        written=('hosts = ["a.example:587", "b.example:587"]',),
        compared=False,
    ),
    move(
        "a domain that follows from the name",
        f"{NULL}relayhost = [smtp.$mydomain]:587\n",
        written=('hosts = ["smtp.example.net:587"]',),
        compared=False,
    ),
    move(
        "a domain that follows from the machine's name",
        "relayhost = [smtp.$mydomain]:587\n",
        written=('hosts = ["smtp.example.net:587"]', 'primary_hostname = "ws1.example.net"'),
        compared=False,
    ),
    move("values that go on", f"{NULL}relayhost =\n  [localhost]:{{port}}\n", written=('hosts = ["localhost:587"]',)),
    move(
        "the last of two",
        f"{NULL}relayhost = [other.example]\nrelayhost = [localhost]:{{port}}\n",
        written=('hosts = ["localhost:587"]',),
    ),
    move(
        "braces and parentheses",
        NULL + "a_b = localhost\nc_d = 587\nrelayhost = [${a_b}]:$(c_d)\n",
        written=('hosts = ["localhost:587"]',),
        compared=False,
    ),
    move(
        "a login with TLS",
        f"{ENCRYPT}{SASL}",
        LOGIN,
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        absent=("mechanisms",),
        said=("no certificate was verified",),
    ),
    move(
        "a login by the host's name",
        f"{ENCRYPT}{SASL}",
        f"localhost {USER}:{PASSWORD}\n",
        tls="starttls",
        secrets=RELAY,
    ),
    move(
        "the host's name before the next hop",
        f"{ENCRYPT}{SASL}",
        f"{LOGIN.replace(PASSWORD, 'no')}localhost {USER}:{PASSWORD}\n",
        tls="starttls",
        secrets=RELAY,
    ),
    move(
        "a login in main.cf",
        f"{ENCRYPT}{SASL.replace(TABLE, f'static:{USER}:{PASSWORD}')}",
        tls="starttls",
        secrets=RELAY,
    ),
    move(
        "an entry that goes on",
        f"{ENCRYPT}{SASL}",
        f"[localhost]:{{port}}\n  {USER}:{PASSWORD}\nother\n\tx:hunter2\n",
        tls="starttls",
        secrets=RELAY,
        said=("sasl_passwd:3: is for another host than the relayhost",),
    ),
    move(
        "a password with blanks and signs",
        f"{ENCRYPT}{SASL}",
        f"[localhost]:{{port}}\t{USER}:a b:c#d\n",
        tls="starttls",
        secrets={"relay.password": "a b:c#d"},
    ),
    move(
        "a table by the usual type",
        ENCRYPT + SASL.replace("texthash:/etc", "${default_database_type}:/etc"),
        LOGIN,
        tls="starttls",
        secrets=RELAY,
        compared=False,
    ),
    move(
        "no plain text, by default",
        f"{ENCRYPT}{AUTH}",
        LOGIN,
        tls="starttls",
        offers=("CRAM-MD5", "PLAIN"),
        secrets=RELAY,
        written=('mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"]',),
        said=("has noplaintext, its default",),
    ),
    move(
        "no plain text but with TLS",
        f"{ENCRYPT}{AUTH}smtp_sasl_tls_security_options = noanonymous\n",
        LOGIN,
        tls="starttls",
        secrets=RELAY,
        absent=("mechanisms",),
    ),
    move(
        "a list of mechanisms",
        f"{ENCRYPT}{SASL}smtp_sasl_mechanism_filter = login\n",
        LOGIN,
        tls="starttls",
        secrets=RELAY,
        written=('mechanisms = ["LOGIN"]',),
    ),
    move("a login in the clear", f"{HERE}{SASL}", LOGIN, secrets=RELAY, written=("allow_plaintext = true",)),
    move(
        "no login for the relayhost",
        f"{ENCRYPT}{SASL}",
        "[other.example] x:hunter2\n",
        tls="starttls",
        absent=("auth = ",),
        said=(
            "smtp_sasl_password_maps: has no login for the relayhost",
            "sasl_passwd:1: is for another host than the relayhost",
        ),
    ),
    move(
        "implicit TLS",
        f"{ENCRYPT}smtp_tls_wrappermode = yes\n{SASL}",
        LOGIN,
        tls="implicit",
        secrets=RELAY,
        written=('tls = "implicit"',),
    ),
    move(
        "implicit TLS by the port",
        f"{NULL}relayhost = [a.example]:465\nsmtp_tls_security_level = encrypt\n",
        written=('tls = "implicit"',),
        compared=False,
    ),
    move(
        "TLS where it is offered",
        f"{HERE}smtp_tls_security_level = may\n",
        tls="starttls",
        said=("smtp_tls_security_level: TLS was optional",),
    ),
    move("an older name for it", f"{HERE}smtp_use_tls = yes\n", tls="starttls", written=('tls = "starttls"',)),
    move(
        "an older name for must",
        f"{HERE}smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n",
        tls="starttls",
        written=('tls = "starttls"',),
        compared=False,
    ),
    move(
        "a policy for the relayhost",
        f"{HERE}smtp_tls_policy_maps = texthash:/etc/postfix/policy\n{SASL}",
        LOGIN,
        {"policy": "[localhost]:{port} encrypt\n"},
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        absent=("allow_plaintext",),
    ),
    move(
        "a policy for all",
        f"{HERE}smtp_tls_policy_maps = static:encrypt\n",
        tls="starttls",
        written=('tls = "starttls"',),
    ),
    move(
        "a policy for another",
        f"{HERE}smtp_tls_policy_maps = texthash:/etc/postfix/policy\n",
        "",
        {"policy": "[other] encrypt\n"},
        written=('tls = "none"',),
    ),
    move(
        "a policy with a name",
        f"{HERE}smtp_tls_policy_maps = texthash:/etc/postfix/policy\n"
        f"smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\n",
        "",
        {"policy": "[localhost]:{port} secure match=smtp.test\n"},
        tls="starttls",
        written=('tls_verify_name = "smtp.test"',),
    ),
    move(
        "a name to verify",
        f"{HERE}smtp_tls_security_level = secure\n"
        f"smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\nsmtp_tls_secure_cert_match = smtp.test\n",
        tls="starttls",
        written=('tls_verify_name = "smtp.test"',),
        absent=("tls_ca_file",),
    ),
    move(
        "the name that it is",
        f"{HERE}smtp_tls_security_level = verify\n"
        f"smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\nsmtp_tls_verify_cert_match = nexthop\n",
        tls="starttls",
        absent=("tls_verify_name",),
    ),
    move(
        "fingerprints of keys",
        f"{HERE}smtp_tls_security_level = fingerprint\nsmtp_tls_fingerprint_digest = sha256\n"
        f"smtp_tls_fingerprint_cert_match = {':'.join(['00'] * 32)}\n",
        compared=False,
        written=("tls_pins = ", "tls_verify = false"),
        said=("must be that of the public key",),
    ),
    move(
        "DANE",
        f"{NULL}relayhost = [a.example]\nsmtp_tls_security_level = dane\n",
        written=("dane = true",),
        compared=False,
    ),
    move(
        "TLS 1.3 alone",
        f"{ENCRYPT}smtp_tls_mandatory_protocols = >=TLSv1.3\n",
        tls="starttls",
        written=('tls_min_version = "1.3"',),
    ),
    move(
        "settings of the service",
        f"{HERE}{SASL}",
        LOGIN,
        {
            "master.cf": "smtp unix - - n - - smtp\n  -o smtp_tls_security_level=encrypt\n"
            "relay unix - - n - - smtp\n  -o smtp_helo_timeout=5\n"
        },
        tls="starttls",
        secrets=RELAY,
        written=('tls = "starttls"',),
        said=("master.cf:4: smtp_helo_timeout: gatepost migrate does not read the settings",),
        compared=False,
    ),
    move(
        "a name for EHLO",
        f"{HERE}smtp_helo_name = helo.example.net\nsmtp_bind_address = 127.0.0.1\n",
        written=('helo_data = "helo.example.net"', 'interface = "127.0.0.1"'),
    ),
    move("an origin of its own", f"{HERE}myorigin = $mydomain\n", written=('qualify_domain = "example.net"',)),
    move(
        "senders by address",
        f"{HERE}smtp_generic_maps = texthash:/etc/postfix/generic\n",
        "",
        {"generic": "alice@ws1.example.net alice.smith@al.example\n"},
        written=('"alice@ws1.example.net" = "alice.smith@al.example"', 'local_parts = ["alice"]'),
    ),
    move(
        "all senders of a domain",
        f"{HERE}smtp_generic_maps = texthash:/etc/postfix/generic\n",
        "",
        {"generic": "@ws1.example.net me@gmail.example\n"},
        written=('"*@ws1.example.net" = "me@gmail.example"', 'data = ["me@gmail.example"]'),
    ),
    move(
        "another domain for senders",
        f"{HERE}sender_canonical_maps = texthash:/etc/postfix/canonical\n",
        "",
        {"canonical": "@ws1.example.net @example.net\nroot admin@al.example\n"},
        written=('"*@ws1.example.net" = "*@example.net"', 'root = "admin@al.example"'),
        absent=("[[routers]]",),
    ),
    move(
        "one sender for all",
        f"{HERE}sender_canonical_maps = static:me@gmail.example\n",
        written=('"*" = "me@gmail.example"', "from_override = true"),
        said=("including the null reverse-path, which Gatepost leaves unchanged",),
        differs=frozenset({"sender"}),
    ),
    move(
        "tables of expressions",
        f"{HERE}sender_canonical_maps = regexp:/etc/postfix/re, texthash:/etc/postfix/canonical\n",
        "",
        {"re": "/x/ y\n", "canonical": "alice a@al.example\n"},
        said=("sender_canonical_maps: the table regexp:/etc/postfix/re is left out",),
        differs=frozenset({"sender", "from"}),
        written=('alice = "a@al.example"',),
    ),
    move(
        "recipients by address",
        f"{HERE}virtual_alias_maps = texthash:/etc/postfix/virtual\n",
        "",
        {"virtual": f"{ADMIN}sales@shop.example a@al.example, b@al.example\n"},
        written=('domains = ["shop.example"]', 'data = ["a@al.example", "b@al.example"]', 'local_parts = ["root"]'),
    ),
    move(
        "a domain for another's recipients",
        f"{HERE}recipient_canonical_maps = texthash:/etc/postfix/canonical\n",
        "",
        {"canonical": "@a.example @b.example\n"},
        said=("@a.example: Gatepost does not change recipients by this",),
        compared=False,
    ),
    move(
        "mailboxes",
        f"{NAMES}relayhost = [localhost]:{{port}}\n"
        f"mydestination = $myhostname, localhost\nalias_maps = texthash:/etc/aliases\n",
        "",
        {"aliases": "root: admin@al.example\n"},
        written=('file = "/etc/aliases"', 'domains = ["ws1.example.net", "localhost"]'),
        said=("mydestination: mail for ws1.example.net, localhost was delivered on this machine",),
        compared=False,
    ),
    move(
        "aliases elsewhere",
        f"{NAMES}relayhost = [localhost]:{{port}}\nmydestination = ws1.example.net\n"
        f"alias_maps = hash:/etc/postfix/aliases, ldap:/x\n",
        "",
        {"aliases-2": "", "virtual": ""},
        written=('file = "/etc/postfix/aliases"',),
        said=("the table ldap:/x is left out", "/etc/postfix/aliases: does not exist"),
        compared=False,
    ),
    move(
        "aliases that nobody reads",
        HERE,
        "",
        {"aliases": "root: admin@al.example\n"},
        said=("etc/aliases: Postfix did not read it",),
        differs=frozenset({"recipients"}),
    ),
    move(
        "who may send",
        f"{HERE}authorized_submit_users = alice, bob\n",
        written=('callers = ["root"]', 'callers = ["alice"]', "allow = false"),
    ),
    move(
        "who may not send",
        f"{HERE}authorized_submit_users = !www-data, static:all\n",
        written=('callers = ["www-data"]', "allow = false"),
    ),
    move(
        "let nobody send",
        f"{HERE}authorized_submit_users =\n",
        written=('callers = ["root"]', "allow = false"),
        compared=False,
    ),
    move("everybody may send", f"{HERE}authorized_submit_users = static:anyone\n", absent=("[[policies]]",)),
    move(
        "a relayhost for a sender",
        f"{HERE}sender_dependent_relayhost_maps = texthash:/etc/postfix/relayhosts\n"
        f"smtp_sender_dependent_authentication = yes\n{SASL}",
        f"{LOGIN}work@corp.example {USER}:second\n",
        {"relayhosts": "work@corp.example [localhost]:{port}\n@shop.example [b.example]\n"},
        secrets={**RELAY, "relay-2.password": "second"},
        written=(
            'senders = ["work@corp.example"]',
            'senders = ["*@shop.example"]',
            'untrusted_set_sender = ["*@shop.example", "work@corp.example"]',
        ),
    ),
    move(
        "checks of header fields",
        f"{HERE}smtp_header_checks = regexp:/etc/postfix/checks\n",
        "",
        {"checks": "/^From:.*/ REPLACE From: me@gmail.example\n"},
        said=("smtp_header_checks: Gatepost changes no header fields by expressions",),
        differs=frozenset({"from"}),
    ),
    move(
        "other hosts",
        f"{HERE}smtp_fallback_relay = [b.example]\nalways_bcc = x@al.example\n",
        said=("smtp_fallback_relay: Gatepost tries hosts in order", "always_bcc: Gatepost sends no copies"),
        differs=frozenset({"recipients"}),
    ),
    move("a limit", f"{HERE}message_size_limit = 1000000\n", written=("message_size_limit = 1000000",)),
]
REFUSED = [
    move("no relayhost", f"{NULL}relayhost =\n", refused="etc/postfix/main.cf: has no relayhost"),
    move(
        "other ways",
        f"{HERE}transport_maps = hash:/etc/postfix/transport\n",
        refused="etc/postfix/main.cf:5: transport_maps: only the relayhost can be carried over",
    ),
    move(
        "another service",
        f"{HERE}default_transport = smtps\n",
        refused="etc/postfix/main.cf:5: default_transport: mail is sent by another service than",
    ),
    move(
        "a filter",
        f"{HERE}content_filter = smtp:[127.0.0.1]:10025\n",
        refused="etc/postfix/main.cf:5: content_filter: Gatepost has no filters",
    ),
    move(
        "a signature",
        f"{HERE}non_smtpd_milters = inet:localhost:8891\n",
        refused="etc/postfix/main.cf:5: non_smtpd_milters: Gatepost has no filters",
    ),
    move(
        "a login in the clear that Postfix would not send",
        f"{HERE}{AUTH}",
        LOGIN,
        refused="etc/postfix/main.cf:5: smtp_sasl_security_options has noplaintext",
    ),
    move(
        "a login in the clear that is forbidden",
        f"{HERE}{AUTH}smtp_sasl_security_options = noplaintext\n",
        LOGIN,
        refused="etc/postfix/main.cf:7: smtp_sasl_security_options has noplaintext",
    ),
    move(
        "no table",
        f"{ENCRYPT}smtp_sasl_auth_enable = yes\n",
        refused="etc/postfix/main.cf:6: smtp_sasl_auth_enable: there is no smtp_sasl_password_maps",
    ),
    move(
        "a table of another kind",
        f"{ENCRYPT}{SASL.replace(TABLE, 'ldap:/etc/x')}",
        refused="etc/postfix/main.cf:7: smtp_sasl_password_maps: has no login for the relayhost",
    ),
    move(
        "a login by an unknown host",
        f"{NULL}relayhost = example.net\nsmtp_tls_security_level = encrypt\n{SASL}",
        f"mx1.example.net {USER}:hunter2\n",
        refused="smtp_sasl_password_maps: has no login for the relayhost",
    ),
    move(
        "no colon",
        f"{ENCRYPT}{SASL}",
        "[localhost]:{port} hunter2\n",
        refused="etc/postfix/sasl_passwd:1: is not user:password",
    ),
    move(
        "an empty password",
        f"{ENCRYPT}{SASL}",
        f"[localhost]:{{port}} {USER}:\n",
        refused="etc/postfix/sasl_passwd:1: the password is missing or empty",
    ),
    move("an empty table", f"{ENCRYPT}{SASL}", refused="smtp_sasl_password_maps: has no login for the relayhost"),
    move(
        "no value",
        f"{ENCRYPT}{SASL}",
        "[localhost]:{port}\n",
        refused="etc/postfix/sasl_passwd:1: is not user:password",
    ),
    move(
        "an older digest",
        f"{HERE}smtp_tls_security_level = fingerprint\nsmtp_tls_fingerprint_cert_match = 00\n",
        refused="etc/postfix/main.cf:5: smtp_tls_security_level: smtp_tls_fingerprint_digest is md5",
    ),
    move(
        "no fingerprint",
        f"{HERE}smtp_tls_security_level = fingerprint\nsmtp_tls_fingerprint_digest = sha256\n",
        refused="there is no fingerprint",
    ),
    move(
        "several names to verify",
        f"{HERE}smtp_tls_security_level = secure\nsmtp_tls_secure_cert_match = a.example, .b.example\n",
        refused="etc/postfix/main.cf:6: smtp_tls_secure_cert_match: only one name can be carried over",
    ),
    move(
        "a policy with more to it",
        f"{HERE}smtp_tls_policy_maps = texthash:/etc/postfix/policy\n",
        "",
        {"policy": "[localhost]:{port} encrypt ciphers=high\n"},
        refused="etc/postfix/policy:1: smtp_tls_policy_maps: has an attribute other than match",
    ),
    move(
        "a level that is none",
        f"{HERE}smtp_tls_security_level = maybe\n",
        refused="etc/postfix/main.cf:5: smtp_tls_security_level: is not a level that gatepost migrate",
    ),
    move(
        "a table of users",
        f"{HERE}authorized_submit_users = hash:/etc/postfix/users\n",
        refused="etc/postfix/main.cf:5: authorized_submit_users: names a table",
    ),
    move(
        "itself",
        "myhostname = $mydomain\nmydomain = $myhostname\nrelayhost = [a.example]\n",
        refused="refers to itself",
    ),
    move(
        "a condition",
        HERE + "myorigin = ${x?y}\n",
        refused="myorigin: gatepost migrate does not understand conditional values",
    ),
    move("a line that is none", f"{HERE}hunter2\n", refused="etc/postfix/main.cf:5: is not a setting"),
    move("a host that is none", f"{NULL}relayhost = [a_,b]:25\n", refused="etc/postfix/main.cf:4: relayhost: "),
]
MOVES = [*SENT, *REFUSED]
