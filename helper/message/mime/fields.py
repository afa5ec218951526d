"""Convert header fields of a message or a part to ASCII and short lines, and set its MIME fields.

Fields are converted to ASCII if possible, whatever a server offers: the next server may lack the extension.
"""

from __future__ import annotations

from helper.address import AddressSyntax
from helper.domain import NoALabel, ascii_address
from helper.message.address_list import parse_address_list
from helper.message.header import FIELDS_LIMIT, Field, field_name
from helper.message.mime.charset import UNKNOWN, UTF_8, charset_of
from helper.message.mime.encoded_parameters import with_encoded_parameters
from helper.message.mime.encoded_word import unfolded, with_encoded_words
from helper.message.mime.folding import LONG_WORD, folded, is_too_long, pieces_of, with_more_places
from helper.message.mime.refusal import CannotConvert
from helper.message.mime.structured import address_words, other_words, phrase_words
from helper.message.mime.url import with_ascii_urls
from helper.message.rewrite_header import rewrite_addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helper.message.mime.encoded_word import Word

    Words = list[Word]
    Fields = tuple[Field, ...]

ENCODED_OCTETS_MAX = 512 * 1024  # of a field; ten thousand addresses have 300,000
PARAMETRISED_KEYS = frozenset((b"content-type", b"content-disposition"))
ADDRESS_KEYS = (
    *(
        prefix + name
        for prefix in (b"", b"resent-")
        for name in (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")
    ),
    *(b"disposition-notification-to", b"return-receipt-to", b"errors-to", b"apparently-to", b"delivered-to"),
    *(b"mail-followup-to", b"mail-reply-to", b"list-id", b"return-path"),
)
URL_KEYS = (
    *(b"list-help", b"list-unsubscribe", b"list-subscribe", b"list-post", b"list-owner", b"list-archive"),
    b"archived-at",
)
OTHER_KEYS = (
    *(b"message-id", b"resent-message-id", b"in-reply-to", b"references", b"supersedes", b"content-id"),
    *(b"date", b"resent-date", b"received", b"mime-version", b"content-transfer-encoding", b"auto-submitted"),
)
# All other fields are free text, as is what nobody knows (RFC 2047, section 5, rule 1).
WORDS: dict[bytes, Callable[[bytes], Iterator[Word]]] = {
    b"keywords": phrase_words,
    **dict.fromkeys(PARAMETRISED_KEYS, other_words),
    **dict.fromkeys(ADDRESS_KEYS, address_words),
    **dict.fromkeys(URL_KEYS + OTHER_KEYS, other_words),
}


def fields_of(lines: Iterable[bytes]) -> Fields | None:
    """Return the fields that lines without their ends are; None if they are anything else, or far too many."""
    found: list[list[bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and found:
            found[-1].append(line)
        elif field_name(line) and len(found) < FIELDS_LIMIT:
            found.append([line])
        else:
            return None
    return tuple(Field(field_name(each[0]), b"\n".join(each) + b"\n") for each in found)


def encoded_field(field: Field) -> Field:
    """Return a field in short lines, in ASCII as far as UTF-8 in it can be encoded without loss.

    A local part and a message id cannot, and what is no UTF-8 stays as it is. CannotConvert if it cannot be folded.
    """
    charset = charset_of([field.octets])
    if field.octets.isascii() or charset == UNKNOWN:
        return short_field(field)
    try:
        return in_encoded_words(field, charset)
    except CannotConvert:
        return short_field(field)


def ascii_field(field: Field) -> Field:
    """Return a field in ASCII and in short lines. CannotConvert if it has no such form."""
    if field.octets.isascii():
        return short_field(field)
    encoded = in_encoded_words(field, charset_of([field.octets]))
    if not encoded.octets.isascii():
        problem = "has 8-bit octets in an address or another place that allows none"
        raise CannotConvert(f"the header field {field.name.decode('ascii')} {problem}")
    return encoded


def short_field(field: Field) -> Field:
    """Return a field in short lines, 8-bit or not. CannotConvert if it cannot be folded."""
    if not is_too_long(field):
        return field
    try:
        return folded(field, pieces_of(field.body))
    except CannotConvert:
        return in_encoded_words(field, charset_of([field.octets]))


def in_encoded_words(field: Field, charset: bytes) -> Field:
    """Return a field in short lines in which all has been encoded that is not ASCII, or too long, and can be.

    CannotConvert if it is so large that this would take seconds.
    """
    if len(field.octets) > ENCODED_OCTETS_MAX:
        name = field.name.decode("ascii")
        raise CannotConvert(f"the header field {name} has more than {ENCODED_OCTETS_MAX} octets, too many to encode")
    if field.key in ADDRESS_KEYS:
        field = rewrite_addresses(field, with_a_labels)
    pieces = list(with_encoded_words(words_of(field, charset), charset))
    try:
        return folded(field, pieces)
    except CannotConvert:
        return folded(field, with_more_places(pieces))


def words_of(field: Field, charset: bytes) -> Words:
    """Return the words of a field. CannotConvert if it is too malformed to parse."""
    text = with_encoded_parameters(field, charset) if field.key in PARAMETRISED_KEYS else field.body
    try:
        text = with_ascii_urls(text) if field.key in URL_KEYS and charset == UTF_8 else text
        return list(reader_of(field)(text))
    except AddressSyntax as error:
        problem = f"the header field {field.name.decode('ascii')} is wrong: {error.problem}"
        raise CannotConvert(problem) from None


def reader_of(field: Field) -> Callable[[bytes], Iterator[Word]]:
    """Return the function that finds the words of a field; an invalid address list is read as text."""
    reader = WORDS.get(field.key, text_words)
    if reader is address_words:
        try:
            parse_address_list(field.body)
        except AddressSyntax:
            return text_words
    return reader


def with_a_labels(local_part: bytes, domain: bytes | None) -> bytes | None:
    """Return an address with its domain in ASCII, whatever its local part, None if it stays as it is."""
    if domain is None or domain.isascii():
        return None
    try:
        return local_part + ascii_address(b"x@" + domain).removeprefix(b"x")
    except NoALabel:
        return None


def text_words(text: bytes) -> Iterator[Word]:
    """Yield the words of free text; all of them have a meaning, and so has white space, of which too much is a word."""
    for space, octets in pieces_of(text):
        if len(space) > LONG_WORD:
            space, octets = b" ", unfolded(space)[1:] + octets
        yield space, octets, octets


def with_field(fields: Fields, name: bytes, body: bytes) -> Fields:
    """Return the fields with this one in the place of those of its name, or at the end."""
    field = Field(name, name + b": " + body + b"\n")
    places = [at for at, each in enumerate(fields) if each.key == field.key]
    if not places:
        return (*fields, field)
    return (*fields[: places[0]], field, *(each for each in fields[places[0] + 1 :] if each.key != field.key))


def with_parameter(fields: Fields, name: bytes, parameter: bytes) -> Fields:
    """Return the fields with a parameter more at the end of the one with this name, on a line of its own."""
    key = name.lower()
    return tuple(
        each.replace(octets=each.octets.rstrip(b" \t\n;") + b";\n " + parameter + b"\n") if each.key == key else each
        for each in fields
    )


def with_mime_version(fields: Fields) -> Fields:
    """Return the fields with `MIME-Version:`, without which nobody has to look at the others (RFC 2045, section 4)."""
    if any(field.key == b"mime-version" for field in fields):
        return fields
    return with_field(fields, b"MIME-Version", b"1.0")
