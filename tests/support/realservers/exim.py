"""Exim as Debian's light build has it: PLAIN, LOGIN and CRAM-MD5, TLS by GnuTLS, no enhanced status codes."""

from __future__ import annotations

from tests.support.realservers.server import INTERNATIONAL, MAILBOXES, NOT_YOURS, SIZE_LIMIT, USER, RealServer
from tests.support.realservers.world import HOSTNAME, Program

RECIPIENTS_LIMIT = 10  # in a transaction; Exim says so (RFC 9422)

# Without a set-id bit it delivers as the user that it runs as.
CONFIGURATION = """\
primary_hostname = {hostname}
log_file_path = /var/log/exim4/%slog
keep_environment =
timezone =
deliver_drop_privilege
disable_ipv6
host_lookup =
hosts_require_helo =
rfc1413_query_timeout = 0s
message_size_limit = {size}
daemon_smtp_ports = {starttls}
local_interfaces = <; {interfaces}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = *
tls_certificate = /etc/certificates/{which}.pem
tls_privatekey = /etc/certificates/{which}.key
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
recipients_max = {recipients}
begin acl
check_mail:
  deny
    message = this address belongs to somebody else
    senders = {not_yours}
  accept
check_rcpt:
  deny
    message = authentication required
    !authenticated = *
  deny
    message = no such user here
    !verify = recipient
  accept
check_data:
  deny
    message = not wanted here
    condition = ${{if eq {{$h_Subject:}}{{unwanted}}}}
  accept
begin routers
mailbox:
  driver = accept
  domains = example.org
  local_parts = {mailboxes}
  local_part_suffix = +*
  local_part_suffix_optional
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = /mail/$local_part_data
  maildir_format
  return_path_add
  delivery_date_add
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and {{{{eq {{$auth2}}{{{user}}}}}{{eq {{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and {{{{eq {{$auth1}}{{{user}}}}}{{eq {{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq {{$auth1}}{{{user}}}{{{password}}}fail}}
  server_set_id = $auth1
"""


class Exim(RealServer):
    """Exim."""

    def program(self) -> Program:
        """Return what is started."""
        interfaces = [f"{address}.{port}" for address in self.addresses.values() for port in self.ports.values()]
        which = " ".join(f"{address}={name}" for name, address in self.addresses.items())
        configuration = CONFIGURATION.format(
            hostname=HOSTNAME,
            size=SIZE_LIMIT,
            recipients=RECIPIENTS_LIMIT,
            interfaces=" ; ".join(interfaces),
            **self.ports,
            which="${extract{$received_ip_address}{" + which + "}}",
            mailboxes=" : ".join((*MAILBOXES, INTERNATIONAL)),
            not_yours=NOT_YOURS,
            user=USER,
            password=self.password,
        )
        return Program(
            command=["/usr/sbin/exim4", "-bdf"],
            files={"etc/exim4/exim4.conf": configuration},
            folders=dict.fromkeys(("var/spool/exim4", "var/log/exim4", "run/exim4", "mail"), "Debian-exim"),
            queues=["var/spool/exim4/input/*", "var/spool/exim4/input/?/*"],
            keys_group="Debian-exim",
        )
