"""Each configuration that does not say what was meant is found, with a remedy that can be typed in and helps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from admin.correction.edit import Source
from admin.correction.mistakes import read_whole
from admin.keywords import check_keywords
from admin.limits import check_limits
from admin.matching import check_matching
from admin.plausibility import check_plausibility
from admin.unroutable import check_order
from admin.unused import check_unused
from helper.config.configuration import parse_configuration
from tests.support.broken_configurations import MEANT_OTHERWISE, REFUSED
from tests.support.remedies import commands_of, opens_editor, type_in
from tests.unit.config.sample import FULL, MACHINE, SMALLEST

LOOKS = (check_plausibility, check_matching, check_limits, check_unused, check_order)
SECRET = "canary-secret"


def look(file: Path):
    """Return what is found in a file, but for what is ok."""
    source = Source(str(file), file.read_bytes())
    reading = read_whole(source, MACHINE)
    if reading.configuration is None:
        return list(reading.findings)
    found = [each for look in LOOKS for each in look(reading.configuration, reading.source)]
    return [*reading.findings, *found, *check_keywords(reading.configuration.transports, reading.source)]


@pytest.fixture
def file(tmp_path):
    """A file whose name the shell would take apart."""
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    return folder / "gatepost.toml"


def type_in_and_look_again(file, findings):
    """Type in what can be, and return what is found once more of the same."""
    told = set()
    for each in findings:
        assert all(shutil.which(program) or program == "${EDITOR:-vi}" for program in commands_of(each.remedy)), each
        assert SECRET not in each.line
        if not opens_editor(each.remedy):
            type_in(each.remedy)
            told.add(each.text)
    return [each for each in look(file) if each.text in told]


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_parser_refuses_is_found_with_a_remedy(name, file):
    file.write_text(REFUSED[name])
    findings = look(file)
    assert findings
    assert (findings[0].word, findings[0].subject) == ("wrong", "configuration")
    assert type_in_and_look_again(file, findings) == []
    if findings and not any(opens_editor(each.remedy) for each in findings):
        assert [each.line for each in look(file) if each.subject == "configuration"] == []


@pytest.mark.parametrize("name", MEANT_OTHERWISE)
def test_what_cannot_be_meant_is_found_with_a_remedy(name, file):
    text, word, subject = MEANT_OTHERWISE[name]
    file.write_text(text)
    findings = look(file)
    assert (word, subject) in [(each.word, each.subject) for each in findings], findings
    assert type_in_and_look_again(file, findings) == []


def test_all_are_found(file, capsys):
    """110 at least, of which so many are mended by what is typed in."""
    cases = [*REFUSED.values(), *(text for text, _, _ in MEANT_OTHERWISE.values())]
    found = mended = 0
    for text in cases:
        file.write_text(text)
        findings = look(file)
        found += bool(findings) and all(each.remedy for each in findings)
        mended += not any(opens_editor(each.remedy) for each in findings)
    with capsys.disabled():
        print(f"\nfound {found} of {len(cases)} broken configurations; {mended} are mended by their remedies alone")
    assert found == len(cases) >= 110


@pytest.mark.parametrize("text", [SMALLEST, FULL.replace("transports.token", "transports.x").replace('"token"', '"x"')])
def test_what_is_right_is_no_mistake(text, file):
    file.write_text(text)
    assert read_whole(Source(str(file), file.read_bytes()), MACHINE).findings == ()


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_coding_is_found_and_converted(coding, file):
    file.write_bytes((SMALLEST + "# b\u00fccher\n").encode(coding))
    (finding,) = look(file)
    assert type_in_and_look_again(file, [finding]) == []
    assert look(file) == []


SEVERAL = """\
qualfy_domain = "example.net"
message_size_limit = "50MB"
log = "stderr"
[transports.relay]
hosts = "smtp.example.net"
port = "587"
tls_verify = "yes"
conect_timeout = "30s"
[[routers]]
driver = "accept"
transport = "realy"
[[policies]]
allow = "no"
callers = "root"
"""


def test_all_mistakes_are_told_at_once_and_mended_in_one_go(file):
    file.write_text(SEVERAL)
    findings = look(file)
    keys = [each.text.split(": ")[1] for each in findings if each.subject == "configuration"]
    relay = ("hosts", "port", "tls_verify", "conect_timeout", "driver")
    wrong = ("qualfy_domain", "message_size_limit", "log", "routers[1].transport", "policies[1].allow")
    assert sorted(keys) == sorted([*wrong, "policies[1].callers", *(f"transports.relay.{key}" for key in relay)])
    assert not any(opens_editor(each.remedy) for each in findings)
    for each in findings:
        type_in(each.remedy)
    assert look(file) == []
    configuration = parse_configuration(file.read_bytes(), str(file), MACHINE)
    assert (configuration.transports[0].port, configuration.policies[0].callers) == (587, (b"root",))


def test_mistakes_can_be_mended_in_any_order(file):
    """No remedy moves a line that another one names, but for those that are told last."""
    file.write_text(SEVERAL)
    findings = look(file)
    for each in [*reversed(findings[:-1]), findings[-1]]:
        type_in(each.remedy)
    assert look(file) == []


def test_the_corrected_line_stands_in_the_remedy(file):
    file.write_text(REFUSED["port in quotes"])
    (finding,) = look(file)
    assert "port = 25870" in finding.remedy
    file.write_text(REFUSED["hosts no list"])
    (finding,) = look(file)
    assert 'hosts = ["smtp.example.net:587"]' in finding.remedy


def test_a_password_in_the_configuration_is_put_where_it_belongs(file):
    file.write_text(REFUSED["auth with the password itself"])
    (finding,) = look(file)
    type_in(finding.remedy)
    secret = file.parent / "secrets/relay.password"
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == (f"{SECRET}\n", 0o600)
    assert SECRET not in file.read_text()
    assert look(file) == []


CREDENTIALS = ("user", "password_file", "password_command", "token_command", "password", "pasword", "token", "x-y")
VALUES = (
    f'"{SECRET}"',
    f'["{SECRET}"]',
    f'["/bin/echo", "{SECRET}", 1]',
    f'{{ a = "{SECRET}" }}',
    f"{SECRET}",
    f"'{SECRET}",
)


@pytest.mark.parametrize("key", CREDENTIALS)
@pytest.mark.parametrize("value", VALUES)
def test_what_can_hold_a_credential_is_never_shown(key, value, file):
    others = {"user": 'user = "a"', "password_file": 'password_file = "x"'}
    for others_given in (others, {}):
        given = [line for name, line in others_given.items() if name != key]
        for text in (
            with_table([*given, f"{key} = {value}"]),
            f"{SMALLEST}{key} = {value}\n",
            f"{key} = {value}\n{SMALLEST}",
            SMALLEST.replace("auth = {", f"auth = {{ {key} = {value},"),
        ):
            file.write_text(text)
            assert not any(SECRET in each.line for each in look(file)), text


def with_table(lines):
    return SMALLEST.partition("auth = ")[0] + "[transports.relay.auth]\n" + "\n".join([*lines, ""])
