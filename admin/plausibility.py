"""Warn of settings that are valid but are probably a mistake.

None of them stops a send. Users and groups are looked up: an unknown name is only a warning, because a directory
service can be down.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable, Iterable, Iterator

from admin.correction.edit import Source
from admin.finding import WARN, WRONG, Finding
from helper.config.nearest import nearest
from helper.config.uids import uid_range
from helper.config.values import Configuration, Host, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.config.toml import Path

SUBMISSION, SUBMISSIONS = 587, 465  # RFC 6409; RFC 8314, section 3.3
SERVICES = {b"submission": SUBMISSION, b"submissions": SUBMISSIONS, b"smtps": SUBMISSIONS, b"urd": SUBMISSIONS}
WITH_TLS_FIRST = (SUBMISSIONS, 2465)  # the second is what providers offer beside the first, as they do 2525 and 2587
WITH_TLS_LATER = (25, SUBMISSION, 2525, 2587)
OF_OTHERS = {80: "HTTP", 110: "POP3", 143: "IMAP", 443: "HTTPS", 993: "IMAP with TLS", 995: "POP3 with TLS", 24: "LMTP"}
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
RESERVED = (b"localhost", b"localdomain", b"invalid", b"test")
NOWHERE = (b"localhost", b"localhost.localdomain", b"localdomain")


def check_plausibility(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield a warning for each setting that is probably a mistake."""
    for transport in configuration.transports:
        yield from check_ports(transport, hosts_of(transport, configuration), source)
        yield from check_proof(transport, source)
    yield from check_domains(configuration, source)
    yield from check_names(configuration, source)
    yield from check_policies(configuration, source)


def check_ports(transport: Transport, hosts: Iterable[Host], source: Source) -> Iterator[Finding]:
    """Yield the ports whose tls is wrong: implicit TLS on a STARTTLS port, or the other way round."""
    key = ("transports", transport.name, "tls")
    table = f"[transports.{transport.name}] of {source.file}"
    for host in hosts:
        port = port_of(host, transport)
        place = f"{host.name.decode('ascii')}:{port}"
        if host.kind == "srv" or (transport.tls == "none" and is_loopback(host)):
            continue
        if port in WITH_TLS_FIRST and transport.tls != "implicit":
            text = f"{place} expects TLS from the first octet, so sends would wait in vain for its greeting; in {table}"
            yield Finding(WRONG, "port", text, remedy=source.set_to(key, "implicit"))
        if port in WITH_TLS_LATER and transport.tls == "implicit":
            text = f"{place} begins without TLS, so every handshake would fail; in {table}"
            yield Finding(WRONG, "port", text, remedy=source.set_to(key, "starttls"))
        if port in OF_OTHERS:
            text = f"{place} is the port of {OF_OTHERS[port]}, not of mail submission; in {table}"
            remedy = source.editor(("transports", transport.name, "hosts"))
            yield Finding(WARN, "port", text, remedy=remedy)


def hosts_of(transport: Transport, configuration: Configuration) -> tuple[Host, ...]:
    """Return the smart hosts of a transport, including those in routers, each once."""
    routers = (router for router in configuration.routers if router.transport == transport.name)
    return tuple(dict.fromkeys([*transport.hosts, *(host for router in routers for host in router.hosts)]))


def port_of(host: Host, transport: Transport) -> int | None:
    """Return the port of a host; None for a service name that only the system can look up."""
    if host.service is not None:
        return SERVICES.get(host.service)
    return transport.port if host.port is None else host.port


def is_loopback(host: Host) -> bool:
    """Return whether a host is this machine, such as the end of a tunnel."""
    return host.name.startswith(LOOPBACK)


def check_proof(transport: Transport, source: Source) -> Iterator[Finding]:
    """Yield the transports that send a credential to a server that is not verified."""
    if transport.auth is None:
        return
    key, table = ("transports", transport.name), f"[transports.{transport.name}] of {source.file}"
    if transport.tls == "none":
        if all(map(is_loopback, transport.hosts)):
            return
        text = f"the credential goes over the network without TLS, where others can read it; in {table}"
        yield Finding(WARN, "auth", text, remedy=source.set_to((*key, "tls"), "starttls"))
    elif not transport.is_verified:
        text = f"the server that gets the credential is not verified; in {table}"
        yield Finding(WARN, "auth", text, remedy=source.set_to((*key, "tls_verify"), True))


def check_domains(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield the domains to which replies cannot be sent, or belong to strangers."""
    domains = {"qualify_domain": configuration.qualify_domain, "qualify_recipient": configuration.qualify_recipient}
    if configuration.qualify_recipient == configuration.qualify_domain:
        del domains["qualify_recipient"]
    for key, domain in domains.items():
        name = domain.decode("ascii")
        remedy = own_name(key, configuration, source)
        if domain in SHARED:
            text = f"{key} is {name}, where local names such as root belong to strangers; in {source.file}"
            yield Finding(WARN, key, f"{text}, a domain of your own", remedy=remedy)
        elif is_nowhere(domain):
            text = f"{key} is {name}, so nobody can reply to an address in it; in {source.file}"
            yield Finding(WARN, key, f"{text}, a domain of the DNS", remedy=remedy)
    if is_nowhere(configuration.primary_hostname):
        name = configuration.primary_hostname.decode("ascii")
        text = (
            f"this machine is {name}, which is not a fully qualified name, and many smart hosts refuse it; in "
            f"{source.file}"
        )
        remedy = own_name("primary_hostname", configuration, source)
        yield Finding(WARN, "primary_hostname", text, remedy=remedy)


def is_nowhere(domain: bytes) -> bool:
    """Return whether the DNS has no such domain (RFC 2606)."""
    return domain in NOWHERE or b"." not in domain or domain.rpartition(b".")[2] in RESERVED


def own_name(key: str, configuration: Configuration, source: Source) -> str:
    """Return the command that sets a domain to a name that the file or the machine has; an editor if it has none."""
    machine, domain = configuration.primary_hostname, configuration.qualify_domain
    if key == "primary_hostname" and not is_nowhere(domain) and domain not in SHARED:
        return source.set_to((key,), f"{machine.partition(b'.')[0].decode()}.{domain.decode()}")
    if key != "primary_hostname" and not is_nowhere(machine) and machine not in SHARED:
        return source.set_to((key,), machine.decode())
    return source.editor((key,))


def check_names(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield the unknown users and groups that a rule names: the rule is never applied."""
    for place, path, names in named(configuration):
        for number, name in enumerate(names):
            if not is_known(name):
                kind, shown = ("group", name[1:]) if name.startswith(b"@") else ("user", name)
                text = f"{place} names {shown.decode()}, but there is no such {kind}, so the rule never applies"
                meant = nearest_name(name)
                remedy = source.set_to((*path, number), meant) if meant else source.editor(path)
                yield Finding(
                    WARN, "names", f"{text} (is the name misspelt, or is a directory service down?)", remedy=remedy
                )


def named(configuration: Configuration) -> list[tuple[str, Path, tuple[bytes, ...]]]:
    """Return the places that name users and groups: a description, the key, and the names."""
    groups = tuple(b"@" + name for name in configuration.trusted_groups)
    places: list[tuple[str, Path, tuple[bytes, ...]]] = [
        ("trusted_users", ("trusted_users",), configuration.trusted_users),
        ("trusted_groups", ("trusted_groups",), groups),
    ]
    for number, policy in enumerate(configuration.policies):
        places.append((f"policy {number + 1}", ("policies", number, "callers"), policy.callers))
    for number, router in enumerate(configuration.routers):
        places.append((f"router {router.name}", ("routers", number, "callers"), router.callers))
    return places


def nearest_name(name: bytes) -> str:
    """Return the login or group with the most similar name, as a rule writes it; nothing if there is none."""
    text = name.decode()
    if text.isdecimal():
        return next((each.pw_name for each in pwd.getpwall() if each.pw_uid == int(text)), "")
    if text.startswith("@"):
        guess = nearest(text[1:], [each.gr_name for each in grp.getgrall()])
        return f"@{guess}" if guess else ""
    return nearest(text, [each.pw_name for each in pwd.getpwall()]) or ""


def is_known(name: bytes) -> bool:
    """Return whether a user or, after `@`, a group has this name; True for a range of uids."""
    text = name.decode()
    look_up: Callable[[str], object] = grp.getgrnam if text.startswith("@") else pwd.getpwnam
    try:
        look_up(text.removeprefix("@"))
    except (KeyError, ValueError):
        return uid_range(name) is not None
    return True


def check_policies(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """Yield policies that stop all sends: one for all callers forbids it, and none before allows anything."""
    for number, policy in enumerate(configuration.policies):
        if policy.allow and (not policy.callers or any(map(is_known, policy.callers))):
            return
        if not policy.callers:
            text = f"the policies of {source.file} let nobody send: allow a caller"
            yield Finding(WRONG, "policies", text, remedy=source.editor(("policies", number)))
            return
