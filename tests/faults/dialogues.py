"""The dialogues that suffer faults: each way to reach a smart host, to prove who we are, and to hand a message over."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from helper.config.values import Host, Transport
from helper.delivery.access import Access, Observer
from helper.delivery.mail_data import mail_data
from helper.secret import Secret
from helper.smtp.envelope import Envelope, SessionTerms, Timeouts
from helper.smtp.sasl.exchange import Credential
from tests.support.certificates import Certificate

SECRET = "x9Gq-4vT"
HEADER = b"Subject: a\n\n"
BODY = b".dot\nthe end\n"
LARGE_OCTETS = 1024 * 1024  # four times what the helper collects before it sends
END = b"the end\r\n"  # of the message, as it is carried
ALLOWED = ("a@x.example", "b@x.example", "c@x.example")

# What is offered, and so how the message travels.
WAYS = {
    "chunk": ("PIPELINING", "CHUNKING"),
    "data": ("PIPELINING",),
    "stepwise-chunk": ("CHUNKING",),
    "stepwise-data": (),
}
REFUSED_RECIPIENT = {"RCPT 3": "550 5.1.1 no"}


@dataclass(frozen=True)
class Dialogue:
    """One dialogue with an honest smart host. `refuse` is what it refuses, else it takes the message."""

    name: str
    extensions: tuple[str, ...]
    recipients: int = 1
    refuse: dict[str, str] = field(default_factory=dict)
    tls: str = "none"
    mechanism: str = ""
    body: bytes = BODY
    timeout_s: float = 0.3  # each time-out of a client that shares the processor with many others
    host_options: dict[str, Any] = field(default_factory=dict)

    def options(self, certificate: Certificate) -> dict[str, Any]:
        """Return what makes a scripted smart host the other side of it."""
        auth = {"auth": {"ws1": SECRET}, "mechanisms": (self.mechanism,), "allow_plaintext_auth": True}
        return {
            "tls": self.tls,
            "certificate": certificate,
            "extensions": self.extensions,
            "refuse": self.refuse,
            **(auth if self.mechanism else {}),
            **self.host_options,
        }

    def arguments(
        self, port: int, certificate: Certificate, timeout_s: float, doubt: Callable[[], None]
    ) -> tuple[Envelope, tuple[Host, ...], Access]:
        """Return the arguments of deliver() for it. The secret is forgotten as in helper/story.py."""
        credential = None
        if self.mechanism:
            kind = "token" if self.mechanism == "XOAUTH2" else "password"
            credential = Credential(b"ws1", Secret(SECRET.encode()), (self.mechanism,), kind)

        def warn_of_doubt() -> None:
            doubt()
            if credential is not None:
                credential.secret.forget()

        envelope = Envelope(
            reverse_path=b"s@x.example",
            recipients=tuple(address.encode() for address in ALLOWED[: self.recipients]),
            data=mail_data(HEADER, self.body, 0),
        )
        access = Access(
            transport=Transport(
                name="relay",
                helo_data=b"ws1.example",
                tls=self.tls,
                tls_ca_file=str(certificate.ca),
                connect_timeout_s=timeout_s,
                command_timeout_s=timeout_s,
                data_timeout_s=timeout_s,
                final_timeout_s=timeout_s,
            ),
            own_certificate=None,
            session=SessionTerms(
                helo_name=b"ws1.example",
                tls=self.tls,
                timeouts=Timeouts(timeout_s, timeout_s, timeout_s),
                fresh_nonce=lambda: b"nonce",
                credential=credential,
                allow_plaintext=True,
            ),
            observer=Observer(note=lambda _name, _value: None, warn_of_doubt=warn_of_doubt, show=None),
        )
        return envelope, (Host("name", b"127.0.0.1", port, is_address=True),), access


ENVELOPES: dict[str, dict[str, Any]] = {
    "one": {},
    "three-with-one-refused": {"recipients": 3, "refuse": REFUSED_RECIPIENT},
}
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2")


def plain_dialogues() -> list[Dialogue]:
    """Return the dialogues without TLS and AUTH, those that end otherwise than the two usual ones among them."""
    more: dict[str, dict[str, Any]] = {"three": {"recipients": 3}, "refused": {"refuse": {"MESSAGE": "552 5.3.4 no"}}}
    dialogues = [
        Dialogue(f"{way}-{name}", extensions, **envelope)
        for way, extensions in WAYS.items()
        for name, envelope in (ENVELOPES | more).items()
    ]
    return [*dialogues, Dialogue("without-ehlo", (), refuse={"EHLO": "502 5.5.1 what?"})]


def auth_dialogues() -> list[Dialogue]:
    """Return the dialogues of each mechanism."""
    return [
        Dialogue(f"{mechanism}-{way}-{name}", extensions, mechanism=mechanism, **envelope)
        for mechanism in MECHANISMS
        for way, extensions in WAYS.items()
        for name, envelope in ENVELOPES.items()
    ]


def tls_dialogues() -> list[Dialogue]:
    """Return the dialogues over TLS, the mechanisms taking turns."""
    kinds = [
        (tls, way, extensions, name, envelope)
        for tls in ("starttls", "implicit")
        for way, extensions in WAYS.items()
        for name, envelope in ENVELOPES.items()
    ]
    mechanisms = ("", *MECHANISMS)
    return [
        Dialogue(f"{tls}-{way}-{name}", extensions, tls=tls, mechanism=mechanisms[number % len(mechanisms)], **envelope)
        for number, (tls, way, extensions, name, envelope) in enumerate(kinds)
    ]


def old_dialogues() -> list[Dialogue]:
    """Return dialogues over TLS 1.2; only there can Python tie an authentication to the TLS session."""
    options = {"tls": "implicit", "host_options": {"maximum_tls": ssl.TLSVersion.TLSv1_2}}
    return [
        Dialogue("tls-1.2-chunk-one", WAYS["chunk"], **options),
        Dialogue("tls-1.2-bound-data-one", WAYS["data"], mechanism="SCRAM-SHA-256-PLUS", **options),
    ]


def large_dialogues() -> list[Dialogue]:
    """Return dialogues with a message that is sent in many pieces."""
    body = b"0123456789abcde\n" * (LARGE_OCTETS // 16) + BODY
    return [
        Dialogue(f"large-{tls}-{way}", WAYS[way], tls=tls, body=body, timeout_s=1.0)
        for tls, ways in (("none", WAYS), ("implicit", ("chunk", "data")))
        for way in ways
    ]
