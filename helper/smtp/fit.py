"""Fit a message to the extensions of the smart host: unchanged, converted without loss, or refused before any data."""

from __future__ import annotations

from helper.discreet import hidden
from helper.failure import CannotTake
from helper.text import LINE_LIMIT, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.envelope import Envelope, MailData
    from helper.smtp.extensions import Extensions


def may_gain(envelope: Envelope, extensions: Extensions) -> bool:
    """Return whether this envelope needs more than is offered; some servers offer more after authentication."""
    wanted = (
        ("8BITMIME", envelope.data.is_8bit),
        ("SMTPUTF8", envelope.is_internationalised or envelope.data.needs_smtputf8),
        ("DSN", envelope.notification is not None),
        ("REQUIRETLS", envelope.requires_tls),
    )
    if any(is_wanted and extensions.may_come(keyword) for keyword, is_wanted in wanted):
        return True
    return too_large(envelope, extensions) is not None or too_many(envelope, extensions) is not None


def fitted(envelope: Envelope, extensions: Extensions) -> Envelope:
    """Return envelope and mail data in a form that this smart host accepts. CannotTake says why there is none."""
    if envelope.requires_tls and "REQUIRETLS" not in extensions:
        raise CannotTake(
            f"this transport requires TLS on the whole path (requiretls), but {extensions.lack('REQUIRETLS')}"
        )
    if envelope.is_internationalised and "SMTPUTF8" not in extensions:
        refuse_international(envelope, extensions)
    envelope = envelope.replace(data=fitting_data(envelope.data, envelope.is_internationalised, extensions))
    problem = too_large(envelope, extensions) or too_many(envelope, extensions)
    if problem is not None:
        raise CannotTake(problem)
    return envelope if "DSN" in extensions else envelope.replace(notification=None)


def refuse_international(envelope: Envelope, extensions: Extensions) -> None:
    """Raise CannotTake for a local part beyond ASCII, which has no other form; domains are in A-labels."""
    for address in (envelope.reverse_path, *envelope.recipients):
        if not address.isascii():
            name = shown(address)
            if address in envelope.hidden:
                name = hidden(name, shown(envelope.hidden[address]))
            why = "only the domain of an address can be put into ASCII"
            raise CannotTake(f"<{name}> is internationalised, and {extensions.lack('SMTPUTF8')}: {why}")


def fitting_data(data: MailData, is_internationalised: bool, extensions: Extensions) -> MailData:
    """Return the mail data, converted if a line is too long or 8-bit octets cannot be sent unchanged."""
    body_stays = "8BITMIME" in extensions
    # What could be encoded of it was. In an internationalised transaction a header is UTF-8 (RFC 6532); in another one
    # what is no UTF-8 is as it always was.
    header_stays = body_stays and (
        data.header_charset == "us-ascii"
        or ("SMTPUTF8" in extensions if data.needs_smtputf8 else not is_internationalised)
    )
    if data.is_8bit and not body_stays:
        problem = f"the message has 8-bit octets, and {extensions.lack('8BITMIME')}"
    elif data.header_charset != "us-ascii" and not header_stays:
        problem = header_problem(data, extensions)
    elif data.longest_line_octets > LINE_LIMIT:
        problem = f"a line of the message has more than {LINE_LIMIT} octets"
    else:
        return data
    if data.convert is None:
        raise CannotTake(problem)
    try:
        return data.convert(body_stays, header_stays)
    except CannotTake as why:
        raise CannotTake(f"{problem}; it cannot be converted: {why.problem}") from None


def header_problem(data: MailData, extensions: Extensions) -> str:
    """Return why a header with 8-bit octets cannot go as it is."""
    wanted = ("SMTPUTF8", "8BITMIME") if data.needs_smtputf8 else ("8BITMIME",)
    lacking = next((keyword for keyword in wanted if keyword not in extensions), None)
    if lacking is not None:
        return f"the header has 8-bit octets, and {extensions.lack(lacking)}"
    return "the header has octets that are not UTF-8, but with an internationalised address it must be UTF-8"


def too_large(envelope: Envelope, extensions: Extensions) -> str | None:
    """Return why the message is too large, None if it is not (RFC 1870, section 6.1)."""
    limit, size = extensions.size_limit, envelope.data.size_octets
    return (
        f"the message has {size} octets, but at most {limit} are accepted"
        if limit is not None and size > limit
        else None
    )


def too_many(envelope: Envelope, extensions: Extensions) -> str | None:
    """Return why there are too many recipients, None if there are not (RFC 9422): one transaction is all we have."""
    for name, noun in (("RCPTMAX", "recipients"), ("RCPTDOMAINMAX", "domains of recipients")):
        limit = extensions.limit(name)
        if limit is None:
            continue
        counted = envelope.recipients if name == "RCPTMAX" else {domain_of(each) for each in envelope.recipients}
        if len(counted) > limit:
            return f"the message has {len(counted)} {noun}, but at most {limit} are accepted (LIMITS {name})"
    return None


def domain_of(address: bytes) -> bytes:
    """Return the domain of an address as it is compared."""
    return address.rpartition(b"@")[2].lower()
