"""Guess what a wrong value was meant to be. The caller tests whether a guess is a correct value.

Values that may contain a credential are not guessed, because guesses are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from helper.config.nearest import nearest
from helper.domain import NoALabel, ascii_domain

TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1", "enable", "enabled", "always"), True),
    **dict.fromkeys(("false", "no", "off", "0", "disable", "disabled", "never"), False),
}
MEANT = {  # what other programs call these; which one counts, the choices of the key say
    **dict.fromkeys(("ssl", "smtps", "wrapper", "ssl/tls", "tls_on_connect"), ("implicit", "smtp")),
    **dict.fromkeys(("tls", "yes", "on", "true"), ("starttls", "syslog")),
    **dict.fromkeys(("required", "mandatory", "encrypt", "may", "start_tls"), ("starttls",)),
    **dict.fromkeys(("esmtp", "lmtp", "relay", "remote_smtp"), ("smtp", "manualroute")),
    **dict.fromkeys(("forward", "aliases", "alias", "aliasfile"), ("redirect",)),
    **dict.fromkeys(("smarthost", "static", "route"), ("manualroute",)),
    **dict.fromkeys(("mx", "dns", "lookup"), ("dnslookup",)),
    **dict.fromkeys(("stderr", "stdout", "journal", "journald", "-", ""), ("syslog",)),
}
UNITS = {"sec": "s", "second": "s", "min": "m", "minute": "m", "hour": "h", "hr": "h", "day": "d", "week": "w"}


def guesses(name: str, value: Any, problem: str, domain: str) -> Iterator[Any]:
    """Yield possible corrections of the value of a key, the most likely first.

    `problem` is what the parser said of it, and names the choices; `domain` completes addresses.
    """
    if name in NEVER:
        return
    if isinstance(value, list):
        yield from as_one(value)
        return
    split = re.split(r"[,;\s]+", value.strip()) if isinstance(value, str) else []
    if all(split) and len(split) > 1:
        yield split
    for guess in guesses_of_one(name, value, problem, domain):
        yield guess
        yield [guess]
    if value != "":
        yield [value]


def as_one(value: list[Any]) -> Iterator[Any]:
    """Yield an array as one value."""
    if len(value) == 1:
        yield value[0]
    if all(isinstance(each, str) for each in value):
        yield ", ".join(value)


def guesses_of_one(name: str, value: Any, problem: str, domain: str) -> Iterator[Any]:
    """Yield the same for a single value."""
    if isinstance(value, bool | int | float):
        yield from guesses_of_number(value)
    if not isinstance(value, str):
        return
    text = value.strip().strip("\"'")
    if text:
        yield text
    if text.lower() in TRUTH:
        yield TRUTH[text.lower()]
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        yield int(text)
    yield from choices(text, problem)
    if text or name == "log":
        yield from BY_NAME.get(name, nothing)(text, domain)


def guesses_of_number(value: float) -> Iterator[Any]:
    """Yield the text, the truth and the whole number of a number."""
    if value in (0, 1):
        yield bool(value)
    if isinstance(value, bool):
        yield from ("starttls", "required") if value else ("none", "best-effort")
        return
    yield str(value)
    yield int(value)


def choices(text: str, problem: str) -> Iterator[str]:
    """Yield the nearest of the words that the parser names."""
    offered = re.findall(r'"([a-z0-9.-]+)"', problem) or re.findall(r"[A-Z0-9][A-Z0-9-]+", problem)
    for each in (*MEANT.get(text.lower(), ()), text.lower(), text.upper(), re.sub("^tls *v?", "", text.lower())):
        if each in offered:
            yield each
    spelt = {each.lower().replace("-", "_"): each for each in offered}
    if text and (guess := nearest(text, spelt)):
        yield spelt[guess]
    if re.fullmatch(r"(tls *v?)?1(\.[01])?", text.lower()):
        yield "1.2"


def nothing(_text: str, _domain: str) -> Iterator[str]:
    """Yield nothing: there are no common mistakes for this key."""
    return iter(())


def amounts(text: str, _domain: str) -> Iterator[str]:
    """Yield times and sizes with our units."""
    found = re.fullmatch(r"([0-9]+)(?:\.0+)? *([a-zA-Z]+)", text)
    if found:
        unit = found[2].lower()
        yield found[1] + UNITS.get(unit.removesuffix("s"), unit)
        yield found[1] + unit[:1].upper()


def hosts(text: str, _domain: str) -> Iterator[str]:
    """Yield the host of a URL, of an address, of a name with brackets, a blank or a port that there is not."""
    scheme, _, rest = text.rpartition("://")
    bare = rest.rpartition("@")[2].partition("/")[0] if scheme else text
    place = re.sub(r"[\s,;/]+(?=[0-9]+$)|:{2,}(?=[0-9]{1,5}$)", ":", bare.strip())
    place = re.sub(r"^\[([^]:]*)\]", r"\1", place)
    if scheme == "smtps" and ":" not in place:
        yield f"{place}:465"
    yield place
    yield place.rpartition("@")[2]
    yield f"[{text}]"
    yield re.sub(r":[^:]*$", "", place)
    yield from a_labels(place)


def domains(text: str, _domain: str) -> Iterator[str]:
    """Yield the domain of an address, a URL, or a name with dots around it."""
    name = text.rpartition("://")[2].rpartition("@")[2].partition(":")[0].strip("./ ")
    yield name
    yield from a_labels(name)


def a_labels(name: str) -> Iterator[str]:
    """Yield a name with its A-labels, with or without a port."""
    host, colon, port = name.partition(":")
    try:
        yield f"{ascii_domain(host.encode()).decode()}{colon}{port}"
    except NoALabel:
        return


def mailboxes(text: str, domain: str) -> Iterator[str]:
    """Yield an address without the text around it, and with a missing domain."""
    bare = text.rpartition("<")[2].partition(">")[0].removeprefix("mailto:").strip()
    yield bare
    if "@" not in bare:
        yield f"{bare}@{domain}"
    local_part, _, name = bare.rpartition("@")
    yield from (f"{local_part}@{each}" for each in domains(name, domain))


def address_patterns(text: str, _domain: str) -> Iterator[str]:
    """Yield a pattern for all addresses in a domain, and for one without what stands around it."""
    yield text.rpartition("<")[2].partition(">")[0]
    yield f"*@{text.removeprefix('@')}"


def domain_patterns(text: str, _domain: str) -> Iterator[str]:
    """Yield the text after the @."""
    yield text.rpartition("@")[2]


def logins(text: str, _domain: str) -> Iterator[str]:
    """Yield the name of a group, which has no @ where only groups stand."""
    yield text.lstrip("@")


def logs(text: str, _domain: str) -> Iterator[str]:
    """Yield a path where logs are."""
    yield f"/var/log/{text}"


def lists(text: str, _domain: str) -> Iterator[str]:
    """Yield a path where alias files are, or one in a home."""
    yield re.sub(r"^(~|\$\{home\}|\$HOME)/", "$home/", text)
    yield f"/etc/{text}"


def certificates(text: str, _domain: str) -> Iterator[str]:
    """Yield the same path without the steps upwards."""
    yield f"/etc/ssl/certs/{text}"


NEVER = (
    *("auth", "user", "password_file", "password_command", "token_command"),
    *("tls_certificate", "tls_privatekey", "interface", "tls_pins", "headers_add"),
)
BY_NAME: dict[str, Callable[[str, str], Iterator[str]]] = {
    "hosts": hosts,
    **dict.fromkeys(("primary_hostname", "qualify_domain", "qualify_recipient", "helo_data"), domains),
    "tls_verify_name": domains,
    **dict.fromkeys(("rewrite", "return_path", "errors_to"), mailboxes),
    **dict.fromkeys(("recipients", "senders", "untrusted_set_sender"), address_patterns),
    "domains": domain_patterns,
    **dict.fromkeys(("trusted_users", "trusted_groups"), logins),
    "log": logs,
    "file": lists,
    **dict.fromkeys(("connect_timeout", "command_timeout", "data_timeout", "final_timeout"), amounts),
    "message_size_limit": amounts,
}
