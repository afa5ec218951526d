"""The script that starts the unprivileged helper. It only makes the rest of the code importable.

The optional argument is the sentence that says why the set-id helper did not start. GATEPOST_MODULES lists directories
with modules, joined by colons. Only the sendmail that pip installs sets it.
"""

import os
import sys

sys.path += [__file__.rsplit("/", 3)[0], *filter(None, os.environ.get("GATEPOST_MODULES", "").split(":"))]

try:
    from helper.entry.unprivileged import main  # needs the path
except ImportError as error:
    from helper.unprivileged.missing_module import end_without

    end_without(error.name)

main(*sys.argv[1:])
