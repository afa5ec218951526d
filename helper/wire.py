"""The wire between frontend and helper: one request up, answers down. It belongs to the helper.

A request is `GATEPOST`, a version octet, the length of what follows (4 octets, big-endian), and fields: length of the
name (1), name, length of the value (4), value. The message travels beside it, as a descriptor. An answer is a letter,
the length of the content (2 octets) and the content; the last one is the status. The C starters write answers of
the same shape (start.h).

Nothing is believed: lengths are bounded before anything is allocated, each field may come once (recipients many
times), a choice is a name, and what is unknown, left over or holds a control character is refused.
"""

from __future__ import annotations

from helper.failure import WireError
from helper.record import Record

VERSION = "0.1.0"  # of Gatepost; frontend and helper are of one version
MAGIC = b"GATEPOST\x01"
HEAD_OCTETS = len(MAGIC) + 4
# Linux hands a program at most 6 MiB of arguments (execve(2)); the frame adds at most half of that.
REQUEST_LIMIT = 12 * 1024 * 1024

LINE = b"L"  # a line for the caller's standard error
OUTPUT = b"O"  # a line for the caller's standard output
LIMIT = b"M"  # the size limit of a message: 8 octets, 0 for none; always the first answer of a helper that is ready
DOUBT = b"D"  # no content: from now on the message may be delivered, even if no other answer follows
STATUS = b"S"  # one octet, the exit status; nothing follows
ANSWER_HEAD_OCTETS = 3
LINE_LIMIT = 8 * 1024  # octets; longer lines are cut

ONCE = (
    *(b"full-name", b"reverse-path", b"body", b"recipients-from", b"show-dialogue"),
    *(b"inquiry", b"complaint", b"problem"),
)
BODIES = (b"7BIT", b"8BITMIME")
INQUIRIES = (b"verify", b"trace", b"aliases")
COMPLAINTS = (b"usage", b"input", b"daemon")


class Submission(Record):
    """What the caller asks for: a message, and from whom to whom it goes.

    `recipients` are arguments as they were given, each an RFC 5322 address list; `reverse_path` is None where no
    option named one, and b"" for the null reverse-path.
    """

    recipients: tuple[bytes, ...]
    recipients_from_header: bool = False
    reverse_path: bytes | None = None
    full_name: bytes | None = None
    body: bytes | None = None
    show_dialogue: bool = False


class Inquiry(Record):
    """A question that sends nothing: whether addresses can be routed, how they are, or what the alias files hold."""

    kind: bytes
    recipients: tuple[bytes, ...]
    reverse_path: bytes | None = None


class Complaint(Record):
    """What keeps the frontend from sending, for the log: `kind` is one of COMPLAINTS."""

    kind: bytes
    problem: bytes
    recipients: tuple[bytes, ...] = ()


TYPE_CHECKING = False
if TYPE_CHECKING:
    Request = Submission | Inquiry | Complaint


def request_octets(request: Request) -> bytes:
    """Return the octets of a request."""
    fields = b"".join(field_octets(name, value) for name, value in request_fields(request))
    return MAGIC + len(fields).to_bytes(4, "big") + fields


def request_fields(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the fields of a request in the order in which they are sent."""
    fields = [(b"recipient", recipient) for recipient in request.recipients]
    if isinstance(request, Complaint):
        return [(b"complaint", request.kind), (b"problem", request.problem), *fields]
    if isinstance(request, Inquiry):
        path = [] if request.reverse_path is None else [(b"reverse-path", request.reverse_path)]
        return [(b"inquiry", request.kind), *fields, *path]
    if request.recipients_from_header:
        fields.append((b"recipients-from", b"header"))
    if request.reverse_path is not None:
        fields.append((b"reverse-path", request.reverse_path))
    if request.full_name is not None:
        fields.append((b"full-name", request.full_name))
    if request.body is not None:
        fields.append((b"body", request.body))
    if request.show_dialogue:
        fields.append((b"show-dialogue", b"yes"))
    return fields


def field_octets(name: bytes, value: bytes) -> bytes:
    """Return the octets of one field."""
    return len(name).to_bytes(1, "big") + name + len(value).to_bytes(4, "big") + value


def fields_length(head: bytes) -> int:
    """Return how many octets follow the first HEAD_OCTETS of a request. WireError where this is no request."""
    if len(head) != HEAD_OCTETS or head[: len(MAGIC)] != MAGIC:
        raise WireError("this is no request of this version")
    length = int.from_bytes(head[len(MAGIC) :], "big")
    if length > REQUEST_LIMIT:
        raise WireError(f"the request is larger than {REQUEST_LIMIT} octets")
    return length


def parse_request(octets: bytes) -> Request:
    """Return the request that the octets after the head spell. WireError where they spell none."""
    once: dict[bytes, bytes] = {}
    recipients = []
    at = 0
    while at < len(octets):
        name, value, at = parse_field(octets, at)
        if name == b"recipient":
            recipients.append(value)
        elif name in once or name not in ONCE:
            raise WireError("a field is unknown, or is there twice")
        else:
            once[name] = value
    if b"complaint" in once:
        return parse_complaint(once, recipients)
    if b"inquiry" in once:
        return parse_inquiry(once, recipients)
    if b"problem" in once:
        raise WireError("a problem belongs to a complaint")
    return Submission(
        recipients=tuple(recipients),
        recipients_from_header=parse_choice(once, b"recipients-from", (b"header",)) is not None,
        reverse_path=once.get(b"reverse-path"),
        full_name=once.get(b"full-name"),
        body=parse_choice(once, b"body", BODIES),
        show_dialogue=parse_choice(once, b"show-dialogue", (b"yes",)) is not None,
    )


def parse_complaint(once: dict[bytes, bytes], recipients: list[bytes]) -> Complaint:
    """Return the complaint, which takes a problem and recipients and nothing else."""
    kind = parse_choice(once, b"complaint", COMPLAINTS)
    if kind is None or once.keys() != {b"complaint", b"problem"}:
        raise WireError("a complaint has a field too many, or too few")
    return Complaint(kind, once[b"problem"], tuple(recipients))


def parse_inquiry(once: dict[bytes, bytes], recipients: list[bytes]) -> Inquiry:
    """Return the question, which takes addresses and a reverse-path and nothing else."""
    kind = parse_choice(once, b"inquiry", INQUIRIES)
    if kind is None or once.keys() - {b"inquiry", b"reverse-path"}:
        raise WireError("an inquiry has a field too many")
    return Inquiry(kind, tuple(recipients), once.get(b"reverse-path"))


def parse_field(octets: bytes, at: int) -> tuple[bytes, bytes, int]:
    """Return name and value of the field at `at`, and where the next one begins."""
    name_start = at + 1
    value_start = name_start + octets[at] + 4
    if value_start > len(octets):
        raise WireError("a field ends too early")
    name = octets[name_start : value_start - 4]
    end = value_start + int.from_bytes(octets[value_start - 4 : value_start], "big")
    if end > len(octets):
        raise WireError("a field ends too early")
    value = octets[value_start:end]
    if has_control(value):
        raise WireError(f"{name.decode('ascii', 'replace') if name in ONCE else 'a recipient'} has a control character")
    return name, value, end


def parse_choice(once: dict[bytes, bytes], name: bytes, choices: tuple[bytes, ...]) -> bytes | None:
    """Return the value of a field that is one of a few names, None where it is absent."""
    value = once.get(name)
    if value is not None and value not in choices:
        raise WireError("a choice is unknown")
    return value


CONTROLS = bytes(range(32)) + b"\x7f"


def has_control(value: bytes) -> bool:
    """Say whether there is a control character in it: each would end or forge a line somewhere (CVE-2020-28015)."""
    return value.translate(None, CONTROLS) != value


def answer(letter: bytes, content: bytes) -> bytes:
    """Return the octets of one answer."""
    return letter + len(content).to_bytes(2, "big") + content


def parse_answer(octets: bytearray) -> tuple[bytes, bytes, int] | None:
    """Return letter, content and length of the first answer in `octets`, None while it is incomplete."""
    if len(octets) < ANSWER_HEAD_OCTETS:
        return None
    end = ANSWER_HEAD_OCTETS + int.from_bytes(octets[1:ANSWER_HEAD_OCTETS], "big")
    return (bytes(octets[:1]), bytes(octets[ANSWER_HEAD_OCTETS:end]), end) if len(octets) >= end else None
