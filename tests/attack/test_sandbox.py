"""A hostile smart host that has found a hole in us: what it can make of a helper that it has taken over.

The intruder is code of ours in the place of the hole. It tries each attack, tells how it went, and lets the send go on.
"""

from __future__ import annotations

import os
import re
import socket

import pytest

from tests.support.personal import Personal

MESSAGE = b"Subject: hello\n\nhello\n"

# Each attack is harmless where it succeeds, and no PermissionError is success: what else is missing is no defence.
INTRUDER = """
def intrude(say):
    import fcntl, mmap, os, pwd, resource, _socket
    from helper.privileged.kernel import call
    from helper.privileged.python_prctl import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl
    from helper.sandbox.system_calls import REFUSED_BY_ARGUMENT, MACHINES, REFUSED

    frontend, home = os.getppid(), pwd.getpwuid(os.getuid()).pw_dir

    def system(name, *arguments):
        return call((REFUSED | REFUSED_BY_ARGUMENT)[name][MACHINES.index(os.uname().machine)], *arguments)

    def connected(family, to):
        attempt = _socket.socket(family, _socket.SOCK_STREAM)
        attempt.connect(to)

    def fork():
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    def listen():
        listening = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        listening.listen()

    def bind():
        bound = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        bound.bind(("127.0.0.1", 0))

    def open_fast():
        opened = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK)
        opened.sendto(b"x", 0x20000000, ("127.0.0.1", 1))

    def own_another():
        ours, _ = _socket.socketpair()
        fcntl.fcntl(ours.fileno(), fcntl.F_SETOWN, frontend)

    def take_a_descriptor():
        call(438, os.pidfd_open(frontend), 0, 0)

    attacks = {
        "read-home": lambda: os.listdir(home),
        "read-other-process": lambda: os.open(f"/proc/{frontend}/mem", os.O_RDONLY),
        "read-tmp": lambda: os.listdir("/tmp"),
        "watch": lambda: system("inotify_init1", 0),
        "write-file": lambda: os.open("/tmp", os.O_WRONLY | os.O_TMPFILE),
        "make-folder": lambda: os.mkdir(f"/tmp/gatepost-{os.getpid()}") or os.rmdir(f"/tmp/gatepost-{os.getpid()}"),
        "change-mode": lambda: os.chmod(home, os.stat(home).st_mode & 0o7777),
        "change-owner": lambda: os.chown(home, -1, -1),
        "change-times": lambda: os.utime(home),
        "execute": lambda: os.execv("/nonexistent", ["nonexistent"]),
        "fork": fork,
        "trace": lambda: system("ptrace", 0x4206, frontend, 0, 0),
        "take-a-descriptor": take_a_descriptor,
        "signal": lambda: os.kill(frontend, 0),
        "signal-all": lambda: os.kill(-1, 0),
        "own-another": own_another,
        "limit-another": lambda: resource.prlimit(frontend, resource.RLIMIT_NOFILE),
        "other-port": lambda: connected(_socket.AF_INET, ("127.0.0.1", 1)),
        "other-port-at-once": open_fast,
        "other-protocol": lambda: _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 262),
        "other-family": lambda: _socket.socket(_socket.AF_ALG, _socket.SOCK_SEQPACKET),
        "abstract-socket": lambda: connected(_socket.AF_UNIX, ABSTRACT),
        "bind": bind,
        "listen": listen,
        "set-ids": lambda: os.setresuid(-1, -1, -1),
        "set-groups": lambda: os.setresgid(-1, -1, -1),
        "be-dumpable": lambda: prctl(PR_SET_DUMPABLE, 1),
        "outlive-the-frontend": lambda: prctl(PR_SET_PDEATHSIG, 0),
        "write-and-execute": lambda: mmap.mmap(-1, 4096, prot=7),
        "keyring": lambda: system("keyctl", 0, -3, 1),
        "message-queue": lambda: system("msgget", 1, 0),
        "shared-memory": lambda: system("shmat", 0, 0, 0),
        "others-messages": lambda: system("msgctl", 0, 0, 0),
        "others-semaphores": lambda: system("semctl", 0, 0, 16, 0),
        "unshare": lambda: system("unshare", 0x200),
    }
    for name, attack in attacks.items():
        try:
            attack()
            outcome = "succeeded"
        except PermissionError:
            outcome = "refused"
        except BaseException as error:
            outcome = f"was not refused: {error}"
        say(f"intruder {name} {outcome}")


"""

STORY, MAIN = "helper/story.py", "helper/entry/serve.py"
REPORT = "def report(outcome: Verdict"
BEFORE_ROUTING = "    route = route_message("
BEFORE_CONNECTING = "    reply = deliver(envelope, route.hosts, access)\n"
INTRUDE = "    intrude(channel.say)\n"
FIRST_STEP, SECOND_STEP = "    sandbox.shut_in()\n", "    shut_in_further(asked, configuration, state)\n"
READING = {"read-home", "read-tmp"}  # until routing is over


def intruded(place, abstract_socket, main=None, story=None):
    """Return what puts the intruder into a place of the story, and takes out what main and story say."""
    intruder = f"ABSTRACT = {abstract_socket!r}\n{INTRUDER}"
    return {STORY: {REPORT: intruder + REPORT, place: INTRUDE + place, **(story or {})}, MAIN: main or {}}


@pytest.fixture(scope="module")
def abstract_socket():
    """Return the name of an abstract socket at which somebody listens."""
    name = f"\0gatepost-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen(64)
        yield name


def not_refused(result):
    """Return the attacks that were not refused."""
    outcomes = dict(re.findall(r"^intruder (\S+) (.*)$", result.stderr, re.MULTILINE))
    assert len(outcomes) == INTRUDER.count('        "'), result.stderr
    return {name for name, outcome in outcomes.items() if outcome != "refused"}


def send(installation, smarthost, *args):
    """Let an intruder into a send."""
    installation.configure_relay(smarthost())
    return installation.send("carol@example.org", *args, stdin=MESSAGE)


def test_nothing_is_left_to_an_intruder_when_the_network_is_met(weakened, smarthost, abstract_socket):
    result = send(weakened(intruded(BEFORE_CONNECTING, abstract_socket)), smarthost)
    assert not_refused(result) == set()
    assert result.status == 0  # and no attack has harmed the delivery


def test_before_that_it_can_read_what_the_caller_can_and_no_more(weakened, smarthost, abstract_socket):
    result = send(weakened(intruded(BEFORE_ROUTING, abstract_socket)), smarthost)
    assert not_refused(result) == READING
    assert result.status == 0


def test_a_send_without_privilege_is_shut_in_as_well(weakened, smarthost, abstract_socket):
    installation = weakened(intruded(BEFORE_CONNECTING, abstract_socket))
    personal = Personal(installation)
    personal.configure(smarthost())
    try:
        result = personal.send("-C", str(personal.configuration), "carol@example.org", stdin=MESSAGE)
    finally:
        personal.remove()
    assert not_refused(result) == set()
    assert result.status == 0


def test_control_without_the_first_step_everything_succeeds(weakened, smarthost, abstract_socket):
    """The second has then nothing to go on from."""
    installation = weakened(intruded(BEFORE_CONNECTING, abstract_socket, main={FIRST_STEP: ""}))
    result = send(installation, smarthost)
    assert len(not_refused(result)) == INTRUDER.count('        "'), result.stderr


def test_control_without_the_second_step_files_can_be_read(weakened, smarthost, abstract_socket):
    installation = weakened(intruded(BEFORE_CONNECTING, abstract_socket, story={SECOND_STEP: ""}))
    assert not_refused(send(installation, smarthost)) == READING


SANDBOX = "helper/sandbox/confine.py"
NO_LANDLOCK = {SANDBOX: {"landlock.abi(), seccomp_is_there()": "0, seccomp_is_there()"}}
NO_SECCOMP = {SANDBOX: {"landlock.abi(), seccomp_is_there()": "landlock.abi(), False"}}
FOR_LANDLOCK_ALONE = READING | {"read-other-process", "other-port", "abstract-socket", "bind"}
FOR_BOTH = {"write-file", "make-folder", "trace", "take-a-descriptor", "signal"}


def test_without_landlock_seccomp_refuses_all_but_what_it_cannot_see(weakened, smarthost, abstract_socket):
    result = send(weakened(intruded(BEFORE_CONNECTING, abstract_socket) | NO_LANDLOCK), smarthost)
    assert not_refused(result) == FOR_LANDLOCK_ALONE
    assert "sandbox=seccomp" in result.log_lines[0].split()


def test_without_seccomp_landlock_refuses_what_it_knows_of(weakened, smarthost, abstract_socket):
    result = send(weakened(intruded(BEFORE_CONNECTING, abstract_socket) | NO_SECCOMP), smarthost)
    assert not_refused(result).isdisjoint(FOR_LANDLOCK_ALONE | FOR_BOTH)
    assert re.search(" sandbox=landlock-[0-9]+ ", result.log_lines[0])


# A kernel knows the ABIs before its own as well: this one is asked for less, as an older one would be.
REFUSED_FROM = {
    1: READING | {"read-other-process", "write-file", "make-folder", "trace", "take-a-descriptor"},
    4: {"other-port", "bind"},
    6: {"abstract-socket", "signal"},
}


@pytest.mark.parametrize("abi", range(1, 7))
def test_landlock_of_an_older_kernel_refuses_what_that_knew_of(weakened, smarthost, abstract_socket, abi):
    older = {SANDBOX: {"landlock.abi(), seccomp_is_there()": f"{abi}, False"}}
    result = send(weakened(intruded(BEFORE_CONNECTING, abstract_socket) | older), smarthost)
    left = not_refused(result)
    for known_from, attacks in REFUSED_FROM.items():
        assert left.isdisjoint(attacks) if known_from <= abi else attacks <= left, (known_from, left)
    assert result.status == 0
    assert f" sandbox=landlock-{abi} " in result.log_lines[0]
