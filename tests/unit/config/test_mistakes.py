from __future__ import annotations

import pytest

from tests.unit.config.sample import MACHINE, mistake

RELAY = '[transports.relay]\ndriver = "smtp"\nhosts = ["a.example"]\n'  # lines 1 to 3
ROUTER = RELAY + '\n[[routers]]\ndriver = "accept"\ntransport = "relay"\n[[routers]]\n'  # what follows is line 9
PASSWORD = 'user = "x"\npassword_file = "x"'
LOOKUP = '\n[[routers]]\ndriver = "dnslookup"\ntransport = "relay"\n'
ELSEWHERE = '\n[transports.other]\ndriver = "smtp"\n[[routers]]\ndriver = "dnslookup"\ntransport = "other"\n'
AUTH = RELAY + "\n[transports.relay.auth]\n"  # what follows is line 6


def where(error) -> tuple[int | None, str | None]:
    return error.line, error.key


MAIN_KEYS = {
    "primary_hostname": ("5", '"a b"', '""'),
    "qualify_domain": ("true", '"a@b"'),
    "qualify_recipient": ('["a"]', '"-"'),
    "trusted_users": ('"root"', "[]"),
    "trusted_groups": ("{}", '"mail"'),
    "untrusted_set_sender": ('"*"', "[]"),
    "local_from_check": ('"yes"', "1"),
    "local_sender_retain": ('"no"', "0"),
    "local_from_prefix": ("1", '"@"'),
    "local_from_suffix": ("[]", '" "'),
    "from_override": ('"true"', "1"),
    "message_size_limit": ("-1", '"50X"', "1.5"),
    "recipients_max": ('"7"', "-1"),
    "received_header": ('""', "{}"),
    "log": ('"stderr"', "1"),
    "log_format": ('"xml"', "1"),
    "exit_codes": ('"posix"', "0"),
    "sandbox": ('"off"', "true"),
    "extract_addresses_remove_arguments": ('"true"', "1"),
    "mua_wrapper": ("false", '"true"'),
    "transports": ("1", "[]"),
    "routers": ('"accept"', "[]", "{}"),
    "rewrite": ("[]", '""'),
    "policies": ("{}", "true"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in MAIN_KEYS.items() for value in values])
def test_a_wrong_main_option_is_told_with_line_and_key(key, value):
    rest = "" if key == "transports" else RELAY
    assert where(mistake(f"# one\n\n{key} = {value}\n{rest}")) == (3, key)


TRANSPORT_KEYS = {
    "hosts_randomize": ('"no"',),
    "port": ("0", "65536", '"smtp"'),
    "tls": ("true", '"StartTLS"', '"ssl"'),
    "tls_verify": ('"yes"',),
    "tls_verify_name": ('"a b"', "1"),
    "tls_ca_file": ('"../x"', "1"),
    "tls_ca_path": ('""', "1"),
    "tls_min_version": ("1.2", '"1.1"'),
    "tls_pins": ('"ab"', "[]"),
    "tls_certificate": ('"a/../b"',),
    "tls_privatekey": ("[]",),
    "dane": ("1",),
    "discard_ehlo_keywords": ('"CHUNKING"', "[]", "1"),
    "helo_data": ('"a b"',),
    "interface": ('"eth0"', "[]"),
    "connect_timeout": ("0", '"soon"', "1.5"),
    "command_timeout": ('"2 m"',),
    "data_timeout": ("-1",),
    "final_timeout": ("true",),
    "headers_add": ('"X: y"', "[]"),
    "headers_remove": ('"X"',),
    "return_path": ('"a"', "false"),
    "auth": ("true", '"ws1"', "[]"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in TRANSPORT_KEYS.items() for value in values])
def test_a_wrong_option_of_a_transport_is_told_with_line_and_key(key, value):
    assert where(mistake(RELAY + f"{key} = {value}\n")) == (4, f"transports.relay.{key}")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mechanisms = 1", "mechanisms"),
        ('mechanisms = ["PLAIN", "NTLM"]', "mechanisms[2]"),
        ("user = 1", "user"),
        ('user = ""', "user"),
        ("password_file = 1", "password_file"),
        ('password_file = "../../etc/shadow"', "password_file"),
        ('password_file = "credential:"', "password_file"),
        ('password_file = "credential:."', "password_file"),
        ('password_file = "credential:.."', "password_file"),
        ('password_file = "credential:a/b"', "password_file"),
        ('password_command = "echo x"', "password_command"),
        ("token_command = []", "token_command"),
        ('allow_plaintext = "yes"', "allow_plaintext"),
    ],
)
def test_a_wrong_option_of_auth_is_told_with_line_and_key(text, key):
    assert where(mistake(AUTH + text + "\n")) == (6, f"transports.relay.auth.{key}")
    inline = RELAY + f"auth = {{ {text} }}\n"
    assert where(mistake(inline)) == (4, f"transports.relay.auth.{key}")


ROUTER_KEYS = {
    "name": ("1", '"a b"', '"router1"'),
    "domains": ('"a"', "[]"),
    "local_parts": ("[]", "1"),
    "senders": ("true",),
    "callers": ('"alice"', "[]"),
    "check_local_user": ("1",),
    "headers_add": ("[]",),
    "headers_remove": ("[]",),
    "errors_to": ('"x"',),
    "more": ('"no"',),
    "allow_fail": ("1",),
    "allow_defer": ("1",),
    "file": ("1", '"aliases"', '"$home/.forward"'),
    "transport": ('"relay"',),
    "hosts": ('["a"]',),
    "data": ('["a"]', '"a"'),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in ROUTER_KEYS.items() for value in values])
def test_a_wrong_option_of_a_router_is_told_with_line_and_key(key, value):
    file = "" if key == "file" else '\nfile = "/x"'
    assert where(mistake(ROUTER + f'{key} = {value}\ndriver = "redirect"{file}')) == (9, f"routers[2].{key}")


@pytest.mark.parametrize(
    ("table", "line", "key"),
    [
        ("", 8, "routers[2].driver"),
        ("driver = 1", 9, "routers[2].driver"),
        ('driver = "queryprogram"', 9, "routers[2].driver"),
        ('driver = "accept"', 8, "routers[2].transport"),
        ('driver = "accept"\ntransport = "other"', 10, "routers[2].transport"),
        ('driver = "dnslookup"\ntransport = "other"', 10, "routers[2].transport"),
        ('driver = "accept"\ntransport = "relay"\nhosts = ["a"]', 11, "routers[2].hosts"),
        ('driver = "manualroute"\ntransport = "relay"', 8, "routers[2].hosts"),
        ('driver = "manualroute"\ntransport = "relay"\nhosts = ["a", 1]', 11, "routers[2].hosts[2]"),
        ('driver = "accept"\nfile = "/etc/aliases"', 10, "routers[2].file"),
        ('driver = "accept"\nallow_fail = true', 10, "routers[2].allow_fail"),
        ('driver = "redirect"', 8, "routers[2].file"),
    ],
)
def test_a_router_needs_what_its_driver_needs_and_has_nothing_of_another(table, line, key):
    assert where(mistake(ROUTER + table + "\n")) == (line, key)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("callers = []", "policies[1].callers"),
        ('callers = ["uid65519-61184"]', "policies[1].callers[1]"),
        ('callers = ["a", "uid1-4294967295"]', "policies[1].callers[2]"),
        ("allow = 1", "policies[1].allow"),
        ('recipients = ["x"]', "policies[1].recipients[1]"),
        ("senders = 1", "policies[1].senders"),
        ('message_size_limit = "x"', "policies[1].message_size_limit"),
        ("recipients_max = -1", "policies[1].recipients_max"),
        ('transport = "relay"', "policies[1].transport"),
    ],
)
def test_a_wrong_option_of_a_policy_is_told_with_line_and_key(table, key):
    assert where(mistake(RELAY + "[[policies]]\n" + table)) == (5, key)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("root = 1", "rewrite.root"),
        ('root = "admin"', "rewrite.root"),
        ('"*@host.local" = ""', 'rewrite."*@host.local"'),
        ('"root@host.local" = "*@example.net"', 'rewrite."root@host.local"'),
        ('root = "*@example.net"', "rewrite.root"),
        ('"^root" = "a@example.net"', "rewrite"),
        ('"!root" = "a@example.net"', "rewrite"),
        ('"a b" = "a@example.net"', "rewrite"),
        ('"a@" = "a@example.net"', "rewrite"),
        ('"" = "a@example.net"', "rewrite"),
        (f'"{"x" * 256}" = "a@example.net"', "rewrite"),
        (f'"a@{"x" * 253}" = "a@example.net"', "rewrite"),
    ],
)
def test_a_wrong_rule_for_rewriting_is_told_with_line_and_key(rule, key):
    assert where(mistake(RELAY + "[rewrite]\n" + rule)) == (5, key)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("", None, "transports", "[transports.NAME]"),
        ("[transports]\n", 1, "transports", "[transports.NAME]"),
        ("[transports.relay]\n", 1, "transports.relay.driver", "is missing"),
        ('[transports.relay]\ndriver = "lmtp"', 2, "transports.relay.driver", '"smtp"'),
        ('\n[transports.relay]\ndriver = "smtp"', 2, "transports.relay.hosts", "is missing"),
        (RELAY + "[transports.other]\ndriver = 'smtp'", None, "routers", "which one takes which addresses"),
        (RELAY + 'tls_privatekey = "k"', 1, "transports.relay.tls_certificate", "tls_privatekey"),
        (RELAY + "dane = true\ntls = 'none'", 4, "transports.relay.dane", "has no effect"),
        (RELAY + f"tls_pins = ['{'ab' * 32}']\ntls = 'none'", 4, "transports.relay.tls_pins", "has no effect"),
        (RELAY + "tls_certificate = 'a'\ntls = 'none'", 4, "transports.relay.tls_certificate", "has no effect"),
        (RELAY.replace('"]', '", "[::1]"]') + "dane = true", 3, "transports.relay.hosts[2]", "must be a name"),
        (AUTH + 'password_file = "x"', 5, "transports.relay.auth.user", "is missing"),
        (AUTH + 'user = "x"', 5, "transports.relay.auth.password_file", "is missing"),
        (
            AUTH + 'user = "x"\nmechanisms = ["EXTERNAL", "PLAIN"]',
            5,
            "transports.relay.auth.password_file",
            "is missing",
        ),
        (
            AUTH + 'user = "x"\npassword_file = "x"\ntoken_command = ["/x"]',
            8,
            "transports.relay.auth.token_command",
            "together with password_file",
        ),
        (
            RELAY + 'tls = "none"\nauth = { user = "x", password_file = "y" }',
            5,
            "transports.relay.auth",
            "allow_plaintext",
        ),
        (
            RELAY + 'requiretls = true\ndiscard_ehlo_keywords = ["DSN", "requiretls"]',
            5,
            "transports.relay.discard_ehlo_keywords",
            "requiretls = true needs",
        ),
        (
            RELAY + 'discard_ehlo_keywords = ["DSN", "starttls"]',
            4,
            "transports.relay.discard_ehlo_keywords[2]",
            "other than STARTTLS and AUTH",
        ),
        (RELAY + 'requiretls = true\ntls = "none"', 4, "transports.relay.requiretls", "needs TLS"),
        (RELAY + "tls_verify = false\nrequiretls = true", 5, "transports.relay.requiretls", "tls_verify = true"),
        (AUTH + PASSWORD + LOOKUP, 10, "routers[1].transport", "name a transport without auth"),
        (AUTH + 'mechanisms = ["EXTERNAL"]' + LOOKUP, 9, "routers[1].transport", "name a transport without auth"),
        (AUTH + PASSWORD + ELSEWHERE + LOOKUP, 16, "routers[2].transport", "name a transport without auth"),
    ],
)
def test_options_that_need_or_exclude_each_other_are_told(text, line, key, words):
    error = mistake(text)
    assert where(error) == (line, key)
    assert words in error.problem


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("qualfy_domain = 1\n" + RELAY, 1, "qualfy_domain", "did you mean qualify_domain?"),
        (RELAY + "conect-timeout = 1", 4, "transports.relay.conect-timeout", "did you mean connect_timeout?"),
        (AUTH + 'password = "x"', 6, "transports.relay.auth.password", "password_file"),
        (RELAY + "fallback_hosts = 1", 4, "transports.relay.fallback_hosts", "hosts"),
        ("queue_only = true\n" + RELAY, 1, "queue_only", "Gatepost has no queue"),
        ("frobnicate = 1\n" + RELAY, 1, "frobnicate", "is not an option here"),
        ("\n[transport.relay]\n" + RELAY, 2, "transport", "did you mean transports?"),
        ('[[routers]]\nbogus = 1\ndriver="accept"\ntransport="relay"\n' + RELAY, 2, "routers[1].bogus", "is not an"),
        (f"{'x' * 64} = 1\n" + RELAY, 1, "x" * 64, "is not an option here"),
        (f"{'x' * 65} = 1\n" + RELAY, 1, None, "contains an unknown key"),
        ('"hunter 2" = 1\n' + RELAY, 1, None, "contains an unknown key"),
        (RELAY + '"p@ss:word" = 1\n', 4, "transports.relay", "contains an unknown key"),
        ('[transports."p@ss"]\ndriver = 1\n', 1, "transports", "contains a transport name"),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_was_meant_unless_it_may_be_a_secret(text, line, key, words):
    error = mistake(text)
    assert where(error) == (line, key)
    assert words in error.problem
    assert "hunter" not in str(error)
    assert "p@ss" not in str(error)


def test_a_name_of_the_machine_that_is_no_domain_has_to_be_replaced():
    assert mistake(RELAY, MACHINE.replace(host_name=b"my?host")).key == "primary_hostname"
    assert mistake(RELAY, MACHINE.replace(host_name=b"")).key == "primary_hostname"
    assert mistake(RELAY, MACHINE.replace(mailname=b"two words")).key == "qualify_domain"
    assert mistake(RELAY, MACHINE.replace(mailname=b"\xff")).key == "qualify_domain"
