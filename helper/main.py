"""The helper: begin → load → drop, and then, with nothing but the caller's own rights, the story of one delivery."""

from __future__ import annotations

import os

from helper import status
from helper.config.compiled import compiled_configuration
from helper.config.reach import certificates, tcp_ports
from helper.config.values import CREDENTIAL, Authentication, Configuration, Machine, alias_files
from helper.delivery.channel import Channel
from helper.delivery.identify import identify
from helper.delivery.report import Log, Progress, open_syslog
from helper.delivery.resolve import port_of_service
from helper.delivery.story import Holdings, tell
from helper.failure import ConfigError, Failure
from helper.privileged import load, paths
from helper.privileged.begin import CHANNEL, begin
from helper.privileged.drop import drop
from helper.privileged.sandbox import Sandbox
from helper.secret import Secret
from helper.sentence import Verdict, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from helper.delivery.own_certificate import OwnCertificate

STDERR = 2


def main() -> NoReturn:
    """Serve one caller, and end; the frontend has been told the outcome of all that it asked for."""
    channel = log = None
    try:
        caller_uid = begin()
        holdings = take_hold()
        log = holdings.log
        drop()
        holdings = in_sandbox(holdings)
        channel = Channel(CHANNEL)
        tell(channel, identify(caller_uid), holdings)
    except Failure as failure:
        give_up(verdict(failure).line, channel, log)
    except BaseException as defect:  # the last resort; no traceback, whose lines could hold a secret
        give_up(defect_line(defect, channel), channel, log)
    os._exit(status.SENT)


def take_hold() -> Holdings:
    """Open and read what root wrote, while we may. What is wrong there is told when we know whose message it stops."""
    try:
        return hold(configuration_of_root(), load.ROOT)
    except ConfigError as error:
        return hold_nothing(error)


def configuration_of_root() -> Configuration:
    """Return what gatepost.toml says, from its compiled copy where that is exactly of this file."""
    source = load.configuration()
    machine = this_machine()
    configuration = compiled_configuration(load.compiled(), source, machine)
    if configuration is None:
        from helper.config.configuration import parse_configuration  # half of what a send would load

        configuration = parse_configuration(source, paths.CONFIGURATION, machine)
    return configuration


def this_machine() -> Machine:
    """Return what the machine says where a configuration is silent."""
    return Machine(load.host_name(), load.mailname(), load.exists("/etc/aliases"))


def hold_nothing(error: ConfigError) -> Holdings:
    """Return what is wrong with the configuration, to be told with each message that it stops."""
    open_syslog()
    return Holdings(None, error, {}, {}, Log(None, "text"), {})


def hold(configuration: Configuration, keeper: load.Keeper) -> Holdings:
    """Open and read what the configuration names."""
    log_file = load.log_file(configuration.log, keeper) if configuration.log != "syslog" else None
    if log_file is None:
        open_syslog()
    log = Log(log_file, configuration.log_format)
    try:
        secrets = {
            each.name: secret_of(each.auth, keeper) for each in configuration.transports if each.auth is not None
        }
        own_certificates = {
            each.name: own_certificate(each.tls_certificate, each.tls_privatekey, keeper)
            for each in configuration.transports
            if each.tls_certificate is not None
        }
        aliases = {file: load.alias_file(file, keeper) for file in alias_files(configuration)}
    except ConfigError as error:
        return Holdings(configuration, error, {}, {}, log, {})
    return Holdings(configuration, None, secrets, aliases, log, own_certificates)


def secret_of(auth: Authentication, keeper: load.Keeper) -> Secret:
    """Return the password or token for a smart host, from where the configuration says; none for EXTERNAL."""
    if auth.password_file is not None and auth.password_file.startswith(CREDENTIAL):
        from helper.privileged.credential import credential

        return credential(auth.password_file)
    if auth.password_file is not None:
        return load.secret(auth.password_file, keeper)
    command = auth.password_command or auth.token_command
    if not command:
        return Secret(b"")
    from helper.privileged.command import output_of

    return Secret(output_of(command, keeper))


def own_certificate(certificate_file: str, key_file: str | None, keeper: load.Keeper) -> OwnCertificate:
    """Return our certificate for a smart host and the key to it, which may stand in the same file."""
    from helper.delivery.own_certificate import OwnCertificate

    key_name, key = load.private_key(key_file or certificate_file, keeper)
    name, certificate = load.certificate(certificate_file, keeper) if key_file is not None else (key_name, key)
    return OwnCertificate(name, certificate, key_name, key)


def in_sandbox(holdings: Holdings) -> Holdings:
    """Shut this process in with what its configuration needs, and return the holdings with the sandbox."""
    sandbox = sandbox_of(holdings.configuration)
    sandbox.shut_in()
    return holdings.replace(sandbox=sandbox)


def sandbox_of(configuration: Configuration | None) -> Sandbox:
    """Return the sandbox for a configuration; without one, nobody is connected to."""
    if configuration is None:
        return Sandbox()
    return Sandbox(
        tcp_ports(configuration, port_of_service),
        certificates(configuration),
        may_bind=any(transport.interface is not None for transport in configuration.transports),
        is_required=configuration.sandbox == "required",
    )


def give_up(line: str, channel: Channel | None, log: Log | None) -> NoReturn:
    """Tell frontend and log how it ended, where the story could not be told."""
    if log is None:
        open_syslog()
        log = Log(None, "text")
    log.write(Progress(), Verdict(status.SOFTWARE, "failed", line), status.FAILED)
    try:
        channel = channel or Channel(CHANNEL)
        channel.say(line)
        channel.finish(status.FAILED)
    except (OSError, Failure):
        os.write(STDERR, f"{line}\n".encode("ascii", "backslashreplace"))  # started by hand
    os._exit(status.FAILED)


def defect_line(defect: BaseException, channel: Channel | None) -> str:
    """Return what is said of a defect of ours: its kind and where in our code it showed, never a value."""
    trace = defect.__traceback__
    place = "an unknown place"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    outcome = "may have been sent" if channel is not None and channel.is_in_doubt else "not sent"
    return f"sendmail: {outcome}: a defect in Gatepost: {type(defect).__name__} at {place}"
