"""K10: who writes an address in another way evades no pattern, and no list."""

from __future__ import annotations

import pytest

from tests.system.world import ACCEPT, configure, public_file, redirect

MESSAGE = b"Subject: hello\n\nhello\n"
PATTERNS = [
    "!*@xn--bcher-kva.example",
    "!*@*.straße.example.",
    "!zoë@example.org",
    "!max@example.org",
    "!a..b@example.org",
    "!adm*@example.org",
    "*",
]
EVASIONS = [
    "u@bücher.example",
    "u@BÜCHER.EXAMPLE",
    "u@bu\u0308cher.example",
    "u@BU\u0308CHER.example",
    "u@XN--Bcher-KVA.example",
    "u <@relay.example:u@bücher.example>",
    '"u"@bücher . example',
    "u@www.STRAßE.example",
    "zoë@example.org",
    "ZOË@example.org",
    "zoe\u0308@example.org",
    '"zoe\u0308"@Example.Org',
    '"max"@example.org',
    '"m\\ax"@EXAMPLE.ORG',
    "a..b@example.org",
    '"adm in"@example.org',
]
WITHOUT_ONE_SPELLING = {
    "helper/address.py": {"        if not (local_part.isascii() and domain.isascii()):\n": "        if False:\n"}
}


@pytest.mark.parametrize("where", ["argument", "header", "alias"])
def test_no_spelling_evades_a_policy(installation, smarthost, where):
    """All at once by -bv, which says what a send would; one is sent, to see that it is so."""
    host = smarthost()
    names = [f"alias{number}" for number in range(len(EVASIONS))]
    aliases = public_file(installation, "aliases", "".join(f"{a}: {b}\n" for a, b in zip(names, EVASIONS, strict=True)))
    routers = [redirect(aliases, domains=["example.net"]), ACCEPT]
    configure(installation, host, routers, policies=[{"recipients": PATTERNS}])
    asked = installation.send("-bv", *(names if where == "alias" else EVASIONS), "free@example.org")
    *refused, last = asked.stdout.splitlines()
    assert (asked.status, last, len(refused)) == (1, "free@example.org: verified", len(EVASIONS))
    assert all(" may not send to <" in line for line in refused)
    arguments = {"argument": [EVASIONS[0]], "header": ["-t"], "alias": [names[0]]}[where]
    message = f"To: {EVASIONS[0]}\n".encode() + MESSAGE
    result = installation.send(*arguments, stdin=message)
    assert (result.status, host.connections) == (1, 0)
    assert "may not send to <u@xn--bcher-kva.example>" in result.reason


def test_no_spelling_evades_a_condition_an_alias_or_a_rewriting(installation, smarthost):
    host = smarthost()
    aliases = public_file(installation, "aliases", "ZOE\u0308: caught@example.org\n")
    routers = [
        redirect(aliases, domains=["Bücher.example."]),
        {"driver": "redirect", "local_parts": ["zoe\u0308"], "data": [":fail: caught"], "allow_fail": True},
        ACCEPT,
    ]
    rewrite = {"*@bücher.example": "rewritten@example.net"}
    configure(installation, host, routers, rewrite=rewrite, main={"untrusted_set_sender": ["*@bücher.example"]})
    asked = installation.send("-bt", "zoë@bu\u0308cher.example")
    assert "caught@example.org (from " in asked.stdout
    assert "caught" in installation.send("-bt", "ZOË@example.org").stdout
    sent = installation.send("-f", "x@BÜCHER.example", "u@bücher.example", "u@XN--BCHER-KVA.EXAMPLE", stdin=MESSAGE)
    assert (sent.status, host.message.addresses) == (0, [b"u@xn--bcher-kva.example"])
    assert host.message.reverse_path == b"rewritten@example.net"


@pytest.mark.parametrize("address", ["u@\ufb01.example", "u@bücher。example", "u@bu\u00adcher\u00e9.example"])
def test_a_domain_without_a_labels_goes_nowhere(installation, smarthost, address):
    host = smarthost()
    configure(installation, host)
    result = installation.send(address, stdin=MESSAGE)
    assert (result.status, host.connections) == (1, 0)
    assert "cannot be put into ASCII" in result.reason


@pytest.mark.parametrize(
    "pattern", ["^.*@bücher\\.example$", "*@*bücher.example", "!*@\ufb01.example", '"^a"@example.org']
)
def test_a_pattern_that_could_not_mean_what_it_says_is_refused(installation, smarthost, pattern):
    configure(installation, smarthost(), policies=[{"recipients": [pattern]}])
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert result.status == 1
    assert f"{installation.configuration}, line " in result.reason


def test_control_without_one_spelling_the_policy_is_evaded(weakened, smarthost):
    installation = weakened(WITHOUT_ONE_SPELLING)
    host = smarthost()
    configure(installation, host, policies=[{"recipients": PATTERNS}])
    assert installation.send("-bv", EVASIONS[0]).status == 0
    assert installation.send(EVASIONS[0], stdin=MESSAGE).status == 0 or host.violations
