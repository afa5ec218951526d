"""Every option of gatepost.toml: its shape, its default as written in the file, and its meaning.

configuration.py reads files by these tables, and gatepost.toml(5) is made from them.
"""

from __future__ import annotations

from helper.config import address_patterns, hosts, mailboxes, parsers
from helper.config.shape import Shape, array_of, one_of
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Option(Record):
    """One key of a table. Where `default` is None there is none, or `meaning` tells it.

    `field` is the name of the Configuration's field, if it differs from the key: fields name their units.
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
ADDRESS_PATTERNS = array_of(address_patterns.ADDRESS_PATTERN, "patterns for addresses")
DRIVER = one_of("redirect", "accept", "manualroute", "dnslookup")

HEADERS_ADD = Option(
    "headers_add", array_of(mailboxes.HEADER_FIELD, "header fields"), None, "Header fields to add to the message."
)
HEADERS_REMOVE = Option(
    "headers_remove",
    array_of(mailboxes.FIELD_NAME, "names of header fields"),
    None,
    "Header fields to remove from the message.",
)
MESSAGE_SIZE_LIMIT = "message_size_limit"

MAIN = (
    Option(
        "primary_hostname",
        hosts.DOMAIN,
        None,
        "This host's name in EHLO and Message-ID; default: the machine's full name.",
    ),
    Option(
        "qualify_domain",
        hosts.DOMAIN,
        None,
        "The domain that is added to addresses without one; default: the first line of /etc/mailname, or "
        "primary_hostname.",
    ),
    Option(
        "qualify_recipient",
        hosts.DOMAIN,
        None,
        "The domain that is added to recipients without one; default: qualify_domain.",
    ),
    Option("trusted_users", LOGINS, None, "Users who may use any reverse-path and any From:. Root may always do so."),
    Option("trusted_groups", LOGINS, None, "Groups whose members may do the same."),
    Option("untrusted_set_sender", ADDRESS_PATTERNS, None, "Reverse-paths that every user may use with -f."),
    Option("local_from_check", BOOLEAN, True, "Whether a Sender: is added if From: is not the caller's own address."),
    Option("local_sender_retain", BOOLEAN, False, "Whether a Sender: that the caller wrote is kept."),
    Option(
        "local_from_prefix",
        mailboxes.AFFIX,
        None,
        "A prefix that the caller may add to the login in From:, such as *-.",
    ),
    Option(
        "local_from_suffix",
        mailboxes.AFFIX,
        None,
        "A suffix that the caller may add to the login in From:, such as +*.",
    ),
    Option(
        "from_override",
        BOOLEAN,
        False,
        "Whether the address in From: is replaced by the caller's own, rewritten by [rewrite]. The display name is "
        "kept.",
    ),
    Option(
        MESSAGE_SIZE_LIMIT, parsers.SIZE, "50M", "The largest message that is accepted.", "message_size_limit_octets"
    ),
    Option("recipients_max", parsers.COUNT, 50_000, "The largest number of recipients of a message."),
    Option("received_header", BOOLEAN, True, "Whether a Received: field is added, with the caller's uid and login."),
    Option(
        "log",
        parsers.LOG,
        "syslog",
        "Where the log goes. A file must exist and must not be a link. Only root, the service user and the service "
        "user's group may be able to write it and its directory.",
    ),
    Option("log_format", one_of("text", "json"), "text", "The format of a line of the log."),
    Option(
        "exit_codes",
        one_of("simple", "sysexits"),
        "simple",
        "The exit status of a failure: always 1, or the status from sysexits.h.",
    ),
    Option(
        "sandbox",
        one_of("best-effort", "required"),
        "best-effort",
        "What to do if the kernel lacks Landlock or seccomp: send without this sandbox, or refuse to send.",
    ),
    Option(
        "extract_addresses_remove_arguments",
        BOOLEAN,
        False,
        "Whether -t removes the recipients in arguments from those in the message, as Exim does, and does not add "
        "them.",
    ),
)

# Read for their own sake: they have no place in Configuration.
SECTIONS = ("mua_wrapper", "transports", "routers", "rewrite", "policies")

TRANSPORT = (
    Option("driver", one_of("smtp"), None, "The protocol. Required."),
    Option("hosts", HOSTS, None, "The smart hosts, tried in this order; see below."),
    Option("hosts_randomize", BOOLEAN, False, "Whether they are tried in random order."),
    Option(
        "port", parsers.PORT, None, "The port of hosts that have none in hosts; default: 587, or 465 with implicit TLS."
    ),
    Option(
        "tls",
        one_of("starttls", "implicit", "none"),
        "starttls",
        "How the connection is encrypted. With starttls and implicit, TLS is required.",
    ),
    Option(
        "tls_verify",
        BOOLEAN,
        True,
        "Whether the smart host's certificate is verified. Revocation (OCSP, CRL) is not checked.",
    ),
    Option(
        "tls_verify_name",
        hosts.DOMAIN_OR_ADDRESS,
        None,
        "The name that the certificate must contain; default: the name in hosts.",
    ),
    Option("tls_ca_file", parsers.PATH, None, "A file of CA certificates; default: the system's."),
    Option("tls_ca_path", parsers.PATH, None, "A directory of CA certificates."),
    Option("tls_min_version", one_of("1.2", "1.3"), "1.2", "The oldest version of TLS that is accepted."),
    Option(
        "tls_pins",
        array_of(mailboxes.PIN, "SHA-256 pins"),
        None,
        "SHA-256 digests of public keys (SubjectPublicKeyInfo), in hexadecimal or base64. The host must have one of "
        "these keys and a valid certificate. With tls_verify = false the key is enough.",
    ),
    Option(
        "tls_certificate",
        parsers.PATH,
        None,
        "A client certificate in PEM, followed by its chain; relative to secrets/.",
    ),
    Option(
        "tls_privatekey",
        parsers.PATH,
        None,
        "Its private key in PEM, without a passphrase; relative to secrets/; default: in the file of the certificate.",
    ),
    Option(
        "dane",
        BOOLEAN,
        False,
        "Whether the host's certificate is verified by DANE (RFC 7672) only. The host must have TLSA records that are "
        "signed by DNSSEC. The resolver in /etc/resolv.conf verifies the signatures. It must run on this machine, or "
        "resolv.conf must contain options trust-ad.",
    ),
    Option(
        "requiretls", BOOLEAN, False, "Whether every server on the way must use verified TLS (REQUIRETLS, RFC 8689)."
    ),
    Option(
        "discard_ehlo_keywords",
        array_of(parsers.KEYWORD, "EHLO keywords"),
        None,
        "Extensions to ignore although the smart host offers them, such as CHUNKING. Not STARTTLS or AUTH. Postfix "
        "calls this smtp_discard_ehlo_keywords.",
    ),
    Option("helo_data", hosts.HELO_DATA, None, "The name or address literal in EHLO; default: primary_hostname."),
    Option("interface", hosts.ADDRESS, None, "The local IP address to connect from."),
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
        "How long to wait for the reply to the message. No delivery takes longer than the four time-outs together plus "
        "5 s for the log.",
        "final_timeout_s",
    ),
    HEADERS_ADD,
    HEADERS_REMOVE,
    Option("return_path", mailboxes.REVERSE_PATH, None, "The reverse-path of all messages."),
)

AUTHENTICATION = (
    Option(
        "mechanisms",
        array_of(parsers.MECHANISM, "SASL mechanisms"),
        None,
        "The mechanisms that may be used, the best one first; default: all. A wrong password causes at most two "
        "failed logins.",
    ),
    Option("user", parsers.TEXT, None, "The user name."),
    Option(
        "password_file",
        parsers.SECRET_PATH,
        None,
        "The file that holds the password, relative to secrets/; or credential:NAME, a systemd credential of "
        "gatepost@.service. If mechanisms contains only OAUTHBEARER or XOAUTH2, the file holds an OAuth 2.0 access "
        'token. A second line such as "expires 2026-11-28T12:00:00Z" says how long it is valid; gatepost refresh '
        "writes it.",
    ),
    Option(
        "password_command",
        parsers.COMMAND,
        None,
        "A command that prints the password. Only root may be able to write the program and the interpreter in its "
        "#! line; only root and the service user may be able to write a file among its arguments. It runs with the "
        "service user's ids. If the launcher is 2755, it runs only for root's mail and behind gatepost.socket. In a "
        "send without privilege it runs as the caller, with HOME, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS, and "
        "the last line of its standard error is shown.",
    ),
    Option(
        "token_command",
        parsers.COMMAND,
        None,
        "A command that prints an OAuth 2.0 access token. The rules are those of password_command.",
    ),
    Option("allow_plaintext", BOOLEAN, False, "Whether the password may be sent over an unencrypted connection."),
)

ROUTER = (
    Option("name", parsers.WORD, None, "Its name in -bt and in error messages; default: router and its number."),
    Option("driver", DRIVER, None, "What the router does. Required."),
    Option(
        "domains",
        array_of(address_patterns.DOMAIN_PATTERN, "patterns for domains"),
        None,
        "The router is only for addresses in these domains.",
    ),
    Option(
        "local_parts",
        array_of(address_patterns.LOCAL_PART_PATTERN, "patterns for local parts"),
        None,
        "The router is only for these local parts.",
    ),
    Option("senders", ADDRESS_PATTERNS, None, "The router is only for messages with these reverse-paths."),
    Option(
        "callers",
        CALLERS,
        None,
        'The router is only for messages of these callers. "uid4242" and "uid61184-65519" are uids without an account.',
    ),
    Option("check_local_user", BOOLEAN, False, "The router is only for local parts that are the login of a user."),
    HEADERS_ADD,
    HEADERS_REMOVE,
    Option("errors_to", mailboxes.REVERSE_PATH, None, "The reverse-path for the addresses that this router accepts."),
    Option(
        "more",
        BOOLEAN,
        True,
        "Whether an address that does not match this router is passed to the next. With false it fails.",
    ),
)

TO_TRANSPORT = Option(
    "transport",
    parsers.WORD,
    None,
    "The transport to use. Required. For dnslookup it must have no auth.",
)

DRIVERS = {
    "redirect": (
        Option(
            "file",
            parsers.ALIAS_PATH,
            None,
            "An alias file. $home/ at its start is the home directory of the local user.",
        ),
        Option("data", array_of(parsers.TEXT, "items"), None, "A list of items, instead of a file."),
        Option("allow_fail", BOOLEAN, False, "Whether the list may contain :fail:."),
        Option("allow_defer", BOOLEAN, False, "Whether the list may contain :defer:."),
    ),
    "accept": (TO_TRANSPORT,),
    "manualroute": (TO_TRANSPORT, Option("hosts", HOSTS, None, "The hosts to use instead of the transport's.")),
    "dnslookup": (TO_TRANSPORT,),
}

POLICY = (
    Option(
        "callers",
        CALLERS,
        None,
        'The callers that the policy is for; default: all. "uid4242" and "uid61184-65519" are uids without an '
        "account: if there are policies, such a caller is refused unless one is for it. A uid in a range of "
        "/etc/subuid counts as the owner of the range.",
    ),
    Option("allow", BOOLEAN, True, "Whether they may send mail."),
    Option("recipients", ADDRESS_PATTERNS, None, "Patterns that each recipient must match; default: any."),
    Option("senders", ADDRESS_PATTERNS, None, "Patterns that the reverse-path must match; default: any."),
    Option(MESSAGE_SIZE_LIMIT, parsers.SIZE, None, "The largest message they may send.", "message_size_limit_octets"),
    Option("recipients_max", parsers.COUNT, None, "The largest number of recipients of a message."),
)

# Keys that people will try, and what to write instead.
HINTS = {
    **dict.fromkeys(
        ("password", "pass", "passwd", "secret", "client_password"),
        "write the password into a file and name the file in password_file",
    ),
    **dict.fromkeys(("token", "access_token"), "write the token into a file and name the file in password_file"),
    **dict.fromkeys(("username", "login", "client_name"), "use user"),
    **dict.fromkeys(("fallback_hosts", "host", "server", "route_list"), "list all hosts in hosts, in order"),
    **dict.fromkeys(("queue_only", "queue_run_max", "retry", "delay_warning"), "Gatepost has no queue"),
    **dict.fromkeys(("hosts_require_tls", "tls_on_connect", "protocol"), "use tls"),
    **dict.fromkeys(("tls_verify_certificates",), "use tls_ca_file or tls_ca_path"),
    **dict.fromkeys(("hosts_require_auth", "hosts_try_auth"), "the table auth turns the login on"),
}
