"""gatepost check: is everything as it has to be, from the accounts to the last secret and, if asked, the smart host?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from admin.accounts import check_accounts
from admin.configured_files import examine_files, read_configuration, write_compiled
from admin.finding import OK, WRONG, Finding, finding, reason
from admin.installed import check_code, check_command, check_launcher, check_sendmail
from admin.machine import (
    check_devices,
    check_interpreter,
    check_kernel,
    check_library,
    check_modules,
    check_prctl,
    check_sandbox,
)
from admin.plausibility import check_plausibility
from admin.unroutable import check_routes
from admin.unused import check_unused
from helper.config.values import Configuration
from helper.failure import Failure
from helper.privileged import paths

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


def check(then: Callable[[Configuration], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what is right and what is wrong, and leave a compiled configuration where it is right.

    `then` goes on with a configuration that can be read; it may give root up.
    """
    for subject, examine in INSTALLATION.items():
        yield finding(subject, examine)
    try:
        parsed = read_configuration()
    except Failure as failure:
        yield Finding(WRONG, "configuration", reason(failure))
        return
    yield Finding(OK, "configuration", paths.CONFIGURATION)
    yield finding("compiled", partial(write_compiled, parsed))
    yield finding("sandbox", partial(check_sandbox, parsed.configuration))
    yield from examine_files(parsed.configuration)
    yield from check_plausibility(parsed.configuration)
    yield from check_unused(parsed.configuration)
    yield from check_routes(parsed.configuration)
    yield from then(parsed.configuration)


def nothing_more(_: Configuration) -> Iterator[Finding]:
    """Leave it at that: no smart host is spoken to."""
    return iter(())
