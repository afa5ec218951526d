"""Credential: a secret that systemd hands to the helper that it starts (systemd.exec(5), "Credentials").

Its folder is named by a variable, which is systemd's word in a service of gatepost.socket, and absent in the constant
environment of every other helper.
"""

from __future__ import annotations

import os
import stat

from helper.failure import ConfigError, OnlyBySocket
from helper.privileged.protected_files import OPEN_QUIETLY, SECRET_LIMIT, read
from helper.secret import Secret

FOLDER_VARIABLE = "CREDENTIALS_DIRECTORY"


def credential(source: str) -> Secret:
    """Return the password or token of `credential:NAME`. ConfigError where systemd gave none, or others can read it."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        raise OnlyBySocket(source, "is given by systemd, and only to a helper behind gatepost.socket (LoadCredential=)")
    path = os.path.join(folder, source.partition(":")[2])
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
    """Raise ConfigError for what others can read; it is the service user's, or root's and an ACL lets us read it."""
    if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
        raise ConfigError(source, "was not provided by systemd")
    if status.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise ConfigError(source, "can be read or written by others")
