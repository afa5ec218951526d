"""The sandbox from the outside: kernels that have it or not, and what still has to work inside."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading

import dns.flags
import pytest

from tests.support.nameserver import PORT, NameServer, name_server
from tests.support.personal import Personal
from tests.support.weakened import CHECKOUT

MESSAGE = b"Subject: hello\n\nhello\n"
SESSION = (
    b"EHLO me\r\n"
    + b"MAIL FROM:<>\r\nRCPT TO:<team@example.net>\r\nDATA\r\nSubject: hello\r\n\r\nhello\r\n.\r\n" * 2
    + b"QUIT\r\n"
)

# Root may have a system call fail for all that follows, without no_new_privs: it is as if the kernel did not know it.
KERNEL_WITHOUT = """
import os, sys
sys.path[:0] = [{checkout!r}]
from helper.privileged.kernel import Memory, call
from helper.sandbox.confine import machine, seccomp_number
from helper.sandbox.seccomp import ALLOW, DENY, LOAD, end, instruction
program = Memory(instruction(LOAD, 0) + end([{number}], DENY) + ALLOW)
call(seccomp_number(machine()), 1, 0, (4).to_bytes(8, sys.byteorder) + program.pointer)
os.execv(sys.argv[1], sys.argv[1:])
"""


def kernel_without(number):
    """Return what runs a command on such a kernel."""
    script = KERNEL_WITHOUT.format(checkout=str(CHECKOUT), number=number)
    return ("/usr/bin/python3", "-I", "-S", "-B", "-c", script)


LANDLOCK, SECCOMP = "444", "seccomp_number(machine())"


@pytest.mark.parametrize("sandbox", ["best-effort", "required"])
def test_where_the_kernel_has_all_of_it_nothing_is_said(installation, smarthost, sandbox):
    installation.configure_relay(smarthost(), {"sandbox": sandbox})
    result = installation.send("carol@example.org", stdin=MESSAGE)
    assert result.status == 0
    assert "sandbox=" not in result.log_line


@pytest.mark.parametrize(("missing", "left"), [(LANDLOCK, "seccomp"), (SECCOMP, "landlock-")])
def test_where_it_lacks_one_half_the_log_says_what_there_is(installation, smarthost, missing, left):
    installation.configure_relay(smarthost())
    result = installation.send("carol@example.org", stdin=MESSAGE, outer=kernel_without(missing))
    assert (result.status, result.stderr) == (0, "")
    assert f" sandbox={left}" in result.log_line


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize(("missing", "name"), [(LANDLOCK, "Landlock"), (SECCOMP, "seccomp")])
def test_where_it_is_required_nothing_is_sent_without(installation, smarthost, missing, name, user):
    host = smarthost()
    installation.configure_relay(host, {"sandbox": "required"})
    result = installation.send("carol@example.org", stdin=MESSAGE, user=user, outer=kernel_without(missing))
    assert result.status == 1
    assert result.reason == f'the configuration says sandbox = "required", and this kernel has no {name}'
    assert host.connections == 0


def test_nor_without_privilege(installation, smarthost):
    host = smarthost()
    personal = Personal(installation)
    personal.configure(host, {"sandbox": "required"})
    try:
        args = ("-C", str(personal.configuration), "carol@example.org")
        refused = personal.send(*args, stdin=MESSAGE, outer=kernel_without(LANDLOCK))
        assert "this kernel has no Landlock" in refused.reason
        assert host.connections == 0
        assert personal.send(*args, stdin=MESSAGE).status == 0
    finally:
        personal.remove()


@pytest.mark.parametrize(("sandbox", "word", "status"), [("best-effort", "warn", 0), ("required", "wrong", 1)])
def test_check_tells_the_administrator(installation, smarthost, sandbox, word, status):
    installation.configure_relay(smarthost(), {"sandbox": sandbox})
    command = [*kernel_without(LANDLOCK), installation.prefix / "bin/gatepost", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = next(line for line in done.stdout.splitlines() if "sandbox: " in line)
    assert (done.returncode, line.split()[0]) == (status, word)
    assert "Landlock" in line
    installation.sysconfdir.joinpath("gatepost.compiled").unlink(missing_ok=True)


@contextlib.contextmanager
def list_at_home(installation):
    """Yield a list of addresses that only alice can read."""
    account = installation.account("alice")
    folder = os.path.join(account.pw_dir, "private")
    os.mkdir(folder, 0o700)
    path = os.path.join(folder, "team")
    with open(path, "w") as file:
        file.write("carol@example.org\n")
    for each in (folder, path):
        os.chown(each, account.pw_uid, account.pw_gid)
    yield path
    shutil.rmtree(folder)


def test_each_message_of_a_session_can_go_to_a_list_of_the_callers(installation, smarthost):
    host = smarthost()
    with list_at_home(installation) as path:
        routers = f"""
[[routers]]
driver = "redirect"
data = [":include:{path}"]
domains = ["example.net"]
[[routers]]
driver = "accept"
transport = "relay"
"""
        installation.configure(installation.relay_configuration(host) + routers)
        result = installation.send("-bs", stdin=SESSION)
    assert result.status == 0, result.stdout
    host.settle()
    assert [message.addresses for message in host.messages] == [[b"carol@example.org"]] * 2


def test_two_messages_of_a_session_that_reads_no_lists(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    assert installation.send("-bs", stdin=SESSION).status == 0
    host.settle()
    assert len(host.messages) == 2


def test_cas_may_be_links_to_wherever_they_are(installation, smarthost):
    """As `openssl rehash` makes them, here in a folder that only root's configuration names."""
    host = smarthost(tls="starttls")
    installation.configure_relay(host)
    elsewhere, folder = installation.root / "elsewhere", installation.root / "cas"
    elsewhere.mkdir()
    folder.mkdir()
    shutil.copyfile(host.certificate.ca, elsewhere / "ca.pem")
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", elsewhere / "ca.pem"], capture_output=True, text=True, check=True
    )
    (folder / f"{name.stdout.strip()}.0").symlink_to(elsewhere / "ca.pem")
    installation.configure_relay(host, tls_ca_file=None, tls_ca_path=str(folder))
    result = installation.send("carol@example.org", stdin=MESSAGE)
    shutil.rmtree(elsewhere)
    shutil.rmtree(folder)
    assert (result.status, result.stderr) == (0, "")


def cut_short(response):
    """Say that the answer is too long for UDP."""
    response.answer.clear()
    response.flags |= dns.flags.TC
    return response.to_wire()


@contextlib.contextmanager
def by_tcp(zone, address):
    """Answer from a zone by TCP until the end of the block; yield the list of queries."""
    answers, queries = NameServer(zone), []

    def serve(listening):
        with contextlib.suppress(OSError):  # until nobody listens any more
            while True:
                connection = listening.accept()[0]
                with connection, connection.makefile("rb") as stream:
                    while head := stream.read(2):
                        queries.append(stream.read(int.from_bytes(head, "big")))
                        answer = answers.answer(queries[-1])
                        connection.sendall(len(answer).to_bytes(2, "big") + answer)

    with socket.create_server((address, PORT)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield queries
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("entry", ["relay.test:{port}", "mx:relay.test:{port}"])
def test_the_dns_is_asked_by_tcp_where_an_answer_is_long(installation, smarthost, entry):
    host = smarthost()
    installation.configure_relay(host, hosts=[entry.format(port=host.port)])
    zone = {("relay.test", "A"): ["127.0.0.1"]}
    with name_server(zone, cut_short) as server, by_tcp(zone, server.address) as queries:
        etc = {"resolv.conf": server.resolv_conf, "nsswitch.conf": "hosts: files dns\nservices: files\n"}
        result = installation.send("carol@example.org", stdin=MESSAGE, etc=etc)
    assert (result.status, result.stderr) == (0, "")
    assert queries
