"""Configurations for the tests: the smallest useful file, and one that uses every key."""

from __future__ import annotations

from helper.config.configuration import parse_configuration
from helper.config.values import ThisHost
from helper.failure import ConfigError

FILE = "/etc/gatepost/gatepost.toml"
MACHINE = ThisHost(host_name=b"ws1.example.org", mailname=None, has_aliases=False)

SMALLEST = """\
qualify_domain = "example.net"

[transports.relay]
driver = "smtp"
hosts = ["smtp.example.net:587"]
auth = { user = "ws1", password_file = "relay.password" }   # relative to secrets/
"""

FULL = """\
mua_wrapper = true
primary_hostname = "ws1.example.net"
qualify_domain = "example.net"
qualify_recipient = "in.example.net"
trusted_users = ["www-data"]
trusted_groups = ["mail"]
untrusted_set_sender = ["*@lists.example.net", "!x@y.example", '^bounce-\\d+@']
local_from_check = false
local_sender_retain = true
local_from_prefix = "*-"
local_from_suffix = "+*"
from_override = true
message_size_limit = "10K"
recipients_max = 7
received_header = false
log = "/var/log/gatepost.log"
log_format = "json"
exit_codes = "sysexits"
sandbox = "required"
extract_addresses_remove_arguments = true

[transports.relay]
driver = "smtp"
hosts = [
    "smtp.example.net",         # a comment with "quotes" and [brackets
    "[2001:db8::1]:submission",
    "mx:example.com",
]
hosts_randomize = true
port = 2525
tls = "implicit"
tls_verify = false
tls_verify_name = "other.example.net"
tls_ca_file = "/etc/ca.pem"
tls_ca_path = "/etc/ca/"
tls_min_version = "1.3"
tls_pins = ["0000000000000000000000000000000000000000000000000000000000000001"]
tls_certificate = "ws1.pem"
tls_privatekey = "ws1.key"
requiretls = false
discard_ehlo_keywords = ["chunking", "SMTPutf8"]
helo_data = "[192.0.2.7]"
interface = "192.0.2.7"
connect_timeout = 5
command_timeout = "1h30m"
data_timeout = "2d"
final_timeout = "90"
headers_add = ["X-Site: north", "X-Also: this"]
headers_remove = ["X-Mailer", "X-Spam-*"]
return_path = "bounces@example.net"

[transports.relay.auth]
mechanisms = ["plain", "SCRAM-SHA-256"]
user = "ws1"
password_file = "/root/relay"
allow_plaintext = true

[transports.token]
driver = "smtp"
hosts = ["srv:example.org"]
dane = true
auth = { user = "ws2", token_command = ["/usr/bin/token", "--fresh"] }

[transports.certificate]
driver = "smtp"
auth = { mechanisms = ["EXTERNAL"] }

[transports.direct]
driver = "smtp"

[[routers]]
name = "aliases"
driver = "redirect"
file = "/etc/aliases"
domains = ["example.net"]
allow_fail = true
allow_defer = true

[[routers]]
driver = "redirect"
file = "$home/.forward"
check_local_user = true
more = false

[[routers]]
driver = "redirect"
data = ["a@example.net", ":fail: no such user"]
local_parts = ["info", "!*-x"]
senders = ["<>", "^a"]
callers = ["alice", "@staff"]
headers_add = ["X-R: 1"]
headers_remove = ["X-S"]
errors_to = ""

[[routers]]
driver = "manualroute"
transport = "relay"
hosts = ["192.0.2.1:25"]
errors_to = "postmaster@example.net"

[[routers]]
driver = "dnslookup"
transport = "direct"

[[routers]]
driver = "accept"
transport = "relay"

[rewrite]
root = "admin@example.net"
"*@host.local" = "*@example.net"

[[policies]]
callers = ["kiosk", "uid4242", "uid61184-65519"]
recipients = ["help@example.net"]
senders = ["kiosk@example.net"]
message_size_limit = "1M"
recipients_max = 1

[[policies]]
allow = false
"""


def configuration(text: str = SMALLEST, machine: ThisHost = MACHINE):
    return parse_configuration(text.encode(), FILE, machine)


def error_of(octets: bytes, machine: ThisHost = MACHINE) -> ConfigError | None:
    try:
        parse_configuration(octets, FILE, machine)
    except ConfigError as error:
        return error
    return None


def mistake(text: str, machine: ThisHost = MACHINE) -> ConfigError:
    """Return the error that a file has to have."""
    error = error_of(text.encode(), machine)
    assert error is not None, "no error"
    assert error.file == FILE
    assert error.__context__ is None, "led to by an exception that may hold a value"
    return error
