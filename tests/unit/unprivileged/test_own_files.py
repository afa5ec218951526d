"""Whose files a send without privilege believes."""

from __future__ import annotations

import os
import stat

import pytest

from helper.failure import ConfigError
from helper.unprivileged.own_files import owner_of, refuse_writable

FILE, FOLDER = stat.S_IFREG, stat.S_IFDIR


def status_of(mode, uid):
    return os.stat_result((mode, 0, 0, 1, uid, 0, 0, 0, 0, 0))


@pytest.mark.parametrize("uid", [os.getuid(), 0])
@pytest.mark.parametrize("mode", [FILE | 0o644, FILE | 0o400, FOLDER | 0o755, FOLDER | 0o1777, FOLDER | 0o1770])
def test_what_is_the_callers_or_roots_alone_to_write_is_believed(mode, uid):
    refuse_writable("/file", status_of(mode, uid))


@pytest.mark.parametrize("mode", [FILE | 0o620, FILE | 0o602, FILE | 0o1622, FOLDER | 0o775, FOLDER | 0o757])
def test_what_others_can_write_is_refused(mode):
    with pytest.raises(ConfigError) as caught:
        refuse_writable("/file", status_of(mode, os.getuid()))
    assert caught.value.problem == "can be written by others: chmod go-w"


@pytest.mark.parametrize("mode", [FILE | 0o600, FOLDER | 0o1777])
def test_what_belongs_to_somebody_else_is_refused(mode):
    with pytest.raises(ConfigError, match="must belong to "):
        refuse_writable("/file", status_of(mode, os.getuid() + 1))


def test_the_secrets_lie_beside_the_configuration():
    owner = owner_of("/home/alice/mail/work.toml")
    assert (owner.configuration, owner.secrets) == ("/home/alice/mail/work.toml", "/home/alice/mail/secrets")
