"""The script that gatepost@.service starts. It only loads the bundle, which holds the rest of the code compiled."""

import sys

sys.path.append(__file__.rsplit("/", 3)[0])

from helper.bundle import load_bundle  # needs the path

load_bundle(__file__.removesuffix("door/__main__.py") + "helper")

from helper.entry.socket import main  # noqa: E402 # needs the bundle

main()
