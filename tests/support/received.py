"""What a scripted smart host saw: its sessions, and the messages that it took responsibility for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Recipient:
    """One accepted RCPT, with its parameters in upper case."""

    address: bytes
    parameters: dict[str, str]


@dataclass
class Message:
    """One accepted message. `octets` are what was transported, dots unstuffed and chunks joined."""

    reverse_path: bytes
    parameters: dict[str, str]
    recipients: list[Recipient]
    octets: bytes
    chunked: bool

    @property
    def addresses(self) -> list[bytes]:
        """Return the recipients' addresses, in order."""
        return [recipient.address for recipient in self.recipients]

    @property
    def header(self) -> bytes:
        """Return the header section without the empty line that ends it."""
        return self.octets.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """Return what follows the empty line."""
        return self.octets.partition(b"\r\n\r\n")[2]


@dataclass
class Session:
    """One connection. `transcript` has what each read ("C") and each write ("S") carried, in clear."""

    client: str = ""  # the address that the connection came from
    transcript: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)  # without CRLF; the answers of AUTH are among them
    tls: str | None = None  # "TLSv1.3"
    server_name: str | None = None  # which name the client asked for (SNI)
    tls_error: str | None = None
    client_names: list[str] = field(default_factory=list)  # whom the client's certificate is for
    identity: str | None = None  # who authenticated
    mechanism: str | None = None
    content: bytearray = field(default_factory=bytearray)  # of messages as they came, finished or not
    leftover: bytearray = field(default_factory=bytearray)  # what came after the host had ended the session
    ended: str = ""
    ended_tls: bool = False  # by close_notify

    @property
    def turns(self) -> list[bytes]:
        """Return what the client sent, one item for each time that it waited for us."""
        turns: list[bytes] = []
        before = "S"
        for who, octets in self.transcript:
            if who == "C" and before == "C":
                turns[-1] += octets
            elif who == "C":
                turns.append(octets)
            before = who
        return turns

    @property
    def verbs(self) -> list[str]:
        """Return the first word of each command, in upper case."""
        return [command.split(b" ")[0].decode("ascii", "replace").upper() for command in self.commands]
