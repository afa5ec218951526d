"""A send without privilege begins only where there is none."""

from __future__ import annotations

import struct

import pytest

from helper.failure import SystemFault
from helper.unprivileged.refuse_rights import AT_SECURE, auxiliary_vector, refuse_lent_rights, refuse_secure_execution

ALICE, MAIL, ROOT = 1001, 997, 0


@pytest.mark.parametrize(("users", "groups"), [((ALICE,) * 3, (ALICE,) * 3), ((ALICE,) * 3, (ROOT,) * 3)])
def test_an_ordinary_caller_is_welcome(users, groups):
    refuse_lent_rights(users, groups)


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("lent", [MAIL, ROOT])
def test_one_id_that_differs_is_refused(at, lent):
    ids = [ALICE, ALICE, ALICE]
    ids[at] = lent
    for users, groups in ((ids, (ALICE,) * 3), ((ALICE,) * 3, ids)):
        with pytest.raises(SystemFault, match="never used with another user's rights"):
            refuse_lent_rights(users, groups)


def test_root_is_refused():
    with pytest.raises(SystemFault, match="root must use the installed sendmail"):
        refuse_lent_rights((ROOT,) * 3, (ROOT,) * 3)


def vector(*pairs):
    return b"".join(struct.pack("@NN", *pair) for pair in pairs)


@pytest.mark.parametrize(
    "octets",
    [b"", vector((AT_SECURE, 0)), vector((6, 4096), (AT_SECURE, 0), (0, 0)), vector((6, AT_SECURE), (1, AT_SECURE))],
)
def test_without_secure_execution_nothing_is_refused(octets):
    refuse_secure_execution(octets)


@pytest.mark.parametrize("octets", [vector((AT_SECURE, 1)), vector((6, 4096), (AT_SECURE, 1), (0, 0))])
def test_secure_execution_is_refused(octets):
    with pytest.raises(SystemFault, match="secure-execution mode"):
        refuse_secure_execution(octets)


def test_the_kernel_has_told_this_process_whether_it_is_in_secure_execution():
    octets = auxiliary_vector()
    keys = [key for key, _ in struct.iter_unpack("@NN", octets)]
    assert AT_SECURE in keys
    refuse_secure_execution(octets)
