"""The arguments of SMTP's commands: a path, and the parameters of what we offer (RFC 5321, section 4.1.2)."""

from __future__ import annotations

from helper import dsn
from helper.address import AddressSyntax, check_domain
from helper.request.submission import BODIES, RETURNS
from helper.text import CONTROLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE_DIGITS = 20  # RFC 1870, section 3


class Rejected(Exception):
    """A command that is answered with a reply of refusal."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def parse_command(line: bytes) -> tuple[bytes, bytes]:
    """Return the verb in capitals and what follows it. Rejected for a control character, a bare CR among them.

    White space at the end is tolerated, tabs too (RFC 5321, section 4.1.1).
    """
    line = line.rstrip(b" \t")
    if line.translate(None, CONTROLS) != line:
        raise Rejected(500, b"there is a control character in the command")
    verb, _, argument = line.partition(b" ")
    return verb.upper(), argument.strip(b" ")


def parse_path(keyword: bytes, argument: bytes) -> tuple[bytes, list[bytes]]:
    """Return the path after FROM: or TO: without its angle brackets, and the parameters that follow it.

    A source route is dropped (RFC 5321, appendix C); angle brackets may be missing, as old clients leave them out.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise Rejected(501, keyword + b"<address> is missing")
    rest = argument[len(keyword) :].lstrip(b" ")
    if rest.startswith(b"<"):
        end = end_of_path(rest)
        path, rest = rest[1:end], rest[end + 1 :]
        if rest and not rest.startswith(b" "):
            raise Rejected(501, b"there is text after the address")
    else:
        path, _, rest = rest.partition(b" ")
        if not path:
            raise Rejected(501, keyword + b"<address> is missing")
        if path.translate(None, b"<>") != path:
            raise Rejected(501, b"an angle bracket does not belong there")
    return without_source_route(path), rest.split()


def without_source_route(path: bytes) -> bytes:
    """Return a path without its source route, which is accepted and ignored (RFC 5321, appendix C)."""
    if not path.startswith(b"@"):
        return path
    route, _, path = path.partition(b":")
    for hop in route.split(b","):
        try:
            check_domain(hop[1:], 1)
        except AddressSyntax:
            path = b""
        if not path or not hop.startswith(b"@"):
            raise Rejected(501, b"a source route has no address after it")
    return path


def end_of_path(text: bytes) -> int:
    """Return where the first angle bracket outside of quotes closes."""
    is_quoted, at = False, 1
    while at < len(text):
        character = text[at : at + 1]
        if character == b'"':
            is_quoted = not is_quoted
        elif character == b"\\" and is_quoted:
            at += 1
        elif character == b">" and not is_quoted:
            return at
        at += 1
    raise Rejected(501, b"> is missing after the address")


def mail_parameters(words: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return the parameters of MAIL, each as it goes over the wire: BODY, RET, ENVID, SIZE, SMTPUTF8."""
    parameters = split_parameters(words, (b"BODY", b"RET", b"ENVID", b"SIZE", b"SMTPUTF8"))
    refuse_unless(all(word.upper() == b"SMTPUTF8" for word in words if word[:8].upper() == b"SMTPUTF8"), b"SMTPUTF8")
    size = parameters.get(b"SIZE", b"0")
    refuse_unless(size.isdigit() and len(size) <= SIZE_DIGITS, b"SIZE")
    for name, choices in ((b"BODY", BODIES), (b"RET", RETURNS)):
        if name in parameters:
            parameters[name] = parameters[name].upper()
            refuse_unless(parameters[name] in choices, name)
    if b"ENVID" in parameters:
        envid = parameters[b"ENVID"]
        refuse_unless(dsn.is_xtext(envid) and dsn.is_envid(dsn.from_xtext(envid)), b"ENVID")
        parameters[b"ENVID"] = dsn.from_xtext(envid)
    return parameters


def rcpt_parameters(words: Sequence[bytes]) -> bytes:
    """Return the parameters of RCPT, NOTIFY and ORCPT, as they go over the wire."""
    parameters = split_parameters(words, (b"NOTIFY", b"ORCPT"))
    if b"NOTIFY" in parameters:
        parameters[b"NOTIFY"] = parameters[b"NOTIFY"].upper()
    if b"ORCPT" in parameters:
        parameters[b"ORCPT"] = dsn.ascii_orcpt(parameters[b"ORCPT"])
    written = [name + b"=" + value for name, value in parameters.items()]
    for name, word in zip(parameters, written, strict=True):
        refuse_unless(dsn.is_recipient_parameter(word), name)
    return b" ".join(written)


def split_parameters(words: Sequence[bytes], known: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return parameters by name in capitals. Rejected for one that is unknown (555), or there twice."""
    parameters: dict[bytes, bytes] = {}
    for word in words:
        name, _, value = word.partition(b"=")
        name = name.upper()
        if name not in known:
            raise Rejected(555, b"unknown parameter " + name)
        if name in parameters:
            raise Rejected(501, name + b" is there twice")
        parameters[name] = value
    return parameters


def refuse_unless(is_right: bool, name: bytes) -> None:
    """Raise Rejected for a parameter that has not the value that it has to have."""
    if not is_right:
        raise Rejected(501, b"a wrong value of " + name)
