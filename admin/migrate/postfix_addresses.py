"""Addresses that Postfix changes: tables for senders, for recipients, and aliases (ADDRESS_REWRITING_README)."""

from __future__ import annotations

import re

from admin.migrate.aliases import SYSTEM, carry_aliases, read_system_aliases
from admin.migrate.conversion import ALL_LOGINS, Conversion, Line
from admin.migrate.postfix_file import TEXT_TABLES, Reading, Settings

SENDERS = ("sender_canonical_maps", "canonical_maps", "smtp_generic_maps")
RECIPIENTS = ("recipient_canonical_maps", "canonical_maps", "virtual_alias_maps", "smtp_generic_maps")
ROUTERS_MAX = 100


def rewrite(reading: Reading) -> None:
    """Carry over the tables that turn addresses of this machine into public ones: whole addresses before domains."""
    plan = reading.plan
    rules: list[tuple[str, str, Line]] = []
    for name in SENDERS:
        for entry in reading.entries(name):
            key = f"*{entry.name}" if entry.name.startswith("@") else entry.name
            address = f"*{entry.value}" if entry.value.startswith("@") else entry.value
            if address.startswith("*") and "*" not in key:
                plan.leave_out(entry, "a whole domain cannot be mapped to one address")
            else:
                rules.append((key, address if "@" in address else f"{address}@{plan.own_domain}", entry))
    for key, _, entry in rules:
        if key == ALL_LOGINS:  # of static: also what somebody else's address is
            plan.put("from_override", True, entry)
            plan.warn(entry, "changed every sender, including the null reverse-path, which Gatepost leaves unchanged")
    for key, address, entry in sorted(rules, key=lambda rule: (rule[0] == ALL_LOGINS, rule[0].startswith("*"))):
        plan.rewrite(key, address, entry)


def redirect(reading: Reading) -> None:
    """Carry over the tables that change recipients, as routers: one for each address, or for a whole domain."""
    plan, number = reading.plan, 0
    for name in RECIPIENTS:
        for entry in reading.entries(name):
            router = router_of(plan, entry)
            if router is None or number == ROUTERS_MAX:
                plan.leave_out(entry, "Gatepost does not change recipients by this: see [[routers]], driver redirect")
                continue
            number += 1
            plan.redirect(entry, name=f"{name.removesuffix('_maps').replace('_', '-')}-{number}", **router)


def router_of(plan: Conversion, entry: Line) -> dict[str, list[str]] | None:
    """Return the conditions and results of a router for an entry, None if no router could do it."""
    local_part, at, domain = entry.name.rpartition("@") if "@" in entry.name else (entry.name, "", "")
    targets = [each for each in re.split(r"[\s,]+", entry.value) if each]
    if entry.name in (ALL_LOGINS, *targets) or any(target.startswith("@") for target in targets) or not targets:
        return None
    if not local_part:  # what is redirected within its own domain would come back
        comes_back = any(target.lower().endswith(f"@{domain.lower()}") for target in targets)
        return None if comes_back else {"domains": [domain], "data": targets}
    return {"domains": [domain] if at else plan.local_domains(entry), "local_parts": [local_part], "data": targets}


def alias(reading: Reading, relayhost: Line) -> None:
    """Convert the alias files, which are for the domains of mydestination, and warn of local delivery."""
    plan, place, settings = reading.plan, reading.place, reading.settings
    domains = local_domains(plan, settings)
    where = settings.line("mydestination") or relayhost
    told = Line(where.file, where.number, "mydestination", "")
    if domains:
        reason = f"mail for {', '.join(domains)} was delivered on this machine; now each local name needs an alias"
        plan.warn(told, reason)
    for table in settings.values("alias_maps") if domains else ():
        kind, _, path = table.partition(":")
        line = settings.line("alias_maps") or told
        if kind not in TEXT_TABLES:
            plan.leave_out(line, f"the table {table} is left out: only alias files can be carried over")
        elif path != SYSTEM or place.below(path).is_file():
            carry_aliases(plan, place, line, path, domains)
    read_system_aliases(plan, place, was_read=False)


def local_domains(plan: Conversion, settings: Settings) -> list[str]:
    """Return the domains that are delivered locally; tables of them are left out by name."""
    line = settings.line("mydestination")
    knows = plan.names.full_name or settings.line("myhostname")
    if line is None and ("mydestination" in settings.lines or not knows):
        return []
    domains = []
    for item in settings.values("mydestination"):
        if re.search(r"[:/!]", item):
            plan.leave_out(
                line or settings.lines["mydestination"], f"{item} is left out: only domains can be carried over"
            )
        else:
            domains.append(item.lower())
    return list(dict.fromkeys(domains))
