"""The extensions that a smart host offers: EHLO keywords and their parameters (RFC 5321, section 4.1.1.1)."""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from helper.smtp.reply import Reply


class Extensions(Record):
    """EHLO keywords in upper case, each with its parameters as they came.

    `discarded` are those that the configuration has count as not offered: they are not among the keywords.
    """

    keywords: dict[str, tuple[str, ...]]
    discarded: tuple[str, ...] = ()

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    def may_come(self, keyword: str) -> bool:
        """Return whether a keyword is not offered but may be offered after authentication."""
        return keyword not in self.keywords and keyword not in self.discarded

    def lack(self, keyword: str) -> str:
        """Say why a keyword that is not among these cannot be used."""
        is_discarded = keyword in self.discarded
        return f"{keyword} is {'discarded (discard_ehlo_keywords)' if is_discarded else 'not offered'}"

    @property
    def size_limit(self) -> int | None:
        """Return the largest message that is accepted, in octets; None for no limit (RFC 1870, section 3)."""
        return number("".join(self.keywords.get("SIZE", ())[:1])) or None

    def limit(self, name: str) -> int | None:
        """Return one of the limits of a session, such as RCPTMAX; None for no limit (RFC 9422, section 3).

        Zero is not a valid limit: such a server would accept no mail at all.
        """
        for parameter in self.keywords.get("LIMITS", ()):
            keyword, _, value = parameter.partition("=")
            if keyword.upper() == name:
                return number(value) or None
        return None

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Return the SASL mechanisms (RFC 4954, section 3), in upper case; some servers put commas between them."""
        words = " ".join(self.keywords.get("AUTH", ())).replace(",", " ").upper()
        return tuple(words.split())


NOTHING_OFFERED = Extensions({})


def number(digits: str) -> int | None:
    """Return a decimal number, None if these are not the digits of one.

    Twenty hold every size there is (RFC 1870); a longer number would only cost time (CVE-2020-10735).
    """
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None


def parse_extensions(reply: Reply, discarded: tuple[str, ...] = ()) -> Extensions:
    """Return what the lines after the first of a reply to EHLO offer, without what is discarded.

    `AUTH=` of old servers counts as `AUTH`.
    """
    keywords: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        words = line.decode("ascii", "replace").split()
        if not words:
            continue
        keyword, equals, parameter = words[0].upper().partition("=")
        parameters = (*([parameter] if equals else []), *words[1:])
        if keyword not in discarded:
            keywords[keyword] = (*keywords.get(keyword, ()), *parameters)
    return Extensions(keywords, discarded)
