from __future__ import annotations

import pytest

from helper.config import schema
from helper.config.values import Authentication, Configuration, Policy, Router, Transport

TABLES = [
    (schema.MAIN, Configuration),
    (schema.TRANSPORT, Transport),
    (schema.AUTHENTICATION, Authentication),
    (schema.ROUTER, Router),
    (schema.POLICY, Policy),
    *((options, Router) for options in schema.DRIVERS.values()),
]
EVERY_OPTION = [(option, record) for options, record in TABLES for option in options]


@pytest.mark.parametrize(("option", "record"), EVERY_OPTION, ids=lambda part: getattr(part, "name", ""))
def test_every_option_has_a_place_in_its_value_and_a_sentence_for_the_manual(option, record):
    assert (option.field or option.name) in record._fields
    assert option.meaning.endswith(".")
    assert option.shape.words


WITH_DEFAULT = [(option, record) for option, record in EVERY_OPTION if option.default is not None]


@pytest.mark.parametrize(("option", "record"), WITH_DEFAULT, ids=lambda part: getattr(part, "name", ""))
def test_the_default_in_the_words_of_the_file_is_the_default_of_the_value(option, record):
    assert option.shape.parse(option.default) == getattr(record, option.field or option.name)


@pytest.mark.parametrize("record", [Transport, Authentication, Router, Policy, Configuration])
def test_every_field_can_be_set_by_an_option(record):
    beyond = {"name", "auth", "transports", "routers", "rewrite", "policies"}
    options = {option.field or option.name for option, of in EVERY_OPTION if of is record}
    assert set(record._fields) - options <= beyond
