"""`[[routers]]`: the steps of routing, or the two that are implied."""

from __future__ import annotations

from helper.config import schema
from helper.config.shape import At, BadValue
from helper.config.table import read_options, required, table_of, tables_of
from helper.config.values import Router

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from helper.config.values import Transport

ALIASES = "/etc/aliases"


def build_routers(value: object, transports: tuple[Transport, ...]) -> tuple[Router, ...]:
    """Return the routers in the order of the file. BadValue for none, and for two of one name."""
    tables = tables_of(value, "[[routers]]")
    if not tables:
        raise BadValue("is empty: no address could be routed")
    routers: list[Router] = []
    for number, table in enumerate(tables):
        with At(number):
            router = build_router(number, table)
            refuse_unknown_transport(router, transports)
            refuse_given_away(router, transports)
            if any(router.name == earlier.name for earlier in routers):
                raise BadValue("is the name of an earlier router", ("name",))
        routers.append(router)
    return tuple(routers)


def implied_routers(
    transports: tuple[Transport, ...], local_domains: tuple[bytes, ...], has_aliases: bool
) -> tuple[Router, ...]:
    """Return the routers of a file without any: /etc/aliases for the machine's own domains, then the only transport."""
    if len(transports) > 1:
        raise BadValue("is missing: with more than one transport, [[routers]] must say which one takes which addresses")
    accept = Router(name="smarthost", driver="accept", transport=transports[0].name)
    if not has_aliases:
        return (accept,)
    domains = tuple(dict.fromkeys(local_domains))
    aliases = Router(
        name="system_aliases", driver="redirect", file=ALIASES, domains=domains, allow_fail=True, allow_defer=True
    )
    return (aliases, accept)


def build_router(number: int, table: object) -> Router:
    """Return one router; its driver decides which options it may have."""
    entries = table_of(table)
    driver = driver_of(entries)
    refuse_other_drivers(entries, driver)
    options = (*schema.ROUTER, *schema.DRIVERS[driver])
    fields = read_options(entries, options)
    if driver == "redirect":
        refuse_unclear_redirect(fields)
    else:
        required(fields, "transport")
    if driver == "manualroute":
        required(fields, "hosts")
    return Router(**({"name": f"router{number + 1}"} | fields))


def driver_of(entries: dict[str, Any]) -> str:
    """Return the driver, which is needed before the other options."""
    value = required(entries, "driver")
    with At("driver"):
        driver: str = schema.DRIVER.parse(value)
    return driver


def refuse_other_drivers(entries: dict[str, Any], driver: str) -> None:
    """Raise BadValue for an option of another driver."""
    own = {option.name for option in schema.DRIVERS[driver]}
    for other, options in schema.DRIVERS.items():
        for option in options:
            if option.name in entries and option.name not in own:
                raise BadValue(f"is an option of {other}, not of {driver}", (option.name,))


def refuse_unclear_redirect(fields: dict[str, Any]) -> None:
    """Raise BadValue unless either file or data is given, and $home is only used with check_local_user."""
    if "file" not in fields and "data" not in fields:
        raise BadValue("is missing: a redirect needs file or data", ("file",))
    if "file" in fields and "data" in fields:
        raise BadValue("cannot be given together with file", ("data",))
    if fields.get("file", "").startswith("$") and not fields.get("check_local_user"):
        raise BadValue("needs check_local_user = true: only a user has a home directory", ("file",))


def refuse_unknown_transport(router: Router, transports: tuple[Transport, ...]) -> None:
    """Raise BadValue if the transport of a router does not exist."""
    if router.transport and all(router.transport != transport.name for transport in transports):
        raise BadValue("is not a transport in this file", ("transport",))


def refuse_given_away(router: Router, transports: tuple[Transport, ...]) -> None:
    """Raise BadValue if the password would be sent to servers of the recipient's domain.

    The caller chooses that domain. All other drivers send to hosts that the file names.
    """
    if router.driver != "dnslookup":
        return
    if any(transport.name == router.transport and transport.auth for transport in transports):
        raise BadValue(
            "has auth, and dnslookup would log in at the hosts of any domain that a caller writes to: "
            "name a transport without auth",
            ("transport",),
        )
