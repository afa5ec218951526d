"""Plausibility: what a configuration says that can be obeyed, and yet cannot have been meant.

Nothing here stops a send. Names are asked of the system: one that nobody has is a warning, for a directory service can
be down.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable, Iterator

from admin.finding import WARN, WRONG, Finding
from helper.config.uids import uid_range
from helper.config.values import Configuration, Host, Transport
from helper.privileged import paths

SUBMISSION, SUBMISSIONS = 587, 465  # RFC 6409; RFC 8314, section 3.3
SERVICES = {b"submission": SUBMISSION, b"submissions": SUBMISSIONS, b"smtps": SUBMISSIONS, b"urd": SUBMISSIONS}
LOOPBACK = (b"127.", b"::1", b"localhost")

# Domains at which the local parts belong to strangers; the names of who registers first.
SHARED = frozenset(
    (
        *(b"gmail.com", b"googlemail.com", b"outlook.com", b"hotmail.com", b"live.com", b"msn.com", b"yahoo.com"),
        *(b"icloud.com", b"me.com", b"mac.com", b"aol.com", b"gmx.com", b"gmx.de", b"gmx.net", b"web.de", b"mail.com"),
        *(b"mail.ru", b"yandex.com", b"yandex.ru", b"proton.me", b"protonmail.com", b"zoho.com", b"fastmail.com"),
        *(b"t-online.de", b"freenet.de", b"posteo.de", b"mailbox.org", b"orange.fr", b"free.fr", b"laposte.net"),
        *(b"qq.com", b"163.com", b"126.com", b"comcast.net", b"verizon.net", b"att.net", b"hotmail.co.uk"),
    )
)
NOWHERE = (b"localhost", b"localhost.localdomain", b"localdomain")


def check_plausibility(configuration: Configuration, file: str = paths.CONFIGURATION) -> Iterator[Finding]:
    """Yield what cannot have been meant."""
    for transport in configuration.transports:
        yield from check_ports(transport, file)
        yield from check_proof(transport, file)
    yield from check_domains(configuration, file)
    yield from check_names(configuration)
    yield from check_policies(configuration, file)


def check_ports(transport: Transport, file: str) -> Iterator[Finding]:
    """Yield the ports that want TLS from the first octet and are not given it, and the other way round."""
    table = f"[transports.{transport.name}] of {file}"
    for host in transport.hosts:
        port = port_of(host, transport)
        place = f"{host.name.decode('ascii')}:{port}"
        if host.kind == "srv" or (transport.tls == "none" and is_loopback(host)):
            continue
        if port == SUBMISSIONS and transport.tls != "implicit":
            text = (
                f"{place} expects TLS from the first octet, and sends would wait in vain for its greeting; in {table}"
            )
            yield Finding(WRONG, "port", text, remedy='tls = "implicit"')
        if port in (25, SUBMISSION) and transport.tls == "implicit":
            text = f"{place} begins without TLS, and no handshake would succeed; in {table}"
            yield Finding(WRONG, "port", text, remedy='tls = "starttls"')


def port_of(host: Host, transport: Transport) -> int | None:
    """Return the port at which a host is called; None for a service that only the system knows."""
    if host.service is not None:
        return SERVICES.get(host.service)
    return transport.port if host.port is None else host.port


def is_loopback(host: Host) -> bool:
    """Say whether a host is this machine, such as a tunnel's end."""
    return host.name.startswith(LOOPBACK)


def check_proof(transport: Transport, file: str) -> Iterator[Finding]:
    """Yield where a credential goes to whoever answers."""
    if transport.auth is None:
        return
    table = f"[transports.{transport.name}] of {file}"
    if transport.tls == "none":
        if all(map(is_loopback, transport.hosts)):
            return
        text = f"the credential goes without TLS, for everybody on the way to read; in {table}"
        yield Finding(WARN, "auth", text, remedy='tls = "starttls"')
    elif not transport.is_verified:
        text = f"nobody verifies who is given the credential; in {table}"
        yield Finding(WARN, "auth", text, remedy="tls_verify = true")


def check_domains(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield the domains under which nobody can be answered, or somebody else is."""
    domains = {"qualify_domain": configuration.qualify_domain, "qualify_recipient": configuration.qualify_recipient}
    if configuration.qualify_recipient == configuration.qualify_domain:
        del domains["qualify_recipient"]
    for key, domain in domains.items():
        name = domain.decode("ascii")
        if domain in SHARED:
            text = f"{key} is {name}, where local names such as root belong to strangers; in {file}"
            yield Finding(WARN, key, f"{text}, a domain of your own", remedy=f'{key} = "ws1.example.net"')
        elif domain in NOWHERE or b"." not in domain:
            text = f"{key} is {name}, and nobody can answer an address in it; in {file}"
            yield Finding(WARN, key, f"{text}, a domain of the DNS", remedy=f'{key} = "ws1.example.net"')
    if b"." not in configuration.primary_hostname:
        name = configuration.primary_hostname.decode("ascii")
        text = f"this machine is {name}, which is no full name, and many smart hosts refuse it; in {file}"
        yield Finding(WARN, "primary_hostname", text, remedy=f'primary_hostname = "{name}.example.net"')


def check_names(configuration: Configuration) -> Iterator[Finding]:
    """Yield the users and groups that a rule names and nobody has: the rule is never applied."""
    routers = ((f"router {each.name}", each.callers) for each in configuration.routers)
    policies = ((f"policy {number}", each.callers) for number, each in enumerate(configuration.policies, 1))
    trusted_groups = tuple(b"@" + name for name in configuration.trusted_groups)
    named = [("trusted_users", configuration.trusted_users), ("trusted_groups", trusted_groups), *policies, *routers]
    for place, names in named:
        for name in names:
            if not is_known(name):
                kind, shown = ("group", name[1:]) if name.startswith(b"@") else ("user", name)
                text = f"{place} names {shown.decode()}, and there is no such {kind}, so that it is never applied"
                yield Finding(WARN, "names", f"{text} (is it misspelt, or a directory service down?)")


def is_known(name: bytes) -> bool:
    """Say whether somebody has the name of a user or, after `@`, of a group; a range of uids needs nobody."""
    text = name.decode()
    look_up: Callable[[str], object] = grp.getgrnam if text.startswith("@") else pwd.getpwnam
    try:
        look_up(text.removeprefix("@"))
    except (KeyError, ValueError):
        return uid_range(name) is not None
    return True


def check_policies(configuration: Configuration, file: str) -> Iterator[Finding]:
    """Yield policies under which nobody can send: one for everybody forbids it, and none before allows anything."""
    for policy in configuration.policies:
        if policy.allow and (not policy.callers or any(map(is_known, policy.callers))):
            return
        if not policy.callers:
            yield Finding(WRONG, "policies", f"nobody may send by the policies of {file}: allow somebody")
            return
