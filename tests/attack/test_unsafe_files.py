"""F4, K6: a configuration or a secret that others than root can write or exchange is none; and nothing hangs us."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from helper.config.compiled import compile_configuration
from helper.config.configuration import parse_configuration
from helper.config.values import this_host_of
from helper.privileged import protected_files
from tests.support.installation import write

MESSAGE = b"Subject: hello\n\nhello\n"
WITHOUT_CHECKS = {
    "helper/privileged/protected_files.py": {
        "        refuse_unsafe(path, os.fstat(descriptor), unreadable_by, owner)\n"
        "        refuse_unsafe_directories(path, owner)\n": ""
    }
}


ANY_LOG = {
    "helper/privileged/log_file.py": {
        " | os.O_NOFOLLOW": "",
        "        refuse_unfit(path, os.fstat(descriptor), writer)\n        refuse_exchangeable(path, writer)\n": "",
    }
}


@pytest.fixture
def host(installation, smarthost):
    """A smart host that must not be given anything; everything is safe so far."""
    host = smarthost(tls="starttls", auth={"ws1": "xyzzy-plugh"})
    installation.configure_relay(host)
    yield host
    remove(installation.configuration)
    remove(installation.log)
    for path in (installation.root, installation.sysconfdir):
        os.chown(path, 0, 0)
        path.chmod(0o755)


def is_refused(installation, host, told, file):
    """Say that one clear line names the file and what is wrong, and that there was no connection."""
    result = installation.send("carol@example.org", stdin=MESSAGE, time_limit_s=10)
    assert (result.status, result.stdout) == (1, "")
    assert told in result.reason
    assert str(file) in result.reason
    assert "xyzzy" not in result.stderr
    assert host.connections == 0


def places(installation):
    """Return the files and folders that everything depends on."""
    return {
        "configuration": installation.configuration,
        "secret": installation.secrets / "relay.password",
        "secrets": installation.secrets,
        "folder": installation.sysconfdir,
        "folder-above": installation.root,
    }


FILES = ("configuration", "secret")
ALL = (*FILES, "secrets", "folder", "folder-above")


@pytest.mark.parametrize("place", ALL)
@pytest.mark.parametrize("bits", [0o020, 0o002], ids=["by-the-group", "by-all"])
def test_what_others_can_write_is_refused(installation, host, place, bits):
    path = places(installation)[place]
    path.chmod(path.stat().st_mode | bits)
    is_refused(installation, host, "can be written by users other than root", path)


@pytest.mark.parametrize("place", ALL)
@pytest.mark.parametrize("owner", ["mail", "alice"])
def test_what_belongs_to_somebody_else_is_refused(installation, host, place, owner):
    """Not even the service user: who became it, would choose where the password goes (Exim, CVE-2010-4345)."""
    path = places(installation)[place]
    os.chown(path, installation.account(owner).pw_uid, -1)
    is_refused(installation, host, "must belong to root", path)


@pytest.mark.parametrize("place", FILES)
def test_an_acl_that_lets_somebody_write_is_refused(installation, host, place):
    """It shows as the mode of the group (acl(5)); set by hand, so that no tool is needed."""
    path = places(installation)[place]
    set_acl(path, installation.account("alice").pw_uid)
    is_refused(installation, host, "can be written by users other than root", path)


def test_a_secret_that_everybody_can_read_is_refused(installation, host):
    path = places(installation)["secret"]
    path.chmod(0o644)
    is_refused(installation, host, "can be read by every user", path)


@pytest.mark.parametrize("place", FILES)
@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "device", "terminal", "missing", "loop", "closed"])
def test_what_is_no_file_is_refused_at_once(installation, host, place, kind):
    path = places(installation)[place]
    told = replace_by(kind, path)
    is_refused(installation, host, told, path)


@pytest.mark.parametrize("place", FILES)
def test_a_link_to_a_file_of_the_caller_is_refused(installation, host, place):
    """What counts is who can write what is read, wherever it is."""
    mine = installation.root / "home/alice/mine"
    path = places(installation)[place]
    write(mine, path.read_text(), installation.account("alice").pw_uid, 0, 0o644)
    mine.parent.chmod(0o711)
    path.unlink()
    path.symlink_to(mine)
    is_refused(installation, host, "must belong to root", path)
    mine.unlink()


def test_no_name_of_a_secret_leads_out_of_their_folder_unchecked(installation, host):
    outside = installation.root / "home/alice/stolen"
    write(outside, "xyzzy-plugh", installation.account("alice").pw_uid, 0, 0o640)
    auth = {"user": "ws1", "password_file": str(outside)}
    installation.configure(installation.relay_configuration(host, auth=auth), {})
    is_refused(installation, host, "", outside)
    outside.unlink()


@pytest.mark.parametrize("place", FILES)
def test_an_endless_file_is_refused(installation, host, place):
    path = places(installation)[place]
    os.truncate(path, 1 << 40)
    is_refused(installation, host, "is larger than", path)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "missing", "closed"])
def test_a_log_that_is_no_file_is_refused_at_once(installation, host, kind):
    replace_by(kind, installation.log)
    with installation.start("carol@example.org", stdin=subprocess.DEVNULL) as process:
        stderr = process.communicate(timeout=10)[1].decode()
    assert process.returncode == 1
    assert stderr.startswith(f"sendmail: not sent: {installation.log}: can")
    assert host.connections == 0


# The way to a file: links are followed, and whoever could change where they lead is found


@pytest.fixture
def aside(installation):
    """Return a directory of root's, and in it one of alice's, one open to all, and a sticky one."""
    directory = installation.root / "aside"
    directory.mkdir()
    for name, owner, mode in (("mine", "alice", 0o755), ("open", "root", 0o777), ("sticky", "root", 0o1777)):
        (directory / name).mkdir()
        os.chown(directory / name, installation.account(owner).pw_uid, -1)
        (directory / name).chmod(mode)
    yield directory
    shutil.rmtree(directory)


def move(file, place, *links):
    """Move a file of root's, and let its name lead there by links that have been made of each other."""
    target = place / file.name
    shutil.move(file, target)
    os.chown(target, 0, file.parent.stat().st_gid if target.stat().st_gid == 0 else target.stat().st_gid)
    for link in links:
        link.symlink_to(target)
        target = link
    file.symlink_to(target)


@pytest.mark.parametrize("place", FILES)
@pytest.mark.parametrize(
    ("where", "told"),
    [("mine", "must belong to root: chown root"), ("open", "can be written by users other than root: chmod go-w")],
)
def test_a_directory_that_a_link_leads_to_is_looked_at(installation, host, aside, place, where, told):
    move(places(installation)[place], aside / where)
    is_refused(installation, host, told, aside / where)


def test_a_directory_that_is_only_passed_is_looked_at(installation, host, aside):
    """The first link leads to one in a directory of alice's, which leads back to a file of root's."""
    move(places(installation)["secret"], aside, aside / "mine/link")
    is_refused(installation, host, "must belong to root: chown root", aside / "mine")


@pytest.mark.parametrize(("owner", "told"), [("root", None), ("alice", "must belong to root: chown -h root")])
def test_a_sticky_directory_is_safe_for_what_is_roots_in_it(installation, host, aside, owner, told):
    link = aside / "sticky/link"
    move(places(installation)["secret"], aside, link)
    os.chown(link, installation.account(owner).pw_uid, -1, follow_symlinks=False)
    if told:
        is_refused(installation, host, told, link)
    else:
        assert installation.send("carol@example.org", stdin=MESSAGE).status == 0


# The log: what is written to it must not be written to what a caller chose


def log_in(installation, host, path):
    """Configure a log, and return it."""
    installation.configure_relay(host, {"log": str(path)})
    return path


def fresh_log(installation, path, mode=0o660, owner="mail"):
    """Make a log file that is right but for what is said."""
    service = installation.account("mail")
    write(path, "", installation.account(owner).pw_uid, service.pw_gid, mode)
    return path


@pytest.mark.parametrize(
    ("mode", "owner", "told"),
    [
        (0o660, "mail", None),
        (0o640, "mail", None),
        (0o660, "root", None),
        (0o662, "mail", "users other than"),
        (0o660, "alice", "must belong to root or"),
        (0o750, "mail", "set-id or execute bit"),
        (0o2660, "mail", "set-id or execute bit"),
        (0o4660, "mail", "set-id or execute bit"),
    ],
)
def test_a_log_is_a_plain_file_of_its_writers(installation, host, aside, mode, owner, told):
    log = log_in(installation, host, fresh_log(installation, aside / "log", mode, owner))
    if told:
        is_refused(installation, host, told, log)
        assert log.read_text() == ""
    else:
        assert installation.send("carol@example.org", stdin=MESSAGE).status == 0
        assert log.read_text().count("\n") == 1


@pytest.mark.parametrize("how", ["link", "hard-link", "others-group"])
def test_a_log_by_another_name_or_of_another_group_is_refused(installation, host, aside, how):
    log, other = aside / "log", aside / "other"
    fresh_log(installation, other)
    if how == "link":
        log.symlink_to(other)
    elif how == "hard-link":
        os.link(other, log)
    else:
        os.chown(fresh_log(installation, log), -1, installation.account("alice").pw_gid)
        log.chmod(0o660)
    is_refused(installation, host, "cannot be the log: ", log_in(installation, host, log))
    assert other.read_text() == ""


@pytest.mark.parametrize(
    ("mode", "group", "above", "told"),
    [
        (0o755, 0, False, None),
        (0o1777, 0, False, None),
        (0o777, 0, False, "users other than"),
        (0o775, "mail", False, None),
        (0o775, "alice", False, "users other than"),
        (0o777, 0, True, "can be written by everybody"),
        (0o775, "alice", True, None),
    ],
)
def test_the_directories_of_a_log_are_looked_at(installation, host, aside, mode, group, above, told):
    """A group may write those above, as /var/log on some systems, and `gatepost check` warns of it."""
    directory = aside / "logs"
    (directory / "ours").mkdir(parents=True)
    os.chown(directory, 0, installation.account(group).pw_gid if group else 0)
    directory.chmod(mode)
    log = log_in(installation, host, fresh_log(installation, (directory / "ours" if above else directory) / "log"))
    if told:
        is_refused(installation, host, told, directory)
        return
    assert installation.send("carol@example.org", stdin=MESSAGE).status == 0
    assert log.read_text() != ""
    if group == "alice":
        checked = installation.run_as("root", str(installation.prefix / "bin/gatepost"), "check").stdout
        assert f"a group can write to {directory} and replace the files in it" in checked


def launcher_as_log(installation, host):
    """Have alice make a log, in a directory open to her, a link to the launcher; say whether that is unharmed."""
    directory = installation.root / "open-log"
    directory.mkdir(exist_ok=True)
    directory.chmod(0o777)
    log = log_in(installation, host, directory / "log")
    installation.run_as("alice", "/bin/ln", "-sf", str(installation.launcher), str(log))
    before = installation.launcher.read_bytes()
    installation.send("carol@example.org", stdin=MESSAGE)
    unharmed = installation.launcher.stat().st_mode & 0o7777 == 0o6755 and installation.launcher.read_bytes() == before
    shutil.rmtree(directory)
    return unharmed


def test_a_log_that_a_caller_made_a_link_leaves_the_launcher_as_it_is(installation, host):
    assert launcher_as_log(installation, host)


def test_control_a_log_that_is_opened_by_any_name_takes_the_launchers_bits(weakened, smarthost):
    installation = weakened(ANY_LOG)
    assert not launcher_as_log(installation, smarthost(tls="starttls", auth={"ws1": "xyzzy-plugh"}))


@pytest.mark.parametrize(
    ("owner", "mode", "is_believed"),
    [
        ("root", 0o640, True),
        ("mail", 0o640, False),
        ("alice", 0o644, False),
        ("root", 0o660, False),
        ("root", 0o642, False),
    ],
)
def test_a_compiled_configuration_is_believed_only_where_root_alone_can_write_it(
    installation, host, smarthost, owner, mode, is_believed
):
    """It would take the password wherever it likes: here to another smart host. The first row is the control."""
    other = smarthost(tls="starttls", auth={"ws1": "xyzzy-plugh"})
    source = installation.configuration.read_bytes()
    machine = (protected_files.host_name(), b"", False)
    evil = parse_configuration(installation.relay_configuration(other).encode(), "evil.toml", this_host_of(*machine))
    compiled = installation.sysconfdir / "gatepost.compiled"
    compiled.write_bytes(compile_configuration(evil, source, machine))
    os.chown(compiled, installation.account(owner).pw_uid, installation.account("mail").pw_gid)
    compiled.chmod(mode)
    assert installation.send("carol@example.org", stdin=MESSAGE).status == 0
    compiled.unlink()
    assert (len(host.messages), len(other.messages)) == ((0, 1) if is_believed else (1, 0))


@pytest.mark.parametrize("octets", [b"", b"\0", b"\xff" * 5000, b"\xa9\x02\xda\x01x\xe9\0\0\0\0"])
def test_a_compiled_configuration_that_makes_no_sense_is_ignored(installation, host, octets):
    compiled = installation.sysconfdir / "gatepost.compiled"
    compiled.write_bytes(octets)
    os.chown(compiled, 0, installation.account("mail").pw_gid)
    compiled.chmod(0o640)
    result = installation.send("carol@example.org", stdin=MESSAGE)
    compiled.unlink()
    assert (result.status, result.stderr) == (0, "")


@pytest.mark.parametrize("place", FILES)
def test_control_without_the_checks_a_file_of_the_caller_is_used(weakened, smarthost, place):
    installation = weakened(WITHOUT_CHECKS)
    host = smarthost(tls="starttls", auth={"ws1": "xyzzy-plugh"})
    installation.configure_relay(host)
    path = places(installation)[place]
    os.chown(path, installation.account("alice").pw_uid, -1)
    assert installation.send("carol@example.org", stdin=MESSAGE).status == 0


def replace_by(kind, path):
    """Put something of another kind in a file's place, and return what is to be told."""
    group = path.stat().st_gid
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "terminal":
        path.symlink_to("/dev/tty")
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "closed":
        write(path, "", 0, 0, 0o600)
        return "denied"
    if kind in ("fifo", "folder"):
        os.chown(path, 0, group)
        path.chmod(0o750)
        return "is not a regular file"
    return "is not a regular file" if kind == "device" else "cannot be read"


def remove(path):
    """Remove whatever it is."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def set_acl(path, uid):
    """Let a user write a file that others still may not (the format of the kernel: version, then tag, rights, id)."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, 6, nobody), (0x02, 6, uid), (0x04, 4, nobody), (0x10, 6, nobody), (0x20, 0, nobody)]
    octets = (2).to_bytes(4, "little")
    for tag, rights, identity in entries:
        octets += tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + identity.to_bytes(4, "little")
    os.setxattr(path, "system.posix_acl_access", octets)
