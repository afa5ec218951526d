"""What is compared with python-prctl can only be where that is; `make test-deps` installs it."""

from __future__ import annotations

import importlib.util

collect_ignore = [] if importlib.util.find_spec("prctl") else ["test_python_prctl.py"]
