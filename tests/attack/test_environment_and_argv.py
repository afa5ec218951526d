"""B1, B2, B11, B13, B14, B16, C1, C2: nothing that a caller puts into environment, argv or working folder is heard.

Every trap leaves a mark in a folder when something falls into it. The launcher is started directly, with the hostile
environment: sendmail would give it an empty one.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.forged import ForgedFrontend, memory_file
from tests.support.misbehaviour import Silent
from tests.support.process import wait_for

MESSAGE = b"Subject: hello\n\nhello\n"
CONSTANT_ENVIRONMENT = b"PATH=/usr/bin:/bin\0"
START = "helper/start.h"

# A module with as many names as the helper imports from outside of the interpreter's frozen ones.
MODULES = (
    "_ctypes",
    "ssl",
    "socket",
    "pwd",
    "json",
    "prctl",
    "resource",
    "tomllib",
    "os",
    "syslog",
    "sitecustomize",
    "usercustomize",
    "dns",
)
MARKING_MODULE = "import posix\nposix.close(posix.open({mark!r}, posix.O_WRONLY | posix.O_CREAT, 0o666))\n"
MARKING_LIBRARY = """
#include <fcntl.h>
__attribute__((constructor)) static void mark(void) {{ (void)open("{mark}", O_WRONLY | O_CREAT, 0666); }}
int OSSL_provider_init(void) {{ return 0; }}
"""
OPENSSL_CONFIGURATION = """
openssl_conf = start
[start]
providers = list
[list]
trap = trap
[trap]
module = {library}
activate = 1
"""

ENVIRONMENT_PASSED_ON = {
    "    (void)execve(python, arguments, environment);\n": "    extern char **environ;\n    (void)environment;\n"
    "    (void)execve(python, arguments, environ);\n"
}
NOT_ISOLATED = {'    static char isolated[] = "-I";\n': '    static char isolated[] = "-B";\n'}
NAME_PASSED_ON = {
    "    char *const arguments[] = {python, isolated": '    static char name[] = "python3";\n'
    "    char *const arguments[] = {name, isolated"
}


@pytest.fixture
def traps(playground):
    """Return the folder of marks, and an environment full of traps that leave them."""
    marks = playground / "marks"
    marks.mkdir()
    marks.chmod(0o777)
    modules = modules_in(playground / "modules", marks / "module")
    python = interpreter_in(playground / "venv", marks / "pyvenv.cfg")
    library = library_in(playground, marks / "library")
    openssl = playground / "openssl.cnf"
    openssl.write_text(OPENSSL_CONFIGURATION.format(library=library))
    environment = {
        "LD_PRELOAD": str(library),
        "LD_LIBRARY_PATH": str(playground),
        "LD_AUDIT": str(library),
        "GLIBC_TUNABLES": "glibc.malloc.mxfast=glibc.malloc.mxfast=" + "A" * 2000,
        "PYTHONPATH": str(modules),
        "PYTHONHOME": str(playground / "venv"),
        "PYTHONSTARTUP": str(modules / "sitecustomize.py"),
        "PYTHONUSERBASE": str(playground / "venv"),
        "PYTHONEXECUTABLE": str(python),
        "PYTHONINSPECT": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONPLATLIBDIR": str(modules),
        "PYTHONPYCACHEPREFIX": str(marks),
        "PYTHONDUMPREFSFILE": str(marks / "references"),
        "PATH": str(python.parent),
        "OPENSSL_CONF": str(openssl),
        "OPENSSL_MODULES": str(playground),
        "OPENSSL_ENGINES": str(playground),
        "SSL_CERT_FILE": "/dev/null",
        "SSL_CERT_DIR": str(playground),
        "SSLKEYLOGFILE": str(marks / "keys"),
        "TZ": ":" + str(fifo_in(playground)),
        "TZDIR": str(playground),
        "HOSTALIASES": str(openssl),
        "LOCALDOMAIN": "evil.example",
        "RES_OPTIONS": "ndots:15 attempts:100 timeout:30",
        "GCONV_PATH": str(playground),
        "LOCPATH": str(playground),
        "MALLOC_CHECK_": "3",
        "BASH_ENV": str(modules / "os.py"),
        "HOME": str(playground),
        "XDG_CONFIG_HOME": str(playground),
    }
    return marks, environment


@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
@pytest.mark.parametrize("arguments", [[b"launcher"], [b"python3"], [b""], [b"-evil"], [b"%s%n\x1b" * 1000]])
def test_the_helper_hears_nothing_of_it(installation, smarthost, traps, arguments, mode):
    marks, environment = traps
    host = smarthost(tls="starttls", at={"MAIL": Silent()})
    installation.mode(mode)
    installation.configure_relay(host)
    with forged(installation, environment, arguments, cwd=marks.parent / "modules") as frontend:
        frontend.ready()
        frontend.submit(memory_file(MESSAGE))
        wait_for(lambda: "MAIL" in host.acted, "the send to stand still")
        assert Path(f"/proc/{frontend.process.pid}/environ").read_bytes() == CONSTANT_ENVIRONMENT
        assert os.readlink(f"/proc/{frontend.process.pid}/cwd") == "/"
    assert os.listdir(marks) == []


def test_a_venv_as_the_launchers_name_is_not_followed(installation, smarthost, traps):
    """argv[0] decides where CPython looks for pyvenv.cfg, if it reaches it."""
    marks, environment = traps
    host = smarthost()
    installation.configure_relay(host)
    with forged(installation, environment, [environment["PYTHONEXECUTABLE"].encode()]) as frontend:
        frontend.ready()
        frontend.submit(memory_file(MESSAGE))
        assert frontend.end() == ([], 0)
    assert os.listdir(marks) == []


def test_a_whole_send_hears_nothing_of_it(installation, smarthost, traps):
    """Neither does the frontend, although it has the rights of the caller only.

    The C library of Debian 13 in it warns of the caller's own GLIBC_TUNABLES, before main.
    """
    marks, environment = traps
    host = smarthost(tls="starttls")
    installation.configure_relay(host)
    command = ("-i", *(f"{name}={value}" for name, value in environment.items()), str(installation.sendmail))
    result = installation.send(
        *command, "carol@example.org", stdin=MESSAGE, program=Path("/usr/bin/env"), cwd=marks.parent / "modules"
    )
    warning = f"WARNING: ld.so: invalid GLIBC_TUNABLES `{environment['GLIBC_TUNABLES']}'"
    others = [line for line in result.stderr.splitlines() if not line.startswith(warning)]
    assert (result.status, others) == (0, [])
    assert os.listdir(marks) == []


@pytest.mark.parametrize("part", ["sendmail", "launcher"])
def test_no_argument_at_all_does_no_harm(installation, smarthost, part):
    """CVE-2021-4034: an argv without argv[0]; kernels since 5.18 put an empty one there."""
    installation.configure_relay(smarthost())
    if part == "launcher":
        with forged(installation, {"PATH": "/tmp"}, []) as frontend:
            frontend.ready()
            frontend.submit(memory_file(MESSAGE))
            assert frontend.end() == ([], 0)
    else:
        account = installation.account("alice")
        ids = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [], executable=installation.sendmail, env={}, capture_output=True, check=False, cwd="/", **ids
        )
        assert done.returncode == 64
        assert done.stderr.startswith(b"sendmail: usage: ")


@pytest.mark.parametrize("folder", ["deleted", "deep"])
def test_an_odd_working_folder_does_no_harm(installation, smarthost, playground, folder):
    """A deep one is longer than any path may be (Exim, CVE-2020-28010)."""
    installation.configure_relay(smarthost())
    through = ("/usr/bin/python3", "-c", ODD_FOLDERS[folder] + "\nos.execv(sys.argv[1], sys.argv[1:])")
    result = installation.send("carol@example.org", stdin=MESSAGE, through=through, cwd=playground)
    assert (result.status, result.stderr) == (0, "")


ODD_FOLDERS = {
    "deleted": "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "deep": "import os, sys\nfor _ in range(40):\n    os.mkdir('x' * 250)\n    os.chdir('x' * 250)",
}


def test_an_environment_as_large_as_the_kernel_allows_does_no_harm(installation, smarthost):
    installation.configure_relay(smarthost())
    environment = {f"V{number}": "x" * 100_000 for number in range(15)}
    with forged(installation, environment, [b"launcher"] * 1000) as frontend:
        frontend.ready()
        frontend.submit(memory_file(MESSAGE))
        assert frontend.end() == ([], 0)


@pytest.mark.parametrize(
    ("weakening", "variables", "mark"),
    [
        (ENVIRONMENT_PASSED_ON, ("PYTHONEXECUTABLE",), "pyvenv.cfg"),
        (ENVIRONMENT_PASSED_ON | NAME_PASSED_ON, ("PATH",), "pyvenv.cfg"),
        (ENVIRONMENT_PASSED_ON | NOT_ISOLATED, ("PYTHONPATH",), "module"),
    ],
    ids=["PYTHONEXECUTABLE", "PATH", "PYTHONPATH"],
)
def test_control_an_environment_that_is_passed_on_runs_code_of_the_caller(
    weakened, smarthost, traps, weakening, variables, mark
):
    """With the service user's rights: the mark belongs to it."""
    marks, environment = traps
    installation = weakened({START: weakening})
    installation.configure_relay(smarthost())
    with forged(installation, {name: environment[name] for name in variables}, [b"launcher"]) as frontend:
        frontend.process.wait(10)
    assert os.listdir(marks) == [mark]
    assert (marks / mark).stat().st_uid == installation.account("mail").pw_uid


@pytest.mark.parametrize("variable", ["LD_PRELOAD", "OPENSSL_CONF", "SSLKEYLOGFILE"])
def test_control_the_traps_work_on_an_ordinary_interpreter(installation, traps, variable):
    """The kernel's secure-execution mode protects the helper from these even with the environment passed on."""
    marks, environment = traps
    code = "import ssl; ssl.create_default_context()"
    command = (f"{variable}={environment[variable]}", "/usr/bin/python3", "-S", "-c", code)
    installation.run_as("alice", "/usr/bin/env", "-i", *command)
    assert len(os.listdir(marks)) == 1


def forged(installation, environment, arguments, **options):
    """Start the launcher with this environment and these arguments."""
    return ForgedFrontend(installation, env=environment, arguments=arguments, **options)


def modules_in(folder, mark):
    """Fill a folder with modules that leave a mark when they are imported."""
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(MARKING_MODULE.format(mark=str(mark)))
    return folder


def interpreter_in(folder, mark):
    """Make what CPython takes for a virtual environment, with a standard library that leaves a mark."""
    library = folder / f"lib/python{sys_version()}"
    (library / "encodings").mkdir(parents=True)
    (library / "lib-dynload").mkdir()
    (library / "os.py").touch()
    (library / "encodings/__init__.py").write_text(MARKING_MODULE.format(mark=str(mark)))
    (folder / "bin").mkdir()
    python = folder / "bin/python3"
    python.symlink_to("/usr/bin/python3")
    (folder / "bin/pyvenv.cfg").write_text(f"home = {folder / 'bin'}\n")
    return python


def sys_version():
    """Return the version of the interpreter that the installation uses."""
    code = 'import sys; print("%d.%d" % sys.version_info[:2])'
    return subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def library_in(folder, mark):
    """Compile a shared library that leaves a mark when it is loaded."""
    library = folder / "trap.so"
    source = MARKING_LIBRARY.format(mark=mark).encode()
    subprocess.run(["cc", "-x", "c", "-shared", "-fPIC", "-o", library, "-"], input=source, check=True)
    return library


def fifo_in(folder):
    """Make a FIFO: who opens it stands still."""
    os.mkfifo(folder / "fifo", 0o666)
    return folder / "fifo"
