"""Debian with the programs that call sendmail, and without a sendmail: a file tree below build/, made once.

`make callers` runs this file. It downloads some hundred megabytes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.callers.programs import PACKAGES
from tests.support.packages import CannotBeHad, run
from tests.support.realservers.tree import mirror

RELEASE = "bookworm"  # what the callers do is different in other releases
FOLDER = Path(__file__).parents[2] / "build/callers" / RELEASE
TREE = FOLDER / "tree"
MADE_OF = FOLDER / "made-of"
OURS = ("python3", "python3-dnspython", "make")
# Some of the callers depend on a mail-transport-agent; apt would bring them Exim.
STANDS_FOR_US = """\
Package: gatepost-callers
Version: 1
Architecture: all
Maintainer: Gatepost <root@localhost>
Provides: mail-transport-agent
Description: stands for the sendmail that make install puts there
"""
DEB_IN_THE_TREE = "--hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount"


def make_tree() -> None:
    """Make the tree, unless that was done. CannotBeHad where it fails; then the next attempt starts anew."""
    contents = " ".join((RELEASE, *PACKAGES, *OURS))
    if MADE_OF.exists() and MADE_OF.read_text() == contents:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch, "gatepost-callers")
        (package / "DEBIAN").mkdir(parents=True)
        (package / "DEBIAN/control").write_text(STANDS_FOR_US)
        deb = package.with_suffix(".deb")
        run("dpkg-deb", "--build", package, deb)
        included = f"--include={','.join((*PACKAGES, *OURS))}"
        run("mmdebstrap", "--variant=minbase", DEB_IN_THE_TREE, f"--include={deb}", included, RELEASE, TREE, mirror())
    MADE_OF.write_text(contents)


def version(package: str) -> str:
    """Return which version of a package stands in the tree."""
    return run("dpkg-query", f"--admindir={TREE}/var/lib/dpkg", "-W", "-f", "${Version}", package)


if __name__ == "__main__":
    try:
        make_tree()
    except CannotBeHad as error:
        sys.exit(f"make callers: Debian with the callers could not be made: {error}")
