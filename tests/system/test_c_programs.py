"""The C programs, built with sanitizers: what they make of /etc/passwd, and of being started wrongly."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SANITIZED = [
    *("cc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *(f'-D{name}="/nowhere"' for name in ("PYTHON", "HELPER", "UNPRIVILEGED", "LAUNCHER", "SOCKET")),
    *('-DSERVICE_USER="mailuser"', '-DSTANDIN_USER="mailnull"'),
]


SENDMAIL = ("frontend/sendmail.c", "frontend/message.c", "frontend/answers.c")


def built(folder: Path, *sources: str, options: tuple[str, ...] = ()) -> Path:
    program = folder / Path(sources[0]).stem
    subprocess.run([*SANITIZED, *options, "-o", program, *sources], check=True, cwd=ROOT)
    return program


@pytest.fixture(scope="module")
def find_account(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    passwd = folder / "passwd"
    program = built(folder, "tests/system/c/find_account.c", options=(f'-DACCOUNTS="{passwd}"',))

    def find(content: bytes, name: str = "mailuser") -> str:
        passwd.write_bytes(content)
        return subprocess.run([program, name], check=True, capture_output=True, text=True).stdout.strip()

    return find


LINE = b"mailuser:x:997:996:Gatepost:/nonexistent:/usr/sbin/nologin\n"
ACCOUNT_LINES = [
    (LINE, "997 996"),
    (b"root:x:0:0:root:/root:/bin/bash\n" + LINE, "997 996"),
    (b"mailuser2:x:1:1::/:/\nxmailuser:x:2:2::/:/\nmailuse:x:3:3::/:/\n" + LINE, "997 996"),
    (b"\n\n:::::::\n" + LINE, "997 996"),
    (b"#mailuser:x:1:1::/:/\n" + LINE, "997 996"),
    (b"a" * 5000 + b"\n" + LINE, "997 996"),
    (b"a:x:1:1:" + b"g" * 4090 + b":/:/\n" + LINE, "997 996"),
    (b"mailuser:x:4294967294:4294967294::/:/\n", "4294967294 4294967294"),
    (b"", "none"),
    (LINE.rstrip(b"\n"), "none"),
    (b"mailuser\n", "none"),
    (b"mailuser:x:997\n", "none"),
    (b"mailuser:x:997:996\n", "none"),
    (b"mailuser:x:0:996::/:/\n", "none"),
    (b"mailuser:x:997:0::/:/\n", "none"),
    (b"mailuser:x:-1:996::/:/\n", "none"),
    (b"mailuser:x:4294967295:996::/:/\n", "none"),
    (b"mailuser:x:4294967296:996::/:/\n", "none"),
    (b"mailuser:x:99999999999999999999999:996::/:/\n", "none"),
    (b"mailuser:x:997:4294967295::/:/\n", "none"),
    (b"mailuser:x:0x3e5:996::/:/\n", "none"),
    (b"mailuser:x: 997:996::/:/\n", "none"),
    (b"mailuser:x::996::/:/\n", "none"),
    (b"mailuser:x:997:::/:/\n", "none"),
    (b"mailuser:x:997\0:996::/:/\n", "none"),
    (b"mailuser\0:x:997:996::/:/\n", "none"),
    (b"mailuser" + b"\0" * 40 + b":x:997:996::/:/\n", "none"),
]


@pytest.mark.parametrize(("content", "found"), ACCOUNT_LINES)
def test_an_account_is_found_only_where_the_line_is_right(find_account, content, found):
    assert find_account(content) == found


def test_every_cut_of_a_line_is_survived(find_account):
    whole = b"daemon:x:1:1::/:/\n" + LINE
    for length in range(len(whole)):
        assert find_account(whole[:length]) == "none"
    assert find_account(b"x" * 4096 + b"\n" + whole) == "997 996"


def run_with_channel(program: Path, *argv: str) -> tuple[bytes, int]:
    """Run a program with a socketpair's end on descriptor 3; return what it answered, and its status."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            [program, *argv],
            preexec_fn=lambda: os.dup2(theirs.fileno(), 3),
            pass_fds=[3],
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=20,
        )
        theirs.close()
        answer = b""
        while part := ours.recv(65536):
            answer += part
    return answer, done.returncode


def test_the_launcher_answers_on_the_channel_in_the_shape_of_the_helper(tmp_path):
    answer, status = run_with_channel(built(tmp_path, "helper/privileged/launcher.c"))
    assert status == 1
    assert answer[:1] == b"c"
    assert answer[3:].startswith(b"sendmail: not sent: ")
    assert int.from_bytes(answer[1:3], "big") == len(answer) - 3


@pytest.mark.parametrize(("mode", "answers"), [(0o755, b"p\0\0"), (0o4755, b"c"), (0o2755, b"c"), (0o6755, b"c")])
def test_the_launcher_leaves_it_to_the_frontend_only_where_its_file_has_no_set_id_bit(tmp_path, mode, answers):
    """What is asked for is the file that it was installed as; here another one, so that its bit has no effect."""
    file = tmp_path / "installed"
    file.touch()
    file.chmod(mode)
    program = built(tmp_path, "helper/privileged/launcher.c", options=("-ULAUNCHER", f'-DLAUNCHER="{file}"'))
    answer, status = run_with_channel(program)
    assert (answer[: len(answers)], status) == (answers, 0 if answers[:1] == b"p" else 1)


def test_the_launcher_started_by_hand_says_so_on_standard_error(tmp_path):
    program = built(tmp_path, "helper/privileged/launcher.c")
    done = subprocess.run([program], capture_output=True, text=True, close_fds=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "sendmail: not sent: this part of Gatepost is started by sendmail, not by hand\n"


def test_a_sendmail_that_is_not_installed_says_what_is_missing_to_the_caller(tmp_path):
    """Whoever runs it: root misses the accounts, everybody else the launcher."""
    program = built(tmp_path, *SENDMAIL)
    done = subprocess.run([program, "a@x"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr in (
        "sendmail: not sent: the service user mailuser is not in /etc/passwd, or is root: sudo gatepost check\n",
        "sendmail: not sent: /nowhere cannot be executed: sudo gatepost check\n",
    )


def test_what_the_caller_left_on_descriptor_3_is_never_written_to(tmp_path):
    answer, status = run_with_channel(built(tmp_path, *SENDMAIL), "a@x")
    assert (answer, status) == (b"", 1)


def test_the_launcher_leaves_the_ids_as_they_are():
    """An exec copies the effective ids into the saved ones: what a launcher had put there would be lost (threat A5)."""
    code = (ROOT / "helper/privileged/launcher.c").read_text() + (ROOT / "helper/start.h").read_text()
    without_comments = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    assert re.findall(r"set(?:res|re|e|fs)?[ug]id|setgroups|initgroups", without_comments) == []


@pytest.fixture(scope="module")
def with_musl(tmp_path_factory) -> Path:
    """Both programs with Alpine's C library, and the kernel's headers, for which Debian's musl-gcc does not look."""
    folder = tmp_path_factory.mktemp("musl")
    machine = subprocess.run(["cc", "-print-multiarch"], check=True, capture_output=True, text=True).stdout.strip()
    headers = f"CPPFLAGS=-idirafter /usr/include -idirafter /usr/include/{machine}"
    command = ["make", "-s", "CC=musl-gcc", "LINK=-static", headers, f"BUILD={folder}", "PREFIX=/nowhere"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def test_linked_with_musl_both_programs_are_static_and_run(with_musl):
    for name in ("sendmail", "launcher"):
        headers = subprocess.run(["readelf", "-lW", with_musl / name], check=True, capture_output=True, text=True)
        assert "INTERP" not in headers.stdout
    answer, status = run_with_channel(with_musl / "launcher")
    assert (status, answer[:1]) == (1, b"c")
    done = subprocess.run([with_musl / "sendmail", "a@x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:20]) == (1, "sendmail: not sent: ")
