"""The same messages through another sendmail, and through ours with the configuration that was carried over.

They have to arrive alike: envelope, address in From:, TLS, login and EHLO. What differs has to have been said.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helper.config.schema import MAIN
from tests.packages.peers import systems_with_peers
from tests.packages.programs import Watched, lay_out, letters_of, listening, send_all
from tests.packages.system import System, copy_system
from tests.support.moves import SYSTEM, Move
from tests.support.moves.every import EVERY

KNOWN = {option.name for option in MAIN}
COMPARED = [
    move
    for move in EVERY
    if move.compared and not move.refused and ("from_override" in KNOWN or "from_override = true" not in move.written)
]
# What a move may change where the peer says so, as Move.differs names it.
NAMED = {"sender": "sender", "from": "author", "recipients": "recipients", "helo": "helo", "login": "login"}
COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counts() -> Iterator[None]:
    """Say how many there were at the end."""
    yield
    print(f"\nconfigurations of other sendmails: {dict(COUNTS)}")


@pytest.fixture(scope="module")
def peer(place: Path, ready_system: System) -> Iterator[Callable[[str], System]]:
    """Return a system with a peer, whose configurations come and go."""
    with systems_with_peers(place, ready_system) as having:
        yield having


@pytest.fixture(scope="module")
def moved_to(place: Path, ready_system: System, package: Path) -> Iterator[System]:
    """A system with Gatepost, whose configuration comes and goes as well."""
    system = copy_system(ready_system, place / "moved-to")
    system.install(package)
    yield system
    shutil.rmtree(system.root)


def prepared(system: System, move: Move, port: int) -> None:
    """Lay out a configuration in a system that holds no other of that peer's."""
    for name in ("etc/aliases", "etc/exim4/exim4.conf"):
        (system.root / name).unlink(missing_ok=True)
    (system.root / "etc/email-addresses").write_text("")  # which Exim misses where it is not there
    if move.peer == "nullmailer":
        shutil.rmtree(system.root / "etc/nullmailer", ignore_errors=True)
    names = {name: text for name, text in SYSTEM.items() if name != "etc/passwd"}
    lay_out(system, names | dict(move.files), port)


@pytest.mark.parametrize("move", COMPARED, ids=str)
def test_the_same_arrives(peer, moved_to, smarthost, move):
    logins: list[tuple[bytes, ...]] = []
    auth = {"anybody": "x"} if move.secrets else None
    host = smarthost(
        tls=move.tls,
        auth=auth,
        mechanisms=move.offers,
        sasl=listening(logins),
        allow_plaintext_auth=True,
        expect_violations=True,
    )
    watched = Watched(host, logins)
    theirs_system = peer(move.peer)
    prepared(theirs_system, move, host.port)
    said = send_all(theirs_system, move.peer, letters_of(move))
    theirs = watched.letters()
    assert "plain" in theirs, said

    for each in (host.messages, host.sessions, logins):
        each.clear()
    prepared(moved_to, move, host.port)
    moved = moved_to.run("gatepost", "migrate", move.peer, "--force", *move.arguments)
    assert moved.returncode == 0, moved.stderr.decode()
    said = send_all(moved_to, "gatepost", letters_of(move))
    ours = watched.letters()
    allowed = {NAMED[name] for name in move.differs if name in NAMED}
    for name, letter in theirs.items():
        assert name in ours, said
        differences = ours[name].differences(letter)
        assert not differences.keys() - allowed, f"{name}: {differences}"
    COUNTS[f"{move.peer}: the same arrives"] += 1
