"""Exim with mua_wrapper: its routers, its one way to a smart host, its login (its specification, chapter 53)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from admin.migrate.conversion import (
    IMPLICIT_PORT,
    RELAY,
    SMTP_PORT,
    Conversion,
    Line,
    MigrateError,
    Place,
    first,
    host,
    names,
)
from admin.migrate.exim_syntax import File, Instance, is_true, items_of, parse_file

USUAL = ("/etc/exim4/exim4.conf", "/etc/exim/exim.conf", "/etc/exim.conf")
# The same in ours, by the same name.
TEXTS = names(
    "primary_hostname qualify_domain qualify_recipient local_from_prefix local_from_suffix message_size_limit"
)
LISTS = ("trusted_users", "trusted_groups", "untrusted_set_sender")
SWITCHES = ("local_from_check", "local_sender_retain", "extract_addresses_remove_arguments")
# Whoever sends has passed these; a configuration without them would let more through.
DECIDING = ("acl_not_smtp", "acl_not_smtp_start", "acl_not_smtp_mime", "local_scan_path")
# About a spool, a log, a daemon, a user of Exim's own, or what is always so here.
IGNORED = names(
    "mua_wrapper spool_directory log_file_path log_selector syslog_timestamp keep_environment add_environment timezone "
    "tls_advertise_hosts disable_ipv6 exim_user exim_group never_users split_spool_directory accept_8bitmime "
    "smtputf8_advertise_hosts chunking_advertise_hosts daemon_smtp_ports local_interfaces host_lookup rfc1413_hosts "
    "rfc1413_query_timeout ignore_bounce_errors_after timeout_frozen_after recipients_max prdr_enable smtp_banner "
    "dns_ipv4_lookup received_header_text"
)
ROUTER_TEXTS = ("errors_to",)
ROUTER_LISTS = ("domains", "local_parts", "senders")
ROUTER_SWITCHES = ("check_local_user", "more", "allow_fail", "allow_defer")
ROUTER_IGNORED = names(
    "driver transport data file route_list route_data hosts_randomize debug_print verify expn self "
    "same_domain_copy_routing file_transport pipe_transport reply_transport directory_transport forbid_file "
    "forbid_pipe forbid_filter_reply check_ancestor one_time retry_use_local_part ignore_target_hosts headers_add "
    "headers_remove host_find_failed "
    "verify_only_never user group modemask owners rewrite"
)
TRANSPORT_TEXTS = ("helo_data", "interface", "return_path", "tls_certificate", "tls_privatekey")
TIMEOUTS = ("connect_timeout", "command_timeout", "data_timeout", "final_timeout")
TRANSPORT_IGNORED = names(
    "driver hosts port protocol hosts_require_tls hosts_avoid_tls hosts_require_auth hosts_try_auth tls_verify_hosts "
    "tls_verify_certificates tls_try_verify_hosts hosts_randomize max_rcpt allow_localhost connection_max_messages "
    "delay_after_cutoff multi_domain hosts_override size_addition hosts_try_chunking hosts_try_prdr "
    "hosts_avoid_pipelining tls_verify_cert_hostnames hosts_require_dane dnssec_request_domains debug_print "
    "headers_add headers_remove"
)
# Without these, what is proven today would be proven no more.
RESTRICTING = {
    "tls_crl": "Gatepost reads no certificate revocation lists",
    "hosts_require_ocsp": "Gatepost does not request OCSP responses",
}
LOOKUP = re.compile(
    r"\$\{lookup\s*\{\s*\$(?:local_part|\{local_part\})\s*\}\s*(?:wild)?lsearch\*?@?\s*\{(/[^${}]+)\}\s*\}"
)


def read(place: Place) -> Conversion | None:
    """Convert a configuration of Exim. MigrateError if it has no mua_wrapper."""
    path = place.found(*USUAL)
    if path is None:
        return None
    file = parse_file(path)
    if not is_true(file.main, "mua_wrapper"):
        overrides = path.with_name("update-exim4.conf.conf").is_file()
        instead = "; Exim uses it instead of update-exim4.conf.conf" if overrides else ""
        raise MigrateError(str(path), 0, f"does not set mua_wrapper, so it configures a mail server{instead}")
    plan = place.plan("Exim", path)
    carry_main(plan, file)
    transport = only_transport(file, path)
    carry_transport(plan, transport)
    carry_routers(plan, file, transport)
    log_in(plan, file, transport)
    if plan.relay["tls"] == "none":
        plan.go_unencrypted(transport.options["hosts_avoid_tls"])
    rewrite(plan, file)
    return plan


def carry_main(plan: Conversion, file: File) -> None:
    """Carry over the main options, most of which are called alike."""
    for name, line in file.main.items():
        if name in DECIDING and line.value:
            raise line.error("Gatepost has no ACLs: see [[policies]]")
        if name in TEXTS:
            plan.put(name, literal(line), line)
        elif name in LISTS:
            plan.put(name, items_of(literal(line)), line)
        elif name in SWITCHES:
            plan.put(name, is_true(file.main, name), line)
        elif name not in IGNORED:
            plan.leave_out(line, "Gatepost has no equivalent")


def literal(line: Line) -> str:
    """Return a value that is what it says. MigrateError for one that Exim would expand."""
    if "$" in line.value:
        raise line.error("is an expansion, which only Exim can evaluate: write its value")
    return line.value


def only_transport(file: File, path: Path) -> Instance:
    """Return the transport that speaks SMTP."""
    transports = [each for each in file.sections.get("transports", ()) if text(each, "driver") == "smtp"]
    used = {text(each, "transport") for each in file.sections.get("routers", ())} - {""}
    transports = [each for each in transports if each.name in used]
    if len(transports) != 1:
        raise MigrateError(
            str(path), 0, f"{len(transports)} SMTP transports are used by routers, but only one can be carried over"
        )
    return transports[0]


def text(instance: Instance, name: str) -> str:
    """Return an option of an instance as it is written, empty if it is not."""
    return instance.options[name].value if name in instance.options else ""


def carry_transport(plan: Conversion, transport: Instance) -> None:
    """Carry over how a smart host is spoken to."""
    relay, options = plan.relay, transport.options
    for name, line in options.items():
        if name in RESTRICTING and line.value:
            raise line.error(RESTRICTING[name])
        if name in TRANSPORT_TEXTS + TIMEOUTS:
            plan.put(f"transports.{RELAY}.{name}", literal(line), line)
        elif name not in TRANSPORT_IGNORED:
            plan.leave_out(line, "Gatepost has no equivalent")
    relay["tls"] = tls_of(transport)
    carry_headers(relay, transport)
    if is_true(options, "hosts_randomize"):
        relay["hosts_randomize"] = True
    if text(transport, "hosts_require_dane"):
        relay["dane"] = True
    if "hosts" in options:
        plan.put(f"transports.{RELAY}.hosts", hosts_of(literal(options["hosts"]), transport), options["hosts"])
    authorities = literal(options["tls_verify_certificates"]) if "tls_verify_certificates" in options else "system"
    if authorities not in ("system", ""):
        relay["tls_ca_path" if authorities.endswith("/") else "tls_ca_file"] = authorities
    if relay["tls"] == "none":
        return
    if relay["tls"] == "starttls" and not text(transport, "hosts_require_tls"):
        plan.warn(transport.line, "without hosts_require_tls, TLS was optional; Gatepost requires it")
    if not text(transport, "tls_verify_hosts"):
        plan.warn(transport.line, "without tls_verify_hosts, a wrong certificate was accepted; Gatepost refuses it")


def tls_of(transport: Instance) -> str:
    """Return how the connection becomes private."""
    if text(transport, "protocol") == "smtps":
        return "implicit"
    return "none" if "*" in items_of(text(transport, "hosts_avoid_tls")) else "starttls"


def carry_headers(table: dict[str, Any], instance: Instance) -> None:
    """Carry over header fields: those added stand in lines of their own, those removed in a list."""
    if "headers_add" in instance.options:
        table["headers_add"] = [each for each in literal(instance.options["headers_add"]).split("\\n") if each]
    if "headers_remove" in instance.options:
        table["headers_remove"] = items_of(literal(instance.options["headers_remove"]))


def hosts_of(names: str, transport: Instance) -> list[str]:
    """Return a list of hosts, each with its port."""
    default = text(transport, "port") or str(IMPLICIT_PORT if tls_of(transport) == "implicit" else SMTP_PORT)
    hosts = []
    for name in items_of(names):
        bare, _, port = name.partition(":") if name.count(":") == 1 else (name, "", "")
        hosts.append(host(bare, port or default))
    return hosts


def carry_routers(plan: Conversion, file: File, transport: Instance) -> None:
    """Convert the routers in their order; each of their options affects routing."""
    routers = plan.settings.setdefault("routers", [])
    for each in file.sections.get("routers", ()):
        plan.origins[f"routers.{each.name}"] = each.line
        for name, line in each.options.items():
            if name not in (*ROUTER_TEXTS, *ROUTER_LISTS, *ROUTER_SWITCHES, *ROUTER_IGNORED):
                raise line.error("decides where mail goes, but Gatepost has no equivalent")
        router: dict[str, Any] = {"name": each.name, "driver": text(each, "driver")}
        router |= {name: items_of(literal(each.options[name])) for name in ROUTER_LISTS if name in each.options}
        router |= {name: literal(each.options[name]) for name in ROUTER_TEXTS if name in each.options}
        router |= {name: is_true(each.options, name) for name in ROUTER_SWITCHES if name in each.options}
        carry_headers(router, each)
        DRIVERS.get(router["driver"], refuse_driver)(plan, router, each, transport)
        routers.append(router)
    if not plan.relay.get("hosts"):
        plan.relay["hosts"] = next((each.pop("hosts") for each in routers if each["driver"] == "manualroute"), [])
        for each in routers:
            if each["driver"] == "manualroute" and "hosts" not in each:
                each["driver"] = "accept"
    hosts = [*plan.relay["hosts"], *(name for each in routers for name in each.get("hosts", ()))]
    if (
        plan.relay["tls"] == "starttls"
        and hosts
        and all(name.endswith((f":{IMPLICIT_PORT}", ":smtps")) for name in hosts)
    ):
        plan.relay["tls"] = "implicit"


def redirect(_plan: Conversion, router: dict[str, Any], each: Instance, _transport: Instance) -> None:
    """Convert the data of a redirect: a file, a look-up in a file, or addresses."""
    if "file" in each.options:
        line = each.options["file"]
        router["file"] = line.value if line.value == "$home/.forward" else literal(line)
        return
    if "data" not in each.options:
        raise each.line.error("has neither data nor file")
    line = each.options["data"]
    lookup = LOOKUP.fullmatch(line.value)
    if lookup:
        router["file"] = lookup[1]
    else:
        router["data"] = [item.strip() for item in re.split(r"[,\n]", literal(line)) if item.strip()]


def accept(_plan: Conversion, router: dict[str, Any], _each: Instance, _transport: Instance) -> None:
    """Carry over a router that takes what comes."""
    router["transport"] = "relay"


def manualroute(_plan: Conversion, router: dict[str, Any], each: Instance, transport: Instance) -> None:
    """Carry over a router with hosts of its own: one rule, or the same for all domains."""
    router["transport"] = "relay"
    if "route_data" in each.options:
        router["hosts"] = hosts_of(literal(each.options["route_data"]), transport)
        return
    if "route_list" not in each.options:
        raise each.line.error("has neither route_list nor route_data")
    line = each.options["route_list"]
    rules = [rule for rule in literal(line).split(";") if rule.strip()]
    rule = (
        re.fullmatch(r"\s*(\S+)\s+(\"[^\"]*\"|\S+(?:\s*:\s*\S+)*)((?:\s+\w+)*)\s*", rules[0])
        if len(rules) == 1
        else None
    )
    if rule is None:
        raise line.error("only one rule can be carried over: a pattern, hosts, options")
    if rule[1] != "*":
        router["domains"] = [rule[1]]
    router["hosts"] = hosts_of(rule[2].strip('"'), transport)


def refuse_driver(_plan: Conversion, _router: dict[str, Any], each: Instance, _transport: Instance) -> None:
    """Refuse a router that nothing here is like."""
    raise each.line.error(f"there is no driver {text(each, 'driver') or 'at all'}")


DRIVERS = {"redirect": redirect, "accept": accept, "manualroute": manualroute, "dnslookup": accept}


def log_in(plan: Conversion, file: File, transport: Instance) -> None:
    """Carry over the login that authenticators for clients agree on."""
    if not text(transport, "hosts_require_auth") and not text(transport, "hosts_try_auth"):
        return
    mechanisms = []
    taken = ("", "")
    for each in file.sections.get("authenticators", ()):
        credential = credential_of(each)
        if credential is None:
            continue
        if "auth" not in plan.relay:
            plan.log_in(first(each.options, "client_secret", "client_send") or each.line, *credential)
            taken = credential
        elif credential != taken:
            plan.leave_out(each.line, "is another login; only the first can be carried over")
            continue
        mechanisms.append(text(each, "public_name").upper())
    if "auth" not in plan.relay:
        raise transport.line.error("requires authentication, but there is no authenticator for it")
    plan.relay["auth"]["mechanisms"] = mechanisms


def credential_of(each: Instance) -> tuple[str, str] | None:
    """Return user and password of an authenticator, None if it is for servers alone."""
    options = each.options
    if "client_name" in options and "client_secret" in options:
        return literal(options["client_name"]), literal(options["client_secret"])
    if "client_send" not in options:
        return None
    line = options["client_send"]
    strings = items_of(literal(line))
    if len(strings) == 1:  # PLAIN: a circumflex stands for NUL, two for itself
        strings = [part.replace("\0", "^") for part in strings[0].replace("^^", "\0").split("^")][1:]
    if len(strings) != 2:
        raise line.error("is not what PLAIN or LOGIN takes")
    return strings[0], strings[1]


def rewrite(plan: Conversion, file: File) -> None:
    """Carry over rules that turn addresses of this machine into public ones."""
    for line in file.rules:
        replacement = re.sub(r"^\$(?:1|\{1\})@", "*@", line.value.split()[0] if line.value else "")
        if "$" in replacement or "@" not in replacement or re.search(r"[\^\\$]", line.name):
            plan.leave_out(line, "only an address, or *@domain with $1@domain, can be written as [rewrite]")
        elif replacement.startswith("*") and not line.name.startswith("*@"):
            plan.leave_out(line, "only *@domain can become $1@domain")
        else:
            plan.rewrite(line.name, replacement, line)
