"""What RFC 5321 and its extensions allow a client to say; each function returns what is wrong, or nothing."""

from __future__ import annotations

import re

TEXT = rb"[^\x00-\x20\x7f<>\"]"
QUOTED = rb'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\x20-\x7e])*"'
PATH = rb"<((?:" + QUOTED + rb"@)?" + TEXT + rb"*)>"
PARAMETERS = rb"((?: [A-Za-z0-9][A-Za-z0-9-]*(?:=[\x21-\x3c\x3e-\x7e]+)?)*)"
MAIL = re.compile(rb"(?i:MAIL FROM:)" + PATH + PARAMETERS)
RCPT = re.compile(rb"(?i:RCPT TO:)" + PATH + PARAMETERS)
HELLO = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.IPv]+\]")
BARE_CR = re.compile(rb"\r(?!\n)")
BARE_LF = re.compile(rb"(?<!\r)\n")

# Which offer allows a parameter of MAIL or RCPT.
MAIL_PARAMETERS = {
    "SIZE": "SIZE",
    "BODY": "8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "RET": "DSN",
    "ENVID": "DSN",
    "AUTH": "AUTH",
    "REQUIRETLS": "REQUIRETLS",
}
RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}

LINE_LIMIT = 512  # octets with CRLF (RFC 5321, section 4.5.3.1.4)
# ... and how much longer an offered extension makes a command (RFC 1870, 6152, 6531, 3461, 4954, 8689)
MORE_ROOM = {
    "MAIL": {"SIZE": 26, "8BITMIME": 17, "SMTPUTF8": 10, "DSN": 107, "AUTH": 500, "REQUIRETLS": 11},
    "RCPT": {"DSN": 500},
}
RESPONSE_LIMIT = 12288 + 2  # the same of AUTH (RFC 4954, section 4); the command itself has no more room than others
TEXT_LINE_LIMIT = 998  # octets without CRLF (RFC 5321, section 4.5.3.1.6)


def line_limit(verb: str, offered: set[str]) -> int:
    """Return how long a command may be."""
    if verb == "a response":
        return RESPONSE_LIMIT
    return LINE_LIMIT + sum(room for keyword, room in MORE_ROOM.get(verb, {}).items() if keyword in offered)


def wrong_line(line: bytes) -> str | None:
    """Check the line end of a command."""
    if not line.endswith(b"\r\n"):
        return "a bare LF in a command" if line.endswith(b"\n") else "an endless command"
    if b"\r" in line[:-2]:
        return "a bare CR in a command"
    if b"\0" in line:
        return "a NUL in a command"
    return None


def wrong_address(address: bytes, allowed: tuple[bytes, ...]) -> str | None:
    """Check that an address has a domain, or is one of the few that need none."""
    if address.lower() in allowed:
        return None
    local_part, at, domain = address.rpartition(b"@")
    return None if local_part and at and domain else f"an address without a domain: {address!r}"


def wrong_parameters(parameters: dict[str, str], known: dict[str, str], offered: set[str]) -> str | None:
    """Check that every parameter belongs to something that was offered."""
    for name, value in parameters.items():
        needed = "BINARYMIME" if (name, value.upper()) == ("BODY", "BINARYMIME") else known.get(name)
        if needed not in offered:
            return f"the parameter {name} without the offer of {needed}"
    return None


def parse_parameters(octets: bytes) -> dict[str, str]:
    """Return parameters by their names in upper case."""
    words = [word.partition("=") for word in octets.decode("ascii").split()]
    return {name.upper(): value for name, _, value in words}


def wrong_content(octets: bytes, body: str) -> str | None:
    """Check a message as it was transported, against the BODY that was declared."""
    if body == "BINARYMIME":
        return None
    if BARE_CR.search(octets):
        return "a bare CR in the message"
    if BARE_LF.search(octets):
        return "a bare LF in the message"
    if max(map(len, octets.split(b"\r\n"))) > TEXT_LINE_LIMIT:
        return f"a line of more than {TEXT_LINE_LIMIT} octets in the message"
    if not octets.isascii() and body != "8BITMIME":
        return "8-bit octets in the message without BODY=8BITMIME"
    return None


def wrong_dots(octets: bytes) -> str | None:
    """Check that every dot at the start of a line was doubled (RFC 5321, section 4.5.2)."""
    singles = octets.replace(b"\r\n..", b"x").count(b"\r\n.") if b"\r\n." in octets else 0
    return "a line begins with a single dot" if singles or re.match(rb"\.(?!\.)", octets) else None


def unstuff(octets: bytes) -> bytes:
    """Return the message without the dots that transport had doubled."""
    return octets.removeprefix(b".").replace(b"\r\n.", b"\r\n")
