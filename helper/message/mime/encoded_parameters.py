"""Encode parameters that are not ASCII, or too long for a line, by RFC 2231."""

from __future__ import annotations

from binascii import Error as NoHexadecimal
from binascii import unhexlify

from helper.address import AddressSyntax
from helper.message.mime.charset import CODECS, UTF_8, charset_of
from helper.message.mime.encoded_word import characters_of, grouped
from helper.message.mime.folding import LONG_WORD
from helper.message.mime.parameters import TOKEN_OCTETS, parameters_of, parsed_value
from helper.message.mime.refusal import CannotConvert
from helper.message.tokens import end_of_quoted
from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helper.message.header import Field
    from helper.message.mime.parameters import Parameter

# What stands for itself in RFC 2231, section 7: of a token all but what it is made of itself.
PLAIN = TOKEN_OCTETS - frozenset(b"*'%")
SECTION_LIMIT = 50  # octets of a value in one line, so that its name has room as well


class Form(Record):
    """One form in which a value is written: `name=`, `name*=`, or the sections `name*0=`, `name*1*=` and so on.

    `octets` are what it means, in a charset. `is_labelled` says that it names this charset itself, which `name=`
    cannot.
    """

    parts: tuple[Parameter, ...]
    octets: bytes
    charset: bytes
    language: bytes = b""
    is_labelled: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether it has to be written anew, where another form of it has to be."""
        return any(map(needs_encoding, self.parts)) or (self.is_extended and not self.is_labelled)

    @property
    def is_extended(self) -> bool:
        """Whether it is a form of RFC 2231, which readers prefer."""
        return b"*" in self.parts[0].name

    @property
    def text(self) -> str | bytes:
        """The text of the value; the octets if the charset is unknown or they are invalid in it."""
        codec = CODECS.get(self.charset)
        try:
            return self.octets.decode(codec) if codec else self.octets
        except (UnicodeDecodeError, LookupError):
            return self.octets


def with_encoded_parameters(field: Field, charset: bytes) -> bytes:
    """Return the body of a field with short parameters in ASCII. CannotConvert if they have no such form."""
    try:
        text, parameters = readable(field.body)
        groups: dict[bytes, list[Parameter]] = {}
        for parameter in parameters:
            groups.setdefault(base_name(parameter), []).append(parameter)
        replaced: dict[int, bytes] = {}
        for group in groups.values():
            replaced.update(replacements(group, charset))
    except AddressSyntax as error:
        raise CannotConvert(f"the header field {field.name.decode('ascii')} cannot be read: {error.problem}") from None
    pieces: list[bytes] = []
    kept = 0
    for parameter in parameters:
        if parameter.start in replaced:
            before = text[kept : parameter.start].rstrip()
            new = replaced[parameter.start]
            pieces += (before, b" ", new) if new else (before.removesuffix(b";"),)
            kept = parameter.stop
    return b"".join(pieces) + text[kept:]


def readable(text: bytes) -> tuple[bytes, tuple[Parameter, ...]]:
    """Return the body of a field and its parameters; missing quotes are added if there are no quotes at all."""
    try:
        return text, tuple(parameters_of(text, parsed_value(text)[1]))
    except AddressSyntax:
        text = with_quotes(text)
        return text, tuple(parameters_of(text, parsed_value(text)[1]))


def with_quotes(text: bytes) -> bytes:
    """Return a text with quotes around those values that cannot be read without them, up to the next semicolon."""
    start = at = parsed_value(text)[1]
    pieces = [text[:start]]
    while at < len(text):
        if text[at] == ord('"'):
            try:
                at = end_of_quoted(text, at)
            except AddressSyntax:
                at = len(text)
        else:
            at += 1
        if at == len(text) or text[at] == ord(";"):
            pieces.append(with_quoted_value(text[start:at]))
            start = at
    return b"".join(pieces)


def with_quoted_value(parameter: bytes) -> bytes:
    """Return a parameter with its value in quotes where it cannot be read, and nobody knows quotes that it had."""
    try:
        list(parameters_of(parameter, 0))
    except AddressSyntax:
        name, equals, value = parameter.partition(b"=")
        value = value.strip()
        is_closed = value.rfind(b'"') > 0
        if equals and not is_closed and (value[:1] != b'"' or b";" not in value):
            value = value.removeprefix(b'"').replace(b"\\", b"\\\\")
            return name + b'="' + value + b'"'
    return parameter


def base_name(parameter: Parameter) -> bytes:
    """Return the name of a parameter without what RFC 2231 adds to it."""
    return parameter.name.partition(b"*")[0]


def needs_encoding(parameter: Parameter) -> bool:
    """Return whether a value is not ASCII, or too long for a line; a boundary is no text."""
    is_long = len(parameter.value) > LONG_WORD and base_name(parameter) != b"boundary"
    return is_long or not parameter.value.isascii()


def replacements(parameters: Sequence[Parameter], charset: bytes) -> dict[int, bytes]:
    """Return replacements for parameters with one base name, by their start; empty for those that are left out.

    A plain value that is short ASCII may differ from the others: it is for readers that do not know RFC 2231.
    AddressSyntax if forms of which one would have to stand for all mean different things.
    """
    if not any(map(needs_encoding, parameters)):
        return {}
    forms = list(forms_of(parameters, charset))
    if not any(form.is_stale and not form.is_extended for form in forms):
        forms = [form for form in forms if form.is_extended]
    if len({form.text for form in forms}) > 1:
        raise AddressSyntax("a parameter comes twice, with two values", parameters[0].start)
    stale = [form for form in forms if form.is_stale]
    replaced = {part.start: b"" for form in stale for part in form.parts}
    if len(stale) == len(forms):
        replaced[stale[0].parts[0].start] = encoded_form(stale[0])
    return replaced


def forms_of(parameters: Sequence[Parameter], charset: bytes) -> Iterator[Form]:
    """Yield the forms in which parameters with one base name give its value. AddressSyntax if one is malformed."""
    sections: list[tuple[bytes, Parameter]] = []
    for each in parameters:
        _, star, number = each.name.partition(b"*")
        if not star:
            yield Form((each,), each.value, charset)
        elif not number:
            yield extended_form((each,), charset)
        else:
            sections.append((number.removesuffix(b"*"), each))
    if sections:
        sections.sort(key=lambda section: (len(section[0]), section[0]))
        if [number for number, _ in sections] != [b"%d" % number for number in range(len(sections))]:
            raise AddressSyntax("a section of a parameter is missing or comes twice", parameters[0].start)
        yield extended_form(tuple(each for _, each in sections), charset)


def extended_form(parts: tuple[Parameter, ...], charset: bytes) -> Form:
    """Return a form of RFC 2231. AddressSyntax if it is malformed, or 8-bit and not in the charset that it names."""
    values = [part.value for part in parts]
    labels = values[0].split(b"'", 2) if parts[0].name.endswith(b"*") else []
    named = language = b""
    if len(labels) == 3:
        named, language, values[0] = labels
    octets = b"".join(
        unescaped(value, part) if part.name.endswith(b"*") else value for part, value in zip(parts, values, strict=True)
    )
    known = UTF_8 if CODECS.get(named.lower()) == "utf-8" else named.lower()
    form = Form(parts, octets, known or charset_of([octets]), language, bool(named))
    is_raw = charset == UTF_8 and not all(value.isascii() for value in values)
    is_wrong = form.charset == UTF_8 and isinstance(form.text, bytes)
    if is_wrong or (is_raw and form.charset != UTF_8) or not PLAIN.issuperset(named + language):
        raise AddressSyntax("a parameter is not in the charset that it names", parts[0].start)
    return form


def unescaped(value: bytes, part: Parameter) -> bytes:
    """Return a value without its percent signs."""
    plain, *escaped = value.split(b"%")
    if any(len(each) < 2 for each in escaped):
        raise AddressSyntax("a percent sign in a parameter is not followed by two hex digits", part.start)
    try:
        return plain + b"".join(unhexlify(each[:2]) + each[2:] for each in escaped)
    except NoHexadecimal:
        raise AddressSyntax("a percent sign in a parameter is not followed by two hex digits", part.start) from None


def encoded_form(form: Form) -> bytes:
    """Return a form as one of RFC 2231, in sections that fit a line each."""
    name = base_name(form.parts[0])
    letters = [b"".join(map(percent_letters, character)) for character in characters_of(form.octets, form.charset)]
    sections = list(grouped(letters, SECTION_LIMIT))
    sections[0] = b"%b'%b'%b" % (form.charset, form.language, sections[0])
    if len(sections) == 1:
        return name + b"*=" + sections[0]
    return b"; ".join(b"%b*%d*=%b" % (name, number, section) for number, section in enumerate(sections))


def percent_letters(octet: int) -> bytes:
    """Return an octet as RFC 2231 writes it."""
    return b"%c" % octet if octet in PLAIN else b"%%%02X" % octet
