"""The caller's side: argv → stdin → submit → exit status. It has the caller's rights and no others, ever."""

from __future__ import annotations

import _signal
import errno
import os
import sys

from frontend import stdin, submit
from frontend.argv import CommandLine, UsageError, help_text, parse_argv
from helper import status, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


INQUIRIES = {"verify": b"verify", "trace": b"trace", "check aliases": b"aliases"}


def main() -> None:
    """Send what the caller gives, and end with the status that tells how it went."""
    # SIGINT came blocked (sendmail.c): first its default effect, so that it never ends in a traceback; unless the
    # caller ignores it, as nohup and a shell's background jobs do.
    if _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])
    try:
        end(serve_caller(sys.argv[1:]))
    except BaseException as defect:  # the last resort; a traceback is no line that callers can show
        end(confess(defect, submit.Helper.was_given_a_message))


def serve_caller(argv: list[str]) -> int:
    """Do what the caller asks for and return the exit status."""
    try:
        command = parse_argv(argv)
    except UsageError as error:
        return complain(error.problem)
    if command.configuration is not None:
        from frontend import personal  # few sends are without privilege

        personal.start_with(command.configuration)
    return carry_out(command)


def confess(defect: BaseException, may_be_sent: bool) -> int:
    """Show where a defect of ours has ended the send, and return the status; nothing is claimed that is not known."""
    trace = defect.__traceback__
    place = "an unknown place"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    outcome = "may have been sent" if may_be_sent else "not sent"
    line = f"sendmail: {outcome}: a defect in Gatepost: {type(defect).__name__} at {place}"
    submit.show(line.encode("ascii", "replace"))
    return status.FAILED


def end(exit_status: int) -> NoReturn:
    """End at once: an interpreter that tidies up first costs the caller time."""
    os._exit(exit_status)


def carry_out(command: CommandLine) -> int:
    """Do what the command line asks for and return the exit status."""
    if command.mode == "send":
        return send(command)
    if command.mode in INQUIRIES:
        return inquire(command)
    if command.mode == "speak SMTP":
        return speak_smtp(command)
    if command.mode == "daemon":
        return refuse_daemon()
    if command.mode == "show queue":
        return say("Mail queue is empty\n")
    if command.mode == "show help":
        return say(help_text())
    if command.mode == "show version":
        return say(version_text())
    return status.SENT  # -q: there is no queue, and nothing to be done


def send(command: CommandLine) -> int:
    """Read the message, hand it over, and return the outcome."""
    helper = submit.Helper(submit.show)
    limit = helper.size_limit()
    if limit is None:
        stdin.drain()
        return helper.outcome()
    try:
        message = stdin.memory_file(limit, dot_ends=not command.dots_are_text)
    except OSError as error:
        recipients = tuple(map(os.fsencode, command.recipients))
        helper.submit(wire.Complaint(b"input", input_problem(error).encode("ascii", "replace"), recipients))
    else:
        helper.submit(submission(command), message)
    outcome = helper.outcome()
    stdin.drain()
    return outcome


def input_problem(error: OSError) -> str:
    """Return what is wrong with standard input."""
    if error.errno == errno.EBADF:
        return "standard input cannot be read: it is a folder, or not open for reading"
    if error.errno == errno.EFBIG:
        return "the message is larger than the caller may write (ulimit -f)"
    return f"standard input cannot be read: {error.strerror}"


def inquire(command: CommandLine) -> int:
    """Ask what would become of addresses; the helper's answers go to standard output."""
    helper = submit.Helper(submit.show)
    if helper.size_limit() is not None:
        recipients = tuple(map(os.fsencode, command.recipients))
        helper.submit(wire.Inquiry(INQUIRIES[command.mode], recipients, as_octets(command.reverse_path)))
    return helper.outcome()


def speak_smtp(command: CommandLine) -> int:
    """Serve a program of the caller's by SMTP; what inetd starts would be a daemon."""
    from frontend.serve import is_network_socket, serve  # few sends need it

    return refuse_daemon() if is_network_socket(stdin.STDIN) else serve(command)


def refuse_daemon() -> int:
    """Say that there is no daemon."""
    return give_up(wire.Complaint(b"daemon", b"Daemon cannot be run"), submit.Helper(submit.show))


def submission(command: CommandLine) -> wire.Submission:
    """Return the command line as it goes over the wire: octets, as the caller gave them."""
    return wire.Submission(
        recipients=tuple(map(os.fsencode, command.recipients)),
        recipients_from_header=command.recipients_from_header,
        reverse_path=as_octets(command.reverse_path),
        full_name=as_octets(command.full_name),
        body=as_octets(command.body),
        show_dialogue=command.show_dialogue,
        notify=as_octets(command.notify),
        ret=as_octets(command.ret),
        envid=as_octets(command.envid),
    )


def as_octets(text: str | None) -> bytes | None:
    """Return an argument's octets, None for one that was not given."""
    return None if text is None else os.fsencode(text)


def give_up(complaint: wire.Complaint, helper: submit.Helper) -> int:
    """Have the helper put into the log and into words why nothing is sent, and return its status."""
    if helper.size_limit() is not None:
        helper.submit(complaint)
    return helper.outcome()


def complain(problem: str) -> int:
    """Show a usage error, which is one whatever becomes of the helper, once it is in the log, and return its status."""
    octets = problem.encode("ascii", "replace")
    give_up(wire.Complaint(b"usage", octets), submit.Helper(lambda _line: None))
    submit.show(b"sendmail: usage: " + octets)
    return status.USAGE


def say(text: str) -> int:
    """Write to standard output and return the status of having done so."""
    try:
        stdin.write_all(submit.STDOUT, text.encode("ascii"))
    except OSError as error:
        submit.show(f"sendmail: standard output cannot be written: {error.strerror}".encode("ascii", "replace"))
        return status.FAILED
    return status.SENT


def version_text() -> str:
    """Return version and surroundings, as -bV shows them."""
    import ssl

    return "".join(
        f"{line}\n"
        for line in (
            f"Gatepost {wire.VERSION}",
            "TLS: STARTTLS, implicit; DNS: MX, SRV",
            "SMTP: PIPELINING, CHUNKING, SIZE, 8BITMIME, SMTPUTF8, DSN",
            f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}",
        )
    )
