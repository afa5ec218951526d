"""Postfix with Cyrus SASL: a password database, and every mechanism that it makes possible."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from tests.support.realservers.server import INTERNATIONAL, MAILBOXES, NOT_YOURS, PORTS, SIZE_LIMIT, USER, RealServer
from tests.support.realservers.world import HOSTNAME, NUMBERS, Program

MAPPED = ", ".join(f"{{{name}@example.org = {name}/}}" for name in (*MAILBOXES, INTERNATIONAL))

MAIN = f"""\
compatibility_level = 3.10
myhostname = {HOSTNAME}
mydestination =
mynetworks =
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
maillog_file = /var/log/postfix.log
import_environment =
recipient_delimiter = +
message_size_limit = {SIZE_LIMIT}
virtual_mailbox_domains = example.org
virtual_mailbox_maps = inline:{{ {MAPPED} }}
virtual_mailbox_base = /mail
virtual_uid_maps = static:{NUMBERS["vmail"]}
virtual_gid_maps = static:{NUMBERS["vmail"]}
virtual_mailbox_limit = 0
header_checks = regexp:/etc/postfix/header_checks
smtpd_sasl_auth_enable = yes
cyrus_sasl_config_path = /etc/postfix/sasl
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {HOSTNAME}
smtpd_tls_auth_only = yes
smtpd_tls_security_level = encrypt
smtpd_sender_login_maps = inline:{{ {{{NOT_YOURS} = somebody}} }}
smtpd_sender_restrictions = reject_known_sender_login_mismatch
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""

# service, type, private, unprivileged, chroot, wakeup, maximum, command
MASTER = """\
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
"""

QUEUES = ("incoming", "active", "deferred", "corrupt", "maildrop", "hold")
RECORDS = ("bounce", "defer", "trace", "flush", "saved", "private", "public")

# The database is Berkeley's, made by the library's own program.
SASL = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: /var/lib/sasl/passwords\n"
START = f"""\
umask 027
saslpasswd2 -p -c -f /var/lib/sasl/passwords -u {HOSTNAME} {USER} < /etc/password
exec /usr/lib/postfix/sbin/master -d
"""


class Postfix(RealServer):
    """Postfix."""

    def program(self) -> Program:
        """Return what is started."""
        return Program(
            command=["/usr/bin/sh", "-c", "set -e\n" + START],
            files={
                "etc/password": self.password,
                "etc/postfix/main.cf": MAIN,
                "etc/postfix/header_checks": "/^Subject: unwanted/ REJECT not wanted here\n",
                "etc/postfix/master.cf": MASTER + "".join(self._listeners()),
                "etc/postfix/sasl/smtpd.conf": SASL,
            },
            folders={"var/log": "root", "var/lib/postfix": "postfix", "var/lib/sasl": "postfix"}
            | {f"var/spool/postfix/{name}": "postfix" for name in QUEUES + RECORDS}
            | {"var/spool/postfix": "root", "var/spool/postfix/pid": "root"},
            queues=[f"var/spool/postfix/{name}/*" for name in QUEUES],
        )

    def _listeners(self) -> Iterator[str]:
        for name, address in self.addresses.items():
            files = f"-o smtpd_tls_chain_files=/etc/certificates/{name}.key,/etc/certificates/{name}.pem"
            for tls, port in self.ports.items():
                wrapper = "yes" if tls == "implicit" else "no"
                yield f"{address}:{port} inet n - n - - smtpd {files} -o smtpd_tls_wrappermode={wrapper}\n"


FAR = "far.example"
NEXT_HOP = f"""\
{{address}}:{{port}} inet n - n - - smtpd
  -o myhostname=next.test
  -o smtpd_discard_ehlo_keywords=smtputf8,starttls
  -o smtpd_tls_security_level=none
  -o smtpd_sasl_auth_enable=no
  -o smtpd_sender_restrictions=
  -o smtpd_recipient_restrictions=
  -o mynetworks=127.0.0.0/8
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o cleanup_service_name=next-cleanup
next-cleanup unix n - n - 0 cleanup
  -o {{{{ virtual_alias_maps = inline:{{{{ {{{{ {MAILBOXES[0]}@{FAR} = {MAILBOXES[0]}@example.org }}}} }}}} }}}}
smtp unix - - n - - smtp
"""


class PostfixBeforeAnother(Postfix):
    """Postfix that hands mail for FAR on to a next hop without SMTPUTF8, where it comes into the first mailbox.

    The next hop is another smtpd of the same Postfix. What it cannot have is returned to its sender.
    """

    def program(self) -> Program:
        """Return what is started."""
        program = super().program()
        address, port = self.addresses["good"], next(PORTS)
        files = dict(program.files)
        files["etc/postfix/main.cf"] += f"transport_maps = inline:{{ {{ {FAR} = smtp:[{address}]:{port} }} }}\n"
        files["etc/postfix/master.cf"] += NEXT_HOP.format(address=address, port=port)
        return dataclasses.replace(program, files=files)
