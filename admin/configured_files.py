"""Files: the configuration, and everything that it names, examined as a send would read it."""

from __future__ import annotations

import os
import pwd
import select
import shlex
import ssl
import stat
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

from admin.accounts import gives_user, helper_rights
from admin.finding import Caution, Finding, finding
from admin.keywords import check_keywords
from admin.oauth.store import grant_file, locked, logins, takes_token, token_file
from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import CREDENTIAL, Configuration, Transport, alias_files, secret_files, this_host_of
from helper.delivery.plan import now, refuse_stale
from helper.delivery.system_log import connected
from helper.failure import ConfigError, SystemFault
from helper.network.own_certificate import OwnCertificate, present
from helper.password import password_in
from helper.privileged import paths, protected_files
from helper.privileged.accounts import account
from helper.privileged.acquire import certificate, machine_facts
from helper.privileged.command_files import refuse_unsafe_command
from helper.privileged.log_file import log_file, shared_directories
from helper.record import Record
from helper.routing.aliases import count_entries
from helper.routing.items import ListSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.privileged.compiled import Facts

SYSLOG = "/dev/log"
OF_A_LINE = frozenset("()'\"`<>|;$ \t\n")  # what a path seldom holds, and a line of a shell's or a language's does
LOG_PATIENCE_MS = 1000
SHELLS = ("sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "zsh")


class Parsed(Record):
    """A configuration, and what it was made of: octets of the file, and what the machine says where they are silent."""

    configuration: Configuration
    source: bytes
    machine: Facts


def read_configuration() -> Parsed:
    """Return what the configuration says. ConfigError for whatever is wrong with the file or in it."""
    source = protected_files.configuration()
    machine = machine_facts()
    refuse_beyond_helper(paths.CONFIGURATION, os.R_OK)
    return Parsed(parse_configuration(source, paths.CONFIGURATION, this_host_of(*machine)), source, machine)


def write_compiled(parsed: Parsed) -> str:
    """Put the compiled copy in its place whole, with owner and mode of the configuration."""
    new = Path(f"{paths.COMPILED}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(compile_configuration(parsed.configuration, parsed.source, parsed.machine))
            os.fchown(descriptor, 0, pwd.getpwnam(paths.SERVICE_USER).pw_gid)
            os.fchmod(descriptor, 0o640)
        new.rename(paths.COMPILED)
    except OSError as error:
        raise Caution(f"{paths.COMPILED} cannot be written ({error.strerror}): sends work, yet are slower") from None
    return paths.COMPILED


def examine_files(configuration: Configuration) -> Iterator[Finding]:
    """Read every file that the configuration names."""
    secrets = secret_files(configuration)
    public = tuple(each.tls_certificate for each in configuration.transports if each.tls_certificate)
    yield finding("secrets", partial(examine_secrets_folder, secrets + public))
    for name in secrets:
        yield finding("secret", partial(examine_secret, name, configuration))
    for name in logins():
        yield finding("login", partial(examine_login, name, configuration))
    for command in commands(configuration):
        yield finding("command", partial(examine_command, command))
    for file in alias_files(configuration):
        yield finding("aliases", partial(examine_aliases, file, configuration.qualify_recipient))
    for transport in configuration.transports:
        if transport.tls_certificate is not None:
            yield finding(
                "certificate", partial(examine_certificate, transport.tls_certificate, transport.tls_privatekey)
            )
    yield from check_keywords(configuration.transports)
    for path in authorities(configuration.transports):
        yield finding("authorities", partial(examine_authorities, path))
    yield finding("log", partial(examine_log, configuration.log))


def examine_secrets_folder(examined: tuple[str, ...]) -> str:
    """Find the folder of secrets closed, and no file forgotten in it that others can read; some are examined later."""
    folder = Path(paths.SECRETS)
    try:
        status = folder.stat()
        names = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(str(folder), f"cannot be read: {error.strerror}: install Gatepost again") from None
    protected_files.refuse_writable(str(folder), status)
    if status.st_mode & stat.S_IRWXO:
        raise ConfigError(str(folder), "can be entered by every user: chmod 0750")
    for path in names:
        if path.name not in examined and path.lstat().st_mode & stat.S_IRWXO and not path.is_symlink():
            raise ConfigError(str(path), "can be read by every user: chmod o-rwx")
    return str(folder)


def examine_secret(name: str, configuration: Configuration) -> str:
    """Read a secret, and see whether the helper could, and whether it is good still."""
    if name.startswith(CREDENTIAL):
        return f"{name}, which systemd gives to gatepost@.service alone: it cannot be read here"
    path = os.path.join(paths.SECRETS, name)
    if not protected_files.exists(path):
        raise ConfigError(path, f"cannot be read: No such file or directory: {how_to_make(name, configuration)}")
    secret = password_in(protected_files.secret(name))
    ends_with_blank = secret.reveal().endswith((b" ", b"\t"))
    secret.forget()
    refuse_beyond_helper(path, os.R_OK)
    refuse_stale(secret, now())
    if ends_with_blank:
        remedy = f"sed -i 's/[[:blank:]]*$//' {shlex.quote(path)}"
        raise Caution(f"{path} ends with a blank, which is taken for a part of the password: {remedy}")
    return f"{path}, until {secret.expires}" if secret.expires else path


def how_to_make(name: str, configuration: Configuration) -> str:
    """Return the command that makes a file of a secret: a login for a token, else one that waits for the password."""
    readers = (each for each in configuration.transports if each.auth and each.auth.password_file == name)
    login = next((each.name for each in readers if takes_token(each)), None)
    if login is not None:
        return f"gatepost login {login}"
    path = shlex.quote(os.path.join(paths.SECRETS, name))
    return f"install -m 0640 -g {paths.SERVICE_USER} /dev/stdin {path}"


def examine_login(name: str, configuration: Configuration) -> str:
    """Find what `gatepost login` left root's alone, of a transport that has use for it, and what speaks OAuth."""
    with locked(name):
        token_file(configuration, name)
    if not os.path.isdir(os.path.join(paths.PYTHON_MODULES, "oauthlib")):
        raise SystemFault(f"oauthlib is not in {paths.PYTHON_MODULES}: apt install python3-oauthlib")
    return str(grant_file(name))


def commands(configuration: Configuration) -> tuple[tuple[str, ...], ...]:
    """Return the commands that are asked for passwords and tokens, each once."""
    auths = [transport.auth for transport in configuration.transports if transport.auth]
    every = [auth.password_command or auth.token_command for auth in auths]
    return tuple(dict.fromkeys(command for command in every if command))


def examine_command(command: tuple[str, ...]) -> str:
    """Find a program that the service user can execute in every send, and in which nobody but root has a say."""
    program = command[0]
    refuse_unsafe_command(command)
    if not gives_user():
        name = paths.SERVICE_USER
        remedy = f"chown {name}:{name} {paths.LAUNCHER} && chmod 6755 {paths.LAUNCHER}"
        raise ConfigError(program, f"needs the launcher to be {name}:{name} 6755, or gatepost.socket: {remedy}")
    refuse_beyond_helper(program, os.X_OK)
    if hides_path(command):
        raise Caution(
            f"{program} is given a line to carry out that has a path in it, and nobody looks at who can write that: "
            f"name the program itself, or a script of root's"
        )
    return program


def hides_path(command: tuple[str, ...]) -> bool:
    """Say whether an argument is a line of a shell's, or of another language, that has a path in it."""
    runs_lines = any(os.path.basename(word) in SHELLS for word in command)
    for option, line in pairwise(command):
        is_line = runs_lines and option.startswith("-") and not option.startswith("--") and option.endswith("c")
        if "/" in line and (is_line or OF_A_LINE.intersection(line)):
            return True
    return False


def examine_aliases(file: str, qualify: bytes) -> str:
    """Count the entries of an alias file."""
    octets = protected_files.alias_file(file)
    if octets is None:
        raise ConfigError(file, "does not exist")
    refuse_beyond_helper(file, os.R_OK)
    try:
        return f"{file}: {count_entries(octets, qualify)} entries"
    except ListSyntax as error:
        raise ConfigError(file, error.problem, line=error.line) from None


def examine_certificate(file: str, key_file: str | None) -> str:
    """Read a certificate of ours with its key, and see whether the helper could, and whether they fit each other."""
    own = OwnCertificate(*certificate(file, key_file, protected_files.ROOT))
    for path in dict.fromkeys((own.certificate_file, own.key_file)):
        refuse_beyond_helper(path, os.R_OK)
    present(own, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    own.forget()
    return own.certificate_file + ("" if own.key_file == own.certificate_file else f", its key in {own.key_file}")


def authorities(transports: tuple[Transport, ...]) -> tuple[str, ...]:
    """Return the files and folders of CA certificates that are named, each once."""
    named = [(each.tls_ca_file, each.tls_ca_path) for each in transports if each.tls != "none" and each.tls_verify]
    return tuple(dict.fromkeys(path for pair in named for path in pair if path))


def examine_authorities(path: str) -> str:
    """Find CA certificates that root alone can write, and that all can read: a send looks after its drop."""
    try:
        protected_files.refuse_writable(path, os.stat(path))
        protected_files.refuse_unsafe_directories(path, protected_files.ROOT)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None
    wanted = os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK
    if not is_open_to_all(path, wanted):
        raise ConfigError(path, "cannot be read by every user, as sends do: chmod o+rX, its folders too")
    if os.path.isfile(path):
        refuse_no_pem(path)
    return path


def refuse_no_pem(path: str) -> None:
    """Raise ConfigError for a file that has no certificate in PEM."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        remedy = f"openssl x509 -inform DER -in {shlex.quote(path)} -out {shlex.quote(path + '.pem')}"
        raise ConfigError(path, f"holds no certificate in PEM; if it is in DER: {remedy}") from None


def is_open_to_all(path: str, how: int) -> bool:
    """Say whether everybody may do this with a file, and enter the folders on the way."""
    if os.stat(path).st_mode & how != how:  # R_OK and X_OK are the bits of others
        return False
    return path == "/" or is_open_to_all(os.path.dirname(path), os.X_OK)


def examine_log(path: str) -> str:
    """Open the log, and see whether the helper could."""
    if path == "syslog":
        return examine_syslog()
    if protected_files.exists(path):
        refuse_beyond_helper(path, os.W_OK)
    with helper_rights():  # its directory can be the service user's, and root opens nothing there
        os.close(log_file(path))
    shared = shared_directories(path, protected_files.service_user())
    if shared:
        raise Caution(f"{path}: a group can write {', '.join(shared)}, and exchange what is in it: chmod g-w")
    return path


def examine_syslog() -> str:
    """Find somebody who listens for the system log, and reads what comes."""
    if not protected_files.exists(SYSLOG):
        raise Caution(f"nobody listens at {SYSLOG}, so that no send is logged: start a system log, or set log")
    listener = connected(SYSLOG)
    if listener is None:
        raise Caution(f"nobody listens at {SYSLOG}, so that no send is logged: start a system log, or set log")
    room = select.poll()
    room.register(listener, select.POLLOUT)
    is_taken = room.poll(LOG_PATIENCE_MS)
    listener.close()
    if not is_taken:
        raise Caution(f"{SYSLOG} is full and nobody reads it: each send waits 5 s for it: start the system log anew")
    return f"syslog, by {SYSLOG}"


def refuse_beyond_helper(path: str, how: int) -> None:
    """Raise ConfigError for a file that is kept from the helper, or for the first directory on the way that is.

    The kernel is asked, with the helper's rights.
    """
    with helper_rights():
        if os.access(path, how, effective_ids=True):
            return
        directories = (str(each) for each in reversed(Path(path).parents))
        closed = next((each for each in directories if not os.access(each, os.X_OK, effective_ids=True)), None)
    name = account(paths.SERVICE_USER).pw_name
    if closed is not None:
        group = f"chgrp {name} {shlex.quote(closed)} && chmod g+x {shlex.quote(closed)}"
        raise ConfigError(closed, f"cannot be entered by {name}: {group}")
    done, bit = {os.W_OK: ("written", "w"), os.X_OK: ("executed", "x")}.get(how, ("read", "r"))
    place = shlex.quote(path)
    raise ConfigError(path, f"cannot be {done} by {name}: chgrp {name} {place} && chmod g+{bit} {place}")
