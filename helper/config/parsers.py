"""Parse plain values: booleans, numbers, times, sizes, text and paths."""

from __future__ import annotations

from helper.config.shape import DIGITS, LETTERS, Shape, integer_of, is_word, require, text_of
from helper.config.values import CREDENTIAL
from helper.smtp.sasl.mechanisms import NAMES
from helper.text import LINE_LIMIT

UNITS_S = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}  # Exim, chapter 6, "Time intervals"
DURATION_LIMIT_S = 604_800  # a week: a caller waits meanwhile
UNITS_OCTETS = {"K": 1024, "M": 1024**2, "G": 1024**3}  # Exim, chapter 6, "Integer values"
INTEGER_LIMIT = 2**53  # what every reader of a log in JSON can still tell apart
DIGITS_LIMIT = 16  # enough for INTEGER_LIMIT; the time that int() takes grows with the square of the digits
PATH_LIMIT = 4095  # octets: PATH_MAX without its NUL
KEYWORD_LIMIT = 64  # characters of an EHLO keyword; the longest one in use has 19
KEYWORD_CHARACTERS = LETTERS | DIGITS | frozenset("-")
PROTECTING = ("STARTTLS", "AUTH")  # to go on without these is what tls and auth decide, and nothing else


def parse_boolean(value: object) -> bool:
    """Return a boolean."""
    require(isinstance(value, bool), BOOLEAN.words)
    return value is True


def parse_true(value: object) -> bool:
    """Return true, the only value of an option that cannot be turned off."""
    require(value is True, ONLY_TRUE.words)
    return True


def parse_count(value: object) -> int | None:
    """Return the largest allowed number; 0 means no limit, as in Exim, and becomes None."""
    require(0 <= integer_of(value) <= INTEGER_LIMIT, COUNT.words)
    return integer_of(value) or None


def parse_port(value: object) -> int:
    """Return a port number."""
    require(0 < integer_of(value) < 65536, PORT.words)
    return integer_of(value)


def parse_duration(value: object) -> float:
    """Return seconds. Units go from large to small, each at most once; a number without a unit is seconds."""
    seconds = seconds_of(value) if isinstance(value, str) else integer_of(value)
    require(0 < seconds <= DURATION_LIMIT_S, DURATION.words)
    return float(seconds)


def parse_size(value: object) -> int | None:
    """Return octets; 0 means no limit, as in Exim, and becomes None."""
    octets = octets_of(value) if isinstance(value, str) else integer_of(value)
    require(0 <= octets <= INTEGER_LIMIT, SIZE.words)
    return octets or None


def parse_word(value: object) -> str:
    """Return a name that the file defines, such as that of a router."""
    require(is_word(text_of(value)), WORD.words)
    return text_of(value)


def parse_text(value: object) -> bytes:
    """Return a line of text without a syntax of its own."""
    text = text_of(value)
    require(bool(text) and text.isprintable() and len(text.encode()) <= LINE_LIMIT, TEXT.words)
    return text.encode()


def parse_path(value: object) -> str:
    """Return a path as written."""
    require(is_path(text_of(value)), PATH.words)
    return text_of(value)


def parse_secret_path(value: object) -> str:
    """Return the path of a secret as written, or `credential:` with the name of one that systemd hands over."""
    text = text_of(value)
    name = text.removeprefix(CREDENTIAL)
    require(is_path(text) and (name == text or (name not in ("", ".", "..") and "/" not in name)), SECRET_PATH.words)
    return text


def parse_absolute_path(value: object) -> str:
    """Return an absolute path."""
    require(is_absolute(text_of(value)), ABSOLUTE_PATH.words)
    return text_of(value)


def parse_log(value: object) -> str:
    """Return where the log goes."""
    require(value == "syslog" or is_absolute(text_of(value)), LOG.words)
    return text_of(value)


def parse_alias_path(value: object) -> str:
    """Return the path of an alias file; only `$home` in it depends on the address."""
    rest = text_of(value).removeprefix("$home")
    require("$" not in rest and is_absolute(rest), ALIAS_PATH.words)
    return text_of(value)


def parse_command(value: object) -> tuple[str, ...]:
    """Return a command and its arguments; a command line for a shell is refused."""
    items = [text_of(item) for item in value] if isinstance(value, list) else []
    require(bool(items) and is_absolute(items[0]) and all(item.isprintable() and item for item in items), COMMAND.words)
    return tuple(items)


def parse_mechanism(value: object) -> str:
    """Return the name of a SASL mechanism as EHLO writes it, in upper case."""
    require(text_of(value).upper() in NAMES and text_of(value).isascii(), MECHANISM.words)
    return text_of(value).upper()


def parse_keyword(value: object) -> str:
    """Return an EHLO keyword (RFC 5321, section 4.1.1.1) in upper case; not one that protects."""
    text = text_of(value)
    is_keyword = 0 < len(text) <= KEYWORD_LIMIT and KEYWORD_CHARACTERS.issuperset(text) and text[0] != "-"
    require(is_keyword and text.upper() not in PROTECTING, KEYWORD.words)
    return text.upper()


def seconds_of(text: str) -> int:
    """Return the seconds of "1h30m" or "90", -1 if it is no time."""
    if is_number(text):
        return int(text)
    seconds = 0
    for unit, length_s in UNITS_S.items():
        before, found, after = text.partition(unit)
        if found:
            if not is_number(before):
                return -1
            seconds += int(before) * length_s
            text = after
    return -1 if text else seconds


def octets_of(text: str) -> int:
    """Return the octets of "50M", -1 if it is no size."""
    digits, octets = (text[:-1], UNITS_OCTETS[text[-1]]) if text[-1:] in UNITS_OCTETS else (text, 1)
    return int(digits) * octets if is_number(digits) else -1


def is_number(text: str) -> bool:
    """Return whether it is ASCII digits, and not too many; str.isdigit() takes the digits of every script."""
    return 0 < len(text) <= DIGITS_LIMIT and DIGITS.issuperset(text)


def is_path(text: str) -> bool:
    """Return whether it names a file without `..`, which leaves the directory that relative names start in."""
    return bool(text) and text.isprintable() and len(text.encode()) <= PATH_LIMIT and ".." not in text.split("/")


def is_absolute(text: str) -> bool:
    """Return whether it is an absolute path of a file."""
    return text.startswith("/") and is_path(text)


BOOLEAN = Shape("true or false", parse_boolean)
ONLY_TRUE = Shape("true", parse_true)
COUNT = Shape("a whole number, 0 for no limit", parse_count)
PORT = Shape("a port number from 1 to 65535, without quotes", parse_port)
DURATION = Shape('a time such as 30 (seconds), "30s" or "1h30m", more than nothing and at most a week', parse_duration)
SIZE = Shape('a size in octets, or such as "50M" (K, M, G), 0 for no limit', parse_size)
WORD = Shape("a name of at most 64 letters, digits, - and _", parse_word)
TEXT = Shape("a line of printable text of at most 998 octets", parse_text)
PATH = Shape("the path of a file, without ..", parse_path)
SECRET_PATH = Shape("the path of a file, without .., or credential:NAME", parse_secret_path)
ABSOLUTE_PATH = Shape("an absolute path, without ..", parse_absolute_path)
LOG = Shape('"syslog" or an absolute path, without ..', parse_log)
ALIAS_PATH = Shape('an absolute path, or one that begins with "$home/", without ..', parse_alias_path)
COMMAND = Shape("an array of an absolute path and its arguments", parse_command)
MECHANISM = Shape(f"one of {', '.join(NAMES)}", parse_mechanism)
KEYWORD = Shape("an EHLO keyword other than STARTTLS and AUTH", parse_keyword)
