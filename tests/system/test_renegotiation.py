"""A smart host that wants another handshake within TLS 1.2: OpenSSL's own test server, which can ask for one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.smarthost import SmartHost
from tests.system.outcome import MESSAGE, ONE, configure

PROTOCOL = 76
HANDSHAKE, AGAIN = b"Secure Renegotiation IS supported", b"r\n"


class Server:
    """`openssl s_server`: its standard input is what it says, or a letter for what it does."""

    def __init__(self, certificate) -> None:
        options = ["-cert", certificate.chain, "-key", certificate.key, "-accept", "127.0.0.1:0"]
        self._process = subprocess.Popen(
            ["openssl", "s_server", "-tls1_2", "-crlf", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )
        self._heard = b""
        self.port = int(self.wait_for(rb"ACCEPT 127.0.0.1:(\d+)\n")[1])

    def say(self, octets: bytes) -> None:
        """Write to its standard input, one line at a time."""
        self._process.stdin.write(octets)

    def wait_for(self, pattern: bytes) -> re.Match[bytes]:
        """Return the first words of the kind that it tells, and forget what it told before."""
        while (found := re.search(pattern, self._heard)) is None:
            octets = self._process.stdout.read(4096)
            assert octets, self._heard
            self._heard += octets
        self._heard = self._heard[found.end() :]
        return found

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def server(certificates) -> Iterator[Server]:
    test_server = Server(certificates.good)
    yield test_server
    test_server.end()


@pytest.fixture
def sending(installation, server, certificates):
    """Begin to send to it."""
    with SmartHost(tls="implicit", certificate=certificates.good) as host:
        configure(installation, host, hosts=[f"127.0.0.1:{server.port}"])
    process = installation.start(*ONE)
    process.stdin.write(MESSAGE)
    process.stdin.close()
    server.wait_for(HANDSHAKE)
    yield process
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("greeting", [b"", b"220 smtp.test ESMTP\n"], ids=["before-the-greeting", "before-the-reply"])
def test_another_handshake_is_not_held(server, sending, greeting):
    if greeting:
        server.say(greeting)
        server.wait_for(b"EHLO")
    server.say(AGAIN)
    problem = sending.stderr.read().decode()
    assert sending.wait(10) == PROTOCOL
    assert problem == (
        f"sendmail: not sent: 127.0.0.1:{server.port}: TLS: the smart host asked for another handshake "
        "(renegotiation)\n"
    )


def test_without_asking_for_one_it_is_heard(server, sending):
    """Else the other test would prove nothing."""
    server.say(b"220 smtp.test ESMTP\n")
    server.wait_for(b"EHLO")
    server.say(b"554 no mail here\n")
    problem = sending.stderr.read().decode()
    assert sending.wait(10) == 69
    assert problem.endswith(": EHLO was refused: 554 no mail here\n")
