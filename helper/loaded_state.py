"""The loaded state: the files acquired before the drop, parsed after it."""

from __future__ import annotations

from helper.config.compiled import unpacked_configuration
from helper.config.values import this_host_of
from helper.delivery.log import Log
from helper.failure import ConfigError
from helper.privileged import paths
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.values import Configuration
    from helper.failure import Failure
    from helper.network.own_certificate import OwnCertificate
    from helper.privileged.acquire import Acquired
    from helper.sandbox.confine import Sandbox
    from helper.secret import Secret


class LoadedState(Record):
    """The state of a send; `failure` is what is wrong with it, reported with the caller's recipients.

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

    def forget_secrets(self) -> None:
        """Overwrite every secret of this process."""
        for secret in self.secrets.values():
            secret.forget()
        for certificate in self.own_certificates.values():
            certificate.forget()


def load_state(acquired: Acquired) -> LoadedState:
    """Parse what was acquired. A wrong password becomes the failure."""
    configuration = configuration_of(acquired)
    log = Log(acquired.log, "text" if configuration is None else configuration.log_format)
    state = LoadedState(configuration, acquired.failure, {}, {}, log, {})
    if configuration is None or acquired.failure is not None:
        return state
    try:
        secrets = passwords_of(acquired, configuration)
    except ConfigError as error:
        return state.replace(failure=error)
    return state.replace(
        secrets=secrets, alias_files=acquired.alias_files, own_certificates=own_certificates_of(acquired)
    )


def configuration_of(acquired: Acquired) -> Configuration | None:
    """Return the configuration; where its compiled copy has values that this version does not know, parse it again."""
    if acquired.packed is None or acquired.machine is None:
        return acquired.configuration
    configuration = unpacked_configuration(acquired.packed)
    if configuration is None:
        from helper.config.configuration import parse_configuration

        configuration = parse_configuration(acquired.source, paths.CONFIGURATION, this_host_of(*acquired.machine))
    return configuration


def passwords_of(acquired: Acquired, configuration: Configuration) -> dict[str, Secret]:
    """Return the password of each transport that has one. ConfigError if what was read is none."""
    passwords = {}
    for each in configuration.transports:
        if each.auth is not None:
            from helper.password import command_output, password_in

            meaning_of = password_in if each.auth.password_file is not None else command_output
            passwords[each.name] = meaning_of(acquired.passwords[each.name])
    return passwords


def own_certificates_of(acquired: Acquired) -> dict[str, OwnCertificate]:
    """Return the certificate of each transport that presents one."""
    if not acquired.certificates:
        return {}
    from helper.network.own_certificate import OwnCertificate

    return {name: OwnCertificate(*parts) for name, parts in acquired.certificates.items()}
