"""All callers, and the Debian packages that they come in."""

from __future__ import annotations

from tests.callers.daemons import DAEMONS
from tests.callers.languages import LANGUAGES
from tests.callers.readers import READERS
from tests.callers.reports import REPORTS

CALLERS = (*DAEMONS, *READERS, *LANGUAGES, *REPORTS)
PACKAGES = tuple(dict.fromkeys(caller.package for caller in CALLERS))
