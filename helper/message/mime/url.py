"""Convert the URLs in `List-Unsubscribe:` and similar fields to ASCII (RFC 2369; RFC 3987, section 3.1)."""

from __future__ import annotations

from helper.message.tokens import end_of_comment


def with_ascii_urls(text: bytes) -> bytes:
    """Return a text with UTF-8 in `<scheme:...>` as percent signs; a name of a host that is not ASCII stays.

    AddressSyntax for a comment that is not closed.
    """
    pieces: list[bytes] = []
    kept = at = 0
    while at < len(text):
        if text[at] == ord("("):
            at = end_of_comment(text, at)
        elif text[at] == ord("<"):
            stop = text.find(b">", at)
            stop = len(text) if stop < 0 else stop
            pieces += (text[kept:at], ascii_url(text[at:stop]))
            kept = at = stop
        else:
            at += 1
    return b"".join(pieces) + text[kept:]


def ascii_url(url: bytes) -> bytes:
    """Return a URL in ASCII; as it is where its scheme or its authority is not."""
    scheme, colon, rest = url.partition(b":")
    end = 0
    if rest.startswith(b"//"):
        end = min((at for at in (rest.find(mark, 2) for mark in (b"/", b"?", b"#")) if at > 0), default=len(rest))
    if not colon or not (scheme + rest[:end]).isascii():
        return url
    path = b"".join(b"%c" % octet if octet < 128 else b"%%%02X" % octet for octet in rest[end:])
    return scheme + colon + rest[:end] + path
