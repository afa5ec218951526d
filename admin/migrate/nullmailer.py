"""nullmailer: the folder /etc/nullmailer, one file a setting (nullmailer-send(8), nullmailer-inject(1))."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin.migrate.plan import (
    IMPLICIT_PORT,
    PASSWORD_FILE,
    SMTP_PORT,
    SYSTEM_STORES,
    Line,
    MigrateError,
    Plan,
    first_line,
    host,
    text_of,
)

FOLDER = "/etc/nullmailer"
LEFT_OUT = {
    **dict.fromkeys(("pausetime", "maxpause", "sendtimeout", "queuelifetime", "doublebounceto"), "there is no queue"),
    "idhost": "Message-ID: is made of primary_hostname",
}


@dataclass(frozen=True)
class Remote:
    """A line of `remotes`: a host, and all that is said of it."""

    line: Line
    host: str
    settings: dict[str, Any]
    user: str
    password: str
    is_insecure: bool


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what the folder comes to; its file `remotes` may be named."""
    remotes_file = named if named is not None else root / FOLDER.lstrip("/") / "remotes"
    if not remotes_file.is_file():
        return None
    plan = Plan("nullmailer", read=[str(remotes_file)])
    remotes = remotes_of(remotes_file, plan)
    if not remotes:
        raise MigrateError(str(remotes_file), 0, "names no smart host")
    connect(plan, remotes)
    folder = remotes_file.parent
    if folder.is_dir():
        name_us(plan, folder)
    return plan.finish()


def remotes_of(file: Path, plan: Plan) -> list[Remote]:
    """Return the lines of `remotes`: host, protocol, options."""
    remotes = []
    for number, text in enumerate(text_of(file).split("\n"), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        try:
            name, *words = shlex.split(text)
        except ValueError:
            raise MigrateError(str(file), number, "has a quote without its end") from None
        line = Line(str(file), number, name, "")
        protocol = words.pop(0) if words and not words[0].startswith("-") else "smtp"
        if protocol != "smtp":
            raise line.error(f"only SMTP is spoken, not {protocol}")
        remotes.append(remote_of(line, name, words, plan))
    return remotes


def remote_of(line: Line, name: str, words: list[str], plan: Plan) -> Remote:
    """Return one smart host."""
    options = {each.lstrip("-").partition("=")[0]: each.partition("=")[2] for each in words}
    settings: dict[str, Any] = {"tls": "starttls" if "starttls" in options else "none"}
    if "ssl" in options or "tls" in options:
        settings["tls"] = "implicit"
    if options.get("x509cafile", "") and options["x509cafile"] not in SYSTEM_STORES:
        settings["tls_ca_file"] = options["x509cafile"]
    if options.get("source"):
        settings["interface"] = options["source"]
    known = {"port", "user", "pass", "auth-login", "starttls", "ssl", "tls", "insecure", "x509cafile", "source"}
    for option in options.keys() - known:
        plan.leave_out(Line(line.file, line.number, f"--{option}", ""), "has no equal here")
    port = options.get("port") or (IMPLICIT_PORT if settings["tls"] == "implicit" else SMTP_PORT)
    user, password = options.get("user", ""), options.get("pass", "")
    return Remote(line, host(name, port), settings, user, password, "insecure" in options)


def connect(plan: Plan, remotes: list[Remote]) -> None:
    """Carry over the smart hosts that differ in nothing but their names."""
    first = remotes[0]
    plan.relay["hosts"] = [first.host]
    plan.relay.update(first.settings)
    for other in remotes[1:]:
        if (other.settings, other.user, other.password, other.is_insecure) == (
            *(first.settings, first.user, first.password, first.is_insecure),
        ):
            plan.relay["hosts"].append(other.host)
        else:
            plan.leave_out(other.line, "differs from the first in more than its name: see [[routers]] for a second way")
    if first.user:
        plan.log_in(first.user, first.password)
    if first.settings["tls"] == "none":
        plan.go_unencrypted("neither --starttls nor --ssl")
    elif first.is_insecure:
        plan.trust_nobody_special("--insecure")
    assert not first.user or PASSWORD_FILE in plan.secrets


def name_us(plan: Plan, folder: Path) -> None:
    """Carry over the names, and where the mail of local users goes."""
    values = {}
    for file in sorted(each for each in folder.iterdir() if each.is_file() and each.name != "remotes"):
        value = first_line(folder, file.name)
        if file.name in LEFT_OUT:
            plan.leave_out(Line(str(file), 0, file.name, ""), LEFT_OUT[file.name])
        elif value:
            values[file.name] = value
            plan.read.append(str(file))
    me = values.get("me") or first_line(folder, "../mailname")
    domain = values.get("defaultdomain", "")
    if me and domain and "." not in me:
        me = f"{me}.{domain}"
    qualify = values.get("defaulthost") or me
    if me:
        plan.settings["primary_hostname"] = me
    if qualify:
        plan.settings["qualify_domain"] = f"{qualify}.{domain}" if domain and "." not in qualify else qualify
    if "helohost" in values:
        plan.relay["helo_data"] = values["helohost"]
    if "allmailfrom" in values:
        plan.relay["return_path"] = values["allmailfrom"]
    if "adminaddr" in values:
        local = [each for each in dict.fromkeys((plan.settings.get("qualify_domain"), me, "localhost")) if each]
        plan.redirect(name="adminaddr", domains=local, data=[each.strip() for each in values["adminaddr"].split(",")])
