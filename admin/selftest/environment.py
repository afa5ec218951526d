"""Attacks by the environment of the launcher: variables that make a loader, an interpreter or OpenSSL read a trap."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from admin.selftest.attacker import Attacker
from admin.selftest.held import held, told
from admin.selftest.proof import Proof
from helper.failure import SystemFault
from helper.privileged import paths

CONSTANT_ENVIRONMENT = b"PATH=/usr/bin:/bin\0"
# What the helper imports early, and what an interpreter looks for by itself.
MODULES = ("os", "_ctypes", "pwd", "resource", "ssl", "sitecustomize", "usercustomize", "encodings/__init__")
TRAP = "import posix\nposix.close(posix.open({mark!r}, posix.O_WRONLY | posix.O_CREAT))\n"


def set_traps(attacker: Attacker) -> list[str]:
    """Start it with an environment full of traps, and find those that the helper has seen or executed."""
    environment = dict(word.split("=", 1) for word in attacker.do(lambda: lay_traps(attacker.directory)))
    shown: list[str] = []
    try:
        with held(attacker, environment=environment) as pid:
            shown = heard_of(pid, attacker)
    except SystemFault:
        if not stepped_into(attacker):  # whose first module is a trap has no other left to go on with
            raise
    return shown + stepped_into(attacker)


def heard_of(pid: int, attacker: Attacker) -> list[str]:
    """Return what a helper shows of such an environment."""
    shown = {
        "a variable that reached the helper": told(pid, "environ") != CONSTANT_ENVIRONMENT,
        "a library of the caller's": attacker.directory.encode() in told(pid, "maps"),
    }
    return [name for name, is_so in shown.items() if is_so]


def stepped_into(attacker: Attacker) -> list[str]:
    """Return which modules of the attacker's have run."""
    return attacker.do(lambda: [f"a module of the caller's: {name}" for name in sorted(os.listdir("marks"))])


def lay_traps(directory: str) -> list[str]:
    """Lay out the traps in a directory, as whoever owns it, and return the variables that lead into them."""
    marks, modules, home = (os.path.join(directory, name) for name in ("marks", "modules", "venv"))
    library = Path(home, sysconfig.get_config_var("PLATLIBDIR") or "lib", f"python{sysconfig.get_python_version()}")
    for each in (marks, modules, os.path.join(home, "bin"), str(library)):
        os.makedirs(each)
    os.chmod(marks, 0o777)
    for each in (modules, str(library)):
        for name in MODULES:
            module = Path(each, f"{name}.py")
            module.parent.mkdir(exist_ok=True)
            module.write_text(TRAP.format(mark=os.path.join(marks, name.partition("/")[0])))
    python = os.path.join(home, "bin", "python3")
    os.symlink(paths.PYTHON, python)
    Path(home, "pyvenv.cfg").write_text(f"home = {home}/bin\n")
    variables = {
        "LD_PRELOAD": preloadable(directory),
        "LD_LIBRARY_PATH": directory,
        "GLIBC_TUNABLES": "glibc.malloc.mxfast=glibc.malloc.mxfast=" + "A" * 2000,
        "GCONV_PATH": directory,
        "PYTHONPATH": modules,
        "PYTHONHOME": home,
        "PYTHONEXECUTABLE": python,
        "PYTHONINSPECT": "1",
        "OPENSSL_CONF": os.path.join(directory, "openssl.cnf"),
        "SSLKEYLOGFILE": os.path.join(marks, "SSLKEYLOGFILE"),
        "PATH": os.path.dirname(python),
        "TZ": f":{os.path.join(directory, 'zone')}",
        "HOME": directory,
    }
    return [f"{name}={value}" for name, value in variables.items()]


def preloadable(directory: str) -> str:
    """Return a library of the attacker's: a copy of one of this process, whose file shows in whoever loads it."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    libraries = [line.split()[-1] for line in lines if line.endswith(".so") or ".so." in line]
    copy = os.path.join(directory, "trap.so")
    Path(copy).write_bytes(Path(libraries[0]).read_bytes() if libraries else b"")
    os.chmod(copy, 0o755)
    return copy


PROOFS = (
    Proof(
        "launcher",
        "the caller's environment has no effect on it (LD_*, GLIBC_TUNABLES, PYTHON*, GCONV_PATH)",
        set_traps,
    ),
)
