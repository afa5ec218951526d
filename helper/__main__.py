"""The script that the launcher starts: it only makes the rest importable, so that the rest is loaded compiled."""

import sys

sys.path.append(__file__.rsplit("/", 2)[0])

from helper.bundle import load_bundle  # the path has to stand first

load_bundle(__file__.removesuffix("__main__.py") + "helper")

from helper.entry.set_id import main  # noqa: E402 # and the bundle

main()
