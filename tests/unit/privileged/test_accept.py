"""Who may be at the other end of gatepost.socket, and what a helper there has to be started as."""

from __future__ import annotations

import pytest

from helper.failure import NotPermitted, SystemFault
from helper.privileged.accept import OVERFLOW_UID, check_activation, refuse_stranger

MINE = {"LISTEN_FDS": "1", "LISTEN_PID": "4711"}
NOBODY = frozenset((OVERFLOW_UID,))


def test_the_one_connection_that_was_handed_to_this_process_is_taken():
    check_activation(MINE, 4711)


@pytest.mark.parametrize(
    "environment",
    [{}, MINE | {"LISTEN_PID": "4712"}, MINE | {"LISTEN_FDS": "2"}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "4711"}],
)
def test_any_other_is_not(environment):
    with pytest.raises(SystemFault, match="not by hand"):
        check_activation(environment, 4711)


@pytest.mark.parametrize("uid", [0, 1000, OVERFLOW_UID - 1, OVERFLOW_UID + 1, (1 << 32) - 2])
def test_who_has_a_uid_of_their_own_may_send(uid):
    refuse_stranger(uid, NOBODY)


@pytest.mark.parametrize(
    ("uid", "overflow"), [(OVERFLOW_UID, NOBODY), (4242, NOBODY | {4242}), ((1 << 32) - 1, NOBODY)]
)
def test_a_uid_that_stands_for_many_users_or_none_may_not(uid, overflow):
    with pytest.raises(NotPermitted, match=f"uid {uid}"):
        refuse_stranger(uid, overflow)
