"""nullmailer: the directory /etc/nullmailer, one file a setting (nullmailer-send(8), nullmailer-inject(1)).

Debian's nullmailer takes its own name from /etc/mailname, and disregards the file `me`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin.migrate.aliases import read_system_aliases
from admin.migrate.conversion import (
    IMPLICIT_PORT,
    SMTP_PORT,
    SYSTEM_STORES,
    Conversion,
    Line,
    MigrateError,
    Place,
    host,
    names,
    numbered,
)
from admin.migrate.names import first_word

DIRECTORY = "/etc/nullmailer"
LEFT_OUT = {
    **dict.fromkeys(
        ("pausetime", "maxpause", "sendtimeout", "queuelifetime", "doublebounceto"), "Gatepost has no queue"
    ),
    "idhost": "Gatepost makes the Message-ID: from primary_hostname",
    "me": "Debian's nullmailer uses /etc/mailname instead, and so does this",
}
WHITE_SPACE = " \t\n\v\f\r"
FLAGS = names("auth-login tls ssl starttls insecure")
TEXTS = names("port user pass source x509cafile")
REFUSED = {
    "x509crlfile": "Gatepost reads no certificate revocation lists",
    "tls-anon-auth": "Gatepost does not use TLS without a certificate",
}
KNOWN_TOO = names("x509certfile x509keyfile x509fmtder")


@dataclass(frozen=True)
class Remote:
    """A line of `remotes`: a host, and all that is said of it."""

    line: Line
    host: str
    settings: dict[str, Any]
    user: str
    password: str | None
    is_insecure: bool


def read(place: Place) -> Conversion | None:
    """Convert the directory; its file `remotes` may be named."""
    file = place.named if place.named is not None else place.below(f"{DIRECTORY}/remotes")
    if place.named is None and not file.is_file():
        return None
    plan = place.plan("nullmailer", file)
    remotes = remotes_of(file, plan)
    if not remotes:
        raise MigrateError(str(file), 0, "has no smart host")
    connect(plan, remotes)
    name_us(plan, file.parent)
    read_system_aliases(plan, place, was_read=False)
    return plan.finish()


def remotes_of(file: Path, plan: Conversion) -> list[Remote]:
    """Return the lines of `remotes`: host, protocol, options. None of their text is ever shown."""
    remotes = []
    for number, text in numbered(file):
        if not text.strip() or text.strip().startswith("#"):
            continue
        line = Line(str(file), number, "", "")
        name, *words = words_of(text)
        protocol = words.pop(0) if words else "smtp"
        if protocol != "smtp":
            raise line.error("the second word is the protocol, and Gatepost speaks only smtp")
        remotes.append(remote_of(line, name, words, plan))
    return remotes


def words_of(text: str) -> list[str]:
    """Return the words of a line as nullmailer reads it.

    A backslash stands for the next character within double quotes as well. What comes after such a pair is taken as it
    is, even if it is a quote (lib/argparse.cc); a quote may lack its end.
    """
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in WHITE_SPACE:
            at += 1
            continue
        word = ""
        while at < len(text) and text[at] not in WHITE_SPACE:
            if text[at] in "'\"":
                quoted, at = quotation(text, at + 1, text[at])
                word += quoted
            elif text[at] == "\\":
                word += text[at + 1 : at + 3]
                at += 3
            else:
                word += text[at]
                at += 1
        words.append(word)
    return words


def quotation(text: str, at: int, quote: str) -> tuple[str, int]:
    """Return what stands between quotes that begin before `at`, and where what follows begins."""
    quoted = ""
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and quote == '"':
            quoted += text[at + 1 : at + 3]
            at += 3
        else:
            quoted += text[at]
            at += 1
    return quoted, at + 1


def remote_of(line: Line, name: str, words: list[str], plan: Conversion) -> Remote:
    """Return one smart host."""
    options: dict[str, str | None] = {}
    for word in words:
        option, equals, value = word.removeprefix("--").partition("=")
        if option not in FLAGS | TEXTS | KNOWN_TOO | REFUSED.keys() or (option in TEXTS and not equals):
            raise line.error("contains a word that is not an option: put a value with white space in quotes")
        if option in REFUSED:
            raise named(line, option).error(REFUSED[option])
        if option in KNOWN_TOO:
            plan.leave_out(
                named(line, option), "name the certificate and the key with tls_certificate and tls_privatekey"
            )
        options[option] = value if equals else None
    tls = "implicit" if {"ssl", "tls"} & options.keys() else "starttls" if "starttls" in options else "none"
    settings: dict[str, Any] = {"tls": tls}
    if options.get("x509cafile") and options["x509cafile"] not in SYSTEM_STORES:
        settings["tls_ca_file"] = options["x509cafile"]
    if options.get("source"):
        settings["interface"] = options["source"]
    port = options.get("port") or (IMPLICIT_PORT if tls == "implicit" else SMTP_PORT)
    password = options.get("pass")
    if options.get("user") and not password:
        raise named(line, "user").error("the password is missing or empty")
    return Remote(line, host(name, port), settings, options.get("user") or "", password, "insecure" in options)


def named(line: Line, option: str) -> Line:
    """Return a line with the option that is spoken of, which is one of ours to name."""
    return Line(line.file, line.number, option, "")


def connect(plan: Conversion, remotes: list[Remote]) -> None:
    """Carry over the smart hosts that differ in nothing but their names."""
    first = remotes[0]
    hosts = [first.host]
    for other in remotes[1:]:
        same = (other.settings, other.user, other.password, other.is_insecure) == (
            *(first.settings, first.user, first.password, first.is_insecure),
        )
        if same:
            hosts.append(other.host)
        else:
            reason = "differs from the first smart host in more than its name: use [[routers]] for a second transport"
            plan.leave_out(other.line, reason)
    plan.put("transports.relay.hosts", hosts, first.line)
    for key, value in first.settings.items():
        plan.put(f"transports.relay.{key}", value, first.line)
    if first.user:
        plan.log_in(named(first.line, "pass"), first.user, first.password or "")
    if first.settings["tls"] == "none":
        plan.go_unencrypted(named(first.line, "there is neither starttls nor tls"))
    elif first.is_insecure:
        plan.trust_nobody_special(named(first.line, "insecure"))


def name_us(plan: Conversion, directory: Path) -> None:
    """Convert the names and the routing of local mail."""
    lines: dict[str, Line] = {}
    for file in sorted(each for each in directory.iterdir() if each.is_file() and each.name != "remotes"):
        line = Line(str(file), 1, file.name, first_line(file))
        if file.name in LEFT_OUT:
            plan.leave_out(line, LEFT_OUT[file.name])
        elif line.value:
            lines[file.name] = line
            plan.read.append(str(file))
    me = first_word(directory.parent / "mailname")
    domain = lines["defaultdomain"].value if "defaultdomain" in lines else ""
    qualify = with_domain(lines["defaulthost"].value if "defaulthost" in lines else me, domain)
    if me:
        plan.put("primary_hostname", me, None)
    if qualify:
        plan.put("qualify_domain", qualify, lines.get("defaulthost") or lines.get("defaultdomain"))
    if "helohost" in lines:
        plan.put("transports.relay.helo_data", lines["helohost"].value, lines["helohost"])
    if "allmailfrom" in lines:
        plan.warn(lines["allmailfrom"], "also changes From: of mail from this machine's users, not only the envelope")
        plan.send_as(lines["allmailfrom"].value, lines["allmailfrom"])
    if "adminaddr" in lines:
        line = lines["adminaddr"]
        # The name itself and `localhost`, as they stand: what is qualified with another domain is somebody else's.
        domains = list(dict.fromkeys(each for each in (me, "localhost") if each))
        addresses = [each for part in line.value.split(",") if (each := part.strip())]
        plan.redirect(line, name="adminaddr", domains=domains, data=addresses)


def with_domain(name: str, domain: str) -> str:
    """Return a name with a domain appended if it has none."""
    return f"{name}.{domain}" if name and domain and "." not in name and name != "localhost" else name


def first_line(file: Path) -> str:
    """Return the first line of a file without white space around it."""
    return numbered(file)[0][1].strip()
