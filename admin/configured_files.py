"""Examine every file that a configuration names as a send would read it: root's files, or a user's own."""

from __future__ import annotations

import os
import re
import shlex
import socket
import ssl
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from admin.configured_commands import commands, examine_command
from admin.configured_log import examine_log
from admin.correction.edit import Source
from admin.correction.lists import mended_list
from admin.finding import OK, WRONG, Caution, Finding, finding
from admin.keywords import check_keywords
from admin.oauth.store import grant_file, locked, logins, takes_token, token_file
from admin.reach import is_open_to_all, refuse_beyond_sends, refuse_open
from admin.reinstall import package_command
from helper.config.values import CREDENTIAL, Configuration, Transport, alias_files, secret_files
from helper.delivery.access import now, refuse_stale
from helper.failure import ConfigError, SystemFault
from helper.network.own_certificate import OwnCertificate, present
from helper.password import password_in
from helper.privileged import paths, protected_files
from helper.privileged.acquire import certificate
from helper.privileged.protected_files import Owner
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax
from helper.secret import Secret


def examine_files(configuration: Configuration, owner: Owner, source: Source) -> Iterator[Finding]:
    """Read every file that the configuration names."""
    secrets = secret_files(configuration)
    if owner.is_root:
        public = tuple(each.tls_certificate for each in configuration.transports if each.tls_certificate)
        yield finding("secrets", partial(examine_secrets_directory, secrets + public))
    for name in secrets:
        yield from examine_secret(name, configuration, owner, source)
    if owner.is_root:
        for name in logins():
            yield finding("login", partial(examine_login, name, configuration))
    for command, key in commands(configuration).items():
        yield or_edit(finding("command", partial(examine_command, command, owner)), source.editor(key))
    for file in alias_files(configuration):
        found = finding("aliases", partial(examine_aliases, file, configuration.qualify_recipient, owner))
        yield or_edit(found, "" if found.word == OK else mended_list(file, configuration.qualify_recipient))
    for transport in configuration.transports:
        yield from examine_transport(transport, owner, source)
    yield from check_keywords(configuration.transports, source)
    instead = source.editor(("log",)) if configuration.log == "syslog" else source.set_to(("log",), "syslog")
    yield or_edit(finding("log", partial(examine_log, configuration.log, owner)), instead)


def or_edit(found: Finding, remedy: str) -> Finding:
    """Return a finding with a remedy, if it needs one and has none of its own."""
    return found if found.word == OK or found.remedy else found.replace(remedy=remedy)


def how_to_replace(path: str, make: str) -> str:
    """Return the command that makes a file; it moves away what has that name and is not a file."""
    place, aside = shlex.quote(path), shlex.quote(f"{path}.old")
    return make if os.path.isfile(path) and not os.path.islink(path) else f"mv {place} {aside} && {make}"


def examine_transport(transport: Transport, owner: Owner, source: Source) -> Iterator[Finding]:
    """Yield the findings about the certificates of a transport: ours, and those of the CAs."""
    table = ("transports", transport.name)
    if transport.interface is not None:
        found = finding("interface", partial(examine_interface, transport.interface.decode("ascii")))
        yield or_edit(found, source.editor((*table, "interface")))
    if transport.tls_certificate is not None:
        files = (transport.tls_certificate, transport.tls_privatekey)
        found = finding("certificate", partial(examine_certificate, *files, owner))
        yield or_edit(found, source.editor((*table, "tls_certificate")))
    if transport.tls == "none" or not transport.tls_verify:
        return
    for key in ("tls_ca_file", "tls_ca_path"):
        path = getattr(transport, key)
        if path:
            found = finding("authorities", partial(examine_authorities, path, owner, is_directory=key == "tls_ca_path"))
            yield or_edit(found, source.without((*table, key)))


def examine_interface(address: str) -> str:
    """Return the address if this machine has it: a connection cannot come from another one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError as error:
        raise SystemFault(f"{address} is not an address of this machine ({error.strerror})") from None
    return address


def examine_secrets_directory(examined: tuple[str, ...]) -> str:
    """Check that the directory of secrets is closed and has no forgotten file that others can read."""
    directory = Path(paths.SECRETS)
    if not directory.exists():
        remedy = f"install -d -m 0750 -g {paths.SERVICE_USER} {shlex.quote(str(directory))}"
        raise ConfigError(str(directory), f"does not exist: {remedy}")
    try:
        status, names = directory.stat(), sorted(directory.iterdir())
    except OSError as error:
        raise ConfigError(str(directory), f"cannot be read: {error.strerror}: install Gatepost again") from None
    protected_files.refuse_writable(str(directory), status)
    if status.st_mode & stat.S_IRWXO:
        raise ConfigError(str(directory), "every user can enter this directory: chmod 0750")
    for path in names:
        if path.name not in examined and path.lstat().st_mode & stat.S_IRWXO and not path.is_symlink():
            raise ConfigError(str(path), "can be read by every user: chmod o-rwx")
    return str(directory)


def examine_secret(name: str, configuration: Configuration, owner: Owner, source: Source) -> Iterator[Finding]:
    """Yield the findings about a password file: whether it exists, who can read it, and what it contains."""
    if name.startswith(CREDENTIAL):
        yield examine_credential(name, owner, source.editor())
        return
    path = os.path.join(owner.secrets, name)
    make = how_to_make(name, configuration, owner)
    if not protected_files.exists(path):
        yield Finding(WRONG, "secret", f"{path}: cannot be read: No such file or directory", remedy=make)
        return
    make = how_to_replace(path, make)
    protection = finding("secret", partial(refuse_shared, path, owner))
    if protection.word == WRONG:
        yield or_edit(protection, make)
    if protection.word == OK or (not owner.is_root and os.access(path, os.R_OK)):
        yield or_edit(finding("secret", partial(examine_password, path)), make)


def examine_credential(name: str, owner: Owner, remedy: str) -> Finding:
    """Return the finding about a credential of systemd."""
    if owner.is_root:
        text = f"{name}, which systemd gives to gatepost@.service alone: it cannot be read here"
        return Finding(OK, "secret", text)
    text = f"{name} is given by systemd, and only to a helper behind gatepost.socket"
    return Finding(WRONG, "secret", text, remedy=remedy)


def refuse_shared(path: str, owner: Owner) -> str:
    """Find a secret that others than its owner cannot read, but sends can."""
    refuse_open(path, stat.S_IRWXO, owner)
    refuse_beyond_sends(path, os.R_OK, owner)
    return path


def examine_password(path: str) -> str:
    """Find one line in a file of a password, and a token that has not expired."""
    octets = protected_files.readable_octets(path, protected_files.SECRET_LIMIT + 1)
    if len(octets) > protected_files.SECRET_LIMIT:
        raise ConfigError(path, f"is larger than {protected_files.SECRET_LIMIT} octets")
    secret = password_in(Secret(octets, path))
    ends_with_blank = secret.reveal().endswith((b" ", b"\t"))
    secret.forget()
    refuse_stale(secret, now())
    if ends_with_blank:
        remedy = f"sed -i 's/[[:blank:]]*$//' {shlex.quote(path)}"
        raise Caution(f"{path} ends with a blank, which counts as part of the password: {remedy}")
    return f"{path}, until {secret.expires}" if secret.expires else path


def how_to_make(name: str, configuration: Configuration, owner: Owner) -> str:
    """Return the command that makes a secret: a login for a token, else one that reads it from the terminal."""
    readers = (each for each in configuration.transports if each.auth and each.auth.password_file == name)
    login = next((each.name for each in readers if takes_token(each)), None)
    if login is not None and owner.is_root:
        return f"gatepost login {login}"
    path = shlex.quote(os.path.join(owner.secrets, name))
    mode = f"-m 0640 -g {paths.SERVICE_USER}" if owner.is_root else "-D -m 0600"
    return f"install {mode} /dev/stdin {path}"


def examine_login(name: str, configuration: Configuration) -> str:
    """Find what `gatepost login` left root's alone, for a transport that uses it, and the library for OAuth."""
    with locked(name):
        token_file(configuration, name)
    if not os.path.isdir(os.path.join(paths.PYTHON_MODULES, "oauthlib")):
        raise SystemFault(f"oauthlib is not in {paths.PYTHON_MODULES}: {package_command('oauthlib')}")
    return str(grant_file(name))


def examine_aliases(file: str, qualify: bytes, owner: Owner) -> str:
    """Count the entries of an alias file."""
    if not protected_files.exists(file):
        raise ConfigError(file, f"does not exist: install -m 0644 /dev/null {shlex.quote(file)}")
    octets = protected_files.alias_file(file, owner) or b""
    refuse_beyond_sends(file, os.R_OK, owner)
    try:
        return f"{file}: {count_entries(octets, qualify)} entries"
    except ListSyntax as error:
        raise ConfigError(file, error.problem, line=error.line) from None


def examine_certificate(file: str, key_file: str | None, owner: Owner) -> str:
    """Read a certificate of ours with its key, check that sends can read both, and that they match."""
    own = OwnCertificate(*certificate(file, key_file, owner))
    for path in dict.fromkeys((own.certificate_file, own.key_file)):
        refuse_beyond_sends(path, os.R_OK, owner)
    present(own, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    own.forget()
    return own.certificate_file + ("" if own.key_file == own.certificate_file else f", its key in {own.key_file}")


def examine_authorities(path: str, owner: Owner, *, is_directory: bool) -> str:
    """Find CA certificates that their owner alone can write, and that sends can read after their drop."""
    if not path.startswith("/"):
        raise ConfigError(path, "is not an absolute path, but a send runs in another directory")
    try:
        owner.refuse_writable(path, os.stat(path))
        protected_files.refuse_unsafe_directories(path, owner)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    wanted = os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK
    if owner.is_root and not is_open_to_all(path, wanted):
        raise ConfigError(path, f"cannot be read by every user, as sends do: {how_to_open(path)}")
    refuse_beyond_sends(path, os.R_OK, owner)
    if os.path.isdir(path) != is_directory:
        raise ConfigError(path, "is not a directory" if is_directory else "is not a file")
    if is_directory:
        refuse_unhashed(path)
    else:
        refuse_no_pem(path)
    return path


def refuse_unhashed(path: str) -> None:
    """Raise ConfigError for a directory in which OpenSSL finds no certificate: it looks for names that are hashes."""
    if not any(re.fullmatch(r"[0-9a-f]{8}\.[0-9]+", name) for name in os.listdir(path)):
        raise ConfigError(path, f"has no certificate under the hash of its name: openssl rehash {shlex.quote(path)}")


def how_to_open(path: str) -> str:
    """Return the command that lets every user read a file and enter the closed directories above it."""
    closed = [str(each) for each in Path(path).parents if not each.stat().st_mode & stat.S_IXOTH]
    entered = f" && chmod o+x {shlex.join(closed)}" if closed else ""
    return f"chmod o+rX {shlex.quote(path)}{entered}"


def refuse_no_pem(path: str) -> None:
    """Raise ConfigError for a file that has no certificate in PEM."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        problem = "contains no certificate in PEM"
    else:
        return
    place, new = shlex.quote(path), shlex.quote(f"{path}.pem")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=Path(path).read_bytes())
    except (ssl.SSLError, ValueError):  # it is empty
        raise ConfigError(path, problem) from None
    remedy = f"openssl x509 -inform DER -in {place} -out {new} && cat {new} > {place}"
    raise ConfigError(path, f"{problem}, but one in DER: {remedy}")
