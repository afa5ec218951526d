"""SASLprep (RFC 4013): user names and passwords that look alike become the same octets."""

from __future__ import annotations


class CannotPrepare(Exception):
    """The string is no UTF-8, holds a character that SASLprep prohibits, or has nothing left."""


def saslprep(octets: bytes) -> bytes:
    """Return a string prepared as a query: characters that Unicode 3.2 did not know are let through (RFC 5802, 5.1).

    ASCII stays as it is. CannotPrepare for what cannot be prepared.
    """
    if octets.isascii():
        return octets
    import stringprep  # tables for few
    from unicodedata import ucd_3_2_0

    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise CannotPrepare from None
    mapped = (" " if stringprep.in_table_c12(each) else each for each in text if not stringprep.in_table_b1(each))
    prepared = ucd_3_2_0.normalize("NFKC", "".join(mapped))
    if not prepared or any(is_prohibited(each) for each in prepared) or not is_one_way(prepared):
        raise CannotPrepare
    return prepared.encode("utf-8")


def is_prohibited(character: str) -> bool:
    """Return whether no prepared string holds it (RFC 4013, section 2.3)."""
    import stringprep

    tables = (
        *(stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4),
        *(stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8),
        stringprep.in_table_c9,
    )
    return any(is_in_table(character) for is_in_table in tables)


def is_one_way(text: str) -> bool:
    """Return whether it is read in one direction from end to end (RFC 3454, section 6)."""
    import stringprep

    if not any(stringprep.in_table_d1(each) for each in text):
        return True
    if any(stringprep.in_table_d2(each) for each in text):
        return False
    return stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
