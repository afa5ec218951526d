"""A helper that stays the service user reads what every helper needs, but for the folder of ours."""

from __future__ import annotations

import pytest

from helper.sandbox.confine import around


@pytest.fixture
def etc(tmp_path):
    for folder in ("gatepost/secrets", "ssl/certs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "hosts").touch()
    (tmp_path / "way-back").symlink_to("gatepost")
    return tmp_path


def paths(kept_back, path):
    return sorted(around(str(kept_back), str(path)))


def test_all_else_in_a_folder_is_read(etc):
    assert paths(etc / "gatepost", etc) == [str(etc / "hosts"), str(etc / "ssl")]


def test_so_it_is_on_the_whole_way_to_it(etc):
    assert paths(etc / "ssl/certs", etc) == [str(etc / "gatepost"), str(etc / "hosts")]


def test_the_root_is_on_every_way(etc):
    assert str(etc) not in paths(etc, "/")


@pytest.mark.parametrize("name", ["hosts", "ssl", "gatepost/secrets", "gate", "gatepost2", "nothing"])
def test_what_is_not_on_the_way_to_it_stays_as_it_is(etc, name):
    assert paths(etc / "gatepost", etc / name) == [str(etc / name)]


def test_it_itself_is_not_read(etc):
    assert paths(etc / "gatepost", etc / "gatepost") == []


def test_without_one_nothing_is_kept_back(etc):
    assert paths("", etc) == [str(etc)]
