"""What a program under measurement is told about the smart host, and what a sink offers and does."""

from __future__ import annotations

from dataclasses import dataclass

CREDENTIAL = ("bench", "correct horse battery staple")
PLAIN, IMPLICIT, STARTTLS = "none", "implicit", "starttls"
KEYWORDS = ("PIPELINING", "SIZE 4000000000", "8BITMIME", "CHUNKING")


@dataclass(frozen=True)
class SmartHost:
    """Where a program sends to: a name that resolves, a port, and one of the three ways. With TLS, it wants AUTH."""

    name: str
    port: int
    tls: str = PLAIN

    @property
    def wants_auth(self) -> bool:
        """Return whether programs have to authenticate."""
        return self.tls != PLAIN


@dataclass(frozen=True)
class Offer:
    """What a sink offers, and how it behaves."""

    keywords: tuple[str, ...] = KEYWORDS
    tls: str = PLAIN
    certificate: tuple[str, str] | None = None  # chain and key
    acknowledges_at_once: bool = False  # TCP_QUICKACK: a client that Nagle's algorithm holds back does not suffer
    patience_s: float = 0  # waits for more input before it replies, so that `turns` has no accident in it
    pause_s: float = 0  # before the reply that takes the message, so that memory can be looked at


@dataclass(frozen=True)
class Arrival:
    """What one connection brought: octets without dot stuffing undone, `turns` the times the client had to wait."""

    recipients: int
    octets: int
    beginning: bytes
    end: bytes
    turns: int
    is_authenticated: bool

    def __str__(self) -> str:
        auth = "" if self.is_authenticated else "out"
        return f"{self.octets} octets for {self.recipients} recipients with{auth} AUTH"
