"""The script that the launcher starts: it only makes the rest importable, so that the rest is loaded compiled."""

import sys

sys.path.append(__file__.rsplit("/", 2)[0])

from helper.privileged.paths import PYTHON_MODULES  # the path has to stand first

sys.path.append(PYTHON_MODULES)

from helper.main import main

main()
