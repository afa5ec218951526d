"""The Debian package as a file: what is in it, that nothing is wrong with it, that it is the same each time."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.packages.conftest import CHECKOUT
from tests.packages.system import build, copy_of_the_tree

# Path, and mode where it is not 0644.
SHIPPED = {
    "etc/apparmor.d/usr.libexec.gatepost.launcher": "",
    "usr/bin/gatepost": "-rwxr-xr-x",
    "usr/bin/mailq": "lrwxrwxrwx",
    "usr/bin/newaliases": "lrwxrwxrwx",
    "usr/lib/sendmail": "lrwxrwxrwx",
    "usr/lib/systemd/system/gatepost.socket": "",
    "usr/lib/systemd/system/gatepost@.service": "",
    "usr/libexec/gatepost/launcher": "-rwxr-xr-x",
    "usr/sbin/sendmail": "-rwxr-xr-x",
    "usr/share/bash-completion/completions/gatepost": "",
    "usr/share/bash-completion/completions/sendmail": "",
    "usr/share/doc/gatepost/README.md.gz": "",
    "usr/share/doc/gatepost/SECURITY.md.gz": "",
    "usr/share/doc/gatepost/changelog.gz": "",
    "usr/share/doc/gatepost/copyright": "",
    "usr/share/gatepost/bundle.py": "",
    "usr/share/gatepost/compile.sh": "-rwxr-xr-x",
    "usr/share/gatepost/gatepost.toml": "",
    "usr/share/gatepost/recompile": "-rwxr-xr-x",
    "usr/share/lintian/overrides/gatepost": "",
    "usr/share/man/man1/mailq.1.gz": "lrwxrwxrwx",
    "usr/share/man/man1/newaliases.1.gz": "lrwxrwxrwx",
    "usr/share/man/man5/gatepost.toml.5.gz": "",
    "usr/share/man/man8/gatepost.8.gz": "",
    "usr/share/man/man8/sendmail.8.gz": "lrwxrwxrwx",
    "usr/share/man/man8/sendmail.gatepost.8.gz": "",
    "usr/share/python3/runtime.d/gatepost.rtupdate": "-rwxr-xr-x",
    "usr/share/zsh/vendor-completions/_gatepost": "",
    "usr/share/zsh/vendor-completions/_sendmail": "",
}


def written_by(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tree_of(package: Path) -> Path:
    """Return the tree that it was made from, which nobody edits meanwhile."""
    return package.parents[2]


def test_it_ships_the_code_and_this_and_nothing_else(package):
    tree = tree_of(package)
    code = {
        f"usr/lib/gatepost/{source.relative_to(tree)}": ""
        for side in ("admin", "frontend", "helper")
        for source in (tree / side).rglob("*.py")
    }
    lines = [line.split() for line in written_by("dpkg-deb", "--contents", package).splitlines()]
    found = {words[5].removeprefix("./"): words[0] for words in lines if not words[0].startswith("d")}
    assert found == {path: mode or "-rw-r--r--" for path, mode in (SHIPPED | code).items()}
    assert {words[1] for words in lines} == {"root/root"}
    assert {words[0] for words in lines if words[0].startswith("d")} == {"drwxr-xr-x"}


def test_lintian_has_nothing_to_say(package):
    (changes,) = package.parent.glob("*.changes")
    command = ("lintian", "--allow-root", "--display-info", "--pedantic", "--fail-on", "pedantic,info,warning,error")
    assert written_by(*command, changes) == ""


def test_built_again_it_is_the_same(package, place):
    again = build(copy_of_the_tree(tree_of(package), place / "somewhere" / "else"))
    assert again.read_bytes() == package.read_bytes()


def test_a_build_leaves_nothing_in_a_clean_tree(package, place):
    tree = copy_of_the_tree(tree_of(package), place / "clean")
    before = set(tree.rglob("*"))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    subprocess.run(
        ["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=tree, env=environment, check=True, capture_output=True
    )
    assert list(place.glob("gatepost_*.deb"))
    subprocess.run(["dpkg-buildpackage", "-T", "clean"], cwd=tree, env=environment, check=True, capture_output=True)
    assert set(tree.rglob("*")) - before <= {tree / "build"} | {tree / "debian/files"}


def test_the_apparmor_profile_can_be_read():
    written_by("apparmor_parser", "-QKT", Path(CHECKOUT, "packaging/apparmor/usr.libexec.gatepost.launcher"))
