"""Networks and smart hosts that fail: gone, silent, talking nonsense. One line says so, in time; nothing is sent."""

from __future__ import annotations

import time

import pytest

from tests.support.misbehaviour import Close, Delay, Dribble, Endless, Raw, Reset, Silent
from tests.support.smarthost import SmartHost, deaf_port, refusing_port
from tests.system.outcome import (
    DATA_STEPWISE,
    EXTENSIONS,
    FIVE,
    MESSAGE,
    ONE,
    WITH_CHUNKS,
    WITH_DATA,
    assert_not_sent,
    assert_sent,
    configure,
    facts_of,
    label,
    shown_status,
)

NO_HOST, TEMPORARY, PROTOCOL = 68, 75, 76
LARGE = MESSAGE + b"0123456789abcde\n" * (24 * 1024 * 1024 // 16)  # more than any socket's buffers hold

# What is offered matters only once it is known.
EARLY_STEPS = [("CONNECT", WITH_CHUNKS), ("GREETING", WITH_CHUNKS), ("EHLO", WITH_CHUNKS)]
STEPS = EARLY_STEPS + [
    (step, extensions) for step in ("MAIL", "RCPT 1", "RCPT 3", "RCPT 5") for extensions in EXTENSIONS.values()
]
DATA_EXTENSIONS = {name: value for name, value in EXTENSIONS.items() if "CHUNKING" not in value}


def name_of(step_and_extensions: tuple[str, tuple[str, ...]]) -> str:
    """Return a name for a step and what is offered there."""
    step, extensions = step_and_extensions
    return "-".join((step, *extensions[:-2]))


at_each_step = pytest.mark.parametrize(("step", "extensions"), STEPS, ids=map(name_of, STEPS))
at_each_step_but_the_first = pytest.mark.parametrize(("step", "extensions"), STEPS[1:], ids=map(name_of, STEPS[1:]))
with_each_extension = pytest.mark.parametrize("extensions", EXTENSIONS.values(), ids=EXTENSIONS)
with_each_data_extension = pytest.mark.parametrize("extensions", DATA_EXTENSIONS.values(), ids=DATA_EXTENSIONS)
with_each_exit_codes = pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])


def command_at(step: str, login: str) -> str:
    """Return what a failure at a step names."""
    if step.startswith("RCPT "):
        return f"RCPT TO:<{FIVE[int(step[5:]) - 1]}>"
    names = {"MAIL": f"MAIL FROM:<{login}@example.net>", "EHLO": "EHLO ws1.example.net"}
    return names.get(step, "DATA" if step == "DATA" else "the greeting")


def fails(installation, host: SmartHost, step: str, problem: str, status: int, message: bytes = MESSAGE) -> None:
    """Send to five, and see it fail at this step for this reason."""
    command = command_at(step, installation.logins["alice"])
    result = installation.send(*FIVE, stdin=message, time_limit_s=8)
    assert_not_sent(result, f"{label(host)}: {command}: {problem}", status=status, recipients=FIVE, hosts=[host])
    assert host.acted == [step]


@with_each_exit_codes
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_host_may_refuse_the_connection(installation, smarthost, address, exit_codes):
    host = smarthost()
    with refusing_port(address.strip("[]")) as port:
        configure(installation, host, exit_codes, hosts=[f"{address}:{port}"])
        result = installation.send(*FIVE, stdin=MESSAGE)
    reason = f"{address}:{port}: connecting: connection refused"
    assert_not_sent(result, reason, status=shown_status(TEMPORARY, exit_codes), recipients=FIVE)
    assert host.connections == 0


@with_each_exit_codes
def test_a_host_may_be_deaf(installation, smarthost, exit_codes):
    host = smarthost()
    with deaf_port() as port:
        configure(installation, host, exit_codes, hosts=[f"127.0.0.1:{port}"])
        result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    reason = f"127.0.0.1:{port}: connecting: no answer within 1 s"
    assert_not_sent(result, reason, status=shown_status(TEMPORARY, exit_codes), recipients=FIVE)


def test_a_host_may_be_out_of_reach(installation, smarthost):
    configure(installation, smarthost(), hosts=["[fe80::1]:25"])  # link-local without a link: no kernel has a way there
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.reason.startswith("[fe80::1]:25: connecting: ")
    assert_not_sent(result, result.reason, status=TEMPORARY, recipients=FIVE)


@with_each_exit_codes
@pytest.mark.parametrize(
    ("etc", "problem", "status"),
    [
        ({"nsswitch.conf": "hosts: files\n"}, "its name cannot be resolved: Name or service not known", NO_HOST),
        (
            {
                "nsswitch.conf": "hosts: dns\n",
                "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
            },
            "its name cannot be resolved now: Temporary failure in name resolution",
            TEMPORARY,
        ),
    ],
    ids=["unknown", "no-name-server"],
)
def test_the_name_of_a_host_may_not_be_found(installation, smarthost, etc, problem, status, exit_codes):
    configure(installation, smarthost(), exit_codes, hosts=["smtp.nowhere.example:2525"])
    result = installation.send(*FIVE, stdin=MESSAGE, etc=etc)
    reason = f"smtp.nowhere.example:2525: {problem}"
    assert_not_sent(result, reason, status=shown_status(status, exit_codes), recipients=FIVE)


@at_each_step
def test_a_host_may_be_silent_at_each_step(installation, smarthost, extensions, step):
    host = smarthost(extensions=extensions, at={step: Silent()})
    configure(installation, host)
    fails(installation, host, step, "no reply within 1 s", TEMPORARY)


@with_each_data_extension
@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (Silent(), "no reply within 1 s"),
        (Close(), "the connection was lost before the reply"),
        (Reset(), "the connection was lost before the reply"),
    ],
)
def test_a_host_may_fail_at_data(installation, smarthost, extensions, behaviour, problem):
    host = smarthost(extensions=extensions, at={"DATA": behaviour})
    configure(installation, host)
    fails(installation, host, "DATA", problem, TEMPORARY)
    assert host.session.content == b""


@at_each_step
def test_a_host_may_close_the_connection_at_each_step(installation, smarthost, extensions, step):
    host = smarthost(extensions=extensions, at={step: Close()})
    configure(installation, host)
    fails(installation, host, step, "the connection was lost before the reply", TEMPORARY)


@at_each_step_but_the_first
def test_a_host_may_break_off_at_each_step(installation, smarthost, extensions, step):
    host = smarthost(extensions=extensions, at={step: Reset()})
    configure(installation, host)
    fails(installation, host, step, "the connection was lost before the reply", TEMPORARY)


def test_a_host_may_break_off_at_once(installation, smarthost):
    """Which of the two is noticed first is a matter of microseconds."""
    host = smarthost(at={"CONNECT": Reset()})
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE)
    ends = ("connecting: connection reset by peer", "the greeting: the connection was lost before the reply")
    assert result.reason.endswith(ends)
    assert_not_sent(result, result.reason, status=TEMPORARY, recipients=FIVE, hosts=[host])


@pytest.mark.parametrize("recipients", [ONE, FIVE], ids=["one", "five"])
@with_each_extension
@pytest.mark.parametrize("behaviour", [Silent(), Close(), Reset()], ids=["silent", "close", "reset"])
def test_a_host_may_fail_in_the_middle_of_the_message(installation, smarthost, extensions, recipients, behaviour):
    host = smarthost(extensions=extensions, at={"CONTENT": behaviour})
    configure(installation, host)
    result = installation.send(*recipients, stdin=LARGE, time_limit_s=15)
    host.stopping.set()  # behind a full window a silent host cannot see that we have hung up
    assert result.reason.startswith(f"{label(host)}: ")
    assert_not_sent(result, result.reason, status=TEMPORARY, recipients=recipients, hosts=[host])


NONSENSE = {
    "words": Raw(b"hello there\r\n"),
    "an-empty-line": Raw(b"\r\n"),
    "a-NUL": Raw(b"250 o\0k\r\n"),
    "a-bare-LF": Raw(b"250 ok\n"),
    "a-bare-CR": Raw(b"250 o\rk\r\n"),
    "LF-in-many-lines": Raw(b"250-o\n250 k\r\n"),
    "differing-codes": Raw(b"250-good\r\n550 bad\r\n"),
    "a-code-of-2-digits": Raw(b"25 ok\r\n"),
    "a-code-of-4-digits": Raw(b"2500 ok\r\n"),
    "a-code-of-letters": Raw(b"25O ok\r\n"),
    "a-code-out-of-range": Raw(b"999 ok\r\n"),
    "a-preliminary-code": Raw(b"150 wait\r\n"),
    "digits-of-other-scripts": Raw("٢٥٠ ok\r\n".encode()),
    "a-negative-code": Raw(b"-250 ok\r\n"),
    "HTTP": Raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "an-endless-line": Endless(b"250"),
    "an-endless-reply": Endless(b"250-more\r\n"),
    "endless-octets": Endless(b"\x00\xff\x1b["),
}


@pytest.mark.parametrize(
    ("step", "extensions"),
    [("GREETING", WITH_DATA), ("EHLO", WITH_DATA)]
    + [(step, extensions) for step in ("MAIL", "RCPT 3", "DATA") for extensions in (WITH_DATA, DATA_STEPWISE)],
    ids=["GREETING", "EHLO", *(f"{step}-{how}" for step in ("MAIL", "RCPT", "DATA") for how in ("pipelined", "alone"))],
)
@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_a_host_may_talk_nonsense_at_each_step(installation, smarthost, extensions, step, nonsense):
    host = smarthost(extensions=extensions, at={step: nonsense}, expect_violations=True)
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert command_at(step, installation.logins["alice"]) in result.reason
    assert result.reason.startswith(f"{label(host)}: ")
    assert_not_sent(result, result.reason, status=PROTOCOL, recipients=FIVE, hosts=[host])
    assert host.session.content == b""


@pytest.mark.parametrize("exit_codes", ["simple", "sysexits"])
@pytest.mark.parametrize(
    ("step", "reply"),
    [("MAIL", b"354 go ahead"), ("RCPT 3", b"334 "), ("DATA", b"250 ok"), ("EHLO", b"354 go"), ("GREETING", b"250 hi")],
)
def test_a_reply_may_belong_to_something_else(installation, smarthost, step, reply, exit_codes):
    host = smarthost(extensions=DATA_STEPWISE, at={step: Raw(reply + b"\r\n")}, expect_violations=True)
    configure(installation, host, exit_codes)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert command_at(step, installation.logins["alice"]).split(" ")[0] in result.reason
    assert_not_sent(result, result.reason, status=shown_status(PROTOCOL, exit_codes), recipients=FIVE, hosts=[host])


@pytest.mark.parametrize("extensions", [WITH_DATA, DATA_STEPWISE, WITH_CHUNKS], ids=["data", "stepwise", "chunks"])
@pytest.mark.parametrize("step", ["GREETING", "EHLO"])
def test_a_host_may_not_answer_what_was_not_asked(installation, smarthost, extensions, step):
    """A reply too many would be taken for that to the next command, and the last refusal would come too late."""
    said = {"GREETING": b"220 hi\r\n", "EHLO": b"250-smtp.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"}[step]
    host = smarthost(
        extensions=extensions,
        at={step: Raw(said + b"250 2.0.0 ok\r\n")},
        refuse={"RCPT 5": "550 no"},
        expect_violations=True,
    )
    configure(installation, host)
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert_not_sent(result, result.reason, status=PROTOCOL, recipients=FIVE, hosts=[host])
    assert host.session.content == b""


def test_a_dribbling_host_does_not_stretch_the_time(installation, smarthost):
    host = smarthost(at={"EHLO": Dribble(b"250-smtp.test\r\n" * 100, pause_s=0.05)})
    configure(installation, host)
    started = time.monotonic()
    fails(installation, host, "EHLO", "no reply within 1 s", TEMPORARY)
    assert time.monotonic() - started < 3


WHOLE = "no reply within 3 s, the time for everything before the end of the message"


def test_a_host_that_is_slow_at_every_step_does_not_stretch_the_time(installation, smarthost):
    """Each reply comes within its time, and 25 of them would take 20 s."""
    many = [f"user{number}@example.org" for number in range(25)]
    host = smarthost(extensions=DATA_STEPWISE, at={"RCPT": Delay(0.8)})
    configure(installation, host)
    result = installation.send(*many, stdin=MESSAGE, time_limit_s=15)
    assert result.reason.startswith(f"{label(host)}: RCPT TO:<user")
    assert result.reason.endswith(f">: {WHOLE}")
    assert_not_sent(result, result.reason, status=TEMPORARY, recipients=many, hosts=[host])
    assert 3 <= float(facts_of(result.log_line)["seconds"]) < 5


def test_many_silent_hosts_do_not_stretch_the_time(installation, smarthost):
    hosts = [smarthost(at={"GREETING": Silent()}) for _ in range(6)]
    configure(installation, hosts[0], hosts=[label(host) for host in hosts])
    result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=15)
    assert result.reason.startswith(f"{label(hosts[0])}: the greeting: no reply within 1 s; ")
    untried = f"{label(hosts[5])}: not tried within 3 s, the time for everything before the end of the message"
    assert result.reason.endswith(f"; {untried}")
    assert_not_sent(result, result.reason, status=TEMPORARY, recipients=FIVE, hosts=hosts)
    assert 3 <= float(facts_of(result.log_line)["seconds"]) < 5
    assert hosts[5].connections == 0


def test_the_time_of_the_last_reply_is_not_used_up_by_what_came_before(installation, smarthost):
    """Else the doubt would be of our making."""
    host = smarthost(extensions=DATA_STEPWISE, at={"RCPT": Delay(0.8), "MESSAGE": Delay(2.5)})
    configure(installation, host, final_timeout="4s")
    assert_sent(installation.send(*FIVE[:3], stdin=MESSAGE, time_limit_s=15), host, FIVE[:3])


@pytest.mark.parametrize("option", ["connect_timeout", "command_timeout", "data_timeout", "final_timeout"])
def test_each_time_out_is_for_its_own_step(installation, smarthost, option):
    steps = {"command_timeout": "EHLO", "data_timeout": "DATA", "final_timeout": "MESSAGE"}
    host = smarthost(extensions=DATA_STEPWISE, at={steps[option]: Silent()} if option in steps else {})
    timeouts = dict.fromkeys(("connect_timeout", "command_timeout", "data_timeout", "final_timeout"), "1m")
    with deaf_port() as port:
        hosts = [f"127.0.0.1:{port}"] if option == "connect_timeout" else [label(host)]
        configure(installation, host, **(timeouts | {option: "1s", "hosts": hosts}))
        result = installation.send(*FIVE, stdin=MESSAGE, time_limit_s=8)
    assert result.status == TEMPORARY
    assert "within 1 s" in result.stderr
