"""An upgrade while mail is sent all the time: every status is the truth, whichever versions of the parts have met."""

from __future__ import annotations

import os
import shutil
import threading

import pytest

from tests.support.accounts import run
from tests.support.installation import CHECKOUT

# The version before, as far as others see it: a sendmail that starts both halves; a frontend that waits for the first
# word of the helper (M, the size limit), sends a request and takes lines (L) and a status (S); a helper that refuses.
OLD_SENDMAIL = r"""
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char *const python[] = {"/usr/bin/python3", "-I", "-S", "-B", LIB "/frontend/__main__.py", 0};
    char *const launcher[] = {LAUNCHER, 0}, *const nothing[] = {0};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 || argc < 1 || !argv) return 1;
    const pid_t child = fork();
    const int end = ends[child == 0];
    if (child < 0 || (end == 3 ? fcntl(3, F_SETFD, 0) : dup2(end, 3)) < 0) return 1;
    execve(child == 0 ? LAUNCHER : python[0], child == 0 ? launcher : python, nothing);
    return 1;
}
"""
OLD_FRONTEND = """
import os, socket
channel, octets = socket.socket(fileno=3), b""
while part := channel.recv(65536):
    octets += part
    while len(octets) >= 3 and len(octets) >= 3 + (length := int.from_bytes(octets[1:3], "big")):
        letter, content, octets = octets[:1], octets[3 : 3 + length], octets[3 + length :]
        if letter == b"M":
            channel.sendall(b"GATEPOST\\1" + bytes(4))
        elif letter == b"L":
            os.write(2, content + b"\\n")
        elif letter == b"S":
            os._exit(content[0])
os.write(2, b"sendmail: not sent: the helper ended without an answer\\n")
os._exit(1)
"""
OLD_HELPER = """
import socket
channel = socket.socket(fileno=3)
channel.sendall(b"M\\0\\x08" + bytes(8))
channel.recv(13)
line = b"sendmail: not sent: this is the version before"
channel.sendall(b"L" + len(line).to_bytes(2, "big") + line + b"S\\0\\1\\1")
"""
TRUTHS = {
    "this is the version before",
    "Gatepost is being upgraded: send again",
    "the helper ended without an answer",
}


@pytest.fixture
def old_layout(installation):
    """Put the version before into the place of what is installed; the upgrade puts that back."""
    lib = installation.prefix / "lib/gatepost"
    shutil.rmtree(lib)
    for part, text in (("frontend", OLD_FRONTEND), ("helper", OLD_HELPER)):
        (lib / part).mkdir(parents=True)
        (lib / part / "__main__.py").write_text(text)
    installation.sendmail.unlink()
    source = installation.root / "old.c"
    source.write_text(OLD_SENDMAIL)
    run("cc", f'-DLIB="{lib}"', f'-DLAUNCHER="{installation.launcher}"', "-o", installation.sendmail, source)


def test_each_outcome_is_the_truth(installation, smarthost, old_layout):
    host = smarthost()
    installation.configure_relay(host)
    results, is_over = {}, threading.Event()
    assert installation.run_as("alice", "/bin/true").status == 0  # the harness makes ready

    def send_all_the_time(number):
        count = 0
        while not is_over.is_set() or count < 3:
            count += 1
            message = f"{number}-{count}"
            recipient = f"to-{message}@example.org"
            results[message] = installation.send(recipient, stdin=b"Subject: hello\n\nhello\n", time_limit_s=60)

    senders = [threading.Thread(target=send_all_the_time, args=(number,)) for number in range(2)]
    for sender in senders:
        sender.start()
    upgrade(installation)
    is_over.set()
    for sender in senders:
        sender.join()
    last = installation.send("to-last@example.org", stdin=b"\nhello\n")
    host.settle()
    taken = {address.decode() for message in host.messages for address in message.addresses}
    assert (last.status, "to-last@example.org" in taken) == (0, True)
    for message, result in results.items():
        assert (result.status == 0) == (f"to-{message}@example.org" in taken), (message, result)
        assert tells_the_truth(result), result
    assert {0, 1} <= {result.status for result in results.values()}, "the upgrade was not met"


def tells_the_truth(result):
    """Return whether the words fit the status; the old frontend's interpreter may find its script gone (status 2)."""
    if result.status == 2:
        return "can't open file" in result.stderr
    return result.stderr == "" if result.status == 0 else result.reason in TRUTHS


def upgrade(installation):
    """Install over it, as an administrator would."""
    settings = {
        "PREFIX": installation.prefix,
        "SYSCONFDIR": installation.sysconfdir,
        "SERVICE_USER": installation.logins["mail"],
        "STANDIN_USER": installation.logins["null"],
        "PYTHON": "/usr/bin/python3",
        "SOCKET": installation.socket,
        "BUILD": installation.root / "build",
    }
    assert os.path.exists(CHECKOUT / "Makefile")
    run("make", "-C", CHECKOUT, "install", *(f"{name}={value}" for name, value in settings.items()))
