"""Unused: parts of a configuration that no send ever reaches. None of them stops a send."""

from __future__ import annotations

from collections.abc import Iterator

from admin.finding import WARN, Finding
from helper.config.values import Configuration, Router
from helper.privileged import paths


def check_unused(configuration: Configuration, file: str = paths.CONFIGURATION) -> Iterator[Finding]:
    """Yield routers, policies, transports, hosts and TLS options that have no effect."""
    yield from unused_routers(configuration, file)
    yield from unused_policies(configuration, file)
    yield from unused_transports(configuration, file)
    yield from unused_options(configuration, file)


def unused_routers(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield each router after one that takes every address; a redirect there is told as wrong elsewhere."""
    last: Router | None = None
    for router in configuration.routers:
        if last is not None and router.driver != "redirect":
            text = f"router {router.name} is never asked: {last.name} takes every address; in {file}"
            yield Finding(WARN, "routers", f"{text}, remove one of them or give {last.name} a condition")
        if last is None and takes_all(router):
            last = router


def takes_all(router: Router) -> bool:
    """Say whether a router leaves no address to those after it."""
    conditions = (router.domains, router.local_parts, router.senders, router.callers, router.check_local_user)
    return router.driver != "redirect" and not any(conditions)


def unused_policies(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield each policy after one for all callers: the first that matches decides."""
    for number, policy in enumerate(configuration.policies[:-1], 1):
        if not policy.callers:
            text = f"policy {number} is for all callers, so no later one is ever applied; in {file}"
            yield Finding(WARN, "policies", f"{text}, put it last or give it callers")
            return


def unused_transports(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield each transport that no router uses."""
    used = {router.transport for router in configuration.routers}
    for transport in configuration.transports:
        if transport.name not in used:
            text = f"transport {transport.name} is used by no router; in {file}"
            yield Finding(WARN, "transports", f"{text}, remove it or name it in a router")


def unused_options(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield hosts that are given twice, and CAs that verify nothing."""
    for transport in configuration.transports:
        table = f"[transports.{transport.name}] of {file}"
        if len(set(transport.hosts)) < len(transport.hosts):
            yield Finding(WARN, "hosts", f"a host is given twice; in {table}, remove one")
        if (transport.tls_ca_file or transport.tls_ca_path) and (transport.tls == "none" or not transport.tls_verify):
            text = "tls_ca_file and tls_ca_path have no effect without TLS and tls_verify = true"
            yield Finding(WARN, "authorities", f"{text}; in {table}, remove them")
