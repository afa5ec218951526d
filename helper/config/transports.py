"""Read `[transports.NAME]`: the smart hosts and how to reach them."""

from __future__ import annotations

from helper.config import schema
from helper.config.shape import At, BadValue, is_word
from helper.config.table import read_options, required, table_of
from helper.config.values import Authentication, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CREDENTIALS = ("password_file", "password_command", "token_command")


def build_transports(value: object, primary_hostname: bytes) -> tuple[Transport, ...]:
    """Return the transports in the order of the file. BadValue if there is none."""
    tables = table_of(value)
    if not tables:
        raise BadValue("is empty: give the smart host in a table [transports.NAME]")
    unnamed = next((name for name in tables if not is_word(name)), None)
    if unnamed is not None:
        raise BadValue("contains a transport name with characters other than letters, digits, - and _", (unnamed,))
    transports = []
    for name, table in tables.items():
        with At(name):
            transports.append(build_transport(name, table, primary_hostname))
    return tuple(transports)


def build_transport(name: str, table: object, primary_hostname: bytes) -> Transport:
    """Return one transport, with the defaults that depend on something else."""
    fields = read_options(table, schema.TRANSPORT, others=("auth",))
    required(fields, "driver")
    if "tls_privatekey" in fields:
        required(fields, "tls_certificate", ": tls_privatekey is the key to it")
    if "auth" in table_of(table):
        with At("auth"):
            fields["auth"] = build_authentication(table_of(table)["auth"])
    by_default = {"helo_data": primary_hostname, "port": 465 if fields.get("tls") == "implicit" else 587}
    transport = Transport(name=name, **(by_default | fields))
    refuse_exposed(transport)
    refuse_without_tls(transport)
    refuse_dane_of_addresses(transport)
    refuse_unverified(transport)
    refuse_discarded(transport)
    return transport


def build_authentication(value: object) -> Authentication:
    """Return the login at the smart host. BadValue if user or credential is missing, or is given twice."""
    fields = read_options(value, schema.AUTHENTICATION)
    if fields.get("mechanisms") != ("EXTERNAL",):  # there our certificate is the credential (RFC 4422, appendix A)
        required(fields, "user")
        refuse_without_credential(fields)
    refuse_second_credential(fields)
    return Authentication(**fields)


def refuse_without_credential(fields: dict[str, Any]) -> None:
    """Raise BadValue if there is no credential."""
    if not any(key in fields for key in CREDENTIALS):
        required(fields, "password_file")


def refuse_second_credential(fields: dict[str, Any]) -> None:
    """Raise BadValue if there is more than one credential."""
    given = [key for key in CREDENTIALS if key in fields]
    if len(given) > 1:
        raise BadValue(f"cannot be given together with {given[0]}", (given[1],))


def refuse_exposed(transport: Transport) -> None:
    """Raise BadValue if credentials would be sent unencrypted without allow_plaintext."""
    if transport.tls == "none" and transport.auth and not transport.auth.allow_plaintext:
        raise BadValue('would send credentials unencrypted with tls = "none": set allow_plaintext = true', ("auth",))


def refuse_without_tls(transport: Transport) -> None:
    """Raise BadValue for options of TLS if the transport does not use TLS."""
    for key in ("tls_pins", "tls_certificate", "dane"):
        if transport.tls == "none" and getattr(transport, key):
            raise BadValue('has no effect with tls = "none"', (key,))


def refuse_dane_of_addresses(transport: Transport) -> None:
    """Raise BadValue if a host is an address but DANE is on: TLSA records belong to names."""
    numbers = [number for number, host in enumerate(transport.hosts) if host.is_address]
    if transport.dane and numbers:
        raise BadValue("must be a name, because dane = true", ("hosts", numbers[0]))


def refuse_unverified(transport: Transport) -> None:
    """Raise BadValue if the whole way has to be verified and its first step is not (RFC 8689, section 4.1)."""
    if transport.requiretls and (transport.tls == "none" or not transport.is_verified):
        raise BadValue("needs TLS and tls_verify = true", ("requiretls",))


def refuse_discarded(transport: Transport) -> None:
    """Raise BadValue if an extension is discarded that every message needs: none could be sent."""
    if transport.requiretls and "REQUIRETLS" in transport.discard_ehlo_keywords:
        raise BadValue("contains REQUIRETLS, which requiretls = true needs", ("discard_ehlo_keywords",))
