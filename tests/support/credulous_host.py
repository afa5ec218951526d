"""A smart host that offers CHUNKING and does it badly: what follows a BDAT is read as commands, and carried out."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from itertools import takewhile
from typing import BinaryIO, Self

BDAT = re.compile(rb"(?i)bdat (\d+)( last)?")


class CredulousHost:
    """Serve one connection after the other; `commands` and `messages` (recipients and octets) are what came of them.

    `knows_bdat`: a chunk that cannot be taken is refused and not discarded; else BDAT is an unknown command, as where a
    proxy offers what the server behind it does not have.
    """

    def __init__(self, *, knows_bdat: bool, refuses: bytes = b"") -> None:
        self.tls, self.certificate, self.auth = "none", None, None  # as a SmartHost's, for configurations
        self.commands: list[bytes] = []
        self.messages: list[tuple[list[bytes], bytes]] = []
        self._knows_bdat = knows_bdat
        self._refuses = refuses  # a recipient
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, connection.makefile("rwb", buffering=0) as file, contextlib.suppress(OSError):
                    self._serve(connection, file)

    def _serve(self, connection: socket.socket, file: BinaryIO) -> None:
        recipients: list[bytes] = []
        reader = connection.makefile("rb")
        file.write(b"220 smtp.test\r\n")
        while line := reader.readline():
            command = line.strip()
            self.commands.append(command)
            verb = command[:4].upper()
            reply = b"500 5.5.2 what?"
            if verb == b"EHLO":
                reply = b"250-smtp.test\r\n250-PIPELINING\r\n250 CHUNKING"
            elif verb == b"RSET":
                recipients, reply = [], b"250 2.0.0 ok"
            elif verb in (b"MAIL", b"NOOP"):
                reply = b"250 2.1.0 ok"
            elif verb == b"RCPT":
                refused = self._refuses and self._refuses in command
                recipients += [] if refused else [command]
                reply = b"550 5.1.1 no such user" if refused else b"250 2.1.5 ok"
            elif verb == b"DATA" and recipients:
                file.write(b"354 go ahead\r\n")
                lines = list(takewhile(lambda line: line not in (b".\r\n", b""), iter(reader.readline, None)))
                if not reader.peek(1):  # what follows the dot: at least QUIT
                    return
                self.messages.append((recipients, b"".join(lines)))
                recipients, reply = [], b"250 2.0.0 taken"
            elif self._knows_bdat and (chunk := BDAT.fullmatch(command)) and recipients:
                self.messages.append((recipients, reader.read(int(chunk[1]))))
                recipients, reply = [], b"250 2.0.0 taken"
            file.write(reply + b"\r\n")
            if verb == b"QUIT":
                return
