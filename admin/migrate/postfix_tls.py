"""How Postfix uses TLS to a next hop: the security level and the trusted CAs (TLS_README, "Client-side")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from admin.migrate.conversion import SYSTEM_STORES, Conversion, Line
from admin.migrate.postfix_file import EVERY_KEY, Reading, Settings

LEVELS = ("none", "may", "encrypt", "dane", "dane-only", "fingerprint", "verify", "secure")
VERIFYING, DANE = frozenset(("verify", "secure")), frozenset(("dane", "dane-only"))
PLACE_HOLDERS = frozenset(("nexthop", "hostname", "dot-nexthop"))


@dataclass(frozen=True)
class Policy:
    """The level for a next hop, which names a certificate may have (None: those of main.cf), and where it stands."""

    level: str
    names: tuple[str, ...] | None
    line: Line | None


def policy_for(reading: Reading, hop: str) -> Policy:
    """Return how a next hop is spoken to: what smtp_tls_policy_maps says of it, else what main.cf says of all."""
    for entry in reading.entries("smtp_tls_policy_maps"):
        if entry.name.lower() in (hop.lower(), EVERY_KEY):
            return policy_of(Line(entry.file, entry.number, "smtp_tls_policy_maps", entry.value))
    settings = reading.settings
    line = settings.line("smtp_tls_security_level")
    level = settings.value("smtp_tls_security_level")
    if not level:
        line = settings.line("smtp_enforce_tls") or settings.line("smtp_use_tls")
        level = "encrypt" if settings.is_on("smtp_enforce_tls") else "may" if settings.is_on("smtp_use_tls") else "none"
    if level not in LEVELS:
        raise (line or settings.lines["smtp_tls_security_level"]).error("is not a level that gatepost migrate knows")
    return Policy(level, None, line)


def policy_of(line: Line) -> Policy:
    """Return an entry of a policy table: a level and attributes."""
    level, *attributes = re.split(r"[\s,]+", line.value)
    if level not in LEVELS:
        raise line.error("is not a level that gatepost migrate knows")
    names: tuple[str, ...] | None = None
    for attribute in attributes:
        key, _, value = attribute.partition("=")
        if key != "match":
            raise line.error("has an attribute other than match: remove it, and see tls_min_version")
        names = (*(names or ()), *value.split("|" if level == "fingerprint" else ":"))
    return Policy(level, names, line)


def prove(plan: Conversion, settings: Settings, transport: str, policy: Policy, name: str) -> None:
    """Convert the trusted CAs. Servers that Postfix does not verify will be verified, with a warning."""
    to = f"transports.{transport}."
    for option, ours in (("smtp_tls_CAfile", "tls_ca_file"), ("smtp_tls_CApath", "tls_ca_path")):
        value = settings.value(option)
        if value and value not in SYSTEM_STORES:
            plan.put(f"{to}{ours}", value, settings.line(option))
    line = policy.line or settings.lines["relayhost"]
    if policy.level in DANE:
        plan.put(f"{to}dane", True, line)
    elif policy.level == "fingerprint":
        pin(plan, settings, to, policy, line)
    elif policy.level in VERIFYING:
        match_name(plan, settings, to, policy, line, name)
    else:
        if policy.level == "may":
            plan.warn(line, "TLS was optional; Gatepost requires it")
        plan.warn(line, "no certificate was verified; Gatepost verifies the smart host's")
    keep_version(plan, settings, to)


def pin(plan: Conversion, settings: Settings, to: str, policy: Policy, line: Line) -> None:
    """Carry over digests of keys; of a certificate they would never fit, so that nothing would be sent."""
    digest = settings.value("smtp_tls_fingerprint_digest")
    if digest != "sha256":
        raise line.error(f"smtp_tls_fingerprint_digest is {digest}, but tls_pins needs the sha256 of the public key")
    pins = list(policy.names or settings.values("smtp_tls_fingerprint_cert_match"))
    if not pins:
        raise line.error("smtp_tls_fingerprint_cert_match is empty, so there is no fingerprint")
    plan.put(f"{to}tls_pins", pins, settings.line("smtp_tls_fingerprint_cert_match") or line)
    plan.put(f"{to}tls_verify", False, line)
    plan.warn(line, "the fingerprint must be that of the public key; Gatepost cannot use that of the certificate")


def match_name(plan: Conversion, settings: Settings, to: str, policy: Policy, line: Line, name: str) -> None:
    """Carry over which name the certificate has to have."""
    option = f"smtp_tls_{policy.level}_cert_match"
    listed = re.split(r"[\s,:]+", settings.value(option))
    names = [each for each in (policy.names if policy.names is not None else listed) if each]
    wanted = [each for each in names if each not in PLACE_HOLDERS and each.lower() != name.lower()]
    where = policy.line if policy.names is not None else settings.line(option)
    if not wanted:
        return
    if len(names) > 1 or wanted[0].startswith("."):
        raise (where or line).error(
            "only one name can be carried over, as tls_verify_name: keep the one in the certificate"
        )
    plan.put(f"{to}tls_verify_name", wanted[0], where or line)


def keep_version(plan: Conversion, settings: Settings, to: str) -> None:
    """Carry over that versions before TLS 1.3 are excluded; those before 1.2 always are."""
    for option in ("smtp_tls_mandatory_protocols", "smtp_tls_protocols"):
        line = settings.line(option)
        values = settings.values(option)
        if line is not None and (">=TLSv1.3" in values or "!TLSv1.2" in values or values == ["TLSv1.3"]):
            plan.put(f"{to}tls_min_version", "1.3", line)
