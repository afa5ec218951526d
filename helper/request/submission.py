"""What the caller asks for, once argv or a session of SMTP has been understood."""

from __future__ import annotations

from helper.record import Record

# The modes: what a command line can ask for, whether by -b, by another option or by the name of the program (argv.py).
SEND, SPEAK_SMTP, DAEMON = "send", "speak SMTP", "daemon"
INQUIRIES = (VERIFY, TRACE, CHECK_ALIASES) = ("verify", "trace", "check aliases")
AT_ONCE = (SHOW_HELP, SHOW_VERSION, SHOW_QUEUE, RUN_QUEUE) = ("show help", "show version", "show queue", "run queue")

BODIES = (b"7BIT", b"8BITMIME")  # of BODY (RFC 6152) and -B
RETURNS = (b"FULL", b"HDRS")  # of RET (RFC 3461, section 4.3) and -R


class Submission(Record):
    """A message to be sent: from whom to whom it goes.

    `recipients` are arguments as they were given, each an RFC 5322 address list; in a `session` each is one path in
    angle brackets. `reverse_path` is None if no option named one, and b"" for the null reverse-path. `notify`, `ret`
    and `envid` are NOTIFY, RET and ENVID of RFC 3461, the last one not yet xtext. `recipient_parameters` are those that
    an SMTP client gave with each recipient: b"", or NOTIFY= and ORCPT= with a space between.
    """

    recipients: tuple[bytes, ...]
    recipients_from_header: bool = False
    reverse_path: bytes | None = None
    full_name: bytes | None = None
    body: bytes | None = None
    show_dialogue: bool = False
    notify: bytes | None = None
    ret: bytes | None = None
    envid: bytes | None = None
    recipient_parameters: tuple[bytes, ...] = ()
    session: bool = False


class Inquiry(Record):
    """A question that sends nothing: `mode` is one of INQUIRIES."""

    mode: str
    recipients: tuple[bytes, ...]
    reverse_path: bytes | None = None
