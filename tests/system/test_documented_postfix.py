"""docs/postfix.md, as a Postfix reads it: its services take our machines' mail, and nobody else's."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from tests.support.installation import CHECKOUT
from tests.support.pages import texts
from tests.support.realservers import postfix
from tests.support.realservers.server import RealServer
from tests.support.realservers.world import Program
from tests.system.real import assert_taken, send

PAGE = CHECKOUT / "docs/postfix.md"
MACHINE = "ws1@smtp.test"  # ws1 with the realm that Cyrus has here
OURS = {"tls_certificate": "ws1.pem", "tls_privatekey": "ws1.key"}


def documented(number: int) -> dict[str, str]:
    """Return the options of one of the page's services."""
    return dict(re.findall(r"-o (\w+)=(.*)", texts(PAGE, "master.cf")[number]))


def sender_login() -> str:
    """Return the page's table of reverse-paths, as an inline table has it."""
    (table,) = texts(PAGE, "sender_login")
    pairs = (line.split() for line in table.splitlines())
    return " ".join(f"{{ {sender} = {owners.replace('ws1', MACHINE)} }}" for sender, owners in pairs)


def qualify_domain() -> dict[str, str]:
    """Return the main option of the page's configurations, which is the same in all."""
    (domain,) = {tomllib.loads(text)["qualify_domain"] for text in texts(PAGE, "toml")}
    return {"qualify_domain": domain}


class Documented(postfix.Postfix):
    """Postfix whose listeners have the options of the page; what is a file there stands in the line itself here."""

    number: int
    tables: Mapping[str, str]
    settings: Mapping[str, str]

    def _listeners(self) -> Iterator[str]:
        options = documented(self.number)
        for name, table in self.tables.items():
            assert options[name].startswith("hash:/etc/postfix/")
            options[name] = f"{{ {name} = inline:{{ {table} }} }}"
        options |= self.settings
        words = " ".join(
            f"-o {text}" if text.startswith("{") else f"-o {name}={text}" for name, text in options.items()
        )
        for line in super()._listeners():
            yield f"{line.rstrip()} {words} -o smtpd_recipient_restrictions=\n"


class ByPassword(Documented):
    """The first service; Cyrus has the passwords in place of Dovecot."""

    number = 0
    tables: ClassVar = {"smtpd_sender_login_maps": sender_login()}
    settings: ClassVar = {"smtpd_sasl_type": "cyrus", "smtpd_sasl_path": "smtpd"}


class ByCertificate(Documented):
    """The second service."""

    number = 1
    settings: ClassVar = {"smtpd_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt"}

    def program(self) -> Program:
        """Return what is started, with the client's certificate on the list."""
        self.tables = {"relay_clientcerts": f"{{ {fingerprint(self._certificates.client.chain)} = ws1 }}"}
        return super().program()


def fingerprint(certificate: Path) -> str:
    """Return what the page says that openssl prints."""
    (command,) = re.findall(r"`(openssl x509 .*) -in ws1.pem`", PAGE.read_text())
    done = subprocess.run([*command.split(), "-in", certificate], check=True, capture_output=True, text=True)
    return done.stdout.strip().partition("=")[2]


def own_files(certificates) -> dict[str, str]:
    return {"ws1.pem": certificates.client.chain.read_text(), "ws1.key": certificates.client.key.read_text()}


def send_without_password(installation, server: RealServer, files: dict[str, str], **transport):
    endpoint = replace(server.endpoint("starttls"), auth={})
    installation.configure(installation.relay_configuration(endpoint, **transport), files)
    return installation.send("carol@example.org", stdin=b"Subject: hello\n\nA line.\n", etc=endpoint.etc)


def test_every_user_sends_with_the_machines_login(installation, real):
    """Without -f: the reverse-path is the one that the page's configuration gives to alice."""
    server = real(ByPassword)
    result = send(installation, server.endpoint("starttls"), "carol@example.org", main=qualify_domain())
    assert_taken(result, server, ("carol",))


def test_the_machine_uses_the_addresses_in_its_table_and_no_others(installation, real):
    server = real(ByPassword)
    endpoint = server.endpoint("starttls")
    result = send(installation, endpoint, "carol@example.org", return_path="machines@example.net")
    assert_taken(result, server, ("carol",))
    server.empty()
    result = send(installation, endpoint, "carol@example.org", return_path="root@example.net")
    assert result.status == 1
    assert "553 5.7.1 <root@example.net>: Sender address rejected: not owned by user ws1" in result.reason


def test_a_client_that_does_not_log_in_sends_nothing(installation, real):
    result = send_without_password(installation, real(ByPassword), {})
    assert result.status == 1
    assert "Client host rejected: Access denied" in result.reason


def test_a_machine_with_its_certificate_sends_without_a_password(installation, real, certificates):
    server = real(ByCertificate)
    result = send_without_password(installation, server, own_files(certificates), **OURS)
    assert (result.status, result.stderr) == (0, "")
    assert [arrival.mailbox for arrival in server.arrivals()] == ["carol"]


def test_a_machine_without_one_sends_nothing(installation, real):
    result = send_without_password(installation, real(ByCertificate), {})
    assert result.status == 1
    assert "No client certificate presented" in result.reason
