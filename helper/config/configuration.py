"""Parse gatepost.toml to a Configuration, or to an error that names file, line and key and shows no value."""

from __future__ import annotations

from helper.config import schema
from helper.config.parsers import parse_true
from helper.config.routers import build_routers, implied_routers
from helper.config.rules import build_policies, build_rewrite, is_rewritable
from helper.config.shape import At, BadValue, is_word
from helper.config.table import read_options
from helper.config.toml import line_of, parse_toml
from helper.config.transports import build_transports
from helper.config.values import Configuration
from helper.domain import is_name
from helper.failure import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from helper.config.toml import Path
    from helper.config.values import Router, ThisHost, Transport


def parse_configuration(octets: bytes, file: str, machine: ThisHost) -> Configuration:
    """Return what the file says, with the machine's answers where it is silent. ConfigError for anything wrong in it.

    `file` is only told in errors. Contract: section 6.
    """
    tables = parse_toml(octets, file)
    try:
        return build(tables, machine)
    except BadValue as bad:
        problem, path = bad.problem, bad.path
    raise ConfigError(file, problem, line=line_of(octets, path), key=shown_path(path))


def build(tables: dict[str, Any], machine: ThisHost) -> Configuration:
    """Return the configuration in the tables of the file."""
    main = read_options(tables, schema.MAIN, others=schema.SECTIONS)
    with At("mua_wrapper"):
        parse_true(tables.get("mua_wrapper", True))
    if main.get("local_sender_retain") and main.get("local_from_check", True):
        raise BadValue("needs local_from_check = false, as in Exim", ("local_sender_retain",))
    main |= names(main, machine)
    with At("transports"):
        transports = build_transports(tables.get("transports", {}), main["primary_hostname"])
    with At("routers"):
        if "routers" in tables:
            routers = build_routers(tables["routers"], transports)
        else:
            local_domains = (main["qualify_recipient"], main["primary_hostname"])
            routers = implied_routers(transports, local_domains, machine.has_aliases)
    refuse_hostless(routers, transports)
    with At("rewrite"):
        rewrite = build_rewrite(tables.get("rewrite", {}))
    with At("policies"):
        policies = build_policies(tables.get("policies", []))
    return Configuration(**main, transports=transports, routers=routers, rewrite=rewrite, policies=policies)


def names(main: dict[str, Any], machine: ThisHost) -> dict[str, bytes]:
    """Return this host's name and the domains for addresses without one, from the file or from the machine."""
    primary_hostname = main.get("primary_hostname") or machine_domain("primary_hostname", machine.host_name)
    qualify_domain = main.get("qualify_domain") or (
        machine_domain("qualify_domain", machine.mailname) if machine.mailname else primary_hostname
    )
    return {
        "primary_hostname": primary_hostname,
        "qualify_domain": qualify_domain,
        "qualify_recipient": main.get("qualify_recipient", qualify_domain),
    }


def machine_domain(key: str, name: bytes) -> bytes:
    """Return a name of this machine; it must be valid in EHLO and addresses."""
    name = name.removesuffix(b".").lower()
    if not (name.isascii() and is_name(name)):
        raise BadValue("must be set: this machine's own name is not a domain name", (key,))
    return name


def refuse_hostless(routers: tuple[Router, ...], transports: tuple[Transport, ...]) -> None:
    """Raise BadValue if an `accept` sends to a transport that has no hosts."""
    wanted = {router.transport for router in routers if router.driver == "accept"}
    for transport in transports:
        if transport.name in wanted and not transport.hosts:
            raise BadValue(
                "is missing: a router sends to the hosts of this transport", ("transports", transport.name, "hosts")
            )


def shown_path(path: Path) -> str | None:
    """Return a path as an administrator reads it (`routers[2].domains`, counted from 1), None for the file as a whole.

    It ends before a step that does not look like a key, because that may be a secret in the wrong place.
    """
    shown = ""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step + 1}]"
        elif is_word(step):
            shown += f".{step}"
        elif shown == ".rewrite" and is_rewritable(step):
            shown += f'."{step}"'
        else:
            break
    return shown.removeprefix(".") or None
