"""Every option of gatepost.toml: its shape, its default as the file would write it, and what it is for.

configuration.py reads files by these tables, and gatepost.toml(5) is made from them.
"""

from __future__ import annotations

from helper.config import hosts, mailboxes, parsers
from helper.config.shape import Shape, array_of, one_of
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Option(Record):
    """One key of a table. Where `default` is None there is none, or `meaning` tells it.

    `field` is where the value goes, in case that is not called like the key: fields name their units.
    """

    name: str
    shape: Shape
    default: Any
    meaning: str
    field: str = ""


BOOLEAN, DURATION = parsers.BOOLEAN, parsers.DURATION
HOSTS = array_of(hosts.HOST, "hosts")
LOGINS = array_of(mailboxes.LOGIN, "names")
CALLERS = array_of(mailboxes.CALLER, "users and @groups")
ADDRESS_PATTERNS = array_of(mailboxes.ADDRESS_PATTERN, "patterns for addresses")
DRIVER = one_of("redirect", "accept", "manualroute", "dnslookup")

HEADERS_ADD = Option(
    "headers_add", array_of(mailboxes.HEADER_FIELD, "header fields"), None, "Header fields to add to the message."
)
HEADERS_REMOVE = Option(
    "headers_remove", array_of(mailboxes.FIELD_NAME, "names of header fields"), None, "Header fields to remove from it."
)
MESSAGE_SIZE_LIMIT = "message_size_limit"

MAIN = (
    Option("primary_hostname", hosts.DOMAIN, None, "Who we are; default: the machine's full name."),
    Option(
        "qualify_domain",
        hosts.DOMAIN,
        None,
        "Added to an address without a domain; default: what /etc/mailname holds, else primary_hostname.",
    ),
    Option("qualify_recipient", hosts.DOMAIN, None, "The same for recipients; default: qualify_domain."),
    Option("trusted_users", LOGINS, None, "Who may name any reverse-path and any From:, apart from root."),
    Option("trusted_groups", LOGINS, None, "The same for the members of groups."),
    Option("untrusted_set_sender", ADDRESS_PATTERNS, None, "Reverse-paths that everybody may name with -f."),
    Option("local_from_check", BOOLEAN, True, "Whether a From: that is not the caller's own address adds a Sender:."),
    Option("local_sender_retain", BOOLEAN, False, "Whether a Sender: of the caller's is kept."),
    Option("local_from_prefix", mailboxes.AFFIX, None, "May stand before the login in a From: of the caller's own."),
    Option("local_from_suffix", mailboxes.AFFIX, None, "May stand after the login in a From: of the caller's own."),
    Option(
        "from_override",
        BOOLEAN,
        False,
        "Whether the address in From: becomes the caller's own, as [rewrite] has it; the display name stays.",
    ),
    Option(MESSAGE_SIZE_LIMIT, parsers.SIZE, "50M", "The largest message taken.", "message_size_limit_octets"),
    Option("recipients_max", parsers.COUNT, 50_000, "The most recipients of a message."),
    Option("received_header", BOOLEAN, True, "Whether a Received: field tells where the message comes from."),
    Option(
        "log",
        parsers.LOG,
        "syslog",
        "Where the log goes. A file is opened before the rights to it are given up; it must be no link, and it and its "
        "directory must be writable for root, the service user and its group alone.",
    ),
    Option("log_format", one_of("text", "json"), "text", "What a line of the log looks like."),
    Option("exit_codes", one_of("simple", "sysexits"), "simple", "Whether a failure is always 1, or told by its kind."),
    Option(
        "sandbox",
        one_of("best-effort", "required"),
        "best-effort",
        "Whether a send does without Landlock and seccomp, by which it shuts itself in, where the kernel lacks them.",
    ),
    Option(
        "extract_addresses_remove_arguments",
        BOOLEAN,
        False,
        "Whether recipients given as arguments together with -t are left out (Exim's way), not added.",
    ),
)

# Read for their own sake: they have no place in Configuration.
SECTIONS = ("mua_wrapper", "transports", "routers", "rewrite", "policies")

TRANSPORT = (
    Option("driver", one_of("smtp"), None, "How the message is handed on; has to be given."),
    Option("hosts", HOSTS, None, "The smart hosts, tried in this order."),
    Option("hosts_randomize", BOOLEAN, False, "Whether they are tried in an order drawn for each message."),
    Option(
        "port", parsers.PORT, None, "For hosts without a port of their own; default: 587, or 465 with implicit TLS."
    ),
    Option("tls", one_of("starttls", "implicit", "none"), "starttls", "How the connection becomes private."),
    Option(
        "tls_verify",
        BOOLEAN,
        True,
        "Whether the smart host has to prove its name. Nobody asks whether its certificate was revoked (OCSP).",
    ),
    Option("tls_verify_name", hosts.DOMAIN_OR_ADDRESS, None, "The name it has to prove; default: the host's."),
    Option("tls_ca_file", parsers.PATH, None, "Certificates to trust; default: the system's."),
    Option("tls_ca_path", parsers.PATH, None, "A folder of certificates to trust."),
    Option("tls_min_version", one_of("1.2", "1.3"), "1.2", "The oldest version of TLS that will do."),
    Option(
        "tls_pins",
        array_of(mailboxes.PIN, "SHA-256 pins"),
        None,
        "Digests of public keys (SubjectPublicKeyInfo), one of which the host has to have, besides a certificate that "
        "is verified; with tls_verify = false the key alone counts.",
    ),
    Option(
        "tls_certificate",
        parsers.PATH,
        None,
        "Our own certificate in PEM, with those above it, for hosts that ask for one; relative to secrets/.",
    ),
    Option(
        "tls_privatekey",
        parsers.PATH,
        None,
        "The key to it in PEM, without a passphrase; relative to secrets/; default: stands in the same file.",
    ),
    Option(
        "dane",
        BOOLEAN,
        False,
        "Whether the host's certificate is proven by DANE (RFC 7672) and nothing else: it has to have TLSA records "
        "signed by DNSSEC. The resolver of /etc/resolv.conf verifies the signatures; it is believed when it runs on "
        "this machine or resolv.conf says options trust-ad.",
    ),
    Option("requiretls", BOOLEAN, False, "Whether the message goes over verified TLS on its whole way (RFC 8689)."),
    Option(
        "discard_ehlo_keywords",
        array_of(parsers.KEYWORD, "EHLO keywords"),
        None,
        "What the smart host offers and does badly, such as CHUNKING: it counts as not offered; never STARTTLS or "
        "AUTH. Postfix has it as smtp_discard_ehlo_keywords.",
    ),
    Option("helo_data", hosts.HELO_DATA, None, "What EHLO tells; default: primary_hostname."),
    Option("interface", hosts.ADDRESS, None, "The address of ours to connect from."),
    Option(
        "connect_timeout",
        DURATION,
        "30s",
        "How long to wait for a connection to any address of a host.",
        "connect_timeout_s",
    ),
    Option("command_timeout", DURATION, "2m", "How long to wait for the reply to a command.", "command_timeout_s"),
    Option("data_timeout", DURATION, "5m", "How long to wait while the message is sent.", "data_timeout_s"),
    Option(
        "final_timeout",
        DURATION,
        "10m",
        "How long to wait for the reply to the message. No delivery takes longer than the four together and "
        "5 s, which the system log has to take its line.",
        "final_timeout_s",
    ),
    HEADERS_ADD,
    HEADERS_REMOVE,
    Option("return_path", mailboxes.REVERSE_PATH, None, "The reverse-path of all messages, whoever sends."),
)

AUTHENTICATION = (
    Option(
        "mechanisms",
        array_of(parsers.MECHANISM, "SASL mechanisms"),
        None,
        "Those that may be used, the best one first; default: all. A wrong password is at most two failed logins.",
    ),
    Option("user", parsers.TEXT, None, "The name to log in with."),
    Option(
        "password_file",
        parsers.SECRET_PATH,
        None,
        "The file of the password, relative to secrets/, or credential:NAME: what systemd hands to gatepost@.service. "
        "Where mechanisms names OAUTHBEARER or XOAUTH2 alone, it holds an OAuth 2.0 access token; a second line "
        '"expires 2026-11-28T12:00:00Z" says when it ceases to be good, as gatepost refresh writes it.',
    ),
    Option(
        "password_command",
        parsers.COMMAND,
        None,
        "A command that prints the password. Only root may be able to write the program and what its #! line names, "
        "only root and the service user a file among its arguments. It is run with the service user's ids alone: where "
        "the launcher is 2755, only in root's sends and behind gatepost.socket. In a send without privilege it is run "
        "as the caller, with HOME, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS; the last line of its error is shown.",
    ),
    Option("token_command", parsers.COMMAND, None, "A command that prints an OAuth 2.0 access token; the same rule."),
    Option("allow_plaintext", BOOLEAN, False, "Whether the password may go over an unencrypted connection."),
)

ROUTER = (
    Option("name", parsers.WORD, None, "What traces and messages call it; default: router and its number."),
    Option("driver", DRIVER, None, "What it does; has to be given."),
    Option("domains", array_of(mailboxes.DOMAIN_PATTERN, "patterns for domains"), None, "Only for these domains."),
    Option(
        "local_parts",
        array_of(mailboxes.LOCAL_PART_PATTERN, "patterns for local parts"),
        None,
        "Only for these local parts.",
    ),
    Option("senders", ADDRESS_PATTERNS, None, "Only for messages with these reverse-paths."),
    Option(
        "callers",
        CALLERS,
        None,
        'Only for messages of these callers; "uid4242" and "uid61184-65519" are uids without an account.',
    ),
    Option("check_local_user", BOOLEAN, False, "Only for local parts that are the login of a user."),
    HEADERS_ADD,
    HEADERS_REMOVE,
    Option("errors_to", mailboxes.REVERSE_PATH, None, "The reverse-path for these addresses."),
    Option("more", BOOLEAN, True, "Whether an address that this router does not take goes on to the next."),
)

TO_TRANSPORT = Option(
    "transport",
    parsers.WORD,
    None,
    "The transport that takes the message; has to be given. For dnslookup it must have no auth.",
)

DRIVERS = {
    "redirect": (
        Option("file", parsers.ALIAS_PATH, None, "An alias file; $home/ at its start is the home of the local part."),
        Option("data", array_of(parsers.TEXT, "items"), None, "What the address stands for, instead of a file."),
        Option("allow_fail", BOOLEAN, False, "Whether :fail: may be used."),
        Option("allow_defer", BOOLEAN, False, "Whether :defer: may be used."),
    ),
    "accept": (TO_TRANSPORT,),
    "manualroute": (TO_TRANSPORT, Option("hosts", HOSTS, None, "The hosts, instead of the transport's.")),
    "dnslookup": (TO_TRANSPORT,),
}

POLICY = (
    Option(
        "callers",
        CALLERS,
        None,
        'Whom it is for; default: everybody. "uid4242" and "uid61184-65519" are uids without an account: where there '
        "are policies, such a caller is refused if none is for it. A uid in a range of /etc/subuid is the owner's.",
    ),
    Option("allow", BOOLEAN, True, "Whether they may send at all."),
    Option("recipients", ADDRESS_PATTERNS, None, "Each recipient has to match; default: any."),
    Option("senders", ADDRESS_PATTERNS, None, "The reverse-path has to match; default: any."),
    Option(MESSAGE_SIZE_LIMIT, parsers.SIZE, None, "The largest message they may send.", "message_size_limit_octets"),
    Option("recipients_max", parsers.COUNT, None, "The most recipients they may send to."),
)

# Keys that people will try, and what to write instead.
HINTS = {
    **dict.fromkeys(
        ("password", "pass", "passwd", "secret", "client_password"),
        "put the password into a file of its own and name that in password_file",
    ),
    **dict.fromkeys(("token", "access_token"), "put the token into a file of its own and name that in password_file"),
    **dict.fromkeys(("username", "login", "client_name"), "the name to log in with is user"),
    **dict.fromkeys(("fallback_hosts", "host", "server", "route_list"), "all hosts stand in hosts, in order"),
    **dict.fromkeys(("queue_only", "queue_run_max", "retry", "delay_warning"), "there is no queue"),
    **dict.fromkeys(("hosts_require_tls", "tls_on_connect", "protocol"), "this is said by tls"),
    **dict.fromkeys(("tls_verify_certificates",), "this is said by tls_ca_file or tls_ca_path"),
    **dict.fromkeys(("hosts_require_auth", "hosts_try_auth"), "give auth, or do not"),
}
