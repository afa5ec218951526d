"""gatepost check: is everything as it has to be, from the accounts to the last secret? One line for each thing."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import Configuration, Machine, alias_files, secret_files
from helper.failure import ConfigError, Failure, SystemFault
from helper.privileged import load, paths
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax
from helper.sentence import verdict

SET_ID_MODES = (0o6755, 0o2755)


def check() -> int:
    """Print what is right and what is wrong, and return 0 where nothing is; leave a compiled configuration then."""
    if os.geteuid() != 0:
        print("wrong  only root can read what has to be checked: sudo gatepost check")
        return 1
    configuration = None
    findings = [finding("accounts", check_accounts), finding("launcher", check_launcher)]
    try:
        configuration = read_configuration()
        findings.append(("right", f"configuration: {paths.CONFIGURATION}"))
    except ConfigError as error:
        findings.append(("wrong", f"configuration: {reason(error)}"))
    if configuration is not None:
        findings += check_files(configuration)
    for word, text in findings:
        print(f"{word}  {text}")
    if any(word == "wrong" for word, _ in findings):
        return 1
    return 0


def finding(name: str, examine: Callable[[], str]) -> tuple[str, str]:
    """Return what an examination found."""
    try:
        return "right", f"{name}: {examine()}"
    except Failure as failure:
        return "wrong", f"{name}: {reason(failure)}"


def reason(failure: Failure) -> str:
    """Return why, in the words that a send would use."""
    return verdict(failure).line.removeprefix("sendmail: not sent: ")


def check_accounts() -> str:
    """Find the two accounts, without members and without a way to log in."""
    for name in (paths.SERVICE_USER, paths.STANDIN_USER):
        try:
            account, members = pwd.getpwnam(name), grp.getgrnam(name).gr_mem
        except KeyError:
            raise SystemFault(f"{name} does not exist: install Gatepost again") from None
        if account.pw_uid == 0 or account.pw_gid == 0:
            raise SystemFault(f"{name} is root")
        if members:
            raise SystemFault(f"the group {name} has members: {' '.join(members)}")
    return f"{paths.SERVICE_USER} and {paths.STANDIN_USER}"


def check_launcher() -> str:
    """Find the launcher with its owner and mode, on a file system that does not take the set-id bits away."""
    try:
        status, system = os.stat(paths.LAUNCHER), os.statvfs(paths.LAUNCHER)
    except OSError as error:
        raise SystemFault(f"{paths.LAUNCHER}: {error.strerror}") from None
    service, mode = pwd.getpwnam(paths.SERVICE_USER), stat.S_IMODE(status.st_mode)
    owner = service.pw_uid if mode == SET_ID_MODES[0] else 0
    if mode not in SET_ID_MODES or (status.st_uid, status.st_gid) != (owner, service.pw_gid):
        name = paths.SERVICE_USER
        raise SystemFault(f"{paths.LAUNCHER} must be {name}:{name} 6755 or root:{name} 2755: install Gatepost again")
    if system.f_flag & os.ST_NOSUID:
        raise SystemFault(f"{paths.LAUNCHER} is on a file system mounted nosuid")
    return f"{paths.LAUNCHER} {mode:o}"


def read_configuration() -> Configuration:
    """Return the configuration, and leave a compiled copy beside it."""
    source, machine = source_and_machine()
    refuse_beyond_service(paths.CONFIGURATION, stat.S_IRUSR, "read")
    configuration = parse_configuration(source, paths.CONFIGURATION, machine)
    write_compiled(compile_configuration(configuration, source, machine))
    return configuration


def source_and_machine() -> tuple[bytes, Machine]:
    """Return the octets of the configuration, and what the machine says where they are silent."""
    return load.configuration(), Machine(load.host_name(), load.mailname(), load.exists("/etc/aliases"))


def write_compiled(octets: bytes) -> None:
    """Put the compiled copy in its place whole, with owner and mode of the configuration."""
    new = Path(f"{paths.COMPILED}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(octets)
        os.fchown(descriptor, 0, pwd.getpwnam(paths.SERVICE_USER).pw_gid)
        os.fchmod(descriptor, 0o640)
    new.rename(paths.COMPILED)


def check_files(configuration: Configuration) -> list[tuple[str, str]]:
    """Read every file that the configuration names, as a send would."""
    found = [finding("secret", partial(examine_secret, name)) for name in secret_files(configuration)]
    qualify = configuration.qualify_recipient
    found += [finding("aliases", partial(examine_aliases, file, qualify)) for file in alias_files(configuration)]
    if configuration.log != "syslog":
        found.append(finding("log", partial(examine_log, configuration.log)))
    return found


def examine_secret(name: str) -> str:
    """Read a secret, and see whether the service user could."""
    load.secret(name).forget()
    path = os.path.join(paths.SECRETS, name)
    refuse_beyond_service(path, stat.S_IRUSR, "read")
    return path


def examine_aliases(file: str, qualify: bytes) -> str:
    """Count the entries of an alias file."""
    octets = load.alias_file(file)
    if octets is None:
        raise ConfigError(file, "does not exist")
    refuse_beyond_service(file, stat.S_IRUSR, "read")
    try:
        return f"{file}: {count_entries(octets, qualify)} entries"
    except ListSyntax as error:
        raise ConfigError(file, error.problem, line=error.line) from None


def examine_log(path: str) -> str:
    """Open the log, and see whether the service user could."""
    os.close(load.log_file(path))
    refuse_beyond_service(path, stat.S_IWUSR, "written")
    return path


def refuse_beyond_service(path: str, owners_bit: int, done: str) -> None:
    """Raise ConfigError for a file that the mode bits keep from the service user."""
    status, service = os.stat(path), pwd.getpwnam(paths.SERVICE_USER)
    if status.st_uid == service.pw_uid:
        bit = owners_bit
    elif status.st_gid == service.pw_gid:
        bit = owners_bit >> 3
    else:
        bit = owners_bit >> 6
    if not status.st_mode & bit:
        raise ConfigError(path, f"cannot be {done} by {paths.SERVICE_USER}: chgrp {paths.SERVICE_USER}, and its mode")
