"""dma, the DragonFly Mail Agent: /etc/dma/dma.conf with auth.conf (dma(8); Debian's 0.13 was tried)."""

from __future__ import annotations

import re
from pathlib import Path

from admin.migrate.aliases import SYSTEM, carry_aliases, read_system_aliases
from admin.migrate.conversion import SMTP_PORT, Conversion, Line, MigrateError, Place, first, host, names, numbered
from admin.migrate.names import first_word
from admin.migrate.passwords import refuse_foreign

Settings = dict[str, Line]

# What a queue, a mailbox or a temporary file is about, or what is always so here.
IGNORED = names("SPOOLDIR DEFER FULLBOUNCE VERIFYCERT DEBUGLOG")
SWITCHES = names("STARTTLS OPPORTUNISTIC_TLS SECURETRANSFER DEFER INSECURE FULLBOUNCE NULLCLIENT VERIFYCERT")
TEXTS = names("SMARTHOST PORT ALIASES SPOOLDIR AUTHPATH CERTFILE MAILNAME MASQUERADE FINGERPRINT DEBUGLOG")
LEFT_OUT = {"CERTFILE": "name the certificate and the key with tls_certificate and tls_privatekey"}


def read(place: Place) -> Conversion | None:
    """Return what dma.conf and auth.conf come to."""
    file = place.found("/etc/dma/dma.conf")
    if file is None:
        return None
    plan = place.plan("dma", file)
    settings = settings_of(file)
    for name, line in settings.items():
        if name in LEFT_OUT:
            plan.leave_out(line, LEFT_OUT[name])
    if "SMARTHOST" not in settings:
        raise MigrateError(str(file), 0, "has no SMARTHOST: dma delivers to the MX hosts of each domain itself")
    connect(plan, settings)
    log_in(plan, place, settings)
    if plan.relay["tls"] == "none":
        plan.go_unencrypted(settings["SMARTHOST"])
    name_us(plan, place, settings)
    alias(plan, place, settings)
    return plan.finish()


def settings_of(file: Path) -> Settings:
    """Return the settings of a file: a word, then a blank or a tab and a value; of two with one name the last counts.

    A line that begins with white space says nothing; a `#` begins a comment wherever it stands.
    """
    settings: Settings = {}
    for number, text in numbered(file):
        name, _, value = text.partition("#")[0].replace("\t", " ").partition(" ")
        if not name:
            continue
        if name not in (TEXTS if value else SWITCHES | {"FINGERPRINT"}):
            raise MigrateError(str(file), number, "is not a setting of dma, and dma refuses the file")
        settings[name] = Line(str(file), number, name, value.strip())
    return settings


def connect(plan: Conversion, settings: Settings) -> None:
    """Convert the smart host and TLS."""
    private = settings.get("SECURETRANSFER")
    tls = ("starttls" if "STARTTLS" in settings else "implicit") if private else "none"
    plan.put("transports.relay.tls", tls, private)
    port = settings["PORT"].value if "PORT" in settings else SMTP_PORT
    smarthost = settings["SMARTHOST"]
    plan.put("transports.relay.hosts", [host(smarthost.value, port)], first(settings, "PORT", "SMARTHOST"))
    if private and "FINGERPRINT" in settings:
        reason = "pins the certificate, but tls_pins needs the digest of its key: remove the line, and set tls_pins"
        raise settings["FINGERPRINT"].error(f"{reason} in gatepost.toml")
    if private and "OPPORTUNISTIC_TLS" in settings:
        plan.leave_out(settings["OPPORTUNISTIC_TLS"], "Gatepost never falls back to no TLS")
    if private and "VERIFYCERT" not in settings:
        plan.warn(private, "no certificate was verified; Gatepost verifies the smart host's")


def log_in(plan: Conversion, place: Place, settings: Settings) -> None:
    """Carry over the login for the smart host: user|host:password; of two for one host the last counts."""
    named = settings.get("AUTHPATH")
    if named is None:
        return
    path = place.below(named.value)
    refuse_foreign(named)
    plan.read.append(str(path))
    found: tuple[Line, str, str] | None = None
    for number, text in numbered(path):
        if not text or text.startswith("#"):
            continue
        line = Line(str(path), number, "", "")
        entry = re.fullmatch(r"([^|]*)\|([^: \t]*)[: \t](.*)", text)
        if entry is None:
            raise line.error("is not user|host:password, and dma refuses the file")
        if entry[2] != settings["SMARTHOST"].value:
            plan.leave_out(line, "is for another host than the smart host")
        else:
            found = line, entry[1], entry[3]
    if found is None:
        return
    if plan.relay["tls"] == "none" and "INSECURE" not in settings:
        reason = "without SECURETRANSFER or INSECURE, dma sends no password: turn SECURETRANSFER on"
        raise named.error(f"{reason}, or INSECURE to send the password unencrypted")
    plan.log_in(*found)


def name_us(plan: Conversion, place: Place, settings: Settings) -> None:
    """Carry over our own name, that of our addresses, and the sender that all mail has."""
    line = settings.get("MAILNAME")
    value = line.value if line else ""
    name = first_word(place.below(value)) if value.startswith("/") else value
    name = name or plan.names.host_name
    if name:
        plan.put("primary_hostname", name, line)
        plan.put("qualify_domain", name, line)
    masquerade = settings.get("MASQUERADE")
    if masquerade is None:
        return
    local_part, _, domain = masquerade.value.rpartition("@")
    domain = domain or plan.own_domain
    if not domain:
        raise masquerade.error("the domain is not known: write it here, or into /etc/mailname")
    plan.send_as(f"{local_part or '*'}@{domain}", masquerade)


def alias(plan: Conversion, place: Place, settings: Settings) -> None:
    """Convert the aliases; a null client has none. /etc/aliases is read by default."""
    line = settings.get("ALIASES")
    if "NULLCLIENT" in settings:
        plan.complete_recipients(settings["NULLCLIENT"])
        read_system_aliases(plan, place, was_read=False)
        return
    plan.warn(
        settings["SMARTHOST"],
        "dma delivered to mailboxes on this machine; now each local name needs an alias",
    )
    if line is not None and line.value != SYSTEM:
        carry_aliases(plan, place, line, line.value)
    read_system_aliases(plan, place, was_read=True)
