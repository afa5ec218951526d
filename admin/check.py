"""gatepost check: is everything as it has to be, from the accounts to the last secret and, if asked, the smart host?"""

from __future__ import annotations

from collections.abc import Iterator

from admin.accounts import check_accounts
from admin.configuration import Visit, check_configuration
from admin.finding import Finding, finding
from admin.installed import check_code, check_command, check_launcher, check_sendmail
from admin.machine import (
    check_devices,
    check_interpreter,
    check_kernel,
    check_library,
    check_modules,
    check_prctl,
)
from helper.privileged.protected_files import ROOT

INSTALLATION = {
    "accounts": check_accounts,
    "sendmail": check_sendmail,
    "launcher": check_launcher,
    "gatepost": check_command,
    "code": check_code,
    "interpreter": check_interpreter,
    "library": check_library,
    "modules": check_modules,
    "prctl": check_prctl,
    "devices": check_devices,
    "kernel": check_kernel,
}


def check(then: Visit) -> Iterator[Finding]:
    """Yield what is right and what is wrong, and leave a compiled configuration where it is right.

    `then` goes on with a configuration that is right; it may give root up.
    """
    for subject, examine in INSTALLATION.items():
        yield finding(subject, examine)
    yield from check_configuration(ROOT, then)
