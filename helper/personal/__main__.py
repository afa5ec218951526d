"""The script that starts a helper without privilege: it only makes the rest importable.

The only argument, where there is one, is the sentence that says why there is no other helper. GATEPOST_MODULES has the
directories in which the interpreter of a copy from pip looks for modules, joined by colons; sendmail never gives it.
"""

import os
import sys

sys.path += [__file__.rsplit("/", 3)[0], *filter(None, os.environ.get("GATEPOST_MODULES", "").split(":"))]

try:
    from helper.entry.unprivileged import main  # the path has to stand first
except ImportError as error:
    from helper.unprivileged.missing_module import end_without

    end_without(error.name)

main(*sys.argv[1:])
