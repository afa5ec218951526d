"""newaliases, or -bi: the alias files are checked, and their entries counted; nothing is written."""

from __future__ import annotations

import pytest

from tests.system.world import ACCEPT, configure, protected_file, public_file, redirect


@pytest.fixture
def relay(smarthost):
    """Return a smart host that is never connected to."""
    host = smarthost()
    yield host
    host.settle()
    assert host.connections == 0


@pytest.fixture(params=["-bi", "newaliases"])
def check_aliases(request, installation, relay):
    """Return a function that checks the alias files, by the option or by the name, and returns status and answer."""

    def check(**options):
        if request.param == "newaliases":
            options["program"] = installation.prefix / "bin/newaliases"
            result = installation.send(**options)
        else:
            result = installation.send("-bi", **options)
        assert (result.stderr, result.log_lines) == ("", [])
        return result.status, result.stdout.splitlines()

    return check


@pytest.mark.parametrize(
    ("aliases", "status", "answer"),
    [
        ("root: carol@example.org\n", 0, "/etc/aliases: 1 entries"),
        ("# none\n\n", 0, "/etc/aliases: 0 entries"),
        ("a: b,\n c\n# c\n\nd: |/bin/cat\ne: :fail: no\n*: d\n", 0, "/etc/aliases: 4 entries"),
        ("a: b\nc: d@@e\n", 1, "/etc/aliases: line 2: "),
        ("a: b\n\nc:\n", 1, "/etc/aliases: line 3: the entry has no value"),
        (" a: b\n", 1, "/etc/aliases: line 1: the line does not begin with a key"),
        (None, 0, "no alias file is configured, and there is no /etc/aliases"),
    ],
)
def test_bi_counts_the_entries_or_says_where_one_is_wrong(installation, relay, check_aliases, aliases, status, answer):
    configure(installation, relay)
    told, lines = check_aliases(etc={"aliases": aliases})
    assert (told, len(lines)) == (status, 1)
    assert lines[0].startswith(answer)


def test_bi_checks_every_alias_file(installation, relay, check_aliases):
    good = public_file(installation, "good.aliases", "a: b\nc: d\n")
    bad = public_file(installation, "bad.aliases", "a: b\nc: d@@\n")
    last = protected_file(installation, "last.aliases", "a: b\n")
    routers = [redirect(file, name=f"aliases{number}") for number, file in enumerate((good, bad, last, good))]
    configure(installation, relay, [*routers, ACCEPT])
    status, lines = check_aliases()
    assert (status, len(lines)) == (1, 3)
    assert (lines[0], lines[2]) == (f"{good}: 2 entries", f"{last}: 1 entries")
    assert lines[1].startswith(f"{bad}: line 2: ")


@pytest.mark.parametrize(("caller", "answer"), [("alice", "an entry is wrong"), ("root", "line 2: ")])
def test_bi_tells_of_a_protected_file_what_the_caller_may_read(installation, relay, check_aliases, caller, answer):
    file = protected_file(installation, "private.aliases", "a: b\nc: secret@@\n")
    configure(installation, relay, [redirect(file), ACCEPT])
    status, lines = check_aliases(user=caller)
    assert status == 1
    assert lines[0].startswith(f"{file}: {answer}")


def test_bi_finds_a_file_wrong_that_is_configured_and_not_there(installation, relay, check_aliases):
    file = str(installation.sysconfdir / "no.aliases")
    configure(installation, relay, [redirect(file), ACCEPT])
    assert check_aliases() == (1, [f"{file}: does not exist"])
