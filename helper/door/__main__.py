"""The script that gatepost@.service starts: it only makes the rest importable, so that the rest is loaded compiled."""

import sys

sys.path.append(__file__.rsplit("/", 3)[0])

from helper.bundle import load_bundle  # the path has to stand first

load_bundle(__file__.removesuffix("door/__main__.py") + "helper")

from helper.entry.socket import main  # noqa: E402 # and the bundle

main()
