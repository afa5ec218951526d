"""argv: sendmail's options as a table, from an argument vector to a command line or a usage error."""

from __future__ import annotations

from helper.failure import UsageError
from helper.record import Record
from helper.request.submission import (
    BODIES,
    CHECK_ALIASES,
    DAEMON,
    RETURNS,
    RUN_QUEUE,
    SEND,
    SHOW_QUEUE,
    SHOW_VERSION,
    SPEAK_SMTP,
    TRACE,
    VERIFY,
    Inquiry,
    Submission,
)
from helper.text import CONTROLS, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# How an option takes its argument.
NONE = "none"  # -t; others may follow in the same word: -ti
JOINED = "joined"  # -bs, -oem, -q30m: the rest of the word
VALUE = "value"  # -f a@b, -fa@b: the rest of the word, else the next word


class CommandLineOption(Record):
    """One row of the table: the letter, the kind of argument, the field of CommandLine that it sets, and its help text.

    `sets` is empty for an option that is accepted and ignored. It never opens a file or changes what is sent.
    """

    letter: str
    argument: str
    sets: str
    summary: str


OPTIONS = (
    CommandLineOption("t", NONE, "recipients_from_header", "recipients also from To:, Cc: and Bcc: of the message"),
    CommandLineOption("i", NONE, "dots_are_text", "a line with a lone dot does not end the message"),
    CommandLineOption("v", NONE, "show_dialogue", "show the SMTP dialogue on standard error"),
    CommandLineOption("f", VALUE, "reverse_path", "reverse-path; '' or '<>' for the null reverse-path"),
    CommandLineOption("r", VALUE, "reverse_path", "the same as -f"),
    CommandLineOption("F", VALUE, "full_name", "display name for a From: that is added"),
    CommandLineOption("B", VALUE, "body", "body type: 7BIT or 8BITMIME"),
    CommandLineOption("N", VALUE, "notify", "when to notify: never, or a list of success, failure, delay (DSN)"),
    CommandLineOption("R", VALUE, "ret", "what a notification returns: full or hdrs (DSN)"),
    CommandLineOption("V", VALUE, "envid", "envelope id for notifications (DSN)"),
    CommandLineOption(
        "b",
        JOINED,
        "mode",
        "what to do: -bm send, -bs speak SMTP, -bv verify, -bt trace routing, -bi check aliases, -bp show queue, "
        "-bV version",
    ),
    CommandLineOption("C", VALUE, "configuration", "use this configuration, without privilege"),
    CommandLineOption("q", JOINED, "queue_run", "does nothing, because there is no queue"),
    CommandLineOption("o", JOINED, "old_option", "-oi is -i; all others are ignored"),
    CommandLineOption("A", JOINED, "", "ignored"),
    CommandLineOption("d", JOINED, "debug", "-d0.1 shows the version; all others are ignored"),
    CommandLineOption("e", JOINED, "", "ignored: errors always go to standard error"),
    CommandLineOption("G", NONE, "", "ignored"),
    CommandLineOption("U", NONE, "", "ignored"),
    CommandLineOption("m", NONE, "", "ignored"),
    CommandLineOption("n", NONE, "", "ignored"),
    CommandLineOption("L", VALUE, "", "ignored"),
    CommandLineOption("O", VALUE, "", "ignored"),
    CommandLineOption("X", VALUE, "", "ignored"),
    CommandLineOption("h", VALUE, "", "ignored"),
    CommandLineOption("p", VALUE, "", "ignored"),
)
BY_LETTER = {option.letter: option for option in OPTIONS}

MODES_BY_NAME = {"mailq": SHOW_QUEUE, "newaliases": CHECK_ALIASES}
MODES = {
    "m": SEND,
    "s": SPEAK_SMTP,
    "v": VERIFY,
    "t": TRACE,
    "i": CHECK_ALIASES,
    "p": SHOW_QUEUE,
    "V": SHOW_VERSION,
    "d": DAEMON,
    "df": DAEMON,
    "D": DAEMON,
}
# Exim's -oMa and the like, -oA, -oP and -oX take the next word as their argument. It must not become a recipient.
OLD_OPTIONS_WITH_VALUE = ("A", "P", "X", "Ma", "Maa", "Mai", "Mas", "Mi", "Mm", "Mr", "Ms", "Mt")
OLD_OPTIONS_WITH_TIME = ("r", "s")  # the next word as well, such as 5s
OLD_OPTION_WITH_NUMBER = "B"  # the next word, if it begins with a digit
# The value of these stands in the same word. Alone they are refused, as Exim does: other sendmails disagree on the
# recipients of `-e m bob` and `-oQ /tmp bob`.
INCOMPLETE = frozenset("Abeo")
INCOMPLETE_OLD_OPTIONS = frozenset("CEFHJKLMNOQSTUVZabdeghknpqtuxyz")
DIGITS = frozenset("0123456789")


class CommandLine(Record):
    """What the caller asks for. `recipients` are address lists as given; `reverse_path` "" is the null one."""

    mode: str = SEND
    recipients: tuple[str, ...] = ()
    recipients_from_header: bool = False
    dots_are_text: bool = False
    show_dialogue: bool = False
    reverse_path: str | None = None
    full_name: str | None = None
    body: str | None = None
    configuration: str | None = None
    notify: str | None = None
    ret: str | None = None
    envid: str | None = None


def parse_argv(arguments: Sequence[bytes]) -> CommandLine:
    """Return the command line of an argument vector. UsageError if it cannot be understood; nothing was tried then.

    Options may be bundled, repeated (the last one counts), and follow recipients; `--` ends them.
    """
    argv = [argument.decode("utf-8", "surrogateescape") for argument in arguments]
    name, words = (argv[0].rsplit("/", 1)[-1], argv[1:]) if argv else ("sendmail", [])
    given: dict[str, str | bool] = {"mode": MODES_BY_NAME.get(name, SEND)}
    if not words and given["mode"] == SEND:
        raise UsageError("no option and no recipient were given; sendmail --help shows the options")
    recipients: list[str] = []
    rest = words[::-1]  # the next word is the last one
    while rest:
        word = rest.pop()
        if word == "--":
            recipients += rest[::-1]
            break
        if word in ("--help", "--version"):
            return CommandLine(mode=f"show {word[2:]}")
        if word.startswith("-"):
            given.update(parse_word(word, rest))
        else:
            recipients.append(word)
    if given.pop("queue_run", False) and given["mode"] == SEND:
        given["mode"] = RUN_QUEUE  # only without -b: in `-bd -q30m`, -bd counts
    command = CommandLine(recipients=tuple(recipients), **given)  # type: ignore[arg-type] # each row sets its own field's type
    refuse_controls(command)
    if command.mode == SEND and not recipients and not command.recipients_from_header:
        raise UsageError("no recipient: give addresses, or -t to take them from the message")
    if command.mode in (VERIFY, TRACE) and not recipients:
        raise UsageError("no address to verify")
    return command


def parse_word(word: str, rest: list[str]) -> dict[str, str | bool]:
    """Return the fields that one word of options sets. An argument may be the next word, the last of `rest`."""
    given: dict[str, str | bool] = {}
    letters = word[1:]
    if not letters or letters.startswith("-"):
        raise UsageError(f"unknown option {shown(word)}")
    while letters:
        option = BY_LETTER.get(letters[0])
        if option is None:
            raise UsageError(f"unknown option -{shown(letters[0])}" + (f" in {shown(word)}" if len(word) > 2 else ""))
        letters = letters[1:]
        if option.argument == NONE:
            given.update({option.sets: True} if option.sets else {})
            continue
        value = letters
        if takes_next_word(option, letters, rest):
            if not rest:
                raise UsageError(f"-{option.letter}{letters} needs an argument")
            value = rest.pop()
        refuse_wrong_value(option, letters, value)
        given.update(parse_argument(option, value))
        break
    return given


def takes_next_word(option: CommandLineOption, letters: str, rest: list[str]) -> bool:
    """Return whether the argument of an option is the next word. `letters` follow the option in its own word."""
    if option.argument == VALUE:
        return not letters
    is_number_next = bool(rest) and rest[-1][:1] in DIGITS
    if option.sets == "old_option":
        is_number_taken = letters == OLD_OPTION_WITH_NUMBER and is_number_next
        return letters in OLD_OPTIONS_WITH_VALUE or letters in OLD_OPTIONS_WITH_TIME or is_number_taken
    # Sendmail's form of a debug level: `-d 0.1`.
    return option.sets == "debug" and not letters and is_number_next and has_only(rest[-1], ".,-")


def refuse_wrong_value(option: CommandLineOption, letters: str, value: str) -> None:
    """Raise UsageError if an ignored option would swallow a recipient, or if its value would become one."""
    name = f"-{option.letter}{letters if option.sets == 'old_option' else ''}"
    if (not letters and option.letter in INCOMPLETE) or (name[:2] == "-o" and letters in INCOMPLETE_OLD_OPTIONS):
        raise UsageError(f"{name} is incomplete: its value must follow in the same word")
    if name[:2] == "-o" and letters in OLD_OPTIONS_WITH_TIME and not has_only(value, "smhdw"):
        raise UsageError(f"{name} takes a time such as 5s or 1h30m, not {shown(value)}")
    is_number = name == "-h" or (name == f"-o{OLD_OPTION_WITH_NUMBER}" and value != letters)
    if is_number and not has_only(value, ""):
        raise UsageError(f"{name} takes a number, not {shown(value)}")


def has_only(text: str, others: str) -> bool:
    """Return whether a text begins with a digit and contains only digits and `others`."""
    return text[:1] in DIGITS and DIGITS.union(others).issuperset(text)


def parse_argument(option: CommandLineOption, value: str) -> dict[str, str | bool]:
    """Return the fields that an option with an argument sets."""
    if option.sets == "mode":
        if value not in MODES:
            raise UsageError(f"unknown option -b{shown(value)}")
        return {"mode": MODES[value]}
    if option.sets == "queue_run":
        return {"queue_run": True}
    if option.sets == "debug":
        return {"mode": SHOW_VERSION} if value == "0.1" else {}
    if option.sets == "old_option":
        return {"dots_are_text": True} if value == "i" else {}
    if option.sets == "body":
        if octets(value.upper()) not in BODIES:
            raise UsageError(f"-B takes 7BIT or 8BITMIME, not {shown(value)}")
        return {"body": value.upper()}
    if option.sets == "reverse_path":
        return {"reverse_path": "" if value.strip() == "<>" else value}
    if option.sets == "configuration" and not value:
        raise UsageError("-C needs the name of a file")
    if option.sets in ("notify", "ret", "envid"):
        return {option.sets: parse_notification(option, value)}
    return {option.sets: value} if option.sets else {}


def parse_notification(option: CommandLineOption, value: str) -> str:
    """Return the value of a DSN option as SMTP writes it (RFC 3461, section 4)."""
    from helper import dsn  # few sends need it

    if option.sets == "ret":
        if octets(value.upper()) not in RETURNS:
            raise UsageError(f"-R takes full or hdrs, not {shown(value)}")
        return value.upper()
    given = value.encode("ascii", "replace") if value.isascii() else b""
    if option.sets == "notify":
        words = dict.fromkeys(word.strip() for word in given.upper().split(b","))
        if not dsn.is_notify(b",".join(words)):
            raise UsageError(f"-N takes never, or a list of success, failure and delay, not {shown(value)}")
        return b",".join(words).decode("ascii")
    if not dsn.is_envid(given):
        raise UsageError(f"-V takes up to {dsn.ENVID_LIMIT} printable ASCII characters, not {shown(value)}")
    return value


def refuse_controls(command: CommandLine) -> None:
    """Raise UsageError for a control character: it could end a line of SMTP or of the header."""
    named = [("-f", command.reverse_path), ("-F", command.full_name), ("-C", command.configuration)]
    named += [("the recipient", recipient) for recipient in command.recipients]
    for name, value in named:
        if value and octets(value).translate(None, CONTROLS) != octets(value):
            raise UsageError(f"{name} {shown(value)} has a control character")


def submission(command: CommandLine) -> Submission:
    """Return the submission that a command line asks for, in octets as the caller gave them."""
    return Submission(
        recipients=tuple(map(octets, command.recipients)),
        recipients_from_header=command.recipients_from_header,
        reverse_path=given_octets(command.reverse_path),
        full_name=given_octets(command.full_name),
        body=given_octets(command.body),
        show_dialogue=command.show_dialogue,
        notify=given_octets(command.notify),
        ret=given_octets(command.ret),
        envid=given_octets(command.envid),
    )


def inquiry(command: CommandLine) -> Inquiry:
    """Return the question that a command line asks."""
    return Inquiry(command.mode, tuple(map(octets, command.recipients)), given_octets(command.reverse_path))


def octets(argument: str) -> bytes:
    """Return an argument as it was given."""
    return argument.encode("utf-8", "surrogateescape")


def given_octets(argument: str | None) -> bytes | None:
    """Return an argument as it was given, None if it was not given."""
    return None if argument is None else octets(argument)


def shown(text: str) -> str:
    """Return the caller's text made safe for a terminal, at most 80 characters."""
    return printable(text if len(text) <= 80 else text[:77] + "...")
