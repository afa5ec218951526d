"""A promise, and the result of attacking it."""

from __future__ import annotations

from collections.abc import Callable

from admin.finding import FAILS, HOLDS, WARN, Caution, Finding, reason
from admin.selftest.attacker import Attacker
from helper.failure import Failure
from helper.record import Record


class Proof(Record):
    """A promise in which `{user}` is the attacker; the attack returns the ways in which it succeeded.

    It raises Caution if this machine does not allow it to be tried, another Failure if it comes to nothing.
    """

    subject: str
    promise: str
    attack: Callable[[Attacker], list[str]]


def examine(proof: Proof, attacker: Attacker) -> Finding:
    """Attack, and return the finding. An attack that could not be carried out counts as a failed promise."""
    login = attacker.who.pw_name
    promise = proof.promise.format(user=login)
    try:
        ways = proof.attack(attacker)
    except Caution as caution:
        return Finding(WARN, proof.subject, f"{promise}: cannot be tried here: {caution.problem}")
    except Failure as failure:
        return Finding(FAILS, proof.subject, f"{promise}: not proved: {reason(failure)}")
    except OSError as error:
        return Finding(FAILS, proof.subject, f"{promise}: not proved: {error}")
    if ways:
        return Finding(
            FAILS, proof.subject, f"{promise}: broken by: {', '.join(ways)}", {"user": login, "broken_by": ways}
        )
    return Finding(HOLDS, proof.subject, promise, {"user": login, "broken_by": []})
