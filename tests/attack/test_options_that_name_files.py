"""B6, B8, B9, F1: no option of sendmail's opens, writes or executes anything, nor chooses where the password goes.

They are what web applications let through to sendmail (PHPMailer, CVE-2016-10033; Roundcube, CVE-2016-9920; Exim,
CVE-2010-4345 and CVE-2019-10149).
"""

from __future__ import annotations

import os
import re
import secrets

import pytest

from tests.support.canary import assert_no_canary

CANARY = secrets.token_urlsafe(24)
MESSAGE = b"To: carol@example.org\nSubject: <?php echo 1 ?>\n\nhello\n"
RUN = "${{run{{/bin/touch {0}/mark}}}}"
ATTACKS = {
    "log": ("-X", "{0}/mark"),
    "log-joined": ("-X{0}/mark",),
    "old-log": ("-oX{0}/mark",),
    "queue-folder": ("-oQ{0}",),
    "queue-folder-long": ("-OQueueDirectory={0}",),
    "queue-folder-and-log": ("-OQueueDirectory={0}", "-X{0}/mark"),
    "configuration-joined": ("-C{0}/evil.toml",),
    "configuration": ("-C", "{0}/evil.toml"),
    "macro": ("-DX=" + RUN,),
    "expansion": ("-be", RUN),
    "expansion-in-mail": ("-bem", "{0}/fifo"),
    "filter-test": ("-bf", "{0}/fifo"),
    "daemon": ("-bd",),
    "daemon-at-port": ("-bd", "-oX", "2525"),
    "queue-run": ("-q", "-oP{0}/mark"),
    "pid-file": ("-oP{0}/mark",),
    "perl": ("-ps", "-pd"),
    "host": ("-Mhost=127.0.0.1",),
    "address-of-host": ("-oMa", "127.0.0.1"),
    "protocol": ("-oMr", "local"),
    "test-mode": ("-bt", RUN),
    "alternative-aliases": ("-oA{0}/aliases",),
    "alternative-aliases-newaliases": ("-bi", "-oA{0}/aliases"),
    "reverse-path": ("-f", RUN + "@localhost"),
    "reverse-path-of-phpmailer": ('-f"attacker\\" -oQ{0}/ -X{0}/mark some"@example.org',),
    "full-name": ("-F", RUN),
    "relay": ("-oee", "-O", "DeliveryMode=b", "-O", "SmartHost=127.0.0.1"),
    "debug": ("-d", "-d9.1,{0}/mark"),
    "receiver-is-a-program": ("|/bin/touch {0}/mark",),
    "receiver-is-a-quoted-program": ('"|/bin/touch {0}/mark"',),
    "receiver-is-a-file": ("{0}/mark",),
    "receiver-is-a-list": (":include:{0}/fifo",),
    "receiver-is-expanded": (RUN + "@example.org",),
    "receiver-of-opensmtpd": (";touch {0}/mark;@",),
}


@pytest.fixture
def evil(installation, smarthost, playground):
    """A folder in which nothing may appear, with what the attacker has put there, and the attacker's own smart host."""
    collector = smarthost(auth={"ws1": CANARY}, allow_plaintext_auth=True)
    (playground / "evil.toml").write_text(installation.relay_configuration(collector))
    (playground / "aliases").write_text(f"carol: |/bin/touch {playground}/mark\n")
    os.mkfifo(playground / "fifo")
    for file in playground.iterdir():
        file.chmod(0o666)
    return playground, collector


@pytest.mark.parametrize("attack", ATTACKS)
def test_leaves_no_trace(installation, smarthost, evil, attack):
    folder, collector = evil
    before = contents_of(folder)
    installation.configure_relay(smarthost(tls="starttls", auth={"ws1": CANARY}))
    options = [word.format(folder) for word in ATTACKS[attack]]
    result = installation.send(*options, "carol@example.org", stdin=MESSAGE, cwd=folder, time_limit_s=8)
    assert contents_of(folder) == before
    assert [session.identity for session in collector.sessions if session.identity] == []
    assert_no_canary(CANARY, result, "nothing")


def test_the_helper_opens_and_executes_the_same_whatever_is_asked(installation, smarthost, evil, tmp_path):
    """strace, run by root, lists what is opened by the helper and executed by any part."""
    folder, _ = evil
    installation.configure_relay(smarthost())
    ordinary = opened(installation, tmp_path / "ordinary", [], folder)
    assert str(installation.configuration) in ordinary
    for attack in (
        "log",
        "queue-folder",
        "macro",
        "reverse-path",
        "receiver-is-a-program",
        "receiver-is-a-list",
        "host",
    ):
        options = [word.format(folder) for word in ATTACKS[attack]]
        assert opened(installation, tmp_path / attack, options, folder) <= ordinary, attack


@pytest.mark.parametrize("address", ["root+" + RUN + "@localhost", "${{run{{/bin/true}}}}@example.org"])
def test_an_address_is_never_expanded(installation, smarthost, playground, address):
    """CVE-2019-10149: the smart host is given what was asked for, literally, or nobody is."""
    host = smarthost()
    installation.configure_relay(host)
    text = address.format(playground)
    result = installation.send(text, stdin=MESSAGE)
    assert [message.addresses for message in host.messages] in ([], [[text.encode()]])
    assert (result.status == 0) == bool(host.messages)
    assert os.listdir(playground) == []


def test_control_a_helper_that_writes_the_log_it_is_told_to_leaves_a_trace(weakened, smarthost, evil):
    folder, _ = evil
    line = "        command = parse_argv(channel.arguments)\n"
    written = (
        '        os.close(os.open([word for word in channel.arguments if word.endswith(b"/mark")][0], os.O_CREAT))\n'
    )
    weakening = {
        "helper/story.py": {line: "        import os\n" + written + line},
        "helper/entry/serve.py": {
            "        state = in_sandbox(of_entry(load_state(acquired), entry), entry)\n": (
                "        state = of_entry(load_state(acquired), entry)\n"
            )
        },
    }
    installation = weakened(weakening)
    installation.configure_relay(smarthost())
    before = contents_of(folder)
    installation.send("-X", f"{folder}/mark", "carol@example.org", stdin=MESSAGE)
    assert contents_of(folder) != before


def contents_of(folder):
    """Return the names in a folder with what its files hold."""
    return {file.name: file.read_text() if file.is_file() else "" for file in folder.iterdir()}


def opened(installation, file, options, folder):
    """Return what the helper of a send opens by name, and what any part of it executes."""
    outer = ("/usr/bin/strace", "-f", "-qq", "-s", "500", "-e", "trace=open,openat,openat2,execve,unlink,rename")
    installation.send(*options, "carol@example.org", stdin=MESSAGE, cwd=folder, outer=(*outer, "-o", file))
    lines = file.read_text().splitlines()
    helper = next(line.split()[0] for line in lines if "execve(" in line and "/helper/__main__.py" in line)
    named = [line for line in lines if "execve(" in line or line.split()[0] == helper]
    return {name for line in named for name in re.findall(r'(?:execve\(|AT_FDCWD, |open\()"([^"]*)"', line)}
