"""esmtp: /etc/esmtprc or a user's ~/.esmtprc (esmtprc(5); Debian's 1.2 was tried)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from admin.migrate.aliases import read_system_aliases
from admin.migrate.conversion import (
    RELAY,
    SUBMISSION_PORT,
    Conversion,
    Line,
    MigrateError,
    Place,
    host,
    names,
    numbered,
)

LEFT_OUT = {
    "certificate_passphrase": "tls_privatekey takes a key without a passphrase",
    "mda": "Gatepost delivers nothing on this machine; recipients without a domain get qualify_recipient",
    "force sender": "Gatepost sets Sender: to the caller's address where From: differs from it",
    "message_id": "Gatepost always adds a missing Message-ID:",
    "postconnect": "Gatepost runs no program after a message was sent",
}
DECIDING = {
    "preconnect": "Gatepost runs no program before it connects",
    "force_mda": "it delivers all mail on this machine",
}
GLOBAL = names("mda force_mda")
KEYWORDS = names(
    "hostname username password starttls certificate_passphrase preconnect postconnect qualifydomain helo reverse_path "
    "sender message_id mda force_mda identity"
)
# The longest of these, as in esmtp's own scanner; an escape may stand in any of them.
QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
BARE = re.compile(r"[^\s=;,#][^\s=;,]*")
PREFIX = re.compile(r"[\s=]+|#[^\n]*")
ESCAPE = re.compile(r"\\(.)")


@dataclass
class Identity:
    """The settings for one address; the first part of a file has no address."""

    line: Line
    address: str = ""
    settings: dict[str, Line] = field(default_factory=dict)


def read(place: Place) -> Conversion | None:
    """Convert the identities: the default one, and others with their own reverse-paths."""
    file = place.found(*(("~/.esmtprc",) if place.home else ("/etc/esmtprc",)))
    if file is None:
        return None
    plan = place.plan("esmtp", file)
    identities, default = identities_of(file, plan)
    if place.account is not None:
        default = chosen(identities, place.account, file)
    carry(plan, RELAY, default)
    name_sender(plan, default)
    if "qualifydomain" in default.settings:
        plan.put("qualify_recipient", default.settings["qualifydomain"].value, default.settings["qualifydomain"])
    for each in identities:
        if each is not default and each.address:
            carry_other(plan, each, is_wanted=place.account is None)
    read_system_aliases(plan, place, was_read=False)
    return plan.finish()


def chosen(identities: list[Identity], address: str, file: Path) -> Identity:
    """Return the identity that was asked for."""
    for each in identities:
        if each.address == address:
            return each
    known = ", ".join(each.address for each in identities if each.address)
    raise MigrateError(str(file), 0, f"there is no identity {address}: choose one with --account ({known})")


def identities_of(file: Path, plan: Conversion) -> tuple[list[Identity], Identity]:
    """Return the identities of a file, and the default one: the first that is said anything of, or marked `default`."""
    current = Identity(Line(str(file), 0, "", ""))
    identities, default = [current], None
    for line in settings_of(file):
        if line.name in DECIDING:
            raise line.error(DECIDING[line.name])
        if line.name == "identity":
            current = Identity(line, line.value)
            identities.append(current)
        elif line.name == "default":
            default = current
        elif line.name in GLOBAL:
            plan.leave_out(line, LEFT_OUT[line.name])
        else:
            default = default or current
            current.settings[line.name] = line
    if default is None:
        raise MigrateError(str(file), 0, "has no hostname: esmtp would send to this machine itself")
    return identities, default


def settings_of(file: Path) -> Iterator[Line]:
    """Yield the settings of a file: a keyword, and a value. MigrateError if esmtp refuses the file."""
    words = words_of(file)
    for number, word in words:
        if word == "force":
            word = next(words, (0, ""))[1]
            word = "reverse_path" if word == "reverse_path" else "force sender" if word == "sender" else ""
        if word == "default":
            yield Line(str(file), number, word, "")
            continue
        if word not in KEYWORDS | {"force sender"} or word == "sender":
            raise MigrateError(str(file), number, "is not a setting of esmtp, and esmtp refuses the file")
        at, value = next(words, (number, None))
        if value is None:
            raise Line(str(file), number, word, "").error("has no value")
        yield Line(str(file), at, word, value)


def words_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the words of a file with their lines. A `#` within a word that is not quoted is part of it."""
    for number, text in numbered(file):
        at = 0
        while at < len(text):
            skipped = PREFIX.match(text, at)
            if skipped:
                at = skipped.end()
                continue
            quoted, bare = QUOTED.match(text, at), BARE.match(text, at)
            if bare is None:
                raise MigrateError(
                    str(file), number, "contains what esmtp refuses: put a value with such a character in quotes"
                )
            is_quoted = quoted is not None and quoted.end() >= bare.end()
            match = quoted if quoted is not None and is_quoted else bare
            at = match.end()
            word = match[0][1:-1] if is_quoted else match[0]
            yield number, unescaped(Line(str(file), number, "", word))


def unescaped(line: Line) -> str:
    """Return a value without its escapes. MigrateError for one that stands for a control character."""
    if any(match[1] not in "\\\"'" for match in ESCAPE.finditer(line.value)):
        raise line.error("contains an escape that esmtp reads differently: write the character itself")
    return ESCAPE.sub(r"\1", line.value)


def carry(plan: Conversion, transport: str, identity: Identity) -> None:
    """Convert the smart host, TLS and the login."""
    settings, to = identity.settings, f"transports.{transport}."
    if "hostname" not in settings:
        raise MigrateError(
            identity.line.file, identity.line.number, "has no hostname: esmtp would send to this machine itself"
        )
    name, _, port = settings["hostname"].value.partition(":")
    plan.put(f"{to}hosts", [host(name, port or SUBMISSION_PORT)], settings["hostname"])
    starttls = settings.get("starttls")
    tls = "none" if starttls is None or starttls.value == "disabled" else "starttls"
    plan.put(f"{to}tls", tls, starttls)
    if starttls and starttls.value == "enabled":
        plan.leave_out(starttls, "Gatepost never falls back to no TLS; it requires it")
    plan.put(f"{to}helo_data", *((settings["helo"].value, settings["helo"]) if "helo" in settings else host_name(plan)))
    if "username" in settings or "password" in settings:
        password = settings.get("password") or settings["username"]
        user = settings["username"].value if "username" in settings else ""
        plan.log_in(password, user, settings["password"].value if "password" in settings else "", transport)
    if tls == "none":
        plan.go_unencrypted(
            starttls or Line(settings["hostname"].file, settings["hostname"].number, "hostname", ""), transport
        )
    for option, line in settings.items():
        if option in LEFT_OUT and (option, line.value) != ("message_id", "enabled"):
            plan.leave_out(line, LEFT_OUT[option])


def host_name(plan: Conversion) -> tuple[str | None, None]:
    """Return the name that esmtp sends in EHLO by default."""
    return plan.names.host_name or None, None


def name_sender(plan: Conversion, default: Identity) -> None:
    """Carry over the sender that all mail has: forced, or the identity's address."""
    forced = default.settings.get("reverse_path")
    if forced is None and default.address:
        plan.send_as(default.address, default.line)
    elif forced is not None:
        sender = re.sub(r"^%u@", "*@", forced.value).replace("%%", "\0")
        if "%" in sender:
            plan.leave_out(forced, "only an address or %u@domain can be carried over: see [rewrite]")
        else:
            plan.send_as(sender.replace("\0", "%"), forced)
    elif plan.names.host_name:
        plan.send_as(f"*@{plan.names.host_name}", default.line)


def carry_other(plan: Conversion, identity: Identity, *, is_wanted: bool) -> None:
    """Carry over an identity for mail whose reverse-path (-f) is its address."""
    line = Line(identity.line.file, identity.line.number, "identity", "")
    if is_wanted:
        plan.beside(identity.address, line, [identity.address], lambda transport: carry(plan, transport, identity))
    else:
        plan.leave_out(line, "is not the one that you chose")
