from __future__ import annotations

import pytest

from helper.record import Record
from helper.secret import Secret


class Mail(Record):
    sender: str
    size: int = 7


def test_fields_are_given_by_place_or_by_name():
    assert Mail("a", 2) == Mail(size=2, sender="a")
    assert Mail("a").size == 7
    assert Mail("a").replace(size=9) == Mail("a", 9)
    assert repr(Mail("a")) == "Mail(sender='a', size=7)"
    assert hash(Mail("a")) == hash(Mail("a", 7))
    assert Mail("a") != Mail("b")


@pytest.mark.parametrize("build", [lambda: Mail(), lambda: Mail("a", 1, 2), lambda: Mail("a", colour=1)])
def test_a_missing_a_surplus_or_an_unknown_field_is_refused(build):
    with pytest.raises(TypeError):
        build()


def test_a_value_cannot_be_changed():
    mail = Mail("a")
    with pytest.raises(AttributeError):
        mail.size = 8
    with pytest.raises(AttributeError):
        del mail.size


def test_a_secret_is_not_shown_and_can_be_forgotten():
    secret = Secret(b"hunter2")
    assert "hunter2" not in f"{secret!r} {secret} {[secret]}"
    assert secret.reveal() == b"hunter2"
    secret.forget()
    assert secret.reveal() == b""
