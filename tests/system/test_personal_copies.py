"""Gatepost without root: from a checkout, installed by an ordinary user, installed by pip."""

from __future__ import annotations

import os
import shutil
import stat

import pytest

from tests.support.accounts import run
from tests.support.installation import CHECKOUT
from tests.support.personal import PASSWORD
from tests.support.weakened import copy_sources
from tests.system.outcome import assert_sent
from tests.system.test_install import CHEAP

MESSAGE = b"Subject: hello\n\nhello\n"
ONE = ("carol@example.org",)


# From a checkout


@pytest.fixture
def checkout(personal):
    """Return what starts sendmail from a copy of the sources."""
    source = personal.home / "source"
    copy_sources(source)
    run("chown", "-R", f"{personal.account.pw_uid}:{personal.account.pw_gid}", source)
    return ("/usr/bin/python3", str(source / "packaging/pip/sendmail.py"))


def test_a_checkout_needs_no_c_program(personal, own_host, checkout):
    assert_sent(as_user(personal, *checkout, *ONE), own_host, ONE)
    result = as_user(personal, *checkout, *ONE, "-C", "/nonexistent")
    assert result.reason == "/nonexistent: cannot be read: No such file or directory"


def test_a_checkout_started_by_root_refuses(personal, own_host, checkout):
    result = as_user(personal, *checkout, "-C", str(personal.configuration), *ONE, user="root")
    assert result.reason == "root must use the installed sendmail, which drops root first, or send as an ordinary user"
    assert own_host.connections == 0


def test_a_checkout_started_with_closed_descriptors_sends(personal, own_host, checkout):
    script = f"exec {' '.join(checkout)} carol@example.org <&- >&- 2>&-"
    assert as_user(personal, "/bin/sh", "-c", script).status == 0
    assert own_host.message.body == b""


# Installed by an ordinary user


@pytest.fixture
def own_installation(personal):
    """Install as alice, into her home, from a copy of the sources."""
    source = personal.home / "source"
    copy_sources(source)
    run("chown", "-R", f"{personal.account.pw_uid}:{personal.account.pw_gid}", source)
    places = (f"PREFIX={personal.home}/.local", f"SYSCONFDIR={personal.folder}", CHEAP)
    personal.folder.parent.mkdir(mode=0o700)
    os.chown(personal.folder.parent, personal.account.pw_uid, personal.account.pw_gid)
    done = personal.installation.run_as(
        "alice", "/usr/bin/make", "-s", "-C", str(source), "install", *places, time_limit_s=120
    )
    assert done.status == 0, done.stderr
    return done


def test_what_an_ordinary_user_installs_says_that_it_has_no_privilege_and_sends(personal, own_installation, smarthost):
    launcher = personal.home / ".local/libexec/gatepost/launcher"
    assert stat.S_IMODE(launcher.stat().st_mode) == 0o755
    assert stat.S_IMODE(personal.secrets.stat().st_mode) == 0o700
    assert own_installation.stdout == (
        f"now name your smart host in {personal.configuration}\n"
        f"installed without privilege: {personal.home}/.local/sbin/sendmail sends with the rights of its caller, "
        "so the caller can read the password\n"
    )
    host = smarthost(tls="starttls", auth={"alice": PASSWORD})
    personal.configure(host)
    program = personal.home / ".local/sbin/sendmail"
    assert_sent(personal.send(*ONE, stdin=MESSAGE, program=program), host, ONE)


# Installed by pip


@pytest.fixture
def packages(personal):
    """What `pip install --target` of a checkout gives: the wheel, unpacked. The script is made by pip itself."""
    source, wheels, target = (personal.home / name for name in ("source", "wheels", "packages"))
    copy_sources(source)
    shutil.copy(CHECKOUT / "pyproject.toml", source)
    run("chown", "-R", f"{personal.account.pw_uid}:{personal.account.pw_gid}", source)
    before = set(source.rglob("*"))
    script = f"cd {source} && exec /usr/bin/python3 -B -m hatchling build -t wheel -d {wheels}"
    built = personal.installation.run_as(personal.who, "/bin/sh", "-c", script)
    assert built.status == 0, built.stderr
    assert set(source.rglob("*")) == before  # nothing of ours lies in the checkout
    (wheel,) = wheels.iterdir()
    shutil.unpack_archive(wheel, target, "zip")
    (target / "gatepost-sendmail").write_text("from gatepost.sendmail import main\n\nmain()\n")
    run("chown", "-R", f"{personal.account.pw_uid}:{personal.account.pw_gid}", target)
    return target


def test_pip_installs_every_module_and_nothing_else(packages):
    expected = {f"gatepost/{file.name}" for file in (CHECKOUT / "packaging/pip").glob("*.py")}
    expected |= {f"gatepost/{file.relative_to(CHECKOUT)}" for file in (CHECKOUT / "helper").rglob("*.py")}
    files = {str(file.relative_to(packages)) for file in packages.rglob("*") if file.is_file()}
    assert {file for file in files if not file.startswith("gatepost-")} == expected
    (entries,) = packages.glob("gatepost-*.dist-info/entry_points.txt")
    assert "gatepost-sendmail = gatepost.sendmail:main\n" in entries.read_text()


def test_what_pip_installs_sends(personal, own_host, packages):
    env = {"PYTHONPATH": str(packages)}
    for command in ((str(packages / "gatepost-sendmail"),), ("-m", "gatepost.sendmail")):
        started = ("/usr/bin/python3", *command)
        for named in ((), ("-C", str(personal.configuration))):
            own_host.messages.clear()
            assert_sent(as_user(personal, *started, *named, *ONE, env=env), own_host, ONE)
        assert as_user(personal, *started, env=env).status == 64


def test_what_pip_installs_says_which_module_is_missing(personal, own_host, packages):
    kernel = packages / "gatepost/helper/privileged/kernel.py"
    kernel.write_text(kernel.read_text().replace("import _ctypes\n", "import _ctypes_of_nobody\n"))
    script = f"import sys; sys.path[:0] = ['{packages}']; from gatepost.sendmail import main; main()"
    result = as_user(personal, "/usr/bin/python3", "-c", script, *ONE)
    assert (result.status, own_host.connections) == (1, 0)
    assert result.reason == "the Python module _ctypes_of_nobody cannot be imported"


def as_user(personal, *command, **options):
    """Run a command as the user would, and return what came of it."""
    result = personal.installation.run_as(options.pop("user", personal.who), *command, stdin=MESSAGE, **options)
    log = personal.log_lines()
    return type(result)(result.status, result.stdout, result.stderr, log[-1:])
