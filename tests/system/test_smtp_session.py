"""-bs: a program of the caller's own speaks SMTP with us, on whatever it gives us as standard input and output."""

from __future__ import annotations

import contextlib
import os
import pty
import smtplib
import socket
import subprocess
import tty

import pytest

from tests.support.misbehaviour import Close, Silent
from tests.support.process import files_of, helper_below, status_of, wait_for
from tests.system.outcome import assert_logged, bracketed, configure, facts_of, label

TEXT = b"From: Alice <alice@example.net>\r\nTo: <carol@example.org>\r\nSubject: hello\r\n\r\nA line.\r\n"
HELLO = b"EHLO me\r\n"
QUIT = b"QUIT\r\n"


def message(*recipients: str, text: bytes = TEXT, parameters: str = "") -> bytes:
    """Return what a client says to send a message, without waiting for any reply."""
    commands = [f"MAIL FROM:<alice@example.net>{parameters}", *[f"RCPT TO:<{each}>" for each in recipients], "DATA"]
    return "".join(f"{command}\r\n" for command in commands).encode() + text + b".\r\n"


def replies(stdout: str) -> list[str]:
    """Return the replies after the greeting and the one to EHLO."""
    lines = stdout.split("\r\n")
    assert lines.pop() == ""
    return lines[next(at for at, line in enumerate(lines) if line.startswith("250 SIZE")) + 1 :]


class PipeClient(smtplib.SMTP):
    """Python's own client, on a socketpair instead of a connection."""

    def __init__(self, ours: socket.socket) -> None:
        super().__init__(local_hostname="me")
        self.sock = ours
        assert self.getreply()[0] == 220


@pytest.fixture
def talk(installation):
    """Start sendmail -bs on a socketpair; yield its process and a client that waits for each reply."""
    with contextlib.ExitStack() as stack:

        def start(*args: str, **options) -> tuple[subprocess.Popen[bytes], PipeClient]:
            ours, theirs = socket.socketpair()
            ours.settimeout(20)
            process = stack.enter_context(installation.start("-bs", *args, stdin=theirs, stdout=theirs, **options))
            theirs.close()
            return process, stack.enter_context(contextlib.closing(PipeClient(ours)))

        yield start


def end(process: subprocess.Popen[bytes], client: PipeClient) -> tuple[int, bytes]:
    """Quit; return status and standard error."""
    client.quit()
    return process.wait(10), process.stderr.read()


def test_a_message_is_sent(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org", "dave@example.org") + QUIT)
    host.settle()
    assert (result.status, result.stderr) == (0, "")
    assert [line[:3] for line in replies(result.stdout)] == ["250", "250", "250", "354", "250", "221"]
    assert replies(result.stdout)[-2] == "250 2.0.0 taken"
    assert host.message.addresses == [b"carol@example.org", b"dave@example.org"]
    assert host.message.body == b"A line.\r\n"
    facts = facts_of(result.log_line)
    assert (facts["outcome"], facts["to"]) == ("accepted", bracketed(["carol@example.org", "dave@example.org"]))


def test_options_of_real_clients_are_understood(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send("-bs", "-odb", "-oem", "-om", "-oi", stdin=HELLO + message("carol@example.org") + QUIT)
    assert result.status == 0
    host.settle()
    assert host.message.addresses == [b"carol@example.org"]


@pytest.mark.parametrize("user", ["alice", "root"])
def test_a_client_that_waits_for_each_reply(installation, smarthost, talk, user):
    host = smarthost()
    configure(installation, host)
    process, client = talk(user=user)
    client.ehlo()
    assert set(client.esmtp_features) == {"pipelining", "8bitmime", "smtputf8", "dsn", "size"}
    for number in range(3):
        assert client.sendmail("alice@example.net", [f"user{number}@example.org"], TEXT + b".a\r\n..\r\n") == {}
    assert end(process, client) == (0, b"")
    host.settle()
    assert [sent.addresses for sent in host.messages] == [[f"user{number}@example.org".encode()] for number in range(3)]
    assert {sent.body for sent in host.messages} == {b"A line.\r\n.a\r\n..\r\n"}


def test_a_file_holds_the_whole_session(installation, smarthost, tmp_path):
    host = smarthost()
    configure(installation, host)
    (tmp_path / "session").write_bytes(HELLO + message("carol@example.org") * 2 + QUIT)
    with (tmp_path / "session").open("rb") as stdin, installation.start("-bs", stdin=stdin) as process:
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (0, b"")
    assert stdout.count(b"250 2.0.0 taken") == 2
    host.settle()
    assert len(host.messages) == 2


def test_a_session_is_typed_at_a_terminal(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    controller, terminal = pty.openpty()
    tty.setcbreak(terminal)  # no echo: what is heard are replies
    try:
        with installation.start("-bs", stdin=terminal, stdout=terminal) as process:
            os.close(terminal)
            os.write(controller, (HELLO + message("carol@example.org") + QUIT).replace(b"\r\n", b"\n"))
            assert process.wait(10) == 0
            heard = os.read(controller, 65536)
    finally:
        os.close(controller)
    assert b"250 2.0.0 taken" in heard
    host.settle()
    assert host.message.body == b"A line.\r\n"


def test_lines_may_end_with_lf_alone(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send("-bs", stdin=(HELLO + message("carol@example.org") + QUIT).replace(b"\r\n", b"\n"))
    host.settle()
    assert result.status == 0
    assert host.message.body == b"A line.\r\n"


def test_a_client_with_crlf_passes_on_no_commands_of_its_text(installation, smarthost):
    """SMTP smuggling: a text that somebody else wrote is text, whatever line ends it has."""
    host = smarthost()
    configure(installation, host)
    smuggled = b"\n.\nMAIL FROM:<>\nRCPT TO:<victim@example.org>\nDATA\nSubject: x\n\n.\n.\r\r\n"
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org", text=TEXT + smuggled) + QUIT)
    host.settle()
    assert (result.status, len(replies(result.stdout))) == (0, 5)
    assert host.message.addresses == [b"carol@example.org"]
    assert b"RCPT TO:<victim@example.org>" in host.message.body


def test_eight_bit_text_and_odd_dots_arrive(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    text = TEXT + b"\xc3\xbc\xff\r\n..\r\n...\r\n..a\r\n" + b"x" * 900 + b"\r\n"
    result = installation.send(
        "-bs", stdin=HELLO + message("carol@example.org", text=text, parameters=" BODY=8BITMIME") + QUIT
    )
    host.settle()
    assert result.status == 0
    assert host.message.body == b"A line.\r\n\xc3\xbc\xff\r\n.\r\n..\r\n.a\r\n" + b"x" * 900 + b"\r\n"


def test_a_large_message_arrives(installation, smarthost):
    host = smarthost(extensions=["PIPELINING", "CHUNKING", "SIZE 100000000"])
    configure(installation, host)
    lines = b"0123456789\r\n" * 400_000
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org", text=b"\r\n" + lines) + QUIT)
    host.settle()
    assert result.status == 0
    assert host.message.body == lines


def test_the_caller_stays_who_it_is(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    forged = HELLO + message("carol@example.org").replace(b"MAIL FROM:<alice@", b"MAIL FROM:<ceo@") + QUIT
    assert installation.send("-bs", "-f", "ceo@example.net", stdin=forged).status == 0
    assert installation.send("-bs", stdin=forged, user="root").status == 0
    assert installation.send("-bs", stdin=forged.replace(b"ceo@example.net", b"")).status == 0
    host.settle()
    own = f"{installation.logins['alice']}@example.net".encode()
    assert [sent.reverse_path for sent in host.messages] == [own, b"ceo@example.net", b""]


def test_a_name_stands_in_an_added_from(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    stdin = HELLO + message("carol@example.org", text=b"Subject: x\r\n\r\nx\r\n") + QUIT
    assert installation.send("-bs", "-F", "Somebody Else", stdin=stdin).status == 0
    host.settle()
    assert b"From: Somebody Else <" in host.message.header


def test_what_the_smart_host_refuses_is_refused(installation, smarthost):
    """One message of three fails: its reply, standard error, log and exit status say so, the others arrive."""
    host = smarthost(refuse={"RCPT:bad@example.org": "550 5.1.1 no such user"})
    configure(installation, host)
    each = ("carol@example.org", "bad@example.org", "dave@example.org")
    result = installation.send("-bs", stdin=HELLO + b"".join(map(message, each)) + QUIT)
    host.settle()
    reason = f"not sent: {label(host)}: RCPT TO:<bad@example.org> was refused: 550 5.1.1 no such user"
    codes = [line for line in replies(result.stdout) if not line.startswith("354")]
    assert codes[2::3] == ["250 2.0.0 taken", f"554 {reason}", "250 2.0.0 taken"]
    assert result.stderr == f"sendmail: {reason}\n"
    assert result.status == 67
    outcomes = [facts_of(line) for line in result.log_lines]
    assert [facts["outcome"] for facts in outcomes] == ["accepted", "refused", "accepted"]
    assert [facts["to"] for facts in outcomes] == [f"<{recipient}>" for recipient in each]
    assert [sent.addresses for sent in host.messages] == [[b"carol@example.org"], [b"dave@example.org"]]


def test_a_message_in_doubt_is_told_as_such(installation, smarthost):
    """And the doubt ends with it: of the next one it is certain that it was not sent."""
    host = smarthost(at={"MESSAGE": Close()}, refuse={"RCPT:bad@example.org": "550 no"})
    configure(installation, host)
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org") + message("bad@example.org") + QUIT)
    assert result.status == 75
    reasons = [
        f"may have been sent: {label(host)}: the message: the connection was lost before the reply",
        f"not sent: {label(host)}: RCPT TO:<bad@example.org> was refused: 550 no",
    ]
    assert [line for line in replies(result.stdout) if line[0] == "5"] == [f"554 {reason}" for reason in reasons]
    assert result.stderr.splitlines() == [f"sendmail: {reason}" for reason in reasons]
    assert [facts_of(line)["outcome"] for line in result.log_lines] == ["in-doubt", "refused"]


def test_a_recipient_that_cannot_be_routed_is_refused_at_once(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    aliases = {"aliases": "gone: :fail: has left\nlist: carol@example.org\n"}
    stdin = HELLO + message("gone", "no address", "list", "two@example.org,three@example.org") + QUIT
    result = installation.send("-bs", stdin=stdin, etc=aliases)
    host.settle()
    answers = replies(result.stdout)
    assert [line[:3] for line in answers] == ["250", "550", "550", "250", "550", "354", "250", "221"]
    assert "has left" in answers[1]
    assert host.message.addresses == [b"carol@example.org"]
    assert (result.status, result.stderr, len(result.log_lines)) == (0, "", 1)


def test_recipients_can_be_checked_without_sending(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    stdin = HELLO + b"MAIL FROM:<>\r\nRCPT TO:<carol@example.org>\r\nRSET\r\n" + QUIT
    result = installation.send("-bs", stdin=stdin)
    assert (result.status, result.stderr, result.log_lines, host.connections) == (0, "", [], 0)


def test_a_session_without_any_good_recipient_sends_nothing_and_says_so(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    stdin = HELLO + b"MAIL FROM:<>\r\nRCPT TO:<a b>\r\nDATA\r\n" + QUIT
    result = installation.send("-bs", stdin=stdin)
    assert [line[:3] for line in replies(result.stdout)] == ["250", "550", "554", "221"]
    assert (result.status, result.reason.startswith("<a b>: is not a recipient: ")) == (1, True)
    assert_logged(result, status=1, recipients=["a b"], outcome="failed")
    assert host.connections == 0


@pytest.mark.parametrize("end", [QUIT, b"RSET\r\n" + QUIT, b""], ids=["QUIT", "RSET", "nothing"])
def test_a_client_that_gives_up_for_a_refused_recipient_has_sent_nothing_and_is_told(installation, smarthost, end):
    host = smarthost()
    configure(installation, host, "simple")
    stdin = HELLO + b"MAIL FROM:<>\r\nRCPT TO:<carol@example.org>\r\nRCPT TO:<gone>\r\n" + end
    result = installation.send("-bs", stdin=stdin, etc={"aliases": "gone: :fail: has left\n"})
    assert [line[:3] for line in replies(result.stdout)][:3] == ["250", "250", "550"]
    assert result.stderr == "sendmail: not sent: gone@example.net: is not taken: has left\n"
    assert (result.status, host.connections) == (1, 0)
    assert facts_of(result.log_line)["to"] == "<gone>,<carol@example.org>"


def test_a_message_over_the_limit_is_swallowed_and_refused(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host, {"message_size_limit": 1000})
    stdin = HELLO + message("carol@example.org", text=TEXT + b"0123456789\r\n" * 20_000)
    stdin += b"MAIL FROM:<> SIZE=1001\r\n" + message("dave@example.org") + QUIT
    result = installation.send("-bs", stdin=stdin)
    host.settle()
    problem = "the message has more than 1000 octets (message_size_limit)"
    assert [line for line in replies(result.stdout) if line[0] == "5"] == [f"552 not sent: {problem}", f"552 {problem}"]
    assert (result.status, result.stderr) == (1, f"sendmail: not sent: {problem}\n")
    assert host.message.addresses == [b"dave@example.org"]


@pytest.mark.parametrize("at", ["message", "end", "RCPT"])
def test_a_client_that_goes_before_the_end_sends_nothing(installation, smarthost, at):
    host = smarthost()
    installation.configure_relay(host)
    whole = message("carol@example.org")
    stop = {"message": whole.index(b"A line"), "end": len(whole) - 2, "RCPT": whole.index(b"DATA")}[at]
    result = installation.send("-bs", stdin=HELLO + whole[:stop])
    assert (result.status, host.connections) == (1, 0)
    assert result.stderr == "sendmail: not sent: the SMTP client went before the end of its message\n"
    assert facts_of(result.log_line)["to"] == "<carol@example.org>"


def test_a_client_that_vanishes_after_its_message_has_sent_it(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org"))
    assert (result.status, result.stderr) == (0, "")
    host.settle()
    assert host.message.addresses == [b"carol@example.org"]


def test_a_client_that_reads_nothing_is_not_listened_to(installation, smarthost):
    host = smarthost()
    installation.configure_relay(host)
    ours, theirs = os.pipe()
    os.close(ours)
    with installation.start("-bs", stdout=theirs) as process:
        os.close(theirs)
        process.communicate(HELLO + message("carol@example.org") + QUIT, timeout=10)
    assert process.returncode == 1
    assert host.connections == 0


def test_a_client_that_says_nothing_has_sent_nothing(installation, smarthost):
    installation.configure_relay(smarthost())
    result = installation.send("-bs")
    assert (result.status, result.stderr.count("\n")) == (1, 1)


def test_what_is_no_smtp_is_told_so(installation, smarthost):
    installation.configure_relay(smarthost())
    result = installation.send("-bs", stdin=TEXT)
    assert result.stdout.count("\r\n500 ") == 5
    assert result.status == 1


def test_standard_error_in_the_same_pipe_disturbs_no_reply(installation, smarthost):
    """nmh has it so, and would take the port of the smart host for the code of a reply."""
    host = smarthost(refuse={"RCPT:bad@example.org": "550 no"})
    installation.configure_relay(host)
    stdin = HELLO + message("bad@example.org") + message("carol@example.org") + QUIT
    with installation.start("-bs", stderr=subprocess.STDOUT) as process:
        lines = process.communicate(stdin, timeout=10)[0].splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith(b"221 "))
    assert all(line[:3].isdigit() for line in lines[: at + 1])
    assert [line[:20] for line in lines[at + 1 :]] == [b"sendmail: not sent: "]


# What keeps us from serving


@pytest.mark.parametrize("option", ["-bs", "-bd"])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_a_start_by_inetd_is_refused(installation, smarthost, option, family):
    host = smarthost()
    installation.configure_relay(host)
    address = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.create_server((address, 0), family=family) as listener:
        client = socket.create_connection(listener.getsockname()[:2])
        connection = listener.accept()[0]
    with client, connection:
        with installation.start(option, stdin=connection, stdout=connection) as process:
            stderr = process.communicate(timeout=10)[1]
        connection.close()
        assert client.recv(100) == b""
    assert (process.returncode, stderr) == (1, b"sendmail: not sent: Daemon cannot be run\n")
    assert host.connections == 0


def test_a_network_socket_holds_a_message_as_any_other(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        connection = listener.accept()[0]
    with client, connection:
        client.sendall(b"Subject: hello\n\nA line.\n")
        client.shutdown(socket.SHUT_WR)
        with installation.start("carol@example.org", stdin=connection) as process:
            assert process.communicate(timeout=10)[1] == b""
    assert process.returncode == 0
    host.settle()
    assert host.message.body == b"A line.\r\n"


def test_a_wrong_configuration_is_told_to_the_client(installation):
    installation.configure("nonsense = 1\n")
    result = installation.send("-bs", stdin=HELLO + message("carol@example.org") + QUIT)
    reason = f"not sent: {installation.configuration}, line 1: nonsense: is not an option here"
    assert replies(result.stdout)[0] == f"550 {reason}"
    assert result.status == 1
    assert result.stderr == f"sendmail: {reason}\n"


def test_without_a_helper_there_is_no_service(installation, smarthost):
    installation.configure_relay(smarthost())
    result = installation.send("-bs", stdin=HELLO + QUIT, through=("/usr/bin/setpriv", "--no-new-privs"))
    assert result.stdout.startswith("554 not sent: no_new_privs is set")
    assert result.stdout.splitlines()[-1] == "221 closing"
    assert (result.status, result.stderr.count("\n")) == (1, 1)


def test_a_helper_that_is_killed_fails_what_follows(installation, smarthost, talk):
    host = smarthost()
    installation.configure_relay(host)
    process, client = talk()
    client.ehlo()
    os.kill(helper_below(process.pid), 9)
    assert client.getreply()[0] == 421  # told at once: who writes now may find nobody any more
    assert (process.wait(10), host.connections) == (1, 0)
    stderr = process.stderr.read()
    assert stderr.startswith(b"sendmail: not sent: the helper ended") and stderr.count(b"\n") == 1


def test_a_helper_that_is_killed_after_doubt_leaves_none_about_the_next_message(installation, smarthost, talk):
    host = smarthost(at={"MESSAGE": Close()})
    configure(installation, host)
    process, client = talk()
    client.ehlo()
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail("alice@example.net", ["carol@example.org"], TEXT)
    os.kill(helper_below(process.pid), 9)
    assert client.getreply()[0] == 421
    stderr = process.stderr.read()
    assert (process.wait(10), stderr.count(b"\n")) == (1, 1)
    assert stderr.startswith(b"sendmail: not sent: the helper ended")


def test_a_session_that_is_killed_sends_nothing_more(installation, smarthost, talk):
    host = smarthost(at={"RCPT:dave@example.org": Silent()})
    installation.configure_relay(host)
    process, client = talk()
    client.ehlo()
    assert client.sendmail("alice@example.net", ["carol@example.org"], TEXT) == {}
    assert (client.mail("alice@example.net")[0], client.rcpt("dave@example.org")[0]) == (250, 250)
    client.docmd("DATA")
    client.send(TEXT + b".\r\n")
    wait_for(lambda: host.acted, "the second message")
    process.kill()
    process.wait()
    wait_for(lambda: not installation.processes(), "the end of the helper")
    assert host.message.addresses == [b"carol@example.org"]


# One helper for all


def test_one_helper_serves_a_session_with_the_password_for_each_message(installation, smarthost, talk):
    host = smarthost(tls="starttls", auth={"ws1": "correct horse battery"})
    installation.configure_relay(host)
    process, client = talk()
    helper = helper_below(process.pid)
    client.ehlo()
    for _ in range(3):
        assert client.sendmail("alice@example.net", ["carol@example.org"], TEXT) == {}
    assert helper_below(process.pid) == helper
    assert end(process, client) == (0, b"")
    host.settle()
    assert [session.identity for session in host.sessions] == ["ws1"] * 3


@pytest.mark.parametrize("refuse", [{}, {"GREETING": "554 not today"}], ids=["sent", "not-sent"])
def test_many_messages_cost_no_more_than_one(installation, smarthost, talk, refuse):
    host = smarthost(refuse=refuse, patience_s=0)
    installation.configure_relay(host)
    process, client = talk()
    helper = helper_below(process.pid)
    client.ehlo()

    def send_some(count: int) -> tuple[int, int]:
        for _ in range(count):
            with contextlib.suppress(smtplib.SMTPDataError):
                client.sendmail("alice@example.net", ["carol@example.org"], TEXT + b"0123456789\r\n" * 10_000)
        return len(files_of(helper)), int(status_of(helper)["VmRSS"].split()[0])

    files, memory_kb = send_some(20)
    later_files, later_memory_kb = send_some(200)
    assert later_files <= files + 1  # the last message may still be in its hands
    assert later_memory_kb < memory_kb + 2000
    client.quit()
    assert process.wait(10) == (1 if refuse else 0)
    lines = installation.log_lines()
    assert len(lines) == 220
    assert all(float(facts_of(line)["seconds"]) < 2 for line in lines)


def test_seconds_are_those_of_the_message(installation, smarthost, talk):
    configure(installation, smarthost())
    process, client = talk()
    client.ehlo()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.5)
    assert client.sendmail("alice@example.net", ["carol@example.org"], TEXT) == {}
    assert end(process, client) == (0, b"")
    assert float(facts_of(installation.log_lines()[-1])["seconds"]) < 1


def test_the_dialogue_goes_to_standard_error(installation, smarthost):
    host = smarthost(refuse={"RCPT 2": "550 no"})
    configure(installation, host)
    stdin = HELLO + message("carol@example.org") + message("dave@example.org") + QUIT
    result = installation.send("-bs", "-v", stdin=stdin)
    assert [line[:3] for line in replies(result.stdout)][-2:] == ["250", "221"]
    assert sum(line.endswith(">> QUIT") for line in result.stderr.splitlines()) == 2
    assert "EHLO" not in result.stdout


def test_what_is_asked_of_notifications_goes_to_the_smart_host(installation, smarthost):
    host = smarthost()
    configure(installation, host)
    stdin = HELLO + (
        b"MAIL FROM:<alice@example.net> RET=HDRS ENVID=one+20two\r\n"
        b"RCPT TO:<carol@example.org> NOTIFY=success,delay ORCPT=rfc822;Carol@example.com\r\n"
        b"RCPT TO:<dave@example.org>\r\nDATA\r\n" + TEXT + b".\r\n"
    )
    assert installation.send("-bs", stdin=stdin + QUIT).status == 0
    host.settle()
    assert (host.message.parameters["RET"], host.message.parameters["ENVID"]) == ("HDRS", "one+20two")
    assert [recipient.parameters for recipient in host.message.recipients] == [
        {"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;Carol@example.com"},
        {},
    ]


def test_after_a_refused_login_the_session_is_over(installation, smarthost, talk):
    """Another try with the same password would only lock the account; a new session reads the file again."""
    host = smarthost(auth={"ws1": "another"}, allow_plaintext_auth=True)
    installation.configure_relay(host)
    (installation.secrets / "relay.password").write_text("stale")
    process, client = talk()
    client.ehlo()
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("alice@example.net", ["carol@example.org"], TEXT)
    assert caught.value.smtp_code == 554
    assert (host.connections, process.wait(10)) == (1, 1)
    assert process.stderr.read().count(b"\n") == 1
    (installation.secrets / "relay.password").write_text("another")
    process, client = talk()
    client.ehlo()
    assert client.sendmail("alice@example.net", ["carol@example.org"], TEXT) == {}
    assert end(process, client) == (0, b"")


def test_a_thousand_failures_are_told_in_bounds_and_logged_in_full(installation, smarthost):
    """To a client that reads standard error last: both would wait for ever for more than a pipe holds."""
    installation.configure_relay(smarthost(), {"message_size_limit": 10})
    ours, theirs = os.pipe()
    with installation.start("-bs", stderr=theirs) as process:
        os.close(theirs)
        stdout, _ = process.communicate(HELLO + message("carol@example.org") * 1000 + QUIT, timeout=60)
    with open(ours, "rb") as stderr:
        lines = stderr.read().splitlines()
    assert (process.returncode, stdout.count(b"552 not sent: ")) == (1, 1000)
    assert len(lines) == 101
    assert lines[-1] == b"sendmail: not sent: and 900 more; the log has all"
    assert len(installation.log_lines()) == 1000


def test_the_greeting_has_the_name_that_is_configured(installation, smarthost):
    installation.configure_relay(smarthost())
    result = installation.send("-bs", stdin=b"HELP\r\n" + HELLO + QUIT)
    assert result.stdout.startswith("220 ws1.example.net ESMTP Gatepost\r\n214 ")
    assert "250-ws1.example.net\r\n" in result.stdout
