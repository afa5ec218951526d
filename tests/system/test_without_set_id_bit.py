"""A launcher without its set-id bit: sends are personal then, and only then (contract, section 10)."""

from __future__ import annotations

import pytest

from tests.support.installation import write
from tests.system.outcome import assert_sent

MESSAGE = b"Subject: hello\n\nhello\n"
ONE = ("carol@example.org",)
NO_NEW_PRIVS = ("/usr/bin/setpriv", "--no-new-privs")


@pytest.fixture
def without_bit(installation):
    """Take the set-id bit away from the launcher."""
    installation.mode(0o755)


@pytest.mark.parametrize("variable", ["HOME", "XDG_CONFIG_HOME"])
def test_without_the_bit_the_callers_own_configuration_is_used(personal, own_host, without_bit, variable):
    env = {} if variable == "HOME" else {"HOME": "/nonexistent", variable: str(personal.home / ".config")}
    assert_sent(personal.send(*ONE, stdin=MESSAGE, env=env), own_host, ONE)


@pytest.mark.parametrize("env", [{"HOME": ""}, {"HOME": "here"}, {"XDG_CONFIG_HOME": "here"}])
def test_what_is_no_absolute_path_is_ignored(personal, own_host, without_bit, env):
    assert_sent(personal.send(*ONE, stdin=MESSAGE, env=env), own_host, ONE)


def test_without_the_bit_no_new_privs_takes_nothing_away(personal, own_host, without_bit):
    assert_sent(personal.send(*ONE, stdin=MESSAGE, through=NO_NEW_PRIVS), own_host, ONE)


def test_without_the_bit_the_installations_own_is_used_where_the_caller_has_none(personal, smarthost, without_bit):
    host = smarthost()
    installation = personal.installation
    text = installation.relay_configuration(host, {"log": str(personal.log)})
    personal.write(personal.log, "")
    write(installation.configuration, text, 0, 0, 0o644)
    assert_sent(personal.send(*ONE, stdin=MESSAGE), host, ONE)


@pytest.mark.parametrize(("content", "mode"), [("wrong", 0o600), ("", 0o622)], ids=["wrong", "writable-by-others"])
def test_an_own_configuration_that_is_not_fit_is_told_and_not_passed_over(
    personal, smarthost, without_bit, content, mode
):
    host = smarthost()
    write(personal.installation.configuration, personal.installation.relay_configuration(host), 0, 0, 0o644)
    personal.write(personal.configuration, content, mode)
    result = personal.send(*ONE, stdin=MESSAGE)
    assert result.reason.startswith((f"{personal.configuration}, line 1", f"{personal.configuration}: can be written"))
    assert host.connections == 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "cannot be read: Permission denied"),
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
    ],
    ids=["unreadable", "missing"],
)
def test_where_there_is_no_configuration_both_places_are_named(personal, without_bit, make, told):
    make(personal.installation.configuration)
    result = personal.send(*ONE, stdin=MESSAGE)
    assert result.status == 1
    assert result.reason == (
        f"{personal.configuration}: does not exist, and {personal.installation.configuration} {told} "
        f"(without the set-id bit of {personal.installation.launcher}, each caller needs a configuration)"
    )


def test_with_the_bit_no_configuration_of_the_callers_own_is_looked_for(personal, own_host, smarthost):
    system = smarthost()
    personal.installation.configure_relay(system)
    result = personal.installation.send(*ONE, stdin=MESSAGE)
    assert_sent(result, system, ONE)
    assert own_host.connections == 0


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_where_the_kernel_takes_the_bits_effect_away_that_is_told_and_nothing_else_is_tried(personal, own_host, mode):
    personal.installation.mode(mode)
    result = personal.send(*ONE, stdin=MESSAGE, through=NO_NEW_PRIVS)
    assert result.reason.startswith("no_new_privs is set for this process")
    assert own_host.connections == 0
