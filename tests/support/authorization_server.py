"""A scripted authorization server on loopback with TLS: a device endpoint and a token endpoint (RFC 6749, 8628)."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.support.certificates import Certificate

DEVICE = {
    "device_code": "the-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://login.test/device",
    "expires_in": 60,
    "interval": 1,
}
Answer = tuple[int, Any]


def tokens(access: str = "access-1", refresh: str | None = "refresh-1", life_s: object = 3600) -> Answer:
    """Return the answer that grants tokens."""
    given = {"access_token": access, "token_type": "Bearer", "expires_in": life_s, "refresh_token": refresh}
    return 200, {name: value for name, value in given.items() if value is not None}


def error(name: str, description: str = "") -> Answer:
    """Return the answer that refuses."""
    return 400, {"error": name, "error_description": description}


class AuthorizationServer:
    """Answers the token endpoint's requests by `answers` in turn, the last one for ever; `asked` has all forms."""

    def __init__(self, certificate: Certificate, *answers: Answer, device: Answer = (200, DEVICE)) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers, self.device = list(answers), device
        self.before_answer: Callable[[], None] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                outer.asked.append(form | {"at": self.path})
                outer.before_answer()
                status, body = outer.device if self.path == "/device" else outer.next()
                octets = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"https://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()
                with contextlib.suppress(OSError):  # a client that has heard enough
                    self.wfile.write(octets)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.ca = certificate.ca
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def next(self) -> Answer:
        """Return the answer whose turn it is."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def url(self, path: str) -> str:
        """Return the address of an endpoint."""
        return f"https://127.0.0.1:{self.port}/{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
