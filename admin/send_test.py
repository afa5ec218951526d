"""gatepost send-test: send a small message through the installed sendmail, and print the result in one line."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from admin.apart import ENVIRONMENT, ERR, NOT_EXECUTED, Apart, program
from admin.configuration import read_configuration
from admin.installed import SENDMAIL, refuse_taken
from helper.failure import Failure, SystemFault, UsageError
from helper.privileged import protected_files
from helper.record import Record
from helper.status import USAGE
from helper.text import shown
from helper.version import VERSION

# RFC 3834: no vacation message answers it.
MESSAGE = """\
To: {address}
Subject: A test message from {machine}
Auto-Submitted: auto-generated

This is a test message. On {machine}, {login} asked for it with
"gatepost send-test", {time}.

It shows that mail from this machine reaches you. You need not do anything.
"""
VERDICT = "sendmail: "
MARGIN_S = 1200  # the usual time-outs are 1,050 s; a program may be asked for a password, and a line be logged


class Sent(Record):
    """The result of a test message: sendmail's status, and one line about it."""

    status: int
    text: str

    @property
    def outcome(self) -> str:
        """Return the outcome as in the log, as far as it is known from outside."""
        if self.status == 0:
            return "accepted"
        return "in-doubt" if self.text.startswith("may have been sent: ") else "failed"


def send_test(address: str, login: str | None) -> int:
    """Send a test message as a user, by default as who asks, and return sendmail's status; 64 if nothing was tried.

    The dialogue goes to standard error as it comes, what became of the message to standard output.
    """
    try:
        sent = send(address, sender(address, login), lambda line: print(line, file=sys.stderr, flush=True))
    except UsageError as error:
        return give_up(error)
    print(sent.text)
    return sent.status


def send_test_in_json(address: str, login: str | None) -> int:
    """Send the same, and print what became of it as one JSON object, the dialogue in it; return the same status."""
    dialogue: list[str] = []
    try:
        who = sender(address, login)
        sent = send(address, who, dialogue.append)
    except UsageError as error:
        return give_up(error)
    facts = {"version": VERSION, "status": sent.status, "user": who.pw_name, "address": shown(os.fsencode(address))}
    facts |= {"outcome": sent.outcome, "text": sent.text, "dialogue": dialogue}
    json.dump(facts, sys.stdout, indent=2)
    print()
    return sent.status


def sender(address: str, login: str | None) -> pwd.struct_passwd:
    """Return who sends. UsageError if that cannot be, or the address is none."""
    if not address.isprintable():  # it goes into the header as well
        raise UsageError("the address contains a control character")
    try:
        who = pwd.getpwuid(os.geteuid()) if login is None else pwd.getpwnam(login)
    except KeyError:
        raise UsageError(f"there is no user {os.geteuid() if login is None else login}") from None
    if who.pw_uid != os.geteuid() and os.geteuid() != 0:
        raise UsageError("only root can send as somebody else: sudo gatepost send-test")
    return who


def give_up(error: UsageError) -> int:
    """Print why nothing was sent."""
    print(f"gatepost: usage: {shown(os.fsencode(error.problem))}", file=sys.stderr)
    return USAGE


def send(address: str, who: pwd.struct_passwd, show: Callable[[str], None]) -> Sent:
    """Run sendmail apart, show its dialogue line by line, and return the outcome."""
    machine = protected_files.host_name().decode("ascii", "replace")
    time = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    message = MESSAGE.format(address=address, machine=machine, login=who.pw_name, time=time)
    work = program(str(SENDMAIL), "-v", "-i", "--", address, environment=environment_of(who))
    try:
        os.stat(SENDMAIL)
        refuse_taken()
        with Apart(who, work, longest_s()) as sendmail:
            sendmail.write(os.fsencode(message))
            return relay(sendmail, address, show)
    except OSError as error:
        return Sent(1, f"not sent: {SENDMAIL} cannot be run: {error.strerror}: gatepost check")
    except SystemFault as fault:
        return Sent(1, f"not sent: {fault.problem}")


def environment_of(who: pwd.struct_passwd) -> dict[str, str]:
    """Return a constant environment; only users themselves choose where their own configuration is."""
    if who.pw_uid == os.getuid() != 0:
        return ENVIRONMENT | {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in os.environ}
    return ENVIRONMENT | {"HOME": who.pw_dir}


def longest_s() -> float:
    """Return how long a send may take: all time-outs of a transport, and what is not counted among them."""
    try:
        transports = read_configuration().configuration.transports
    except Failure:
        return MARGIN_S
    return MARGIN_S + max(
        each.connect_timeout_s + each.command_timeout_s + each.data_timeout_s + each.final_timeout_s
        for each in transports
    )


def relay(sendmail: Apart, address: str, show: Callable[[str], None]) -> Sent:
    """Pass on each line as it comes, and return how it ended."""
    last = ""
    try:
        for name, line in sendmail.lines():
            if name == ERR and line.startswith(VERDICT):
                last = line.removeprefix(VERDICT)
            else:
                show(line)
        status = sendmail.wait()
    except SystemFault as fault:
        return Sent(1, f"may have been sent: sendmail was ended, because {fault.problem}: see the log")
    if status == NOT_EXECUTED:
        return Sent(1, f"not sent: {SENDMAIL} cannot be executed: gatepost check")
    return Sent(status if status >= 0 else 1, outcome(status, last, address))


def outcome(status: int, last: str, address: str) -> str:
    """Return in one line what became of the message."""
    if status == 0:
        return f"sent: the smart host accepted the message for {shown(os.fsencode(address))}"
    return last or f"not sent: sendmail ended with status {status} and printed nothing: see the log"
