"""gatepost check: examine the installation, from the accounts to the secrets and, on request, the smart host."""

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
    """Yield all findings, and write the compiled configuration if there is no error in it.

    `then` goes on with a configuration that is right; it may give root up.
    """
    for subject, examine in INSTALLATION.items():
        yield finding(subject, examine)
    yield from check_configuration(ROOT, then)
