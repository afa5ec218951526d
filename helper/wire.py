"""The wire between frontend and helper: one request up, answers down. It belongs to the helper.

A request is `GATEPOST`, a version octet, the length of what follows (4 octets, big-endian), and fields: length of the
name (1), name, length of the value (4), value. The message travels beside it, as a descriptor. An answer is a letter,
the length of the content (2 octets) and the content; the last one is the status. The C starters write answers of
the same shape (start.h). Where a request says `session`, another one may follow once its status has come.

Nothing is believed: lengths are bounded before anything is allocated, each field may come once (recipients and
their parameters many times), a choice is a name, and what is unknown, left over or holds a control character is
refused.
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
CLOSED = b"C"  # from the C starters, a line: the kernel gives nobody here other rights, so there may be another door
PERSONAL = b"P"  # from the launcher, no content: it has no set-id bit, so that a helper is the frontend's to start
DOUBT = b"D"  # no content: from now on the message may be delivered, even if no other answer follows
STATUS = b"S"  # one octet, the exit status; nothing follows, in a session before the next request
ANSWER_HEAD_OCTETS = 3
LINE_LIMIT = 8 * 1024  # octets; longer lines are cut

ONCE = (
    *(b"full-name", b"reverse-path", b"body", b"recipients-from", b"show-dialogue"),
    *(b"notify", b"return", b"envelope-id", b"session"),
    *(b"inquiry", b"complaint", b"problem"),
)
BODIES = (b"7BIT", b"8BITMIME")
INQUIRIES = (b"verify", b"trace", b"aliases")
COMPLAINTS = (b"usage", b"input", b"daemon")
RETURNS = (b"FULL", b"HDRS")


class Submission(Record):
    """What the caller asks for: a message, and from whom to whom it goes.

    `recipients` are arguments as they were given, each an RFC 5322 address list; `reverse_path` is None where no
    option named one, and b"" for the null reverse-path. `notify`, `ret` and `envid` are NOTIFY, RET and ENVID of
    RFC 3461, the last one not yet xtext. `recipient_parameters` are those that an SMTP client gave with each
    recipient: b"", or NOTIFY= and ORCPT= with a space between. In a `session` more requests may follow.
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
    """A question that sends nothing: whether addresses can be routed, how they are, or what the alias files hold."""

    kind: bytes
    recipients: tuple[bytes, ...]
    reverse_path: bytes | None = None
    session: bool = False


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
        chosen = {b"reverse-path": request.reverse_path, b"session": named(request.session)}
        return [(b"inquiry", request.kind), *fields, *given_fields(chosen)]
    fields += [(b"recipient-parameters", parameters) for parameters in request.recipient_parameters]
    return fields + given_fields(
        {
            b"recipients-from": b"header" if request.recipients_from_header else None,
            b"reverse-path": request.reverse_path,
            b"full-name": request.full_name,
            b"body": request.body,
            b"show-dialogue": named(request.show_dialogue),
            b"notify": request.notify,
            b"return": request.ret,
            b"envelope-id": request.envid,
            b"session": named(request.session),
        }
    )


def named(is_so: bool) -> bytes | None:
    """Return the name of a choice between doing something and not."""
    return b"yes" if is_so else None


def given_fields(values: dict[bytes, bytes | None]) -> list[tuple[bytes, bytes]]:
    """Return the fields that have a value."""
    return [(name, value) for name, value in values.items() if value is not None]


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
    repeated: dict[bytes, list[bytes]] = {b"recipient": [], b"recipient-parameters": []}
    at = 0
    while at < len(octets):
        name, value, at = parse_field(octets, at)
        if name in repeated:
            repeated[name].append(value)
        elif name in once or name not in ONCE:
            raise WireError("a field is unknown, or is there twice")
        else:
            once[name] = value
    recipients, parameters = tuple(repeated[b"recipient"]), tuple(repeated[b"recipient-parameters"])
    if parameters and (b"complaint" in once or b"inquiry" in once):
        raise WireError("parameters of recipients belong to a submission")
    if b"complaint" in once:
        return parse_complaint(once, recipients)
    if b"inquiry" in once:
        return parse_inquiry(once, recipients)
    return parse_submission(once, recipients, parameters)


def parse_submission(
    once: dict[bytes, bytes], recipients: tuple[bytes, ...], parameters: tuple[bytes, ...]
) -> Submission:
    """Return the submission, in which each recipient has parameters or none has."""
    if b"problem" in once:
        raise WireError("a problem belongs to a complaint")
    if parameters and len(parameters) != len(recipients):
        raise WireError("there are parameters for more or fewer recipients than there are")
    refuse_wrong_notification(once, parameters)
    return Submission(
        recipients=recipients,
        recipients_from_header=parse_choice(once, b"recipients-from", (b"header",)) is not None,
        reverse_path=once.get(b"reverse-path"),
        full_name=once.get(b"full-name"),
        body=parse_choice(once, b"body", BODIES),
        show_dialogue=parse_choice(once, b"show-dialogue", (b"yes",)) is not None,
        notify=once.get(b"notify"),
        ret=parse_choice(once, b"return", RETURNS),
        envid=once.get(b"envelope-id"),
        recipient_parameters=parameters,
        session=parse_choice(once, b"session", (b"yes",)) is not None,
    )


def refuse_wrong_notification(once: dict[bytes, bytes], parameters: tuple[bytes, ...]) -> None:
    """Raise WireError for what would go into a command of SMTP and is not what RFC 3461 has there."""
    if not parameters and once.keys().isdisjoint((b"notify", b"envelope-id")):
        return
    from helper import dsn  # few sends need it

    if b"notify" in once and not dsn.is_notify(once[b"notify"]):
        raise WireError("a choice is unknown")
    if b"envelope-id" in once and not dsn.is_envid(once[b"envelope-id"]):
        raise WireError("the envelope id is none")
    if not all(map(dsn.are_recipient_parameters, parameters)):
        raise WireError("the parameters of a recipient are unknown")


def parse_complaint(once: dict[bytes, bytes], recipients: tuple[bytes, ...]) -> Complaint:
    """Return the complaint, which takes a problem and recipients and nothing else."""
    kind = parse_choice(once, b"complaint", COMPLAINTS)
    if kind is None or once.keys() != {b"complaint", b"problem"}:
        raise WireError("a complaint has a field too many, or too few")
    return Complaint(kind, once[b"problem"], recipients)


def parse_inquiry(once: dict[bytes, bytes], recipients: tuple[bytes, ...]) -> Inquiry:
    """Return the question, which takes addresses and a reverse-path and nothing else."""
    kind = parse_choice(once, b"inquiry", INQUIRIES)
    if kind is None or once.keys() - {b"inquiry", b"reverse-path", b"session"}:
        raise WireError("an inquiry has a field too many")
    is_in_session = parse_choice(once, b"session", (b"yes",)) is not None
    return Inquiry(kind, recipients, once.get(b"reverse-path"), is_in_session)


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
