"""Check that sends can write the log. For the system log: whether a program listens and reads."""

from __future__ import annotations

import os
import select
import shlex
import shutil

from admin.accounts import helper_rights
from admin.finding import Caution
from admin.reach import refuse_beyond_sends
from helper.delivery.system_log import connected
from helper.failure import ConfigError
from helper.privileged import paths, protected_files
from helper.privileged.log_file import log_file, shared_directories
from helper.privileged.protected_files import Owner

SYSLOG = "/dev/log"
LOG_PATIENCE_MS = 1000
START = "systemctl restart systemd-journald.socket systemd-journald.service"


def examine_log(path: str, owner: Owner) -> str:
    """Open the log, and check that a send can."""
    if path == "syslog":
        return examine_syslog()
    if not protected_files.exists(path):
        raise ConfigError(path, f"does not exist: {how_to_make(path, owner)}")
    if not owner.is_root:
        os.close(log_file(path, owner))
        return path
    refuse_beyond_sends(path, os.W_OK, owner)
    with helper_rights():  # its directory can be the service user's, and root opens nothing there
        os.close(log_file(path))
    shared = shared_directories(path, protected_files.service_user())
    if shared:
        places = " ".join(map(shlex.quote, shared))
        raise Caution(
            f"{path}: a group can write to {', '.join(shared)} and replace the files in it: chmod g-w {places}"
        )
    return path


def how_to_make(path: str, owner: Owner) -> str:
    """Return the command that makes an empty log, and its directory."""
    service = f" -o {paths.SERVICE_USER} -g {paths.SERVICE_USER}" if owner.is_root else ""
    directory = os.path.dirname(path)
    first = "" if os.path.isdir(directory) else f"install -d -m 0755 {shlex.quote(directory)} && "
    mode = "0640" if owner.is_root else "0600"
    return f"{first}install -m {mode}{service} /dev/null {shlex.quote(path)}"


def examine_syslog() -> str:
    """Check that a system log listens and reads what is sent to it."""
    listener = connected(SYSLOG) if protected_files.exists(SYSLOG) else None
    if listener is None:
        raise Caution(f"no system log listens at {SYSLOG}, so no send is logged{how_to_start()}")
    room = select.poll()
    room.register(listener, select.POLLOUT)
    is_taken = room.poll(LOG_PATIENCE_MS)
    listener.close()
    if not is_taken:
        raise Caution(f"{SYSLOG} is full and no system log reads it, so each send waits 5 s for it{how_to_start()}")
    return f"syslog, by {SYSLOG}"


def how_to_start() -> str:
    """Return, after a colon, the command that restarts the system log; nothing if the machine has none."""
    sudo = ": sudo " if os.geteuid() else ": "
    if os.path.isdir("/run/systemd/system"):
        return sudo + START
    name = next((each for each in ("rsyslog", "syslog-ng", "syslog") if os.path.exists(f"/etc/init.d/{each}")), "")
    if name:
        return f"{sudo}service {name} restart"
    return f"{sudo}busybox syslogd" if shutil.which("busybox") else ""
