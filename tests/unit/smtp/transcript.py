"""Play a dialogue against a script: what is written is collected turn by turn, each Read is given the next reply."""

from __future__ import annotations

from helper import status
from helper.failure import HostFailed
from helper.smtp.reply import take_reply
from helper.smtp.steps import (
    Authenticated,
    Noted,
    Quit,
    Read,
    SendAsChunk,
    SendAsData,
    StartTLS,
    Write,
    WriteDataCommand,
)

GONE = b""  # in a script: the connection is lost


def play(steps, script):
    """Return what was written before each reply, and the final result; `script` holds octets of replies, and GONE."""
    replies = iter(script)
    turns = [[]]
    answer = None
    try:
        while True:
            step = steps.send(answer)
            answer = None
            match step:
                case Write():
                    turns[-1].append(step.octets.decode("ascii"))
                case WriteDataCommand():
                    turns[-1].append("DATA\r\n")
                case SendAsData():
                    turns[-1].append("<message as data>")
                case SendAsChunk():
                    turns[-1].append("<message as chunk>")
                case Quit():
                    turns[-1].append("QUIT\r\n")
                case StartTLS():
                    turns[-1].append("<TLS>")
                case Authenticated():
                    turns[-1].append(f"<authenticated by {step.mechanism}>")
                case Noted():
                    turns[-1].append(f"<{step.name}: {step.value}>")
                case Read():
                    octets = next(replies, None)
                    assert octets is not None, f"the script has no reply to {step.command}"
                    turns.append([])
                    if octets == GONE:
                        lost = steps.throw(HostFailed("the connection was lost", status.TEMPORARY))
                        raise AssertionError(f"it goes on without a connection: {lost!r}")
                    answer = take_reply(bytearray(octets))
                    assert answer is not None, "the script holds an incomplete reply"
    except StopIteration as done:
        assert next(replies, None) is None, "the dialogue ended before the script"
        return ["".join(turn) for turn in turns], done.value
