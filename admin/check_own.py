"""gatepost check by an ordinary user: is what their own sends read as it has to be?

Every fault is told, not the first alone: what others can read or write is examined for its content all the same.
"""

from __future__ import annotations

import os
import shlex
import ssl
import stat
import sys
from collections.abc import Callable, Iterator
from functools import partial

from admin.configured_files import examine_syslog, refuse_no_pem
from admin.finding import OK, WARN, WRONG, Caution, Finding, finding, reason
from admin.keywords import check_keywords
from admin.machine import OLDEST_PYTHON, check_prctl
from admin.plausibility import check_plausibility
from admin.unroutable import check_order, check_routed
from admin.unused import check_unused
from helper.config.configuration import parse_configuration
from helper.config.values import CREDENTIAL, Configuration, Transport, alias_files, secret_files, this_host_of
from helper.delivery.plan import now, refuse_stale
from helper.failure import ConfigError, Failure, SystemFault
from helper.network.own_certificate import OwnCertificate, present
from helper.password import password_in
from helper.privileged import paths, protected_files
from helper.privileged.acquire import certificate, machine_facts
from helper.privileged.command_files import refuse_unsafe_command
from helper.privileged.log_file import log_file
from helper.privileged.protected_files import Owner
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax
from helper.secret import Secret
from helper.unprivileged.own_files import is_bound, own_configuration, owner_of

Visit = Callable[[Configuration, Owner], Iterator[Finding]]


def check_own(then: Visit) -> Iterator[Finding]:
    """Yield what is right and what is wrong with the caller's own installation; `then` goes on with a configuration."""
    yield finding("interpreter", check_own_interpreter)
    yield finding("prctl", check_prctl)
    path = own_configuration()
    if not protected_files.exists(path):
        yield without_configuration(path)
        return
    owner = owner_of(path)
    yield finding("configuration", partial(examine_protection, path, 0, owner))
    if is_set_id():
        text = f"{path} is used by sendmail -C alone, for {paths.LAUNCHER} has its set-id bit"
        yield Finding(WARN, "configuration", text)
    try:
        octets = readable(path, protected_files.CONFIGURATION_LIMIT)
        configuration = parse_configuration(octets, path, this_host_of(*machine_facts()))
    except Failure as failure:
        yield Finding(WRONG, "configuration", reason(failure))
        return
    yield from examine_own_files(configuration, owner)
    yield from check_plausibility(configuration, path)
    yield from check_unused(configuration, path)
    yield from check_order(configuration, path)
    yield from check_routed(configuration, own_alias_files(configuration, owner), path)
    yield from then(configuration, owner)


def nothing_more(_configuration: Configuration, _owner: Owner) -> Iterator[Finding]:
    """Leave it at that: no smart host is spoken to."""
    return iter(())


def check_own_interpreter() -> str:
    """Find the interpreter new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise SystemFault(f"{sys.executable} is {version}, and 3.11 is the oldest that will do")
    return f"{sys.executable} {version}"


def without_configuration(path: str) -> Finding:
    """Return what it means that a user has no configuration: whose is used, or how to make one."""
    if is_set_id() or is_bound(paths.SOCKET):
        whose = f"your mail is sent by {paths.CONFIGURATION}, which root can check (sudo gatepost check)"
        return Finding(OK, "configuration", f"{path} does not exist, and need not: {whose}")
    sample = os.path.join(os.path.dirname(paths.LAUNCHER), "../../share/gatepost/gatepost.toml")
    source = os.path.normpath(sample) if os.path.exists(sample) else "/dev/stdin"
    remedy = f"install -D -m 0600 {shlex.quote(source)} {shlex.quote(path)}"
    return Finding(WRONG, "configuration", f"{path} does not exist", remedy=remedy)


def is_set_id() -> bool:
    """Say whether the launcher was installed with a set-id bit."""
    try:
        return bool(os.stat(paths.LAUNCHER).st_mode & (stat.S_ISUID | stat.S_ISGID))
    except OSError:
        return False


def readable(path: str, limit: int) -> bytes:
    """Return what stands in a file. ConfigError where it cannot be read, or is too large."""
    try:
        with open(path, "rb") as file:
            octets = file.read(limit + 1)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    if len(octets) > limit:
        raise ConfigError(path, f"is larger than {limit} octets")
    return octets


def examine_protection(path: str, unreadable_by: int, owner: Owner) -> str:
    """Find a file, and each directory in its path, the user's or root's and nobody else's to write, or to read."""
    try:
        protected_files.refuse_unsafe(path, os.stat(path), unreadable_by, owner)
        protected_files.refuse_unsafe_directories(path, owner)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    return path


def examine_own_files(configuration: Configuration, owner: Owner) -> Iterator[Finding]:
    """Read every file that the configuration names."""
    for name in secret_files(configuration):
        yield from examine_own_secret(name, owner)
    for transport in configuration.transports:
        yield from examine_own_transport(transport, owner)
    for file in alias_files(configuration):
        yield finding("aliases", partial(examine_own_aliases, file, configuration.qualify_recipient, owner))
    yield from check_keywords(configuration.transports)
    yield finding("log", partial(examine_own_log, configuration.log, owner))


def examine_own_secret(name: str, owner: Owner) -> Iterator[Finding]:
    """Yield what is wrong with a file of a password: whether it is there, who can read it, and what it holds."""
    path = os.path.join(owner.secrets, name)
    if name.startswith(CREDENTIAL):
        yield Finding(WRONG, "secret", f"{name} is given by systemd, and only to a helper behind gatepost.socket")
        return
    if not protected_files.exists(path):
        remedy = f"install -D -m 0600 /dev/stdin {shlex.quote(path)}"
        yield Finding(WRONG, "secret", f"{path} does not exist; then type the password and Ctrl-D", remedy=remedy)
        return
    protection = finding("secret", partial(examine_protection, path, stat.S_IRWXO, owner))
    content = finding("secret", partial(examine_password, path))
    yield from (each for each in (protection, content) if each.word != OK)
    if protection.word == content.word == OK:
        yield content


def examine_password(path: str) -> str:
    """Find one line in a file of a password, of a token one that is good still."""
    secret = password_in(Secret(readable(path, protected_files.SECRET_LIMIT), path))
    ends_with_blank = secret.reveal().endswith((b" ", b"\t"))
    secret.forget()
    refuse_stale(secret, now())
    if ends_with_blank:
        remedy = f"sed -i 's/[[:blank:]]*$//' {shlex.quote(path)}"
        raise Caution(f"{path} ends with a blank, which is taken for a part of the password: {remedy}")
    return f"{path}, until {secret.expires}" if secret.expires else path


def examine_own_transport(transport: Transport, owner: Owner) -> Iterator[Finding]:
    """Yield what is wrong with the certificates and programs of a transport."""
    auth = transport.auth
    command = (auth.password_command or auth.token_command) if auth else ()
    if command:
        yield finding("command", partial(examine_own_command, command, owner))
    if transport.tls_certificate is not None:
        files = (transport.tls_certificate, transport.tls_privatekey)
        yield finding("certificate", partial(examine_own_certificate, *files, owner))
    if transport.tls != "none" and transport.tls_verify and transport.tls_ca_file:
        yield finding("authorities", partial(examine_own_authorities, transport.tls_ca_file))


def examine_own_command(command: tuple[str, ...], owner: Owner) -> str:
    """Find a program that can be executed, and in which nobody but the user and root has a say."""
    refuse_unsafe_command(command, owner)
    if not os.access(command[0], os.X_OK):
        raise ConfigError(command[0], f"cannot be executed: chmod u+x {shlex.quote(command[0])}")
    return command[0]


def examine_own_certificate(file: str, key_file: str | None, owner: Owner) -> str:
    """Find a certificate and a key that fit each other."""
    own = OwnCertificate(*certificate(file, key_file, owner))
    present(own, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    own.forget()
    return own.certificate_file


def examine_own_authorities(path: str) -> str:
    """Find certificates of CAs in PEM."""
    readable(path, 16 * 1024 * 1024)
    refuse_no_pem(path)
    return path


def examine_own_aliases(file: str, qualify: bytes, owner: Owner) -> str:
    """Count the entries of an alias file."""
    octets = protected_files.alias_file(file, owner)
    if octets is None:
        raise ConfigError(file, "does not exist")
    try:
        return f"{file}: {count_entries(octets, qualify)} entries"
    except ListSyntax as error:
        raise ConfigError(file, error.problem, line=error.line) from None


def own_alias_files(configuration: Configuration, owner: Owner) -> dict[str, bytes | None]:
    """Return the alias files that can be read; what is wrong with others was told."""
    found: dict[str, bytes | None] = {}
    for file in alias_files(configuration):
        try:
            found[file] = protected_files.alias_file(file, owner)
        except ConfigError:
            found[file] = None
    return found


def examine_own_log(path: str, owner: Owner) -> str:
    """Open the log; find somebody who listens for the system log."""
    if path == "syslog":
        return examine_syslog()
    if not protected_files.exists(path):
        raise ConfigError(path, f"does not exist: install -m 0600 /dev/null {shlex.quote(path)}")
    os.close(log_file(path, owner))
    return path
