"""The file tree that the real servers run in: Debian's packages with all their libraries, unpacked below build/.

The packages come from one release, whatever the machine itself runs: the servers' configuration differs between
versions, and a tree with its own C library does not care what it stands on. `make deps` runs this file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.support.packages import CannotBeHad, download, extract, needed_for, run

RELEASE = "trixie"
MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ONE_OF_THEM = ("postfix", "exim4-daemon-light", "opensmtpd")  # for apt-get, which installs no two mail systems
OTHERS = ("dovecot-core", "dovecot-sieve", "dovecot-submissiond", "libsasl2-modules", "sasl2-bin", "zlib1g", "dash")
LEFT_OUT = ("libperl", "libsystemd-shared")  # large, and needed only by packages that are left out themselves
FOLDER = Path(__file__).parents[3] / "build/servers"
TREE = FOLDER / "tree"
MADE_OF = FOLDER / "made-of"


def make_tree() -> None:
    """Fetch and unpack, unless that was done. CannotBeHad where it fails; then the next attempt starts anew."""
    contents = " ".join((RELEASE, *ONE_OF_THEM, *OTHERS))
    if MADE_OF.exists() and MADE_OF.read_text() == contents:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    TREE.mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (TREE / name).symlink_to(f"usr/{name}")
    with tempfile.TemporaryDirectory() as scratch:
        archives = Path(scratch, "archives")
        archives.mkdir()
        fetch(archives, release_options(Path(scratch)))
        extract(archives, TREE)
    MADE_OF.write_text(contents)


def fetch(archives: Path, release: list[str]) -> None:
    """Fetch the servers and the libraries that they need, which for apt-get is an empty machine's."""
    run("apt-get", *release, "update", "-q")
    wanted = {*ONE_OF_THEM, *OTHERS}
    for server in ONE_OF_THEM:
        wanted |= {name for name in needed_for((server, *OTHERS), *release) if name.startswith("lib")}
    download(sorted(name for name in wanted if not name.startswith(LEFT_OUT)), archives, *release)


def release_options(scratch: Path) -> list[str]:
    """Return what makes apt-get see the release and nothing of the machine: neither its packages nor its choices."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    (scratch / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n")
    settings = {
        "Dir::Etc::SourceList": scratch / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "Dir::Cache::pkgcache": "packages.bin",  # images for containers switch it off, and each look takes seconds
        "Dir::Cache::srcpkgcache": "sources.bin",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def mirror() -> str:
    """Return the mirror that the machine has Debian from, else the usual one."""
    wanted = ("Created-By: Packages", "Origin: Debian", "Label: Debian", "Component: main")
    return next(iter(run("apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted).split()), MIRROR)


if __name__ == "__main__":
    try:
        make_tree()
    except CannotBeHad as error:
        sys.exit(f"make deps: the servers that the tests send to could not be fetched: {error}")
