"""Every row of sendmail's option table, in each way to write it, through the real program.

A send with an option is compared with the same send without any: it changes what its row says, and nothing else.
"""

from __future__ import annotations

import os
import pty

import pytest

from helper.request import argv
from tests.system.outcome import configure, dialogue_of

BODY = b"A line.\r\n.\r\nAfter the dot.\r\n"
MESSAGE = b"To: dora@example.org\nSubject: hello\n\n" + BODY.replace(b"\r\n", b"\n")
CAROL = "carol@example.org"
LOGIN = "<login>"  # stands for alice's

ORDINARY = {
    "status": 0,
    "stdout": "",
    "stderr": "",
    "to": [CAROL],
    "reverse-path": f"{LOGIN}@example.net",
    "From": f"Alice Example <{LOGIN}@example.net>",
    "MAIL": {},
    "RCPT": {},
    "body": BODY,
}
NOTHING = dict.fromkeys(("to", "reverse-path", "From", "MAIL", "RCPT", "body"))
FROM_HEADER = {"to": [CAROL, "dora@example.org"]}
DIALOGUE = {"stderr": "dialogue"}
NULL = {"reverse-path": ""}
NAMED = {"From": f"Somebody Else <{LOGIN}@example.net>"}
OWN = {"reverse-path": f"{LOGIN}@mine.example", "From": f"Alice Example <{LOGIN}@mine.example>"}
NO_CLIENT = "the SMTP client went without QUIT and without a message"
NO_DAEMON = NOTHING | {"status": 1, "stderr": "sendmail: not sent: Daemon cannot be run\n"}


def told(first_word: str, status: int = 0) -> dict[str, object]:
    """Return what differs where nothing is sent and something is told on standard output, by its first word."""
    return NOTHING | {"stdout": first_word, "status": status}


# By letter: words, and what they change. {own} stands for a configuration of alice's own.
ROWS: dict[str, list[tuple[tuple[str, ...], dict[str, object]]]] = {
    "t": [(("-t",), FROM_HEADER), (("-ti",), FROM_HEADER), (("-mt", "-t"), FROM_HEADER)],
    "i": [(("-i",), {}), (("-iv",), DIALOGUE)],
    "v": [(("-v",), DIALOGUE), (("-tiv", "-v"), FROM_HEADER | DIALOGUE)],
    "f": [
        (("-f", "<>"), NULL),
        (("-f", ""), NULL),
        (("-tif", "<>"), FROM_HEADER | NULL),
        (("-fother@example.net",), {}),  # not for the untrusted
        (("-f", "other@example.net", "-f<>"), NULL),
    ],
    "r": [(("-r<>",), NULL), (("-f", "other@example.net", "-r", "<>"), NULL)],
    "F": [
        (("-F", "Somebody Else"), NAMED),
        (("-tFSomebody Else",), FROM_HEADER | NAMED),
        (("-F", "First", "-FSomebody Else"), NAMED),
        (("-F", ""), {"From": f"{LOGIN}@example.net"}),
    ],
    "B": [(("-B7BIT",), {}), (("-B", "8BITMIME"), {})],
    "N": [
        (("-N", "never"), {"RCPT": {"NOTIFY": "NEVER"}}),
        (("-Nnever", "-Nsuccess,delay"), {"RCPT": {"NOTIFY": "SUCCESS,DELAY"}}),
    ],
    "R": [
        (("-R", "hdrs"), {"MAIL": {"RET": "HDRS"}}),
        (("-R", "hdrs", "-Rfull"), {"MAIL": {"RET": "FULL"}}),
    ],
    "V": [
        (("-V", "batch+7"), {"MAIL": {"ENVID": "batch+2B7"}}),
        (("-V", "first", "-Vlast"), {"MAIL": {"ENVID": "last"}}),
    ],
    "b": [
        (("-bm",), {}),
        (("-bs",), told("220", 1) | {"stderr": f"sendmail: not sent: {NO_CLIENT}\n"}),
        (("-bv",), told("carol@example.org:")),
        (("-bt",), told("carol@example.org:")),
        (("-bi",), told("no")),
        (("-bp",), told("Mail")),
        (("-bV",), told("Gatepost")),
        (("-bd",), NO_DAEMON),
        (("-bdf",), NO_DAEMON),
        (("-bD",), NO_DAEMON),
        (("-bp", "-bm"), {}),
    ],
    "C": [(("-C", "{own}"), OWN), (("-C{own}",), OWN), (("-tC{own}",), OWN | FROM_HEADER)],
    "q": [(("-q",), NOTHING), (("-q30m",), NOTHING), (("-iq",), NOTHING)],
    "o": [
        (("-oi",), {}),
        (("-oitf",), {}),
        (("-oem", "-oep", "-oee", "-oeq", "-om", "-odb", "-odi", "-odq", "-odd", "-oA/etc/shadow", "-oQ/tmp"), {}),
        (tuple(word for old in argv.OLD_OPTIONS_WITH_VALUE for word in (f"-o{old}", "eve@example.com")), {}),
        (tuple(word for old in argv.OLD_OPTIONS_WITH_TIME for word in (f"-o{old}", "1h30m")), {}),
        (("-oB", "-oB", "20"), {}),
    ],
    "A": [(("-Am", "-Ac"), {})],
    "d": [(("-d", "-d9", "-d0-99.100", "-d", "99.1"), {}), (("-d0.1",), told("Gatepost"))],
    "e": [(("-em", "-ep", "-eq", "-ew"), {})],
    "G": [(("-G", "-Gi"), {})],
    "U": [(("-U", "-iU"), {})],
    "m": [(("-m", "-mi"), {})],
    "n": [(("-n", "-mnGU"), {})],
    "L": [(("-L", "tag", "-Ltag"), {})],
    "O": [(("-O", "QueueDirectory=/tmp", "-OLogLevel=99"), {})],
    "X": [(("-X", "/tmp/traffic", "-X/tmp/traffic"), {})],
    "h": [(("-h", "30", "-h30"), {})],
    "p": [(("-p", "SMTP:ws1", "-pSMTP"), {})],
}
EACH = [(words, changes) for rows in ROWS.values() for words, changes in rows]

# What is typed ends with a lone dot, unless one of these says otherwise.
WITH_DOTS = [("-ti",), ("-om", "-oi")]
WITHOUT_DOTS = [(), ("-oitf", "-Fi")]


def ways(letter: str) -> set[str]:
    """Return in which ways an option is written in its rows."""
    found = set()
    for word in (word for words, _ in ROWS[letter] for word in words if word.startswith("-") and letter in word):
        if word == f"-{letter}":
            found.add("alone")
        else:
            found.add("before others" if word[1] == letter else "after others")
    return found


def test_every_option_has_its_rows():
    assert ROWS.keys() == {option.letter for option in argv.OPTIONS}


@pytest.mark.parametrize("option", argv.OPTIONS, ids=lambda option: option.letter)
def test_each_option_is_written_in_each_way_that_there_is(option):
    needed = {
        argv.NONE: [{"alone", "before others"}, {"alone", "after others"}],
        argv.VALUE: [{"alone", "before others"}],
        argv.JOINED: [{"before others"}],
    }[option.argument]
    assert any(way <= ways(option.letter) for way in needed)


def test_every_mode_has_a_row():
    assert {word[2:] for words, _ in ROWS["b"] for word in words} == set(argv.MODES)


@pytest.mark.parametrize(("words", "changes"), EACH, ids=[" ".join(words)[:40] for words, _ in EACH])
def test_an_option_changes_what_its_row_says(installation, smarthost, personal, words, changes):
    host = smarthost()
    personal.configure(host, {"qualify_domain": "mine.example"})
    configure(installation, host, "simple")
    command = [word.format(own=personal.configuration) for word in words]
    result = installation.send(*command, CAROL, stdin=MESSAGE)
    assert picture(installation, host, result) == ORDINARY | changes


@pytest.mark.parametrize(
    ("words", "body"),
    [*((words, BODY) for words in WITH_DOTS), *((words, BODY[:9]) for words in WITHOUT_DOTS)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_option_decides_whether_a_lone_dot_ends_what_is_typed(installation, smarthost, words, body):
    host = smarthost()
    configure(installation, host, "simple")
    controller, terminal = pty.openpty()
    try:
        with installation.start(*words, CAROL, stdin=terminal) as process:
            os.close(terminal)
            os.write(controller, MESSAGE + b"\x04")
            process.communicate(timeout=10)
    finally:
        os.close(controller)
    host.settle()
    assert (process.returncode, host.message.body) == (0, body)


def picture(installation, host, result):
    """Return everything of a send that an option can change."""
    host.settle()
    told = result.stdout.split(" ")[0].split("\n")[0].split("-")[0]
    is_dialogue = bool(result.stderr) and len(dialogue_of(result)) == len(result.stderr.splitlines())
    outside = {
        "status": result.status,
        "stdout": told,
        "stderr": "dialogue" if is_dialogue else result.stderr,
    }
    if not host.messages:
        return NOTHING | outside
    message = host.message
    fields = dict(line.split(b": ", 1) for line in message.header.split(b"\r\n") if b": " in line)
    login = installation.logins["alice"].encode()
    return outside | {
        "to": [address.decode() for address in message.addresses],
        "reverse-path": message.reverse_path.replace(login, LOGIN.encode()).decode(),
        "From": fields[b"From"].replace(login, LOGIN.encode()).decode(),
        "MAIL": {name: value for name, value in message.parameters.items() if name != "SIZE"},
        "RCPT": message.recipients[0].parameters,
        "body": message.body,
    }
