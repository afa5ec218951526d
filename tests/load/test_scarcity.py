"""A machine that lacks what programs take for granted: a message is delivered, or one line says why it is not."""

from __future__ import annotations

import pytest

from tests.system.outcome import FIVE, MESSAGE, ONE, facts_of

AUTH = {"ws1": "correct horse battery"}
MEGABYTE = 1 << 20

# Each is made by root in a mount namespace of the send; MNT is the folder in which the harness needs a file system.
WORLD = ("/usr/bin/unshare", "--mount", "/bin/sh", "-ec")
READ_ONLY = """
while read -r _ _ _ _ at _; do mount -o remount,bind,ro "$at" 2>/dev/null || :; done < /proc/self/mountinfo
! touch "$MNT/here" 2>/dev/null
mount -t tmpfs tmpfs "$MNT"
"""
WORLDS = {
    "read-only-root": READ_ONLY,
    "no-tmp": "for at in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=0,ro tmpfs $at; done",
    "no-proc": "mount -t tmpfs -o ro tmpfs /proc",
    "no-sys": "mount -t tmpfs -o ro tmpfs /sys",
    "no-run": "mount -t tmpfs -o ro tmpfs /run",
    "no-homes": 'mount -t tmpfs -o mode=0,ro tmpfs "$MNT/../home"',
    "only-dev-null": "mount -t tmpfs -o mode=0755 tmpfs /dev; mknod -m 666 /dev/null c 1 3",
}
NO_DEV_NULL = "mount -t tmpfs -o mode=0755,ro tmpfs /dev"
# A file system of one page. FULL: the log fills all of it but so many octets.
FULL_DISK = """
mount -t tmpfs -o size=4k,mode=0755 tmpfs "$MNT/../log"
install -m 660 -o "$OWNER" -g "$OWNER" /dev/null "$MNT/../log/gatepost.log"
head -c $((4096 - $LEFT - 1)) /dev/zero | tr '\\0' x > "$MNT/../log/gatepost.log"
echo >> "$MNT/../log/gatepost.log"
"""
KEEP_LOG = 'trap \'cp "$MNT/../log/gatepost.log" "$MNT/../kept"\' EXIT; "$@"'

with_each_user = pytest.mark.parametrize("user", ["alice", "root"])


def world(installation, script: str, go: str = 'exec "$@"', **settings: object) -> tuple[str, ...]:
    """Return the command under which root makes a world and sends in it."""
    settings = {"MNT": installation.root / "mnt", **settings}
    lines = "".join(f"{name}='{value}'\n" for name, value in settings.items())
    return (*WORLD, f"{lines}{script}\n{go}", "sh")


def send_in(installation, script: str, user: str, **options):
    """Send to five in a world."""
    return installation.send(*FIVE, stdin=MESSAGE, user=user, outer=world(installation, script), **options)


def tell_the_truth(result, host, recipients) -> bool:
    """One line and nothing accepted, or no line and accepted once for all; say whether it was delivered.

    A process that the kernel ends by a signal says nothing.
    """
    host.settle()
    if result.status == 0:
        assert result.stderr == ""
        assert host.message.addresses == [recipient.encode() for recipient in recipients]
        return True
    assert host.messages == []
    assert result.status < 0 or result.reason
    return False


@with_each_user
@pytest.mark.parametrize("lacking", WORLDS)
def test_a_world_that_lacks_what_no_send_needs(installation, smarthost, lacking, user):
    host = smarthost(tls="starttls", auth=AUTH)
    installation.configure_relay(host, {"log": "syslog"})
    result = send_in(installation, WORLDS[lacking], user)
    assert (result.status, result.stderr) == (0, "")
    assert tell_the_truth(result, host, FIVE)


@with_each_user
def test_a_world_without_dev_null(installation, smarthost, user):
    host = smarthost()
    installation.configure_relay(host)
    assert send_in(installation, NO_DEV_NULL, user).reason == "cannot open /dev/null"
    assert host.connections == 0


@with_each_user
def test_a_log_that_cannot_be_opened_for_writing_stops_the_message(installation, smarthost, user):
    """What the administrator asked for cannot be had: no mail leaves without its line."""
    host = smarthost()
    installation.configure_relay(host)
    result = send_in(installation, READ_ONLY, user)
    assert "cannot be opened as the log (Read-only file system)" in result.reason
    assert (result.status, host.connections) == (1, 0)


@with_each_user
@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
@pytest.mark.parametrize("left_octets", [0, 100])
def test_a_log_on_a_full_disk_changes_nothing_for_the_caller(installation, smarthost, user, left_octets, refused):
    """The message may be out when the disk is found to be full: the truth is told about the message."""
    host = smarthost(refuse={"RCPT 3": "550 5.1.1 no such user"} if refused else {})
    installation.configure_relay(host)
    owner = installation.account("mail").pw_name
    outer = world(installation, FULL_DISK, KEEP_LOG, OWNER=owner, LEFT=left_octets)
    result = installation.send(*FIVE, stdin=MESSAGE, user=user, outer=outer)
    host.settle()
    assert (result.status, len(host.messages)) == ((1, 0) if refused else (0, 1))
    assert (result.stderr.count("\n"), "no such user" in result.stderr) == (int(refused), refused)
    kept = installation.root / "kept"
    assert kept.stat().st_size <= 4096
    kept.unlink()


@with_each_user
def test_a_system_log_that_nobody_reads_changes_nothing_for_the_caller(installation, smarthost, user):
    host = smarthost()
    installation.configure_relay(host, {"log": "syslog"})
    script = f"{WORLDS['only-dev-null']}; : > /dev/log"
    assert tell_the_truth(send_in(installation, script, user), host, FIVE)


@with_each_user
def test_who_may_have_no_more_processes_is_told_so(installation, smarthost, user):
    """Of root the stand-in's are counted: the change of user succeeds, and the execution after it fails."""
    host = smarthost()
    installation.configure_relay(host)
    result = installation.send(*ONE, stdin=MESSAGE, user=user, through=("/usr/bin/prlimit", "--nproc=0:0"))
    assert result.reason == "cannot start a second process (process limit?)"
    assert host.connections == 0


LIMITS = {
    "as": [8 * MEGABYTE, *range(64 * MEGABYTE, 128 * MEGABYTE, 8 * MEGABYTE)],
    "data": [8 * MEGABYTE, *range(32 * MEGABYTE, 64 * MEGABYTE, 4 * MEGABYTE)],
    "nofile": [*range(25)],
    "nproc": [*range(8)],
    "fsize": [0, 100, 4096, MEGABYTE, 2 * MEGABYTE],
    "stack": [0, 4096, 65536, MEGABYTE, 2 * MEGABYTE],
    "cpu": [0, 1],
    "core": [0],
    "memlock": [0],
    "sigpending": [0],
    "locks": [0],
    "msgqueue": [0],
}
SOME = 6  # of the values of a limit, in `make test`


@pytest.mark.parametrize("limit", LIMITS)
def test_no_limit_of_the_callers_ends_in_a_lie(installation, smarthost, limit, is_all):
    host = smarthost(tls="starttls", auth=AUTH)
    installation.configure_relay(host)
    values = LIMITS[limit]
    delivered = []
    for number, value in enumerate(values if is_all else values[:: -(-len(values) // SOME)]):
        through = ("/usr/bin/prlimit", f"--{limit}={value}:{value}")
        user = ("alice", "root")[number % 2]
        result = installation.send(*ONE, stdin=MESSAGE, user=user, through=through)
        delivered.append(tell_the_truth(result, host, ONE))
        host.messages.clear()
    assert delivered[-1] or limit in ("nproc", "cpu")


# What the interpreter needs and the message; the second cannot even be mapped.
@pytest.mark.parametrize("size_octets", [47 * MEGABYTE, 49 * MEGABYTE])
def test_a_message_that_does_not_fit_into_memory_is_refused_in_plain_words(installation, smarthost, size_octets):
    host = smarthost()
    installation.configure_relay(host)
    through = ("/usr/bin/prlimit", f"--as={64 * MEGABYTE}")
    result = installation.send(*ONE, stdin=MESSAGE + b"0123456789abcde\n" * (size_octets // 16), through=through)
    assert result.reason == "there is not enough memory for this message (ulimit -v, ulimit -d)"
    assert facts_of(result.log_line)["outcome"] == "failed"
    assert host.messages == []


def test_control_the_worlds_lack_what_they_should(installation):
    """A world that came to nothing would prove nothing."""
    looks = {
        "no-proc": "! test -e /proc/self",
        "no-tmp": "! ls /tmp",
        "only-dev-null": "! test -e /dev/urandom",
        "no-sys": "! test -e /sys/fs",
        "no-homes": f"! ls {installation.root}/home",
        "no-run": "! test -e /run/lock",
    }
    for lacking, look in looks.items():
        outer = world(installation, WORLDS[lacking])
        assert installation.run_as("alice", "/bin/sh", "-c", look, outer=outer).status == 0, lacking
