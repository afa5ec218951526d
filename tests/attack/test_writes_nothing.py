"""F2: a send creates, removes, renames and changes no file at all, so that no link of a caller's can lead it astray.

(Exim's log and spool, CVE-2020-28007 and -28008, its file for a pid, CVE-2020-28014; s-nail's lock, CVE-2017-5899.)
"""

from __future__ import annotations

import re

import pytest

CHANGING = (
    "creat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "truncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,setxattr,fsetxattr,utime,utimensat,open,openat,openat2"
)
LOCKING = {
    "helper/privileged/protected_files.py": {
        "    return protected_file(owner.configuration, CONFIGURATION_LIMIT, owner=owner)\n": (
            '    os.close(os.open("{lock}", os.O_CREAT))\n'
            "    return protected_file(owner.configuration, CONFIGURATION_LIMIT, owner=owner)\n"
        )
    }
}


def changes(installation, smarthost, trace, user="alice", **options):
    """Return what a send does to files, as root's strace sees it."""
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": "canary-secret"}), **options)
    outer = ("/usr/bin/strace", "-f", "-qq", "-s", "300", "-e", f"trace={CHANGING},execve", "-o", trace)
    result = installation.send("carol@example.org", stdin=b"\nhello\n", user=user, outer=outer)
    assert (result.status, result.stderr) == (0, "")
    lines = trace.read_text().splitlines()
    own = re.compile(r"execve\(.*(/gatepost/|/sbin/sendmail\", \[)")
    ours = {line.split()[0] for line in lines if own.search(line)}
    assert len(ours) == 2, "the halves of the send are not both in the trace"
    said = ("execve(", " resumed>", "--- SIG", "+++ ")
    done = [line for line in lines if line.split()[0] in ours and not any(text in line for text in said)]
    first = next(number for number, line in enumerate(done) if "/gatepost/" in line)
    read_only = re.compile(r"open(at2?)?\(.*O_RDONLY")
    return [line for line in done[first:] if not read_only.search(line) or "O_CREAT" in line]


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("mode", [0o6755, 0o2755], ids=["6755", "2755"])
def test_but_the_log_is_opened_for_appending(installation, smarthost, tmp_path, user, mode):
    installation.mode(mode)
    found = [line for line in changes(installation, smarthost, tmp_path / "trace", user) if "/dev/null" not in line]
    assert len(found) == 1, found
    assert f'"{installation.log}", O_WRONLY|O_APPEND|' in found[0].replace("O_NOCTTY|", "")
    assert "O_CREAT" not in found[0]


def test_control_a_lock_file_is_seen(weakened, smarthost, playground, tmp_path):
    weakening = {
        file: {old: new.format(lock=playground / "lock") for old, new in texts.items()}
        for file, texts in LOCKING.items()
    }
    found = changes(weakened(weakening), smarthost, tmp_path / "trace")
    assert any("O_CREAT" in line and "/lock" in line for line in found)
