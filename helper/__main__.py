"""The script that the launcher starts. It only loads the bundle, which holds the rest of the code compiled."""

import sys

sys.path.append(__file__.rsplit("/", 2)[0])

from helper.bundle import load_bundle  # needs the path

load_bundle(__file__.removesuffix("__main__.py") + "helper")

from helper.entry.set_id import main  # noqa: E402 # needs the bundle

main()
