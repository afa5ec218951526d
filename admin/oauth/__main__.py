"""The script that root starts, as the stand-in, to speak to a token endpoint: it only makes the rest importable."""

import sys

sys.path.append(__file__.rsplit("/", 3)[0])

from helper.privileged.paths import PYTHON_MODULES  # the path has to stand first

sys.path.append(PYTHON_MODULES)

from admin.oauth.speak import main

main()
