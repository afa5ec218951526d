"""Examine the installed programs, the set-id launcher and the code: only root may write them."""

from __future__ import annotations

import grp
import importlib.util
import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from admin.finding import Caution
from admin.reinstall import how_to_take_back
from helper.bundle import SUFFIX
from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account

PREFIX = Path(paths.LAUNCHER).parents[2]  # below it, the layout is the same everywhere
SENDMAIL = PREFIX / "sbin/sendmail"
LINKS = ("lib/sendmail", "bin/mailq", "bin/newaliases")
COMMAND = PREFIX / "bin/gatepost"
CODE = Path(__file__).resolve().parents[1]

SET_ID = stat.S_ISUID | stat.S_ISGID
FOR_ALL_TO_EXECUTE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
PROGRAM_LIMIT = 16 * 1024 * 1024  # octets; ours has less than one
FOR_ALL = stat.S_IROTH | stat.S_IXOTH
HASHED = 1  # PEP 552: what stands in a compiled module is a hash of its source


def check_sendmail() -> str:
    """Check that sendmail is ours, belongs to root, is executable, has no set-id bit and has all its names."""
    protected_files.refuse_unsafe_directories(str(SENDMAIL), protected_files.ROOT)
    if not SENDMAIL.exists():
        raise SystemFault(f"{SENDMAIL} does not exist: install Gatepost again")
    refuse_taken()
    refuse_exchangeable(SENDMAIL)
    mode = SENDMAIL.stat().st_mode
    if mode & (stat.S_ISUID | stat.S_ISGID):
        raise ConfigError(str(SENDMAIL), "must have no set-id bit: chmod 0755")
    if mode & FOR_ALL != FOR_ALL:
        raise ConfigError(str(SENDMAIL), "not every user can execute it: chmod 0755")
    astray = [name for name in LINKS if not leads_to_sendmail(PREFIX / name)]
    if astray:
        names = " ".join(str(PREFIX / name) for name in astray)
        commands = [f"ln -sf ../sbin/sendmail {shlex.quote(str(PREFIX / name))}" for name in astray]
        raise Caution(f"{names} should link to it, unless another package owns that name: {', '.join(commands)}")
    return str(SENDMAIL)


def refuse_taken() -> None:
    """Raise SystemFault if sendmail belongs to another package: checking it would say nothing about Gatepost."""
    if is_ours(SENDMAIL):
        return
    place = os.path.realpath(SENDMAIL)
    leads = f" (a link to {place})" if place != str(SENDMAIL) else ""
    raise SystemFault(
        f"{SENDMAIL}{leads} belongs to another package, so mail does not go through Gatepost: "
        f"{how_to_take_back(str(SENDMAIL))}"
    )


def is_ours(program: Path) -> bool:
    """Return whether this is our sendmail, which has the launcher's path in it, and not what another package put there.

    What is not there is nobody's: that is told elsewhere.
    """
    try:
        descriptor = os.open(program, os.O_RDONLY | protected_files.OPEN_QUIETLY)
    except OSError:
        return True
    try:
        return paths.LAUNCHER.encode() in protected_files.read(descriptor, PROGRAM_LIMIT)
    finally:
        os.close(descriptor)


def leads_to_sendmail(link: Path) -> bool:
    """Return whether a name is one of ours."""
    return link.exists() and link.samefile(SENDMAIL)


def check_command() -> str:
    """Check that only root can write the command that root runs."""
    refuse_exchangeable(COMMAND)
    return str(COMMAND)


def check_launcher() -> str:
    """Check the owner and mode of the launcher, and that its file system is not mounted nosuid.

    Caution if it has no such bits, and sends are without privilege.
    """
    path, service = paths.LAUNCHER, account(paths.SERVICE_USER)
    try:
        protected_files.refuse_unsafe_directories(path, protected_files.ROOT)
        status, system = os.stat(path), os.statvfs(path)
    except OSError as error:
        raise SystemFault(f"{path}: {error.strerror}: install Gatepost again") from None
    mode, name = stat.S_IMODE(status.st_mode), service.pw_name
    if not mode & SET_ID:
        examine_without_set_id(path, status, service)
    owner = service.pw_uid if mode & SET_ID == SET_ID else 0
    if not gives_rights(mode) or (status.st_uid, status.st_gid) != (owner, service.pw_gid):
        raise SystemFault(
            f"{path} must be {name}:{name} 6755, root:{name} 2755, or root:root 0755 to send without privilege: "
            f"chown {name}:{name} {shlex.quote(path)} && chmod 6755 {shlex.quote(path)}"
        )
    if system.f_flag & os.ST_NOSUID:
        raise SystemFault(f"{path} is on a file system mounted nosuid: {remount(path, 'suid')}")
    if system.f_flag & os.ST_NOEXEC:
        raise SystemFault(f"{path} is on a file system mounted noexec: {remount(path, 'exec')}")
    return f"{path} {mode:o}"


def examine_without_set_id(path: str, status: os.stat_result, service: pwd.struct_passwd) -> NoReturn:
    """Raise Caution for a launcher that gives no rights, SystemFault for one that users cannot execute either."""
    place, name = shlex.quote(path), service.pw_name
    if status.st_uid not in (0, service.pw_uid) or protected_files.is_writable_by_others(status):
        raise SystemFault(
            f"{path} can be replaced by users other than root: chown root:root {place}, chmod 0755 {place}"
        )
    if status.st_mode & FOR_ALL_TO_EXECUTE == stat.S_IXUSR | stat.S_IXGRP and status.st_gid not in (0, service.pw_gid):
        group = group_name(status.st_gid)
        raise Caution(f"{path} has no set-id bit, and only root and the group {group} can send: chmod 0755 {place}")
    if status.st_mode & FOR_ALL_TO_EXECUTE != FOR_ALL_TO_EXECUTE:
        raise SystemFault(f"{path} can be executed by some users only, and the others cannot send: chmod 0755 {place}")
    if status.st_uid == service.pw_uid:
        raise Caution(
            f"{path} has no set-id bit, but {name} could replace the program that all users execute: chown root {place}"
        )
    raise Caution(
        f"{path} has no set-id bit: each user sends without privilege, with their own configuration or through "
        f"gatepost.socket; to keep the password from users: chown {name}:{name} {place} && chmod 6755 {place}"
    )


def group_name(gid: int) -> str:
    """Return the name of a group, or its number if it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def gives_rights(mode: int) -> bool:
    """Return whether a mode lets users execute the launcher with its rights, be it only the owner or group."""
    is_set_id = mode & (SET_ID | stat.S_ISVTX) in (SET_ID, stat.S_ISGID)
    is_writable_by_others = bool(mode & (stat.S_IWGRP | stat.S_IWOTH))
    return is_set_id and bool(mode & stat.S_IXUSR) and not is_writable_by_others


def remount(path: str, option: str) -> str:
    """Return the command that mounts the file system of a file with an option."""
    place = mount_point(os.path.realpath(path), Path("/proc/self/mountinfo").read_text())
    return f"mount -o remount,bind,{option} {shlex.quote(place)}"


def mount_point(path: str, mounts: str) -> str:
    """Return the deepest mount point above a file; os.path.ismount() sees no bind mounts (proc_pid_mountinfo(5))."""
    points = [line.split()[4].replace("\\040", " ") for line in mounts.splitlines()]
    return max((point for point in points if f"{path}/".startswith(f"{point.rstrip('/')}/")), key=len, default="/")


def has_set_id() -> bool:
    """Return whether the launcher gives rights at all; without, each user's own configuration decides how they send."""
    return bool(os.stat(paths.LAUNCHER).st_mode & SET_ID)


def check_code() -> str:
    """Check that only root can write the code, all users can read it, and its compiled copies are current."""
    found = check_code_in(CODE)
    bundle = CODE / f"helper/helper{SUFFIX}"
    if not bundle.exists():
        raise Caution(f"{bundle} is missing, so each send is slower: install Gatepost again")
    return found


def check_code_in(top: Path) -> str:
    """Check the same for the code below a directory."""
    protected_files.refuse_unsafe_directories(str(top), protected_files.ROOT)
    modules = []
    for path in walk(top):
        status = path.stat()
        protected_files.refuse_writable(str(path), status)
        wanted = FOR_ALL if path.is_dir() else stat.S_IROTH
        if status.st_mode & wanted != wanted:
            raise ConfigError(str(path), f"not every user can read it: chmod {'0755' if path.is_dir() else '0644'}")
        if path.suffix == ".py":
            modules.append(path)
    slow = [path for path in modules if not is_compiled(path)]
    if slow:
        raise Caution(f"{top}: {len(slow)} modules are not compiled, so sends are slower: install Gatepost again")
    return f"{top}, {len(modules)} modules"


def walk(top: Path) -> Iterator[Path]:
    """Yield everything below a directory, in order, without following links of other users."""
    for path in sorted(top.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)


def is_compiled(source: Path) -> bool:
    """Return whether a module has a compiled copy for this interpreter. ConfigError for one of another source."""
    compiled = Path(importlib.util.cache_from_source(str(source)))
    if not compiled.exists():
        return False
    octets = compiled.read_bytes()
    if octets[:4] != importlib.util.MAGIC_NUMBER:
        return False
    if not int.from_bytes(octets[4:8], "little") & HASHED:
        return octets[8:16] == time_and_size(source)
    # An unchecked one is what runs, whatever its source says.
    if octets[8:16] != importlib.util.source_hash(source.read_bytes()):
        raise ConfigError(str(source), "differs from its compiled copy, which is what runs: install Gatepost again")
    return True


def time_and_size(source: Path) -> bytes:
    """Return the time and size by which the interpreter identifies the source of a compiled module."""
    status = source.stat()
    return b"".join((int(number) & 0xFFFFFFFF).to_bytes(4, "little") for number in (status.st_mtime, status.st_size))


def refuse_exchangeable(path: Path) -> None:
    """Raise ConfigError for a program that users other than root can write or replace, or the target of its link."""
    for each in dict.fromkeys((str(path), os.path.realpath(path))):
        protected_files.refuse_unsafe_file(each)
