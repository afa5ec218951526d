"""Acquire: open and read what a send needs of root's files, while we may, and keep it as values."""

from __future__ import annotations

from helper.config.compiled import compiled_configuration
from helper.config.values import CREDENTIAL, Authentication, Configuration, ThisHost, alias_files
from helper.delivery.report import Log
from helper.failure import ConfigError, SystemFault
from helper.privileged import paths, protected_files
from helper.privileged.begin import CHANNEL
from helper.record import Record
from helper.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.failure import Failure
    from helper.network.own_certificate import OwnCertificate
    from helper.sandbox.confine import Sandbox


class LoadedState(Record):
    """What was read before the drop; `failure` is what was wrong with it, to be told with the caller's recipients.

    `is_callers_choice` says that the caller has chosen the configuration, `is_for_socket` that only a helper behind
    gatepost.socket can send, and `is_without_helper` that none could be started: nothing was read then.
    """

    configuration: Configuration | None
    failure: Failure | None
    secrets: dict[str, Secret]
    alias_files: dict[str, bytes | None]
    log: Log
    own_certificates: dict[str, OwnCertificate]  # by the name of the transport, as the secrets
    sandbox: Sandbox | None = None  # what this process is in
    is_callers_choice: bool = False
    is_for_socket: bool = False
    is_without_helper: bool = False


def acquire_installed() -> LoadedState:
    """Open and read what root wrote, while we may. What is wrong there is told when we know whose message it stops."""
    try:
        return acquire_files_of(configuration_of_root(), protected_files.ROOT.replace(frontend=CHANNEL))
    except ConfigError as error:
        return nothing_acquired(error)


def configuration_of_root() -> Configuration:
    """Return what gatepost.toml says, from its compiled copy where that is exactly of this file."""
    source = protected_files.configuration()
    machine = ask_this_host()
    configuration = compiled_configuration(protected_files.compiled(), source, machine)
    if configuration is None:
        from helper.config.configuration import parse_configuration  # half of what a send would load

        configuration = parse_configuration(source, paths.CONFIGURATION, machine)
    return configuration


def ask_this_host() -> ThisHost:
    """Return what the machine says where a configuration is silent."""
    return ThisHost(protected_files.host_name(), protected_files.mailname(), protected_files.exists("/etc/aliases"))


def nothing_acquired(error: Failure) -> LoadedState:
    """Return what is wrong before anything was read, to be told with the message that it stops."""
    return LoadedState(None, error, {}, {}, Log(None, "text"), {})


def acquire_files_of(configuration: Configuration, owner: protected_files.Owner) -> LoadedState:
    """Open and read what the configuration names."""
    log = open_log(configuration, owner)
    try:
        secrets = {each.name: secret_of(each.auth, owner) for each in configuration.transports if each.auth is not None}
        own_certificates = {
            each.name: own_certificate(each.tls_certificate, each.tls_privatekey, owner)
            for each in configuration.transports
            if each.tls_certificate is not None
        }
        aliases = {file: protected_files.alias_file(file, owner) for file in alias_files(configuration)}
    except (ConfigError, SystemFault) as error:
        return LoadedState(configuration, error, {}, {}, log, {})
    return LoadedState(configuration, None, secrets, aliases, log, own_certificates)


def open_log(configuration: Configuration, owner: protected_files.Owner) -> Log:
    """Return the log that the configuration names."""
    if configuration.log == "syslog":
        return Log(None, configuration.log_format)
    from helper.privileged.log_file import log_file

    return Log(log_file(configuration.log, owner), configuration.log_format)


def secret_of(auth: Authentication, owner: protected_files.Owner) -> Secret:
    """Return the password or token for a smart host, from where the configuration says; none for EXTERNAL."""
    if auth.password_file is not None and auth.password_file.startswith(CREDENTIAL):
        from helper.privileged.credential import credential

        return credential(auth.password_file)
    if auth.password_file is not None:
        return protected_files.secret(auth.password_file, owner)
    command = auth.password_command or auth.token_command
    if not command:
        return Secret(b"")
    from helper.privileged.command import output_of

    return Secret(output_of(command, owner))


def own_certificate(certificate_file: str, key_file: str | None, owner: protected_files.Owner) -> OwnCertificate:
    """Return our certificate for a smart host and the key to it, which may stand in the same file."""
    from helper.network.own_certificate import OwnCertificate

    key_name, key = protected_files.private_key(key_file or certificate_file, owner)
    name, certificate = (
        protected_files.certificate(certificate_file, owner) if key_file is not None else (key_name, key)
    )
    return OwnCertificate(name, certificate, key_name, key)
