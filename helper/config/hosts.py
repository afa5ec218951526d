"""Parse names and addresses of hosts, and the entries of `hosts`."""

from __future__ import annotations

from helper.config.shape import DIGITS, LETTERS, BadValue, Shape, require, text_of
from helper.config.values import Host
from helper.domain import is_domain, is_ipv4, is_ipv6, is_name

SERVICE_LIMIT = 15  # RFC 6335, section 5.1
ENTRY_LIMIT = 512  # characters; longer entries are refused unread
KINDS = {"mx:": "mx", "srv:": "srv"}


def parse_domain(value: object) -> bytes:
    """Return a domain or host name in lower case."""
    refuse_international(text_of(value))
    octets = text_of(value).lower().encode("ascii")
    require(is_name(octets), DOMAIN.words)
    return octets


def parse_address(value: object) -> bytes:
    """Return an IP address, without brackets, in lower case."""
    require(is_ipv4(text_of(value)) or is_ipv6(text_of(value)), ADDRESS.words)
    return text_of(value).lower().encode("ascii")


def parse_domain_or_address(value: object) -> bytes:
    """Return a host name or an IP address, in lower case."""
    refuse_international(text_of(value))
    text = text_of(value).lower()
    require(is_name(text.encode("ascii")) or is_ipv4(text) or is_ipv6(text), DOMAIN_OR_ADDRESS.words)
    return text.encode("ascii")


def parse_helo_data(value: object) -> bytes:
    """Return the argument of EHLO: a domain, or an address literal with its brackets (RFC 5321, section 4.1.3)."""
    refuse_international(text_of(value))
    octets = text_of(value).encode("ascii")
    require(is_domain(octets), HELO_DATA.words)
    return octets


def parse_host(value: object) -> Host:
    """Return a smart host: "name", "name:port", "address:port", "[2001:db8::1]:port", "mx:domain" or "srv:domain"."""
    text = text_of(value)
    require(0 < len(text) <= ENTRY_LIMIT and text.isprintable() and " " not in text, HOST.words)
    refuse_international(text)
    if "://" in text:
        raise BadValue("must be a host without smtp:// or smtps://: use tls and port")
    if text.startswith(tuple(KINDS)):
        return looked_up_host(text)
    if text.startswith("["):
        return bracketed_host(text)
    if is_ipv6(text):
        raise BadValue("must have an IPv6 address in square brackets")
    name, colon, port = text.partition(":")
    if is_ipv4(name):
        return with_port(Host("name", name.encode("ascii"), is_address=True), colon, port)
    return with_port(Host("name", host_name(name)), colon, port)


def looked_up_host(text: str) -> Host:
    """Return a host whose name and port the DNS is asked for. The port of SRV is the record's."""
    prefix, _, domain = text.partition(":")
    domain, colon, port = domain.partition(":")
    host = Host(KINDS[prefix + ":"], host_name(domain))
    if colon and host.kind == "srv":
        raise BadValue("must not have a port after srv: the DNS gives it")
    return with_port(host, colon, port)


def bracketed_host(text: str) -> Host:
    """Return a host that is an address in square brackets."""
    address, bracket, rest = text[1:].partition("]")
    if not (is_ipv4(address) or is_ipv6(address)) or not bracket or rest[:1] not in ("", ":"):
        raise BadValue("must have an IP address in square brackets, followed by nothing or by a colon and a port")
    return with_port(Host("name", address.lower().encode("ascii"), is_address=True), rest[:1], rest[1:])


def host_name(text: str) -> bytes:
    """Return the name of a host; the dot at the end of an absolute name is not part of it."""
    name = text.removesuffix(".").lower().encode("ascii")
    require(is_name(name), HOST.words)
    return name


def with_port(host: Host, colon: str, port: str) -> Host:
    """Return the host at a port number or at a service, which is looked up where lookups are made."""
    if not colon:
        return host
    if DIGITS.issuperset(port):
        number = int(port) if 0 < len(port) <= 5 else 0
        require(0 < number < 65536, "a host with a port from 1 to 65535")
        return host.replace(port=number)
    require(is_service(port), "a host with a port that is a number or the name of a service")
    return host.replace(service=port.lower().encode("ascii"))


def refuse_international(text: str) -> None:
    """Raise BadValue for a name that DNS, TLS and SMTP would not know as it is written."""
    if not text.isascii():
        raise BadValue("must be in ASCII: write an internationalised name as its A-label (xn--...)")


def is_service(text: str) -> bool:
    """Return whether it can name a service (RFC 6335, section 5.1)."""
    is_word = len(text) <= SERVICE_LIMIT and "." not in text and is_name(text.encode("ascii"))
    return is_word and not LETTERS.isdisjoint(text)


DOMAIN = Shape("a domain name", parse_domain)
ADDRESS = Shape("an IP address", parse_address)
DOMAIN_OR_ADDRESS = Shape("a host name or an IP address", parse_domain_or_address)
HELO_DATA = Shape("a host name, or an IP address in square brackets", parse_helo_data)
HOST = Shape(
    'a host such as "name", "name:port", "192.0.2.1:port", "[2001:db8::1]:port", "mx:domain" or "srv:domain"',
    parse_host,
)
