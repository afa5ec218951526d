"""Credential: a secret that systemd passes to the helper that it starts (systemd.exec(5), "Credentials").

An environment variable names its directory. systemd sets it behind gatepost.socket. Every other helper has a constant
environment without it.
"""

from __future__ import annotations

import os
import stat

from helper.failure import ConfigError, OnlyBySocket
from helper.privileged.protected_files import OPEN_QUIETLY, SECRET_LIMIT, read
from helper.secret import Secret

DIRECTORY_VARIABLE = "CREDENTIALS_DIRECTORY"


def credential(source: str) -> Secret:
    """Return the password or token of `credential:NAME`. ConfigError if systemd passed none, or others can read it."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    if directory is None:
        raise OnlyBySocket(source, "is given by systemd, and only to a helper behind gatepost.socket (LoadCredential=)")
    path = os.path.join(directory, source.partition(":")[2])
    try:
        descriptor = os.open(path, os.O_RDONLY | OPEN_QUIETLY)
    except OSError as error:
        raise ConfigError(
            source, f"cannot be read: {error.strerror}: see LoadCredential= of gatepost@.service"
        ) from None
    try:
        refuse_shared(source, os.fstat(descriptor))
        octets = read(descriptor, SECRET_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(octets) > SECRET_LIMIT:
        raise ConfigError(source, f"is larger than {SECRET_LIMIT} octets")
    return Secret(octets, source)


def refuse_shared(source: str, status: os.stat_result) -> None:
    """Raise ConfigError if others can read it. It belongs to the service user, or to root with an ACL for us."""
    if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
        raise ConfigError(source, "was not provided by systemd")
    if status.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise ConfigError(source, "can be read or written by others")
