"""esmtp: /etc/esmtprc (esmtprc(5))."""

from __future__ import annotations

import shlex
from pathlib import Path

from admin.migrate.plan import SMTP_PORT, Line, MigrateError, Plan, found, host, text_of

LEFT_OUT = {
    "certificate_passphrase": "a key without a passphrase is named by tls_privatekey",
    "mda": "nothing is delivered on this machine",
    "force_mda": "nothing is delivered on this machine",
}
CARRIED = frozenset(("hostname", "username", "password", "starttls", "qualifydomain", "helo", "reverse_path"))


def read(root: Path, named: Path | None) -> Plan | None:
    """Return what the first part of esmtprc comes to; an `identity` begins another."""
    file = found(root, named, "/etc/esmtprc")
    if file is None:
        return None
    plan = Plan("esmtp", read=[str(file)])
    settings = settings_of(file, plan)
    for name, line in settings.items():
        if name == "preconnect":
            raise line.error("no program is run before a connection is made")
        if name not in CARRIED:
            plan.leave_out(line, LEFT_OUT.get(name, "has no equal here"))
    if "hostname" not in settings:
        raise MigrateError(str(file), 0, "names no hostname: esmtp would send to this machine itself")
    connect(plan, settings)
    if "qualifydomain" in settings:
        plan.settings["qualify_domain"] = settings["qualifydomain"].value
    return plan.finish()


def settings_of(file: Path, plan: Plan) -> dict[str, Line]:
    """Return the settings for everybody: words, `=` between name and value, where a value may be quoted."""
    settings: dict[str, Line] = {}
    is_of_identity = False
    for number, text in enumerate(text_of(file).split("\n"), 1):
        lexer = shlex.shlex(text, posix=True, punctuation_chars="=")
        lexer.whitespace_split, lexer.commenters = True, "#"
        try:
            words = [word for word in lexer if word != "="]
        except ValueError:
            raise MigrateError(str(file), number, "has a quote without its end") from None
        if not words:
            continue
        if words[0] == "force":
            words.pop(0)
        line = Line(str(file), number, words[0].lower(), words[1] if len(words) > 1 else "")
        is_of_identity = is_of_identity or line.name == "identity"
        if line.name == "identity":
            plan.leave_out(line, "the settings for everybody are carried over: see [[routers]], senders")
        if not is_of_identity:
            settings[line.name] = line
    return settings


def connect(plan: Plan, settings: dict[str, Line]) -> None:
    """Carry over where to, how, and as whom."""
    name, _, port = settings["hostname"].value.rpartition(":")
    relay = plan.relay
    relay["hosts"] = [host(name, port) if name else host(port, SMTP_PORT)]
    starttls = settings["starttls"].value.lower() if "starttls" in settings else "disabled"
    relay["tls"] = "none" if starttls == "disabled" else "starttls"
    if starttls == "enabled":
        plan.leave_out(settings["starttls"], "TLS is never silently done without: required")
    if "username" in settings:
        if "password" not in settings:
            raise settings["username"].error("there is no password")
        plan.log_in(settings["username"].value, settings["password"].value)
    if relay["tls"] == "none":
        plan.go_unencrypted("starttls is disabled")
    for key, ours in (("helo", "helo_data"), ("reverse_path", "return_path")):
        if key in settings:
            relay[ours] = settings[key].value
