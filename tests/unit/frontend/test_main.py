from __future__ import annotations

import pytest

from frontend.main import confess
from helper import status


@pytest.mark.parametrize(("may_be_sent", "outcome"), [(False, "not sent"), (True, "may have been sent")])
def test_a_defect_is_told_in_one_line_that_claims_nothing_unknown(capfd, may_be_sent, outcome):
    def fail() -> None:
        raise MemoryError("hunter2\n\x1b[31m")

    with pytest.raises(MemoryError) as caught:
        fail()
    assert confess(caught.value, may_be_sent) == status.FAILED
    line = capfd.readouterr().err
    assert line.startswith(f"sendmail: {outcome}: a defect in Gatepost: MemoryError at test_main.py:")
    assert line.count("\n") == 1
    assert "hunter2" not in line
