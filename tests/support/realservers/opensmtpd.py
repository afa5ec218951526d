"""OpenSMTPD: no PIPELINING, no second EHLO, PLAIN and LOGIN, and no message without a header."""

from __future__ import annotations

import subprocess

from tests.support.realservers.server import MAILBOXES, NOT_YOURS, SIZE_LIMIT, USER, RealServer
from tests.support.realservers.world import HOSTNAME, NUMBERS, Program

CONFIGURATION = """\
smtp max-message-size {size}
table credentials {{ {user} = "{hashed}" }}
table mailboxes {{ {mailboxes} }}
table owners {{ vmail = "{vmail}:{vmail}:/mail" }}
filter whose phase mail-from match mail-from regex "^{not_yours}$" reject "550 somebody else's address"
action deliver maildir "/mail/%{{rcpt.user}}" userbase <owners> virtual <mailboxes>
match auth from any for domain example.org action deliver
"""
PASSWD = ("openssl", "passwd", "-6", "-stdin")
PLACE = """\
pki {name} cert "/etc/certificates/{name}.pem"
pki {name} key "/etc/certificates/{name}.key"
listen on {address} port {starttls} tls-require pki {name} auth <credentials> filter whose
listen on {address} port {implicit} smtps pki {name} auth <credentials> filter whose
"""


class OpenSmtpd(RealServer):
    """OpenSMTPD."""

    def program(self) -> Program:
        """Return what is started."""
        hashed = subprocess.run(PASSWD, input=self.password, capture_output=True, text=True, check=True)
        configuration = CONFIGURATION.format(
            size=SIZE_LIMIT,
            user=USER,
            hashed=hashed.stdout.strip(),
            mailboxes=", ".join(f"{name}@example.org = vmail" for name in MAILBOXES),
            vmail=NUMBERS["vmail"],
            not_yours=NOT_YOURS,
        )
        for name, address in self.addresses.items():
            configuration += PLACE.format(name=name, address=address, **self.ports)
        return Program(
            command=["/usr/sbin/smtpd", "-d"],
            files={"etc/smtpd.conf": configuration, "etc/mailname": HOSTNAME},
            folders={"var/lib/opensmtpd/empty": "root", "var/run": "root", "var/spool": "root"},
            queues=["var/spool/smtpd/queue/*/*", "var/spool/smtpd/incoming/*"],
        )
