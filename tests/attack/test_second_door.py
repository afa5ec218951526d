"""A1, A9: through gatepost.socket the helper is the service user throughout, and never the caller.

So the kernel's word on who is connected is all that tells callers apart, and what the helper can read must be kept from
whatever the caller has it do.
"""

from __future__ import annotations

import secrets
import signal

import pytest

from tests.support.memory import spy_on
from tests.support.misbehaviour import Delay, Silent
from tests.support.process import status_of, wait_for
from tests.system.world import ACCEPT, configure, login, redirect

CANARY = secrets.token_urlsafe(24)
MESSAGE = b"Subject: hello\n\nhello\n"
THROUGH = {"through": ("/usr/bin/setpriv", "--no-new-privs")}
WITH_DATA = ("8BITMIME",)  # without PIPELINING: each step waits for the one before

DUMPABLE = {
    "helper/privileged/accept.py": {
        "    check_interpreter()\n    not_dumpable()\n": "    check_interpreter()\n",
        "    empty_capabilities()\n    not_dumpable()\n": "    empty_capabilities()\n",
    }
}
OUTLIVING = {
    "helper/request/socket_channel.py": {"self._signal_end(os.O_ASYNC)": "self._signal_end(0)"},
    # Doubt that nobody can be told of is a second defence.
    "helper/request/channel.py": {
        "        if not self._send(wire.frame(wire.DOUBT), FRAME_TIMEOUT_S):\n": "        if False:\n"
    },
}
READING = {
    "helper/identity/identify.py": {".replace(files=NOBODYS)": ".replace(files=CALLERS)"},
    "helper/identity/list_files.py": {"owner_of_list(path, status, user))": "user)"},
    "helper/entry/socket.py": {"        further=hide_our_files,\n": ""},
}
# A member of the service user's group is found where the door is not shut yet; and asked for with too many rights.
OUTER = ("/usr/bin/strace", "-f", "-qq", "-s", "300", "-e", "trace=execve,openat,seccomp", "-o")
ASKING_EARLY = {
    "helper/entry/serve.py": {
        "        uid = entry.begin()\n": "        uid = entry.begin()\n        entry.identify(uid)\n"
    }
}
BELIEVING = {
    "helper/privileged/accept.py": {
        "        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 3 * INT_OCTETS)\n": """
        connection.send(b"?")
        credentials = connection.recv(3 * INT_OCTETS)
"""
    }
}

# What a helper that was taken over would do first: each line is an attempt, told to the caller when it succeeds.
TAKEN_OVER = """        channel = opened(entry, state)
        from helper.privileged import paths
        for name, attempt in {
            "secret": lambda: os.open(paths.SECRETS + "/relay.password", os.O_RDONLY),
            "secrets": lambda: os.listdir(paths.SECRETS),
            "configuration": lambda: os.open(paths.CONFIGURATION, os.O_RDONLY),
            "launcher": lambda: os.open(paths.LAUNCHER, os.O_WRONLY),
            "mode": lambda: os.chmod(paths.LAUNCHER, 0o6777),
            "program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
            "frontend": lambda: os.kill(os.getppid(), 0),
        }.items():
            try:
                attempt()
            except OSError:
                continue
            channel.say(f"possible: {name}")
"""
OPENED = "        channel = opened(entry, state)\n"
AT_WORK = {"helper/entry/serve.py": {OPENED: TAKEN_OVER}}
UNHINDERED = {
    "helper/entry/serve.py": {
        "        state = in_sandbox(of_entry(load_state(acquired), entry), entry)\n": (
            "        state = of_entry(load_state(acquired), entry)\n"
        ),
        OPENED: TAKEN_OVER,
    }
}

# Speaks the wire on its own, and says besides with SCM_CREDENTIALS that it is somebody else, or itself.
FORGER = r"""
import fcntl, os, socket, struct, sys
sys.path.append(sys.argv[1])
from helper.request import wire
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[2])
memory = os.memfd_create("message", os.MFD_ALLOW_SEALING)
os.write(memory, sys.stdin.buffer.read())
fcntl.fcntl(memory, fcntl.F_ADD_SEALS, 15)
hello = wire.hello(wire.OTHER, [b"sendmail", b"-froot@forged.example", b"carol@example.org"])
pipe, kept = os.pipe()
rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", pipe))
for uid in (0, os.getuid()):
    claim = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("iII", os.getpid(), uid, uid))
    try:
        connection.sendmsg([hello], [rights, claim])
        break
    except PermissionError:
        print("EPERM", end=" ")
assert connection.recv(12)[:1] == b"m"
socket.send_fds(connection, [wire.frame(wire.FILE)], [memory])
answers = b""
while octets := connection.recv(65536):
    answers += octets
print(answers[-2])
"""

# Answers a question for credentials with what it likes.
CLAIMANT = FORGER.replace(
    "memory = os.memfd", 'connection.recv(1)\nconnection.send(struct.pack("iII", 1, 0, 0))\nmemory = os.memfd'
)


@pytest.fixture
def interrupted(second_door):
    """Return a function that kills a frontend while the smart host takes its time; it returns the smart host."""
    processes = []

    def start(installation, smarthost, step):
        host = smarthost(at={step: Delay(0.5)}, extensions=WITH_DATA)
        installation.configure_relay(host)
        door = second_door(installation)
        process = installation.start("carol@example.org", **THROUGH)
        processes.append(process)
        process.stdin.write(MESSAGE)
        process.stdin.close()
        wait_for(lambda: step in host.acted, f"the smart host to stand at {step}")
        process.send_signal(signal.SIGKILL)
        process.wait()
        return host, door

    yield start
    for process in processes:
        process.stdout.close()
        process.stderr.close()


def forge(installation, script):
    """Run a program of alice's that connects to the door."""
    arguments = (str(installation.prefix / "lib/gatepost"), str(installation.socket))
    return installation.run_as("alice", "/usr/bin/python3", "-ISBc", script, *arguments, stdin=MESSAGE)


# Who is calling


def test_what_the_caller_says_of_itself_is_not_heard(installation, smarthost, second_door):
    """The kernel lets nobody claim to be somebody else; and nobody is asked."""
    host = smarthost()
    installation.configure_relay(host)
    second_door(installation)
    done = forge(installation, FORGER)
    assert done.stdout.split() == ["EPERM", "0"], done.stderr
    assert host.message.reverse_path == f"{login(installation, 'alice')}@example.net".encode()
    assert f"caller={login(installation, 'alice')} " in done.log_line


def test_control_a_helper_that_asked_would_believe_it(weakened, smarthost, second_door):
    installation = weakened(BELIEVING)
    host = smarthost()
    installation.configure_relay(host)
    second_door(installation)
    done = forge(installation, CLAIMANT)
    assert host.message.reverse_path == b"root@forged.example"
    assert "caller=root " in done.log_line


def test_no_name_service_is_asked_about_a_caller_before_the_helper_is_shut_in(
    installation, smarthost, second_door, tmp_path
):
    """Its modules would look for a uid of the caller's choice with the service user's rights, on a network perhaps."""
    host = smarthost()
    text = installation.relay_configuration(host, hosts=["localhost:relay"])
    installation.configure(text)
    etc = {"services": f"relay {host.port}/tcp\n"}
    second_door(installation, outer=(*OUTER, tmp_path / "trace"), etc=etc)
    result = installation.send("carol@example.org", stdin=MESSAGE, **THROUGH)
    assert (result.status, result.stderr) == (0, "")
    before, after = asked(tmp_path / "trace")
    assert before == []
    assert after != []


def test_control_a_helper_that_looks_early_asks_with_the_service_users_rights(
    weakened, smarthost, second_door, tmp_path
):
    installation = weakened(ASKING_EARLY)
    installation.configure_relay(smarthost())
    second_door(installation, outer=(*OUTER, tmp_path / "trace"))
    installation.send("carol@example.org", stdin=MESSAGE, **THROUGH)
    assert asked(tmp_path / "trace")[0] != []


def asked(trace):
    """Return when a helper read how to ask the name-service switch: before seccomp shut it in, and afterwards."""
    lines = trace.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if 'execve("/usr/bin/python3"' in line)
    lines = lines[begin + 1 :]
    shut_in = next(number for number, line in enumerate(lines) if "SECCOMP_SET_MODE_FILTER" in line)
    asks = [number for number, line in enumerate(lines) if '"/etc/nsswitch.conf"' in line]
    return [number for number in asks if number < shut_in], [number for number in asks if number > shut_in]


def test_a_member_of_the_service_users_group_cannot_send(installation, smarthost, second_door):
    host = smarthost()
    installation.configure_relay(host)
    group = installation.account("mail").pw_name
    members = f"{group}:x:{installation.account('mail').pw_gid}:{login(installation, 'alice')}\n"
    second_door(installation, etc={"group": members})
    result = installation.send("carol@example.org", stdin=MESSAGE, **THROUGH)
    assert (result.status, host.connections) == (1, 0)
    assert "and its group cannot send" in result.reason


# The password


@pytest.mark.parametrize("user", ["alice", "bob", "null", "mail"])
@pytest.mark.parametrize("message", [None, MESSAGE], ids=["waiting-for-the-message", "waiting-for-the-greeting"])
def test_nobody_can_look_into_the_helper(installation, smarthost, second_door, hold, message, user):
    """Neither its caller nor the service user, who it is."""
    assert spy_on(installation, hold(installation, message), CANARY, user=user) == ([], [])


def test_control_the_service_user_can_look_into_a_dumpable_one(weakened, hold):
    installation = weakened(DUMPABLE)
    allowed, seen = spy_on(installation, hold(installation, MESSAGE), CANARY, user="mail")
    assert "mem" in allowed
    assert set(seen) == {"process_vm_readv", "mem"}


@pytest.fixture
def hold(smarthost, second_door):
    """Return a function that starts a send that stands still with the password in memory, and returns its helper."""
    processes = []

    def start(installation, message):
        host = smarthost(tls="starttls", auth={"ws1": CANARY}, at={"GREETING": Silent()})
        installation.configure_relay(host)
        door = second_door(installation)
        process = installation.start("carol@example.org", **THROUGH)
        processes.append(process)
        if message is not None:
            process.stdin.write(message)
            process.stdin.close()
            wait_for(lambda: host.acted, "the connection")
        return door.helper()

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


# Files that a user chooses


def forward(installation, smarthost):
    """Make bob's .forward a link to the secret, and configure it to be read."""
    host = smarthost(auth={"ws1": CANARY}, allow_plaintext_auth=True)
    configure(installation, host, [redirect("$home/.forward", check_local_user=True), ACCEPT])
    link = f"{installation.account('bob').pw_dir}/.forward"
    installation.run_as("bob", "/bin/ln", "-sf", str(installation.secrets / "relay.password"), link)
    return host


@pytest.mark.parametrize("args", [(), ("-bv",), ("-bt",)])
def test_a_forward_file_is_not_read_with_other_rights(installation, smarthost, second_door, bobs_home, args):
    host = forward(installation, smarthost)
    second_door(installation)
    result = installation.send(*args, login(installation, "bob"), stdin=MESSAGE, **THROUGH)
    assert result.status == 1
    assert "does not have the caller's rights" in result.stdout + result.stderr
    assert CANARY not in result.stdout + result.stderr + "".join(result.log_lines)
    assert host.messages == []


def test_control_a_helper_that_takes_it_for_the_callers_shows_the_password(weakened, smarthost, second_door, bobs_home):
    installation = weakened(READING)
    forward(installation, smarthost)
    second_door(installation)
    assert CANARY in installation.send("-bt", login(installation, "bob"), **THROUGH).stdout


@pytest.fixture
def bobs_home(shared_installation):
    """Open bob's home, so that others than bob are stopped by nothing but us; leave nothing in it."""
    home = shared_installation.account("bob").pw_dir
    shared_installation.run_as("bob", "/bin/chmod", "755", home)
    yield
    shared_installation.run_as("bob", "/bin/rm", "-f", f"{home}/.forward")
    shared_installation.run_as("bob", "/bin/chmod", "700", home)


# A helper that was taken over


def possible(installation, smarthost, second_door):
    """Return what a helper could do that was taken over before it heard the caller."""
    host = smarthost(auth={"ws1": CANARY}, allow_plaintext_auth=True)
    installation.configure_relay(host)
    second_door(installation)
    result = installation.send("carol@example.org", stdin=MESSAGE, **THROUGH)
    assert (result.status, len(host.messages)) == (0, 1)
    return [line.removeprefix("possible: ") for line in result.stderr.splitlines()]


def test_it_can_read_nothing_of_ours_and_change_nothing(weakened, smarthost, second_door):
    assert possible(weakened(AT_WORK), smarthost, second_door) == []


def test_control_without_the_sandbox_it_has_all_that_the_service_user_has(weakened, smarthost, second_door):
    found = possible(weakened(UNHINDERED), smarthost, second_door)
    assert found == ["secret", "secrets", "configuration", "launcher", "mode", "program"]


# A frontend that is killed: it is no parent


@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "DATA"])
def test_the_helper_ends_with_its_frontend(installation, smarthost, interrupted, step):
    host, door = interrupted(installation, smarthost, step)
    assert door.statuses() == [-signal.SIGIO]
    host.settle()
    assert host.messages == []


def test_control_one_that_does_not_delivers(weakened, smarthost, interrupted):
    host, door = interrupted(weakened(OUTLIVING), smarthost, "MAIL")
    assert door.statuses() == [0]
    host.settle()
    assert len(host.messages) == 1


def test_who_says_more_than_a_request_has_not_sent(installation, smarthost, second_door):
    host = smarthost(at={"GREETING": Delay(0.3)})
    installation.configure_relay(host)
    door = second_door(installation)
    forge(installation, FORGER.replace("answers = ", "connection.send(b'x')\nanswers = "))
    assert door.statuses() in ([-signal.SIGIO], [0], [1])  # at once, or before the message was looked at
    host.settle()
    assert host.messages == []


def test_the_helper_is_the_service_user_and_has_no_right_besides(installation, smarthost, hold):
    status = status_of(hold(installation, MESSAGE))
    service = installation.account("mail")
    assert status["Uid"].split() == [str(service.pw_uid)] * 4
    assert status["Gid"].split() == [str(service.pw_gid)] * 4
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
