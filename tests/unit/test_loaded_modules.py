"""What every send loads, pinned: each module more is time that somebody waits.

A send with a compiled configuration, that is; one without loads tomllib and what that needs.
"""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What the interpreter (python3 -I -S) loads by itself differs between versions, and is not ours to choose.
BARE = """
import sys
sys.path[:0] = [{root!r}]
sys.path.append("/usr/lib/python3/dist-packages")
before = set(sys.modules)
import {module}
print(*sorted(set(sys.modules) - before), sep="\\n")
"""

# Without python-prctl, the stand-in and what that is made of.
WITHOUT_PRCTL = importlib.util.find_spec("_prctl") is None  # `make test-deps` installs it
BEFORE_THE_DROP = {"resource", "binascii", "pwd", "errno", "stat", "_stat", "_ctypes" if WITHOUT_PRCTL else "_prctl"}
AFTER_IT = {"_ctypes", "_socket", "fcntl", "grp", "math", "select"}
OF_OURS_BEFORE_THE_DROP = {
    *("helper", "helper.bundle", "helper.failure", "helper.record", "helper.secret"),
    *("helper.entry", "helper.entry.serve", "helper.entry.set_id"),
    "helper.privileged",
    *(f"helper.privileged.{name}" for name in ("accounts", "acquire", "begin", "compiled_copy", "drop", "path_walk")),
    *(f"helper.privileged.{name}" for name in ("paths", "process", "protected_files", "python_prctl")),
    *(f"helper.privileged.{name}" for name in ("kernel", "prctl_fallback") if WITHOUT_PRCTL),
}
AFTERWARDS = ", ".join(
    (
        *("helper.entry.set_id", "helper.sandbox.confine", "helper.config.reach", "helper.network.resolve"),
        *("helper.loaded_state", "helper.story"),
    )
)


def loaded(module: str) -> set[str]:
    script = BARE.format(root=str(ROOT), module=module)
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-B", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def foreign(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] != "helper"} - {"__future__", "gc", "marshal"}


def test_before_the_drop_nothing_is_loaded_but_this():
    modules = loaded("helper.entry.set_id")
    assert foreign(modules) - BEFORE_THE_DROP == set()
    assert {name for name in modules if name.partition(".")[0] == "helper"} == OF_OURS_BEFORE_THE_DROP


def test_after_it_nothing_is_loaded_but_this():
    assert foreign(loaded(AFTERWARDS)) - BEFORE_THE_DROP - AFTER_IT == set()


# What only some sends need: a session, AUTH, a router that redirects, -f, -t, -bv, a password.
OF_SOME_SENDS = {
    *("helper.session", "helper.request.session_server", "helper.request.smtp_session", "helper.dsn"),
    *("helper.smtp.auth", "helper.smtp.sasl.mechanisms", "helper.smtp.sasl.exchange", "helper.smtp.sasl.mask"),
    *("helper.routing.lists", "helper.routing.aliases", "helper.routing.items", "helper.delivery.inquire"),
    *("helper.message.path", "helper.message.header_recipients", "helper.password", "helper.network.tls"),
    *("helper.config.configuration", "helper.privileged.log_file", "helper.privileged.command"),
}


def test_no_send_loads_what_only_some_need():
    ours = {name for name in loaded(AFTERWARDS) if name.startswith("helper.")}
    assert ours & OF_SOME_SENDS == set()
    assert loaded(", ".join(sorted(OF_SOME_SENDS))) >= OF_SOME_SENDS  # no name in the list is out of date


def test_tls_loads_the_c_module_alone():
    """`ssl` takes five times as long, and loads `enum`, `re` and `socket`."""
    modules = loaded(f"{AFTERWARDS}, helper.network.tls, helper.network.trust")
    assert foreign(modules) - BEFORE_THE_DROP - AFTER_IT == {"_ssl"}


def test_a_session_of_smtp_loads_no_more_of_python():
    """Programs that send by -bs wait for the greeting: asyncio, which aiosmtpd is made of, takes longer than a send."""
    assert foreign(loaded(f"{AFTERWARDS}, helper.session")) - BEFORE_THE_DROP - AFTER_IT == set()


@pytest.mark.parametrize(
    "heavy",
    [
        "os",
        "mmap",
        "ssl",
        "socket",
        "tomllib",
        "typing",
        "enum",
        "re",
        "json",
        "email",
        "dns",
        "logging",
        "dataclasses",
        "subprocess",
        "hashlib",
        "hmac",
        "stringprep",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(heavy):
    assert heavy not in loaded(AFTERWARDS)
