"""Find parts of a configuration that no send ever uses. None of them stops a send."""

from __future__ import annotations

from collections.abc import Iterator

from admin.correction.edit import Source
from admin.finding import WARN, WRONG, Finding
from helper.config.values import Configuration, Host, Router, Transport


def check_unused(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield routers, policies, transports, hosts and TLS options that have no effect."""
    yield from unused_routers(configuration, source)
    yield from unused_policies(configuration, source)
    yield from unused_transports(configuration, source)
    yield from unused_options(configuration, source)


def unused_routers(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield each router after one that takes every address; a redirect there is told as wrong elsewhere."""
    last: Router | None = None
    for number, router in enumerate(configuration.routers):
        if last is not None and router.driver != "redirect":
            text = f"router {router.name} is never asked: {last.name} takes every address; in {source.file}"
            text += f", remove one of them or give {last.name} a condition"
            yield Finding(WARN, "routers", text, remedy=source.editor(("routers", number)))
        if last is None and takes_all(router):
            last = router


def takes_all(router: Router) -> bool:
    """Return whether a router leaves no address to those after it."""
    conditions = (router.domains, router.local_parts, router.senders, router.callers, router.check_local_user)
    return router.driver != "redirect" and not any(conditions)


def unused_policies(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield each policy after one for all callers: the first that matches decides."""
    for number, policy in enumerate(configuration.policies[:-1], 1):
        if not policy.callers:
            text = f"policy {number} is for all callers, so no later one ever applies; in {source.file}"
            remedy = source.editor(("policies", number - 1))
            yield Finding(WARN, "policies", f"{text}, put it last or give it callers", remedy=remedy)
            return


def unused_transports(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield each transport that no router uses."""
    used = {router.transport for router in configuration.routers}
    for transport in configuration.transports:
        if transport.name not in used:
            text = f"transport {transport.name} is used by no router; in {source.file}"
            remedy = source.editor(("transports", transport.name))
            yield Finding(WARN, "transports", f"{text}, remove it or name it in a router", remedy=remedy)


def unused_options(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield options of transports that have no effect, or none that can have been meant."""
    for transport in configuration.transports:
        path, table = ("transports", transport.name), f"[transports.{transport.name}] of {source.file}"
        once = list(dict.fromkeys(transport.hosts))
        if len(once) < len(transport.hosts):
            remedy = source.set_to((*path, "hosts"), [text_of(host) for host in once])
            yield Finding(WARN, "hosts", f"a host is listed twice; in {table}, remove one", remedy=remedy)
        for key, why in without_effect(transport):
            yield Finding(WARN, key, f"{key} has no effect {why}; in {table}", remedy=source.without((*path, key)))
        yield from unused_mechanisms(transport, table, source)
        if any(host.name == configuration.primary_hostname for host in transport.hosts):
            text = f"the smart host is this machine, and Gatepost is not a mail server; in {table}"
            yield Finding(WARN, "hosts", text, remedy=source.editor((*path, "hosts")))


def text_of(host: Host) -> str:
    """Return a host as `hosts` has it."""
    name = host.name.decode("ascii")
    place = f"[{name}]" if ":" in name else name if host.kind == "name" else f"{host.kind}:{name}"
    port = host.service.decode("ascii") if host.service is not None else host.port
    return place if port is None else f"{place}:{port}"


def without_effect(transport: Transport) -> Iterator[tuple[str, str]]:
    """Yield each option that another one leaves without effect, and why."""
    if transport.tls == "none":
        given = {
            "tls_ca_file": transport.tls_ca_file,
            "tls_ca_path": transport.tls_ca_path,
            "tls_verify_name": transport.tls_verify_name,
            "tls_min_version": transport.tls_min_version != "1.2",
        }
        yield from ((key, 'with tls = "none"') for key, value in given.items() if value)
    elif not transport.tls_verify:
        keys = ("tls_ca_file", "tls_ca_path", "tls_verify_name")
        yield from ((key, "with tls_verify = false") for key in keys if getattr(transport, key))
    if transport.hosts_randomize and len(transport.hosts) == 1:
        yield "hosts_randomize", "with one host"


def unused_mechanisms(transport: Transport, table: str, source: Source) -> Iterator[Finding]:
    """Yield mechanisms that need what the transport has not, and a permission that nobody makes use of."""
    auth, path = transport.auth, ("transports", transport.name, "auth")
    if auth is None:
        return
    if "EXTERNAL" in auth.mechanisms and transport.tls_certificate is None:
        text = f"EXTERNAL needs tls_certificate to identify this machine; in {table}"
        yield Finding(WRONG, "mechanisms", text, remedy=source.editor((*path, "mechanisms")))
    is_bound = bool(auth.mechanisms) and all(each.endswith("-PLUS") for each in auth.mechanisms)
    if is_bound and transport.tls_min_version == "1.3":
        text = f'the -PLUS mechanisms need TLS 1.2, which tls_min_version = "1.3" excludes; in {table}'
        remedy = source.without(("transports", transport.name, "tls_min_version"))
        yield Finding(WRONG, "mechanisms", text, remedy=remedy)
    if auth.allow_plaintext and transport.tls != "none":
        text = f"allow_plaintext has no effect with TLS; in {table}"
        yield Finding(WARN, "allow_plaintext", text, remedy=source.set_to((*path, "allow_plaintext"), False))
