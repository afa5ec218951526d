"""The table of mechanisms, which of them are tried, and in which order."""

from __future__ import annotations

from helper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from helper.smtp.sasl.exchange import Credential, Exchange

    # The name and the data of what ties an authentication to its TLS session (RFC 5056).
    ChannelBinding = tuple[str, bytes]


class Mechanism(Record):
    """One mechanism of AUTH. `kind` says what it needs: a password ("scram", "password"), a token, or a certificate.

    One that `reveals` sends the credential itself to the server, even if the server refuses it.
    """

    name: str
    kind: str
    reveals: bool = False


# All that we speak; within a kind, the one that is tried first comes first.
MECHANISMS = (
    Mechanism("SCRAM-SHA-256-PLUS", "scram"),
    Mechanism("SCRAM-SHA-256", "scram"),
    Mechanism("SCRAM-SHA-1-PLUS", "scram"),
    Mechanism("SCRAM-SHA-1", "scram"),
    Mechanism("CRAM-MD5", "password"),
    Mechanism("PLAIN", "password", reveals=True),
    Mechanism("LOGIN", "password", reveals=True),
    Mechanism("OAUTHBEARER", "token", reveals=True),
    Mechanism("XOAUTH2", "token", reveals=True),
    Mechanism("EXTERNAL", "certificate"),
)
NAMES = tuple(each.name for each in MECHANISMS)
SCRAM, IN_THE_OPEN, TOKEN = (
    tuple(each.name for each in MECHANISMS if each.kind == kind) for kind in ("scram", "password", "token")
)
REVEALING = tuple(each.name for each in MECHANISMS if each.reveals)

# Where TLS keeps the password secret, CRAM-MD5 adds nothing to it: it costs a turn, proves nothing of the server, and
# works only with servers that keep passwords in a form that can be read. Elsewhere it keeps it from who listens.
PRIVATELY = tuple(sorted(IN_THE_OPEN, key=lambda name: name not in REVEALING))


def common_mechanisms(
    offered: tuple[str, ...], credential: Credential, is_private: bool, binding: ChannelBinding | None
) -> tuple[str, ...]:
    """Return the mechanisms that we can use, the server offers and the configuration allows, the best one first.

    `is_private`: the connection is encrypted and the server is verified.
    """
    wanted = credential.mechanisms
    common = [name for name in usable(credential, is_private) if name in offered and (not wanted or name in wanted)]
    if binding is None:
        return tuple(name for name in common if not name.endswith("-PLUS"))
    # Who can bind and is offered it must not do without (RFC 5802, section 6).
    return tuple(name for name in common if f"{name}-PLUS" not in common)


def usable(credential: Credential, is_private: bool) -> tuple[str, ...]:
    """Return what the credential is good for. EXTERNAL only if it is asked for: servers offer it to everybody."""
    external_first = tuple(name for name in credential.mechanisms if name == "EXTERNAL")
    if credential.kind == "token":
        return (*TOKEN, *external_first)
    scram = SCRAM if can_be_prepared(credential) else ()
    return (*scram, *external_first, *(PRIVATELY if is_private else IN_THE_OPEN))


def can_be_prepared(credential: Credential) -> bool:
    """Return whether SCRAM can be spoken with what we have."""
    strings = (credential.user, credential.secret.reveal())
    if all(octets.isascii() for octets in strings):
        return True
    from helper.smtp.sasl.saslprep import CannotPrepare, saslprep

    try:
        return all(saslprep(octets) for octets in strings)
    except CannotPrepare:
        return False


def no_common_mechanism(offered: tuple[str, ...], credential: Credential, binding: ChannelBinding | None) -> str:
    """Return the error, with the mechanisms that the server offers."""
    words = [name for name in offered[:16] if name.isascii() and name.replace("-", "").isalnum()]
    for_what = " for a token" if credential.kind == "token" else ""
    problem = f"no common mechanism{for_what}; the server offers {' '.join(words)[:200] or 'none'}"
    if binding is None and any(name.endswith("-PLUS") and name in offered for name in credential.mechanisms):
        return f"{problem}; those with -PLUS need TLS 1.2 here"
    if not can_be_prepared(credential):
        return f"{problem}; SCRAM needs a user name and a password that SASLprep (RFC 4013) allows"
    return problem


def start_exchange(
    name: str,
    credential: Credential,
    offered: tuple[str, ...],
    binding: ChannelBinding | None,
    fresh_nonce: Callable[[], bytes],
) -> Exchange:
    """Return the exchange of one of the common mechanisms; only now is it loaded."""
    if name.startswith("SCRAM-"):
        from helper.smtp.sasl.scram import HASHES, scram

        header, data = gs2_header(name, offered, binding)
        return scram(HASHES[name.removesuffix("-PLUS")], credential, fresh_nonce(), header, data)
    from helper.smtp.sasl.simple import SIMPLE

    return SIMPLE[name](credential)


def gs2_header(name: str, offered: tuple[str, ...], binding: ChannelBinding | None) -> tuple[bytes, bytes]:
    """Return what SCRAM says of the channel binding, and the binding's data (RFC 5802, sections 6 and 7).

    `y` tells a server that we could bind but were not offered it: where it did offer it, somebody on the way has taken
    the offer out, and the server ends this. `n` would not say so, and is for where we cannot, or are told not to.
    """
    if binding is not None and name.endswith("-PLUS"):
        return b"p=" + binding[0].encode("ascii") + b",,", binding[1]
    if binding is not None and f"{name}-PLUS" not in offered:
        return b"y,,", b""
    return b"n,,", b""
