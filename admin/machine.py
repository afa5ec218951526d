"""Examine the machine: the interpreter with its modules, and the settings of the kernel."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import ssl
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from admin.finding import Caution
from admin.installed import refuse_exchangeable
from admin.reinstall import package_command
from helper.config.values import Configuration
from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files, python_prctl
from helper.sandbox import landlock
from helper.sandbox.confine import seccomp_is_there

OLDEST_PYTHON = (3, 11)
OLDEST_LINUX = (5, 9)  # close_range(2)
DEVICES = ("/dev/null", "/dev/urandom")
LIBRARY = ("os", "ssl", "_ssl", "email", "tomllib")  # modules that stand for all: of one file, of C, of a directory
MODULES = {"dns.resolver": "dnspython"}  # of which package
SYSCTLS = ("fs/suid_dumpable", "fs/protected_hardlinks")


def check_interpreter() -> str:
    """Check that the interpreter is new enough and that only root can write it."""
    refuse_exchangeable(Path(paths.PYTHON))
    if sys.version_info < OLDEST_PYTHON:
        raise SystemFault(f"{paths.PYTHON} is {platform.python_version()}, but Gatepost needs 3.11 or newer")
    return f"{paths.PYTHON} {platform.python_version()}, {ssl.OPENSSL_VERSION}"


def check_modules() -> str:
    """Check that the modules beside the standard library are installed and that only root can write them."""
    # Before anything in it is executed.
    protected_files.refuse_unsafe_directories(f"{paths.PYTHON_MODULES}/any", protected_files.ROOT)
    versions = []
    for name, package in MODULES.items():
        try:
            module = importlib.import_module(name)
        except ImportError:
            raise SystemFault(f"{name} is not in {paths.PYTHON_MODULES}: {package_command(package)}") from None
        place = module.__file__ or ""
        if not place.startswith(f"{paths.PYTHON_MODULES}/"):
            raise ConfigError(
                place, f"is not in {paths.PYTHON_MODULES}, where a send looks: {package_command(package)}"
            )
        protected_files.refuse_unsafe_file(place)
        versions.append(name.partition(".")[0])
    return f"{' and '.join(versions)} in {paths.PYTHON_MODULES}"


def check_prctl() -> str:
    """Check for python-prctl; without it a send uses a stand-in."""
    if python_prctl.get_caps.__module__ != "_prctl":
        raise Caution(f"{paths.PYTHON} cannot import prctl, so sends use a replacement: {package_command('prctl')}")
    return f"python-prctl in {paths.PYTHON_MODULES}"


def check_library() -> str:
    """Check that every user can read the standard library: a send imports parts of it as its caller."""
    for name in LIBRARY:
        spec = importlib.util.find_spec(name)
        path = "" if spec is None else spec.origin or ""
        if not path.startswith("/"):
            continue  # in the interpreter itself
        refuse_closed(path)
    return os.path.dirname(os.__file__)


def refuse_closed(path: str) -> None:
    """Raise ConfigError for a file that not every user can read, or a directory that not every user can enter."""
    place, wanted = os.path.realpath(path), stat.S_IROTH
    while True:
        if os.stat(place).st_mode & wanted != wanted:
            mode = "o+r" if wanted == stat.S_IROTH else "o+x"
            raise ConfigError(place, f"users cannot read it, but their sends need it: chmod {mode}")
        if place == "/":
            return
        place, wanted = os.path.dirname(place), stat.S_IXOTH


def check_devices() -> str:
    """Check for the devices that every program needs, which an empty /dev lacks."""
    for path in DEVICES:
        if not os.path.exists(path) or not stat.S_ISCHR(os.stat(path).st_mode):
            raise SystemFault(f"{path} is not a device, so no send can start: mount -t devtmpfs devtmpfs /dev")
    return ", ".join(DEVICES)


def check_kernel() -> str:
    """Check that the settings of the kernel protect the password and allow sends."""
    refuse_old_kernel(os.uname().release)
    settings = {name: setting(Path("/proc/sys") / name) for name in SYSCTLS}
    return assess_kernel(settings, os.path.exists("/proc/self/status") and has_no_new_privs())


def check_sandbox(configuration: Configuration) -> str:
    """Check that the kernel has what the sandbox needs."""
    return assess_sandbox(landlock.abi(), seccomp_is_there(), is_required=configuration.sandbox == "required")


def assess_sandbox(landlock_abi: int, has_seccomp: bool, *, is_required: bool) -> str:
    """Return what the kernel has. SystemFault if a missing part stops all sends; Caution if another part is missing."""
    missing = []
    if not landlock_abi:
        missing.append(
            "Landlock (Linux 5.13, and landlock among the kernel's lsm=): the helper can open other files of the caller"
        )
    elif landlock_abi < landlock.FIRST_WITH_TCP:
        missing.append("Landlock for TCP (Linux 6.7): the helper can connect to any port")
    elif landlock_abi < landlock.FIRST_WITH_SCOPES:
        missing.append("Landlock for abstract sockets (Linux 6.12): the helper can connect to them")
    if not has_seccomp:
        missing.append("seccomp, or this processor's system calls are not known: the helper can execute programs")
    if is_required and not (landlock_abi and has_seccomp):
        raise SystemFault(
            f'no message is sent, because sandbox is "required" and the kernel lacks {"; ".join(missing)}'
        )
    if missing:
        raise Caution(f"the kernel lacks {'; '.join(missing)}")
    return f"Landlock {landlock_abi} and seccomp"


def refuse_old_kernel(release: str) -> None:
    """Raise SystemFault for a Linux older than a send can use; a version that is not a number counts as new."""
    numbers = re.match(r"(\d+)\.(\d+)", release)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST_LINUX:
        raise SystemFault(f"this is Linux {release}, but Gatepost needs 5.9 or newer")


def setting(file: Path) -> str | None:
    """Return a setting of the kernel, None if it cannot be read."""
    try:
        return file.read_text().strip()
    except OSError:
        return None


def has_no_new_privs() -> bool:
    """Return whether no_new_privs is set, so that set-id bits have no effect."""
    return "\nNoNewPrivs:\t1\n" in Path("/proc/self/status").read_text()


def assess_kernel(settings: Mapping[str, str | None], no_new_privs: bool) -> str:
    """Return the settings. SystemFault if they expose secrets or stop sends."""
    dumpable = settings["fs/suid_dumpable"]
    if dumpable is None:
        raise Caution("cannot read fs.suid_dumpable from /proc; it must not be 1")
    if dumpable not in ("0", "2"):
        raise SystemFault(
            f"fs.suid_dumpable is {dumpable}, so every user could read the password: sysctl -w fs.suid_dumpable=0"
        )
    if no_new_privs:
        raise Caution("no_new_privs is set for this process (by systemd or a container): users cannot send from here")
    if settings["fs/protected_hardlinks"] == "0":
        raise Caution(
            "fs.protected_hardlinks is 0, so users can keep an old launcher with a hard link: sysctl -w "
            "fs.protected_hardlinks=1"
        )
    return f"fs.suid_dumpable is {dumpable}"
