"""The script that a frontend starts for a send without privilege: it only makes the rest importable.

Arguments: the folders in which the frontend looks for modules, joined by colons; which configuration; its path.
"""

import sys

sys.path += [*sys.argv[1].split(":"), __file__.rsplit("/", 3)[0]]

from helper.privileged.paths import PYTHON_MODULES  # the path has to stand first

sys.path.append(PYTHON_MODULES)

try:
    from helper.personal.main import main
except ImportError as error:
    from helper.personal.missing import end_without

    end_without(error.name)

main(*sys.argv[2:])
