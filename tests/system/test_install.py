"""`make install` and `make uninstall`: what is where, with which owner and mode (contract, section 3)."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.accounts import machine_lock
from tests.support.installation import CHECKOUT

CHEAP = "CFLAGS=-O0 -U_FORTIFY_SOURCE"  # compiled in half the time


def make(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    command = ["make", "-s", *map(str, arguments)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, **options)


def settings(installation, prefix: Path) -> list[str]:
    """Return the variables of an installation beside the worker's own, with the same accounts."""
    return [
        f"PREFIX={prefix}/usr",
        f"SYSCONFDIR={prefix}/etc",
        f"BUILD={prefix}-build",  # outlives the installation: the next one need not compile it again
        CHEAP,
        f"SERVICE_USER={installation.logins['mail']}",
        f"STANDIN_USER={installation.logins['null']}",
    ]


@pytest.fixture
def other(installation):
    """Return a place for a second installation."""
    place = installation.root / "other"
    place.mkdir()
    yield place
    shutil.rmtree(place)


def installed(installation, place: Path) -> list[str]:
    variables = settings(installation, place)
    with machine_lock():
        done = make("install", *variables)
    assert done.returncode == 0, done.stderr
    return variables


def owner_and_mode(path: Path, names: dict[int, str]) -> tuple[str, str, str]:
    status = path.lstat()
    return names[status.st_uid], names[status.st_gid], oct(stat.S_IMODE(status.st_mode))


def test_every_file_has_its_owner_and_mode(installation, other):
    installed(installation, other)
    service = installation.account("mail")
    names = {0: "root", service.pw_uid: "service", service.pw_gid: "service"}
    expected = {
        "usr/sbin/sendmail": ("root", "root", "0o755"),
        "usr/libexec/gatepost/launcher": ("service", "service", "0o6755"),
        "usr/bin/gatepost": ("root", "root", "0o755"),
        "usr/share/man/man8/sendmail.gatepost.8": ("root", "root", "0o644"),
        "usr/share/man/man8/gatepost.8": ("root", "root", "0o644"),
        "usr/share/man/man5/gatepost.toml.5": ("root", "root", "0o644"),
        "usr/lib/gatepost/helper/story.py": ("root", "root", "0o644"),
        "usr/lib/gatepost/admin/main.py": ("root", "root", "0o644"),
        "usr/lib/systemd/system/gatepost.socket": ("root", "root", "0o644"),
        "usr/lib/systemd/system/gatepost@.service": ("root", "root", "0o644"),
        "usr/lib/systemd/system/gatepost-refresh.service": ("root", "root", "0o644"),
        "usr/lib/systemd/system/gatepost-refresh.timer": ("root", "root", "0o644"),
        "etc": ("root", "root", "0o755"),
        "etc/gatepost.toml": ("root", "service", "0o640"),
        "etc/secrets": ("root", "service", "0o750"),
    }
    found = {name: owner_and_mode(other / name, names) for name in expected}
    assert found == expected


def test_one_file_alone_has_set_id_bits_and_none_is_writable_by_others(installation, other):
    installed(installation, other)
    files = [path for path in (other / "usr").rglob("*") if not path.is_symlink()]
    assert [str(path.relative_to(other)) for path in files if path.stat().st_mode & 0o6000] == [
        "usr/libexec/gatepost/launcher"
    ]
    assert [path for path in files if path.stat().st_mode & 0o022] == []
    assert [path for path in files if path.stat().st_uid != 0] == [other / "usr/libexec/gatepost/launcher"]


def test_the_other_names_lead_to_sendmail(installation):
    for name in ("lib/sendmail", "bin/mailq", "bin/newaliases"):
        assert (installation.prefix / name).resolve() == installation.sendmail


def test_the_code_is_compiled_at_install_time(installation):
    sources = list((installation.prefix / "lib/gatepost").rglob("*.py"))
    assert len(sources) > 40
    assert [path for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))] == []


def test_the_accounts_have_no_shell_no_home_and_no_members(installation):
    for who in ("mail", "null"):
        account = installation.account(who)
        assert account.pw_shell == "/usr/sbin/nologin"
        assert not Path(account.pw_dir).exists()
        members = subprocess.run(["getent", "group", account.pw_name], capture_output=True, text=True, check=True)
        assert members.stdout.strip().endswith(":")


def test_installing_again_keeps_the_configuration_and_leaves_nothing_of_the_old_code_behind(installation, other):
    installed(installation, other)
    configuration, launcher = other / "etc/gatepost.toml", other / "usr/libexec/gatepost/launcher"
    configuration.write_text("# mine\n")
    (other / "etc/secrets/relay.password").write_text("secret\n")
    old_copy, library = other / "usr/kept", other / "usr/lib/gatepost"
    os.link(launcher, old_copy)
    (library / "helper/of_an_older_version.py").write_text("")
    installed(installation, other)
    assert configuration.read_text() == "# mine\n"
    assert (other / "etc/secrets/relay.password").read_text() == "secret\n"
    assert stat.S_IMODE(launcher.stat().st_mode) == 0o6755
    assert stat.S_IMODE(old_copy.stat().st_mode) == 0o755, "an old launcher kept by a hard link keeps its bits"
    assert not (library / "helper/of_an_older_version.py").exists()
    assert sorted(path.name for path in library.parent.iterdir()) == ["gatepost", "sendmail", "systemd"]
    compiled = next((library / "helper/__pycache__").glob("story.*.pyc")).read_bytes()
    assert f"{other}/usr/lib/gatepost/helper/story.py".encode() in compiled


def test_uninstalling_leaves_the_configuration_and_nothing_else(installation, other):
    variables = installed(installation, other)
    done = make("uninstall", *variables)
    assert done.returncode == 0, done.stderr
    assert [path for path in (other / "usr").rglob("*") if not path.is_dir()] == []
    assert (other / "etc/gatepost.toml").exists()
    assert (other / "etc/secrets").exists()


def take(other):
    """Put in place what another package has: its sendmail, and links to that."""
    sendmail = other / "usr/sbin/sendmail"
    sendmail.unlink()
    sendmail.symlink_to("exim4")
    (other / "usr/sbin/exim4").write_text("#!/bin/sh\nexit 3\n")
    (other / "usr/sbin/exim4").chmod(0o755)


def test_another_packages_sendmail_and_its_links_are_neither_replaced_nor_removed(installation, other):
    """Its links lead where ours did: whose they are shows in the program."""
    variables = installed(installation, other)
    take(other)
    (other / "usr/bin/mailq").unlink()
    (other / "usr/bin/mailq").write_text("its own\n")
    done = make("install", *variables)
    assert done.returncode != 0
    assert f"{other}/usr/sbin/sendmail belongs to another program: remove that first" in done.stderr
    done = make("uninstall", *variables)
    assert done.returncode == 0, done.stderr
    left = sorted(str(path.relative_to(other)) for path in (other / "usr").rglob("*") if not path.is_dir())
    assert left == ["usr/bin/mailq", "usr/bin/newaliases", "usr/lib/sendmail", "usr/sbin/exim4", "usr/sbin/sendmail"]
    assert f"left in place: {other}/usr/sbin/sendmail, which does not belong to Gatepost" in done.stdout


def write_foreign(path: Path) -> None:
    path.write_text("#!/bin/sh\nexec /opt/other/gatepost\n")


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("../../nowhere/mta")


def link_to_a_text_like_ours(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_text(f"sys.path += ['{path.parents[1]}/lib/gatepost'] # Gatepost")
    path.symlink_to(target)


FOREIGN = [
    *((name, link_to_nowhere) for name in ("sbin/sendmail", "bin/newaliases", "bin/gatepost")),
    *((name, write_foreign) for name in ("bin/mailq", "bin/gatepost")),
    *((name, Path.mkdir) for name in ("lib/sendmail", "share/bash-completion/completions/sendmail")),
    *((name, link_to_a_text_like_ours) for name in ("bin/gatepost", "share/zsh/site-functions/_gatepost")),
]


def test_what_is_not_ours_is_neither_replaced_nor_removed(installation, other):
    """Links that lead nowhere, texts, directories, and a link that would be written through."""
    service, standin, usr = installation.logins["mail"], installation.logins["null"], other / "usr"
    names = ["", usr, other / "etc", service, standin]
    more = ["/usr/bin/python3", "/usr/lib/gatepost-modules", other / "build", other / "socket"]

    def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["/bin/sh", f"packaging/{script}.sh", *map(str, arguments)]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    for name, put in FOREIGN:
        foreign = usr / name
        foreign.parent.mkdir(parents=True)
        put(foreign)
        before = sorted((path, path.lstat().st_mtime_ns) for path in other.rglob("*") if not path.is_dir())
        done = run("install", *names, *more)
        assert (done.returncode, name in done.stderr) == (1, True), (name, put, done.stderr)
        assert f"make install: {foreign} belongs to another program: remove that first" in done.stderr
        done = run("uninstall", *names)
        assert (done.returncode, f"left in place: {foreign}, which does not belong to Gatepost" in done.stdout) == (
            0,
            True,
        ), done
        assert foreign.is_symlink() or foreign.exists()
        after = sorted((path, path.lstat().st_mtime_ns) for path in other.rglob("*") if not path.is_dir())
        assert after == before
        shutil.rmtree(usr)


def test_uninstalling_behind_a_sendmail_that_leads_nowhere_keeps_its_links(installation, other):
    for name, target in (("sbin/sendmail", "exim4"), ("bin/mailq", "../sbin/sendmail")):
        (other / "usr" / name).parent.mkdir(parents=True)
        (other / "usr" / name).symlink_to(target)
    assert make("uninstall", *settings(installation, other)).returncode == 0
    assert (other / "usr/sbin/sendmail").is_symlink()
    assert (other / "usr/bin/mailq").is_symlink()


def test_uninstalling_takes_links_of_ours_that_lead_nowhere(installation, other):
    (other / "usr/lib").mkdir(parents=True)
    (other / "usr/lib/sendmail").symlink_to("../sbin/sendmail")
    assert make("uninstall", *settings(installation, other)).returncode == 0
    assert list((other / "usr/lib").iterdir()) == []


def test_installing_where_others_could_exchange_it_is_refused(installation, other):
    for folder in ("usr/share/man/man8", "usr/lib/systemd/system", "usr", "usr/libexec", "etc"):
        (other / folder).mkdir(parents=True, exist_ok=True)
        os.chown(other / folder, installation.account("alice").pw_uid, 0)
        done = make("install", *settings(installation, other))
        assert done.returncode != 0
        assert f"{other / folder} can be written by users other than root" in done.stderr
        assert not (other / "usr/sbin").exists()
        os.chown(other / folder, 0, 0)


def test_staging_needs_no_root_and_sets_no_bits(installation, other):
    alice = installation.account("alice")
    os.chown(other, alice.pw_uid, alice.pw_gid)
    source = other / "source"
    with machine_lock():
        shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(".git", "build", "__pycache__", ".*_cache"))
    done = subprocess.run(
        ["make", "-s", "install", f"DESTDIR={other}/stage", f"BUILD={other}/build", CHEAP],
        cwd=source,
        user=alice.pw_uid,
        group=alice.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((other / "stage/usr/libexec/gatepost/launcher").stat().st_mode) == 0o755
    assert (other / "stage/etc/gatepost/gatepost.toml").exists()
    paths = (other / "stage/usr/lib/gatepost/helper/privileged/paths.py").read_text()
    assert str(other) not in paths


@pytest.mark.parametrize(
    "places",
    [["PREFIX=/nonexistent"], ["PREFIX={0}/usr"], ["PREFIX=/nonexistent/usr", "SYSCONFDIR={0}/etc"]],
    ids=["prefix", "prefix-alone", "configuration-alone"],
)
def test_installing_without_root_a_stage_or_places_of_ones_own_is_refused(installation, other, places):
    places = [place.format(other) for place in places]
    alice = installation.account("alice")
    os.chown(other, alice.pw_uid, alice.pw_gid)
    done = make("install", f"BUILD={other}/build", CHEAP, *places, user=alice.pw_uid, group=alice.pw_gid)
    assert done.returncode != 0
    assert "cannot be written: run it as root, or give a DESTDIR, or PREFIX and SYSCONFDIR of your own" in done.stderr
    assert sorted(path.name for path in other.iterdir()) == ["build"]


def test_a_path_that_is_not_absolute_is_refused(installation, other):
    done = make("install", *settings(installation, other), "SYSCONFDIR=etc")
    assert done.returncode != 0
    assert "etc must be an absolute path" in done.stderr
