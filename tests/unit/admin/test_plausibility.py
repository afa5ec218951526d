"""What `check` finds in configurations that can be obeyed and cannot have been meant; and what it must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin.correction.edit import Source
from admin.plausibility import check_plausibility
from admin.unroutable import check_order
from helper.config.configuration import parse_configuration
from tests.support.remedies import opens_editor, type_in
from tests.unit.config.sample import MACHINE

MAIN = 'qualify_domain = "example.net"\n'
TRANSPORT = '[transports.relay]\ndriver = "smtp"\n'
AUTH = 'auth = { user = "a", password_file = "x" }\n'
OPEN_AUTH = 'auth = { user = "a", password_file = "x", allow_plaintext = true }\n'
HOST = 'hosts = ["smtp.example.net"]\n'
ACCEPT = '[[routers]]\nname = "all"\ndriver = "accept"\ntransport = "relay"\n'
REDIRECT = '[[routers]]\nname = "aliases"\ndriver = "redirect"\nfile = "/etc/aliases"\n'


def found(text, folder):
    """Return what is found: verdict, subject, and the line that stands in the file once the remedy was typed in."""
    source = Source(str(folder / "gatepost.toml"), text.encode())
    configuration = parse_configuration(text.encode(), source.file, MACHINE)
    findings = [each for look in (check_plausibility, check_order) for each in look(configuration, source)]
    return [(each.word, each.subject, line_after(each.remedy, source)) for each in findings]


def line_after(remedy, source):
    path = Path(source.file)
    path.write_bytes(source.octets)
    if opens_editor(remedy):
        return ""
    type_in(remedy)
    return next((line for line in path.read_text().split("\n") if line not in source.text.split("\n")), "")


def with_main(main):
    return f"{main}\n{TRANSPORT}{HOST}"


def with_hosts(line):
    return f"{MAIN}{TRANSPORT}{line}\n"


def with_rules(rules):
    return f"{MAIN}{TRANSPORT}{HOST}{rules}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (with_hosts('hosts = ["smtp.example.net:465"]'), ("wrong", "port", 'tls = "implicit"')),
        (with_hosts('hosts = ["smtp.example.net:submissions"]'), ("wrong", "port", 'tls = "implicit"')),
        (with_hosts('hosts = ["127.0.0.1"]\nport = 465'), ("wrong", "port", 'tls = "implicit"')),
        (with_hosts('hosts = ["mx:example.net:465"]'), ("wrong", "port", 'tls = "implicit"')),
        (with_hosts('hosts = ["a.example:465"]\ntls = "none"'), ("wrong", "port", 'tls = "implicit"')),
        (with_hosts('hosts = ["a.example:587"]\ntls = "implicit"'), ("wrong", "port", 'tls = "starttls"')),
        (with_hosts('hosts = ["a.example:25"]\ntls = "implicit"'), ("wrong", "port", 'tls = "starttls"')),
        (with_hosts(f"{HOST}tls_verify = false\n{AUTH}"), ("warn", "auth", "tls_verify = true")),
        (with_hosts(f'{HOST}tls = "none"\n{OPEN_AUTH}'), ("warn", "auth", 'tls = "starttls"')),
        *(
            (
                with_main(f'qualify_domain = "{domain}"'),
                ("warn", "qualify_domain", 'qualify_domain = "ws1.example.org"'),
            )
            for domain in ("localhost", "localhost.localdomain", "ws1", "gmail.com", "Outlook.com")
        ),
        (
            with_main('qualify_domain = "example.net"\nqualify_recipient = "gmail.com"'),
            ("warn", "qualify_recipient", 'qualify_recipient = "ws1.example.org"'),
        ),
        (
            with_main('qualify_domain = "example.net"\nprimary_hostname = "ws1"'),
            ("warn", "primary_hostname", 'primary_hostname = "ws1.example.net"'),
        ),
        (with_main(f'{MAIN}trusted_users = ["nobody-has-it"]'), ("warn", "names", "")),
        (with_main(f'{MAIN}trusted_groups = ["nobody-has-it"]'), ("warn", "names", "")),
        (with_rules('[[policies]]\ncallers = ["alcie"]\nallow = false\n'), ("warn", "names", "")),
        (with_rules('[[policies]]\ncallers = ["root", "@no-such"]\n'), ("warn", "names", "")),
        (
            with_rules(f'{ACCEPT}callers = ["alcie"]\n{REDIRECT}{ACCEPT}'.replace('"all"', '"some"', 1)),
            ("warn", "names", ""),
        ),
        (with_rules("[[policies]]\nallow = false\n"), ("wrong", "policies", "")),
        (
            with_rules('[[policies]]\ncallers = ["root"]\nallow = false\n[[policies]]\nallow = false\n'),
            ("wrong", "policies", ""),
        ),
        (with_rules(ACCEPT + REDIRECT), ("wrong", "routers", "")),
        (with_rules(f'{ACCEPT}domains = ["*.net"]\n{REDIRECT}'), ("wrong", "routers", "")),
    ],
)
def test_what_cannot_be_meant_is_found(text, expected, tmp_path):
    assert found(text, tmp_path) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        with_hosts(HOST + AUTH),
        with_hosts(f'hosts = ["a.example:465"]\ntls = "implicit"\n{AUTH}'),
        with_hosts(f'hosts = ["a.example"]\ntls = "implicit"\n{AUTH}'),
        with_hosts('hosts = ["a.example:2525", "a.example:25", "a.example:submission", "srv:a.example"]'),
        with_hosts(f'hosts = ["127.0.0.1:465"]\ntls = "none"\n{OPEN_AUTH}'),
        with_hosts(f'{HOST}tls_verify = false\ntls_pins = ["{"ab" * 32}"]\n{AUTH}'),
        with_hosts(f"{HOST}tls_verify = false\n"),
        with_main(f'{MAIN}trusted_users = ["root"]\ntrusted_groups = ["root"]'),
        with_rules('[[policies]]\ncallers = ["root", "@root", "uid61184-65519"]\n[[policies]]\nallow = false\n'),
        with_rules('[[policies]]\ncallers = ["root"]\nallow = false\n'),
        with_rules(REDIRECT + ACCEPT),
        with_rules(f'{ACCEPT}domains = ["elsewhere.example"]\n{REDIRECT}'),
        with_rules(f'{ACCEPT}local_parts = ["x"]\n{REDIRECT}'),
    ],
)
def test_what_is_sane_is_left_alone(text, tmp_path):
    assert found(text, tmp_path) == []
