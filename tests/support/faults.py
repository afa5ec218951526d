"""One fault at one octet of a connection: cut, silent, late or corrupted, in clear or inside TLS."""

from __future__ import annotations

from dataclasses import dataclass, field

ENDS = ("close", "reset", "silent")
DEAF = "deaf"  # silent, and does not even read: only a large message can tell
CORRUPTIONS = ("flip", "replace", "insert", "delete")
KINDS = (*ENDS, "pause", *CORRUPTIONS)


@dataclass(frozen=True)
class Fault:
    """What happens before octet `at`, counted from 0, of what the server says ("out") or hears ("in").

    `layer`: "clear" counts what is said, inside TLS too; "carried" counts what the connection carries. `octet` is what
    "flip" XORs with, "replace" puts in its place and "insert" before it. What is heard can only be cut.
    """

    kind: str
    way: str
    layer: str
    at: int
    octet: int = 0

    def corrupted(self, octets: bytes) -> bytes:
        """Return octets of which the first is the one to be hurt."""
        if self.kind == "insert":
            return bytes([self.octet]) + octets
        first = {"flip": [octets[0] ^ self.octet], "replace": [self.octet], "delete": []}[self.kind]
        return bytes(first) + octets[1:]


@dataclass
class Tap:
    """Count what passes at one layer in one direction; `fault` is the one to happen here."""

    fault: Fault | None = None
    passed: int = 0

    def split(self, octets: bytes) -> tuple[bytes, Fault | None, bytes]:
        """Return what passes unhurt, and the fault with what follows it where its place is among these octets."""
        start, self.passed = self.passed, self.passed + len(octets)
        if self.fault is None or not start <= self.fault.at < self.passed:
            return octets, None, b""
        return octets[: self.fault.at - start], self.fault, octets[self.fault.at - start :]

    @property
    def left(self) -> int | None:
        """Return how many octets may still pass; None for no limit."""
        return None if self.fault is None else self.fault.at - self.passed


@dataclass
class Record:
    """What was said and heard, in clear, whether the other side could know of it or not."""

    meant: bytearray = field(default_factory=bytearray)  # what the server said
    crossed: bytearray = field(default_factory=bytearray)  # what of it the client can have heard
    heard: bytearray = field(default_factory=bytearray)  # what the client said, and the server's kernel took
    heard_all: bool = True  # not after a reset: what the client still said is lost
    acted: bool = False  # whether the fault came to pass
    passed: dict[tuple[str, str], int] = field(default_factory=dict)
