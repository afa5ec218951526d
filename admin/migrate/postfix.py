"""Postfix: main.cf with a relayhost, and the text files of the tables that it names (postconf(5), SASL_README)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from admin.migrate import postfix_addresses, postfix_tls
from admin.migrate.conversion import IMPLICIT_PORT, RELAY, SMTP_PORT, Conversion, Line, MigrateError, Place, host
from admin.migrate.postfix_file import EVERY_KEY, Reading, Settings, origin, settings_of
from helper.config.parsers import PROTECTING

# Without these, mail would take another way than before, or none.
DECIDING = {
    "transport_maps": "only the relayhost can be carried over: for others see [[routers]], domains",
    "sender_dependent_default_transport_maps": "only one relay can be carried over: "
    "for others see [[routers]], senders",
    "content_filter": "Gatepost has no filters",
    "non_smtpd_milters": "Gatepost has no filters, so nothing would sign or check a message",
    "milter_default_action": "Gatepost has no filters",
}
WAYS = ("default_transport", "relay_transport", "local_transport", "virtual_transport")
# What changes a message or where it goes; everything else of Postfix's 900 is about receiving, queues and limits.
SEE_REWRITE = "Gatepost changes no header fields by expressions; for another From: see [rewrite] and from_override"
LEFT_OUT = {
    **dict.fromkeys(("header_checks", "smtp_header_checks", "mime_header_checks", "nested_header_checks"), SEE_REWRITE),
    "body_checks": "Gatepost does not look at the text of a message",
    "smtp_body_checks": "Gatepost does not look at the text of a message",
    "masquerade_domains": "see [rewrite]",
    "sender_bcc_maps": "Gatepost sends no copies",
    "recipient_bcc_maps": "Gatepost sends no copies",
    "always_bcc": "Gatepost sends no copies",
    "smtp_fallback_relay": "Gatepost tries hosts in order: add it to hosts",
    "fallback_relay": "Gatepost tries hosts in order: add it to hosts",
    "local_login_sender_maps": "callers may use only their own address; trusted_users may use another",
    "smtp_tls_cert_file": "name the certificate and the key with tls_certificate and tls_privatekey",
    "smtp_tls_key_file": "name the certificate and the key with tls_certificate and tls_privatekey",
    "smtp_tls_chain_files": "name the certificate and the key with tls_certificate and tls_privatekey",
    "relocated_maps": "see [[routers]], driver redirect, :fail:",
    "luser_relay": "see [[routers]], driver redirect: an entry * in an alias file",
}
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "EXTERNAL", "XOAUTH2", "OAUTHBEARER")
NOT_IN_THE_CLEAR = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"]


@dataclass(frozen=True)
class NextHop:
    """A relayhost as it is written, the name in it, its port, and whether the name's MX hosts are meant."""

    text: str
    name: str
    port: str
    is_looked_up: bool

    @property
    def is_implicit(self) -> bool:
        """Return whether the port is that of TLS from the first octet."""
        return self.port in (str(IMPLICIT_PORT), "smtps", "submissions")


def read(place: Place) -> Conversion | None:
    """Convert main.cf."""
    file = place.found("/etc/postfix/main.cf")
    if file is None:
        return None
    plan = place.plan("Postfix", file)
    settings = settings_of(file, plan.names, plan)
    refuse_other_ways(settings)
    for name, reason in LEFT_OUT.items():
        line = settings.line(name)
        if line is not None and line.value != "no":
            plan.leave_out(line, reason)
    name_us(plan, place, settings)
    line, hops = relayhost_of(settings, file)
    reading = Reading(plan, place, settings)
    carry_hop(reading, RELAY, line, hops)
    by_sender(reading)
    limit = settings.value("message_size_limit")
    if limit.isdecimal():
        plan.put("message_size_limit", int(limit), settings.line("message_size_limit"))
    postfix_addresses.rewrite(reading)
    postfix_addresses.redirect(reading)
    postfix_addresses.alias(reading, line)
    restrict_callers(plan, settings)
    return plan.finish()


def refuse_other_ways(settings: Settings) -> None:
    """Raise MigrateError if mail takes a way that has no equal."""
    for name, reason in DECIDING.items():
        line = settings.line(name)
        if line is not None and line.value not in ("no", "accept"):
            raise line.error(reason)
    for name in WAYS[:2]:
        line = settings.line(name)
        if line is not None and settings.value(name) not in ("smtp", "relay"):
            raise line.error(
                "mail is sent by another service than smtp, and gatepost migrate does not read its settings"
            )


def name_us(plan: Conversion, place: Place, settings: Settings) -> None:
    """Carry over our name, and the domain for addresses without one."""
    knows = plan.names.full_name or settings.line("myhostname")
    hostname = settings.value("myhostname")
    if knows:
        plan.put("primary_hostname", hostname, settings.line("myhostname"))
    domain = origin(settings, place)
    if domain and (knows or settings.line("myorigin")):
        plan.put("qualify_domain", domain, settings.line("myorigin"))
    helo = settings.value("smtp_helo_name")
    if helo != hostname:
        plan.put("transports.relay.helo_data", helo, settings.line("smtp_helo_name"))
    for name in ("smtp_bind_address6", "smtp_bind_address"):
        line = settings.line(name)
        if line is not None:
            plan.put("transports.relay.interface", settings.value(name), line)


def relayhost_of(settings: Settings, file: Path) -> tuple[Line, list[NextHop]]:
    """Return the relayhost, which may name several next hops."""
    line = settings.line("relayhost")
    if line is None or not settings.value("relayhost"):
        raise MigrateError(str(file), 0, "has no relayhost: Postfix delivers to the MX hosts of each domain itself")
    return line, [next_hop(text, settings, line) for text in settings.values("relayhost")]


def next_hop(text: str, settings: Settings, line: Line) -> NextHop:
    """Return a next hop: [name], [name]:port, or name and name:port for the MX hosts of a domain."""
    text = re.sub(r"^(?:smtp|relay):(?=.)", "", text) if text.startswith(("smtp:[", "relay:[")) else text
    literal = re.fullmatch(r"\[(?:IPv6:|ipv6:)?([^\]]+)\](?::(\S+))?", text)
    if literal:
        return NextHop(text, literal[1], literal[2] or str(SMTP_PORT), is_looked_up=False)
    name, _, port = text.partition(":")
    if not name or re.search(r"[\[\]/]", text):
        raise line.error("is not a next hop of the form [name]:port")
    direct = settings.is_on("disable_dns_lookups") or settings.value("smtp_dns_support_level") == "disabled"
    return NextHop(text, name, port or str(SMTP_PORT), is_looked_up=not direct)


def carry_hop(reading: Reading, transport: str, line: Line, hops: list[NextHop], sender: str = "") -> None:
    """Convert one next hop: host, TLS and login; `sender` is set if it is only for this sender."""
    plan, settings = reading.plan, reading.settings
    policy = postfix_tls.policy_for(reading, hops[0].text)
    wrapped = settings.is_on("smtp_tls_wrappermode")
    if len({wrapped or hop.is_implicit for hop in hops}) > 1:
        raise line.error("some of these ports use implicit TLS and others do not: keep one kind")
    tls = "none" if policy.level == "none" else "implicit" if wrapped or hops[0].is_implicit else "starttls"
    plan.put(f"transports.{transport}.tls", tls, policy.line)
    hosts = [f"mx:{host(hop.name, hop.port)}" if hop.is_looked_up else host(hop.name, hop.port) for hop in hops]
    plan.put(f"transports.{transport}.hosts", hosts, line)
    if tls != "none":
        postfix_tls.prove(plan, settings, transport, policy, hops[0].name)
    discard(plan, settings, transport)
    if settings.is_on("smtp_sasl_auth_enable"):
        log_in(reading, transport, hops[0], sender)
    if tls == "none":
        plan.go_unencrypted(policy.line or line, transport)


def discard(plan: Conversion, settings: Settings, transport: str) -> None:
    """Convert the discarded EHLO keywords; `silent-discard` only affects Postfix's own log."""
    line = settings.line("smtp_discard_ehlo_keywords")
    if line is None:
        return
    words = [word.upper() for word in settings.values(line.name)]
    kept = [word for word in words if word not in ("SILENT-DISCARD", *PROTECTING)]
    if kept:
        plan.put(f"transports.{transport}.discard_ehlo_keywords", kept, line)
    if set(words) & set(PROTECTING) and transport == RELAY:
        plan.leave_out(line, "tls and auth decide whether TLS and a login are used")


def log_in(reading: Reading, transport: str, hop: NextHop, sender: str) -> None:
    """Carry over the login for a next hop, found by the sender, the host's name, or the next hop as it is written."""
    plan, settings = reading.plan, reading.settings
    line = settings.line("smtp_sasl_password_maps")
    if line is None:
        raise settings.lines["smtp_sasl_auth_enable"].error("there is no smtp_sasl_password_maps")
    by_sender = settings.is_on("smtp_sender_dependent_authentication")
    keys = [sender, f"@{sender.rpartition('@')[2]}"] if sender and by_sender else []
    keys += [hop.name, hop.text, EVERY_KEY]
    entries = reading.entries(line.name)
    found = next((entry for key in keys for entry in entries if entry.name.lower() == key.lower()), None)
    for entry in entries if transport == RELAY and not by_sender else ():
        if entry is not found:
            plan.leave_out(Line(entry.file, entry.number, "", ""), "is for another host than the relayhost")
    if found is None:
        if hop.is_looked_up or not entries:
            raise line.error("has no login for the relayhost, neither under its name nor under the value of relayhost")
        plan.warn(line, "has no login for the relayhost, so Postfix did not log in")
        return
    secret = Line(found.file, found.number, line.name if found.file == line.file else "", "")
    user, colon, password = found.value.partition(":")
    if not colon:
        raise secret.error("is not user:password")
    plan.log_in(secret, user, password, transport)
    limit_mechanisms(plan, settings, transport)


def limit_mechanisms(plan: Conversion, settings: Settings, transport: str) -> None:
    """Convert the allowed mechanisms; by default none that sends the password in plaintext."""
    relay = plan.transport(transport)
    name = "smtp_sasl_security_options" if relay["tls"] == "none" else "smtp_sasl_tls_security_options"
    allowed = list(MECHANISMS)
    set_by = (
        settings.line(name) or settings.line("smtp_sasl_security_options") or settings.lines["smtp_sasl_auth_enable"]
    )
    if "noplaintext" in settings.values(name):
        if relay["tls"] == "none":
            reason = "smtp_sasl_security_options has noplaintext, its default, so Postfix sends no password without TLS"
            raise Line(set_by.file, set_by.number, "", "").error(reason)
        allowed = NOT_IN_THE_CLEAR
        reason = "has noplaintext, its default, so neither PLAIN nor LOGIN is used: noanonymous alone allows them"
        plan.warn(Line(set_by.file, set_by.number, name, ""), reason)
    chosen = settings.line("smtp_sasl_mechanism_filter")
    if chosen is not None:
        wanted = [each.upper() for each in settings.values(chosen.name)]
        if not all(each in MECHANISMS for each in wanted):
            plan.leave_out(chosen, "only a list of mechanisms can be carried over: see mechanisms")
        else:
            allowed = [each for each in wanted if each in allowed]
            if not allowed:
                raise chosen.error("leaves no mechanism, because noplaintext excludes the others")
    if allowed != list(MECHANISMS):
        relay["auth"]["mechanisms"] = list(allowed)


def by_sender(reading: Reading) -> None:
    """Carry over next hops and logins that senders have of their own, as transports with routers."""
    plan, settings = reading.plan, reading.settings
    ways = {entry.name.lower(): entry for entry in reversed(reading.entries("sender_dependent_relayhost_maps"))}
    if settings.is_on("smtp_sender_dependent_authentication"):
        for entry in reading.entries("smtp_sasl_password_maps"):
            if re.fullmatch(r"[^\s:\[\]]*@[^\s:\[\]]+", entry.name):
                relayhost = settings.values("relayhost")[0]
                ways.setdefault(entry.name.lower(), Line(entry.file, entry.number, "", relayhost))
    for number, (sender, entry) in enumerate(ways.items(), 1):
        line = Line(entry.file, entry.number, "", "")
        if "@" not in sender or entry.value.upper() == "DUNNO":
            plan.leave_out(line, "is not for a sender's address or domain")
            continue
        transport, pattern = f"{RELAY}-{number}", f"*{sender}" if sender.startswith("@") else sender
        carry_hop(reading, transport, line, [next_hop(entry.value, settings, line)], sender)
        plan.send_for(transport, line, senders=[pattern])
        plan.let_name([pattern])


def restrict_callers(plan: Conversion, settings: Settings) -> None:
    """Convert the users who may send; root always may."""
    line = settings.line("authorized_submit_users")
    if "authorized_submit_users" not in settings.lines:
        return
    policies: list[dict[str, object]] = []
    for item in settings.values("authorized_submit_users"):
        login = item.removeprefix("!")
        if login.startswith(("/", "{")) or (":" in login and not login.startswith("static:")):
            raise (line or settings.lines["authorized_submit_users"]).error("names a table: write the logins here")
        everybody = login.startswith("static:")
        policies.append(({} if everybody else {"callers": [login]}) | ({"allow": False} if item != login else {}))
        if everybody:
            break
    else:
        policies.append({"allow": False})
    if policies != [{}]:
        plan.put("policies", [{"callers": ["root"]}, *policies], line)
