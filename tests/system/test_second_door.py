"""Where the kernel ignores set-id bits, sendmail sends through gatepost.socket, and nothing else is different."""

from __future__ import annotations

import os
import socket
import struct
import subprocess

import pytest

from tests.support.misbehaviour import Delay
from tests.support.process import wait_for
from tests.support.second_door import command, read_unit
from tests.system.outcome import MESSAGE, ONE, assert_sent, facts_of
from tests.system.world import ACCEPT, configure, login, own, protected_file, public_file, redirect

NO_NEW_PRIVS = ("/usr/bin/setpriv", "--no-new-privs")
NAMESPACE = ("/usr/bin/unshare", "--user")
REMOUNT = 'mount --bind "$1" "$1" && mount -o remount,bind,nosuid "$1" && shift && exec "$@"'
PASSWORD = "xyzzy-plugh"
REFUSED = {"x86_64": (117, 119, 302), "aarch64": (147, 149, 261)}  # setresuid, setresgid, prlimit64
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of a filter, whose input begins with the number of the call (seccomp(2))
HIDDEN = "addresses that only root may see"
TRUSTED = "from@else.example"

WAYS = {
    "no-new-privs": NO_NEW_PRIVS,
    "user-namespace": NAMESPACE,
    "root-in-user-namespace": (*NAMESPACE, "--map-root-user"),
    "oneself-in-user-namespace": (*NAMESPACE, "--map-current-user"),
}

# Installs a filter, in hexadecimal, and executes the rest of the arguments under it.
FILTERED = r"""
import ctypes, os, sys
program = bytes.fromhex(sys.argv[1])
class Fprog(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
prctl = ctypes.CDLL(None, use_errno=True).prctl
assert prctl(38, 1, 0, 0, 0) == 0
assert prctl(22, 2, ctypes.byref(Fprog(len(program) // 8, program)), 0, 0) == 0
os.execv(sys.argv[2], sys.argv[2:])
"""

# Connects, and shows the first line that comes, or sends a message with another's reverse-path.
CLIENT = r"""
import fcntl, os, socket, sys
sys.path.append(sys.argv[1])
from helper.request import wire
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[2])
pipe, kept = os.pipe()
hello = wire.hello(wire.OTHER, [b"sendmail", b"-f", sys.argv[3].encode(), b"carol@example.org"])
socket.send_fds(connection, [hello], [pipe])
heard = bytearray()
while True:
    while (frame := wire.parse_frame(heard)) is None:
        heard += connection.recv(65536) or sys.exit("the end")
    letter, content, length = frame
    del heard[:length]
    if letter == wire.MESSAGE:
        memory = os.memfd_create("message", os.MFD_ALLOW_SEALING)
        os.write(memory, sys.stdin.buffer.read())
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, 15)
        socket.send_fds(connection, [wire.frame(wire.FILE)], [memory])
    elif letter == wire.LINE:
        os.write(2, content + b"\n")
    elif letter == wire.STATUS:
        sys.exit(content[0])
"""


@pytest.fixture
def host(installation, smarthost):
    """A smart host with a password, which the installation is configured for."""
    server = smarthost(tls="starttls", auth={"ws1": PASSWORD})
    installation.configure_relay(server)
    return server


def send(installation, *args, stdin=MESSAGE, **options):
    """Send with a closed first door."""
    return installation.send(*(args or ONE), stdin=stdin, **({"through": NO_NEW_PRIVS} | options))


def connect(installation, user, reverse_path=TRUSTED, **options):
    """Connect to the door as a user that no sendmail would do it for, and send a message with this reverse-path."""
    arguments = (str(installation.prefix / "lib/gatepost"), str(installation.socket), reverse_path)
    return installation.run_as(user, "/usr/bin/python3", "-ISBc", CLIENT, *arguments, stdin=MESSAGE, **options)


def assert_from(result, host, account, reverse_path):
    """The message has arrived, and log, header and envelope know whose it was."""
    assert_sent(result, host, ONE)
    facts = facts_of(result.log_line)
    assert (facts["caller"], facts["uid"]) == (account.pw_name, str(account.pw_uid))
    assert f"from userid {account.pw_uid}, login {account.pw_name})".encode() in host.message.header
    assert host.message.reverse_path == reverse_path.encode()


# A message


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
@pytest.mark.parametrize("way", WAYS)
def test_a_message_is_delivered_as_the_callers(installation, host, second_door, way, mode):
    installation.mode(mode)
    second_door(installation)
    result = send(installation, through=WAYS[way])
    assert_from(result, host, installation.account("alice"), own(installation))


def test_so_it_is_where_the_file_system_is_mounted_nosuid(installation, host, second_door):
    second_door(installation)
    outer = ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", REMOUNT, "sh", installation.prefix)
    result = send(installation, through=(), outer=outer)
    assert_from(result, host, installation.account("alice"), own(installation))


def test_so_it_is_where_a_service_may_not_even_ask_to_be_who_it_is(installation, host, second_door):
    """SystemCallFilter=~@privileged ~@resources, in hardened services, refuses setresuid(2), prlimit64(2)."""
    second_door(installation)
    refuse, allow = (RETURN, 0, 0, 0x00050001), (RETURN, 0, 0, 0x7FFF0000)
    refused = [each for number in REFUSED[os.uname().machine] for each in ((IF_EQUAL, 0, 1, number), refuse)]
    program = b"".join(struct.pack("<HBBI", *each) for each in [(LOAD, 0, 0, 0), *refused, allow])
    result = send(installation, through=("/usr/bin/python3", "-c", FILTERED, program.hex()))
    assert_from(result, host, installation.account("alice"), own(installation))


def test_the_second_door_is_not_taken_where_the_first_is_open(installation, host, second_door):
    door = second_door(installation)
    assert_sent(installation.send(*ONE, stdin=MESSAGE), host, ONE)
    assert_sent_by_root = installation.send(*ONE, stdin=MESSAGE, user="root", through=NO_NEW_PRIVS)
    assert assert_sent_by_root.status == 0
    assert door.connections == 0


def test_a_failure_is_told_and_logged_as_ever(installation, smarthost, second_door):
    host = smarthost(refuse={"RCPT": "550 5.1.1 no such user"})
    installation.configure_relay(host, {"exit_codes": "sysexits"})
    second_door(installation)
    result = send(installation)
    assert result.status == 67
    assert result.reason.endswith("RCPT TO:<carol@example.org> was refused: 550 5.1.1 no such user")
    assert facts_of(result.log_line)["caller"] == login(installation, "alice")


def test_a_session_has_many_messages(installation, host, second_door):
    door = second_door(installation)
    one = b"MAIL FROM:<>\r\nRCPT TO:<carol@example.org>\r\nDATA\r\nSubject: hello\r\n\r\nhello\r\n.\r\n"
    result = send(installation, "-bs", stdin=b"EHLO me\r\n" + one * 3 + b"QUIT\r\n")
    assert result.status == 0
    assert (len(host.messages), len(result.log_lines), door.connections) == (3, 3, 1)
    assert door.statuses() == [0]


def test_questions_are_answered(installation, smarthost, second_door):
    host = smarthost()
    aliases = protected_file(installation, "aliases", "admin: carol@example.org\n")
    configure(installation, host, [redirect(aliases), ACCEPT])
    second_door(installation)
    assert send(installation, "-bv", "admin").stdout == "admin@example.net: verified\n"
    assert send(installation, "-bi").stdout == f"{aliases}: 1 entries\n"
    assert send(installation, "-bp").stdout == "Mail queue is empty\n"


def test_a_wrong_command_line_is_logged(installation, host, second_door):
    second_door(installation)
    result = send(installation, "--nonsense")
    assert result.status == 64
    assert facts_of(result.log_line)["caller"] == login(installation, "alice")


# Who is calling


def test_trusted_groups_are_those_that_the_group_file_says(installation, smarthost, second_door):
    """The groups that a process has are its own affair: the kernel tells the other end but one."""
    host = smarthost()
    installation.configure_relay(host, {"trusted_groups": ["listmasters"]})
    second_door(installation, etc={"group": f"listmasters:x:4242:{login(installation, 'alice')}\n"})
    send(installation, "-f", TRUSTED, *ONE)
    send(installation, "-f", TRUSTED, *ONE, user="bob", groups=(4242,))
    assert [message.reverse_path for message in host.messages] == [TRUSTED.encode(), own(installation, "bob").encode()]


def test_root_is_root(installation, host, second_door):
    second_door(installation)
    result = connect(installation, "root")
    assert_from(result, host, installation.account("root"), TRUSTED)


def test_two_users_at_the_same_time_are_told_apart(installation, smarthost, second_door):
    host = smarthost(at={"GREETING": Delay(0.3)})
    installation.configure_relay(host)
    second_door(installation)
    started = [installation.start(*ONE, user=user, through=NO_NEW_PRIVS) for user in ("alice", "bob", "alice", "bob")]
    for process in started:
        process.stdin.write(MESSAGE)
        process.stdin.close()
    assert [process.wait(20) for process in started] == [0] * 4
    senders = sorted(message.reverse_path.decode() for message in host.messages)
    assert senders == sorted([own(installation), own(installation, "bob")] * 2)
    for process in started:
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize(
    ("who", "told"), [("mail", "and its group cannot send"), ("null", "the stand-in user"), ("nobody", "uid 65534")]
)
def test_accounts_of_ours_and_nobody_are_sent_away(installation, host, second_door, who, told):
    second_door(installation)
    result = connect(installation, who)
    assert result.status == 1
    assert told in result.stderr
    assert host.connections == 0


def test_so_is_who_can_read_the_secrets_by_the_service_users_group(installation, host, second_door):
    service = installation.account("mail")
    group = f"{service.pw_name}:x:{service.pw_gid}:{login(installation, 'bob')}\n"
    second_door(installation, etc={"group": group})
    assert "and its group cannot send" in send(installation, user="bob").reason
    assert send(installation).status == 0


# What a helper that is not the caller does not do


@pytest.mark.parametrize("kind", ["forward", "include"])
def test_files_that_others_name_are_not_read_and_that_is_said(installation, smarthost, second_door, kind):
    host = smarthost()
    if kind == "forward":
        routers = [redirect("$home/.forward", check_local_user=True), ACCEPT]
        recipient, file = login(installation, "bob"), f"{installation.account('bob').pw_dir}/.forward"
    else:
        file = public_file(installation, "list", "carol@example.org\n")
        routers = [redirect(public_file(installation, "aliases", f"team: :include:{file}\n")), ACCEPT]
        recipient = "team"
    configure(installation, host, routers)
    second_door(installation)
    result = send(installation, recipient)
    assert result.status == 1
    assert file in result.log_line
    assert result.reason.endswith(
        f"{file} cannot be read: not through gatepost.socket, because its helper does not have the caller's rights"
    )
    assert host.connections == 0


def test_a_trace_shows_root_alone_what_an_alias_file_says(installation, smarthost, second_door):
    """Whether the caller may read it is a question that the kernel answers to the caller only."""
    host = smarthost()
    aliases = public_file(installation, "aliases", "admin: carol@secret.example\n")
    configure(installation, host, [redirect(aliases), ACCEPT])
    second_door(installation)
    assert HIDDEN not in installation.send("-bt", "admin").stdout
    assert HIDDEN in send(installation, "-bt", "admin").stdout


# A door that is not there, or full


def test_a_socket_that_nobody_listens_at_is_told_with_the_kernels_reason(installation, host):
    installation.socket.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(installation.socket))
    installation.socket.chmod(0o666)
    reason = send(installation).reason
    installation.socket.unlink()
    installation.socket.parent.rmdir()
    assert reason.startswith("no_new_privs is set for this process")
    assert reason.endswith(f", and {installation.socket} cannot be connected to: Connection refused")


def test_who_is_sent_away_is_told_where(installation, host, second_door):
    second_door(installation, most=0)
    result = send(installation)
    assert result.status == 1
    assert result.reason == f"the helper behind {installation.socket} ended without an answer (too many at once?)"
    assert host.connections == 0


# Without a set-id bit at all


def test_without_the_bit_the_second_door_is_taken(installation, host, second_door):
    installation.mode(0o755)
    second_door(installation)
    result = send(installation, through=())
    assert_from(result, host, installation.account("alice"), own(installation))


def test_a_configuration_of_the_callers_own_comes_before_it(personal, own_host, second_door):
    personal.installation.mode(0o755)
    door = second_door(personal.installation)
    assert_sent(personal.send(*ONE, stdin=MESSAGE), own_host, ONE)
    assert door.connections == 0


# Root that cannot give itself up


def without(capability):
    """Return the command that becomes another without this capability."""
    return ("/usr/bin/setpriv", "--bounding-set", f"-{capability}", "--inh-caps", f"-{capability}")


@pytest.mark.parametrize("missing", ["setuid", "setgid"])
def test_root_without_the_capabilities_to_become_somebody_else_takes_it(installation, host, second_door, missing):
    second_door(installation)
    result = send(installation, user="root", through=without(missing))
    assert_sent(result, host, ONE)
    assert facts_of(result.log_line)["caller"] == "root"


@pytest.mark.parametrize("missing", ["setuid", "setgid"])
def test_where_it_is_closed_root_is_told_which_is_missing_and_the_rest_is_answered(installation, host, missing):
    result = send(installation, user="root", through=without(missing))
    assert result.reason == f"cannot drop root: this process has no CAP_{missing.upper()}"
    assert send(installation, "-bp", user="root", through=without(missing)).stdout == "Mail queue is empty\n"
    assert send(installation, "-Q", user="root", through=without(missing)).status == 64
    assert host.connections == 0


# Secrets that systemd keeps


def configure_credential(installation, host):
    """Configure for a smart host whose password is in no file of ours."""
    auth = {"user": "ws1", "password_file": "credential:relay.password"}
    installation.configure(installation.relay_configuration(host, auth=auth))


def test_a_password_can_be_systemds(installation, host, second_door):
    configure_credential(installation, host)
    second_door(installation, credentials={"relay.password": f"{PASSWORD}\n"})
    result = send(installation)
    assert_sent(result, host, ONE)
    assert facts_of(result.log_line)["auth"] == "PLAIN"


@pytest.mark.parametrize("user", ["alice", "root"])
def test_whose_transport_needs_one_takes_the_socket_though_the_launcher_works(installation, host, second_door, user):
    """Root has given itself up when that is known: who connects there is root all the same, and no stand-in."""
    configure_credential(installation, host)
    door = second_door(installation, credentials={"relay.password": f"{PASSWORD}\n"})
    result = installation.send(*ONE, stdin=MESSAGE, user=user)
    assert_sent(result, host, ONE)
    assert (facts_of(result.log_line)["caller"], door.connections) == (login(installation, user), 1)


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (None, "is given by systemd, and only to a helper behind gatepost.socket (LoadCredential=)"),
        ({}, "cannot be read: No such file or directory: see LoadCredential= of gatepost@.service"),
        ({"relay.password": "a\nb\n"}, "has more than one line, or a NUL"),
        ({"relay.password": "a" * 20000}, "is larger than 16384 octets"),
    ],
)
def test_one_that_systemd_has_not_given_is_told(installation, host, second_door, credentials, told):
    configure_credential(installation, host)
    second_door(installation, credentials=credentials)
    result = send(installation)
    assert result.status == 1
    assert result.reason == f"credential:relay.password: {told}"
    assert host.connections == 0


def test_the_first_door_says_where_such_a_password_is(installation, host):
    configure_credential(installation, host)
    assert "only to a helper behind gatepost.socket" in installation.send(*ONE, stdin=MESSAGE).reason


# systemd itself


def test_systemds_own_activation_starts_the_same_helper(installation, host):
    installation.socket.parent.mkdir(mode=0o755)
    listener = ["/usr/bin/systemd-socket-activate", "--accept", "-l", str(installation.socket), *command(installation)]
    with subprocess.Popen(listener, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(installation.socket.exists, "systemd-socket-activate")
            installation.socket.chmod(0o666)
            result = send(installation)
        finally:
            process.terminate()
            process.wait()
            installation.socket.unlink()
            installation.socket.parent.rmdir()
    assert_from(result, host, installation.account("alice"), own(installation))


def test_systemd_finds_nothing_wrong_with_the_units(installation):
    units = [str(installation.units / name) for name in ("gatepost.socket", "gatepost@.service")]
    done = subprocess.run(
        ["/usr/bin/systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_units_filter_lets_a_send_make_every_call_that_it_makes(installation, host, second_door, tmp_path):
    trace = tmp_path / "trace"
    second_door(installation, outer=("/usr/bin/strace", "-f", "-qq", "-o", trace))
    assert_sent(send(installation), host, ONE)
    service = read_unit(installation.units / "gatepost@.service")
    allowed = {name for words in service["SystemCallFilter"] for word in words.split() for name in calls_of(word)}
    lines = trace.read_text().splitlines()
    start = next(at for at, line in enumerate(lines) if 'execve("/usr/bin/python3"' in line)
    made = {line.split(maxsplit=1)[1].split("(")[0] for line in lines[start + 1 :] if "(" in line}
    assert "connect" in made
    assert {name for name in made if name.isidentifier()} - allowed == set()


def calls_of(word):
    """Return the system calls of a set that systemd has a name for, or the one itself."""
    if not word.startswith("@"):
        return {word}
    done = subprocess.run(
        ["/usr/bin/systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
    )
    words = [line.strip() for line in done.stdout.splitlines()[1:]]
    return {name for each in words if each and not each.startswith("#") for name in calls_of(each)}
