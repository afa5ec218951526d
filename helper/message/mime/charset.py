"""Choose a charset for octets that have no charset label."""

from __future__ import annotations

from codecs import utf_8_decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

ASCII = b"us-ascii"
UTF_8 = b"utf-8"
UNKNOWN = b"unknown-8bit"  # RFC 1428
# Those that mail programs write, in lower case, with the codec of each. No other name from a message becomes a module.
CODECS = {b"utf8": "utf-8"} | {
    name.encode("ascii"): name
    for name in (
        *("us-ascii", "utf-8", "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5"),
        *("euc-jp", "euc-kr", "shift_jis", "iso-2022-jp"),
        *(f"iso-8859-{number}" for number in range(1, 17) if number != 12),
        *(f"windows-{number}" for number in range(1250, 1259)),
    )
}


def charset_of(chunks: Iterable[bytes]) -> bytes:
    """Return us-ascii or utf-8 if the octets are valid in it, else unknown-8bit."""
    held = b""
    is_ascii = True
    for chunk in chunks:
        if not held and chunk.isascii():
            continue
        is_ascii = False
        octets = held + chunk
        try:
            _, read = utf_8_decode(octets, "strict", False)
        except UnicodeDecodeError:
            return UNKNOWN
        held = octets[read:]
    if held:
        return UNKNOWN
    return ASCII if is_ascii else UTF_8
