"""Hold one SMTP dialogue with one address, by the code of a send, from the greeting to QUIT, without a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from admin.certificate import Certificate, read_certificate
from admin.finding import OK, WARN, WRONG, Finding, reason
from helper import status
from helper.config.values import Transport
from helper.delivery.access import Access, Observer
from helper.delivery.converse import follow
from helper.delivery.deliver import connect
from helper.delivery.log import bounded
from helper.failure import ConfigError, HostFailed, ReplyError
from helper.network.connect import Race
from helper.network.resolve import Address
from helper.network.servers import Server
from helper.network.time_budget import up_to_the_end_of_the_message
from helper.network.tls import TlsLayer
from helper.smtp.dialogue import prepare
from helper.smtp.envelope import SessionTerms
from helper.smtp.extensions import Extensions
from helper.smtp.steps import Quit

if TYPE_CHECKING:
    from helper.smtp.steps import Dialogue


class Call:
    """The results of a dialogue, as far as it went."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.noted: dict[str, str] = {}
        self.cipher = ""
        self.certificate: Certificate | None = None
        self.extensions = Extensions({})

    def facts(self) -> dict[str, Any]:
        """Return everything for programs."""
        return {
            "tls": self.noted.get("tls"),
            "cipher": self.cipher or None,
            "certificate": self.certificate and self.certificate.facts,
            "offered": {name: list(words) for name, words in self.extensions.keywords.items()},
            "discarded": list(self.extensions.discarded),
            "auth": self.noted.get("auth"),
            "dialogue": self.lines,
        }

    def text(self, transport: Transport) -> str:
        """Return in one line what was found."""
        parts = [f"{self.noted['tls']} {self.cipher}" if "tls" in self.noted else "no TLS"]
        if self.certificate:
            parts.append(self.certificate.text + ("" if transport.tls_verify else " (not verified)"))
        offered = [" ".join([name, *words]) for name, words in self.extensions.keywords.items()]
        parts.append(f"offers {', '.join(offered) or 'nothing'}")
        if self.extensions.discarded:
            parts.append(f"discarded: {', '.join(self.extensions.discarded)}")
        if "auth" in self.noted:
            parts.append(f"AUTH {self.noted['auth']} was accepted")
        elif transport.auth is not None:
            parts.append("AUTH was not tried again")
        return bounded("; ".join(parts))


def call(access: Access, server: Server, address: Address) -> tuple[Finding, bool]:
    """Return what came of a call, and whether our credential was welcome, where one was asked for."""
    place = place_of(server, address)
    made = Call()
    observer = Observer(made.noted.__setitem__, lambda: None, made.lines.append)
    access = access.replace(session=access.session.replace(tls=server.tls), observer=observer)
    word, problem, is_welcome = OK, "", True
    try:
        talk(access, server, address, made)
    except HostFailed as failure:
        word, problem = WRONG, failure.problem
        is_welcome = failure.status != status.NOT_PERMITTED
    except ConfigError as failure:
        word, problem = WRONG, reason(failure)
    if word == OK and made.certificate and made.certificate.is_ending:
        word = WARN
    facts = {"host": server.label, "address": address.text, **made.facts()}
    text = problem or made.text(access.transport)
    return Finding(word, access.transport.name, f"{place}: {text}", facts), is_welcome


def place_of(server: Server, address: Address) -> str:
    """Return a server, and the address that is called where its name may have several."""
    return server.label if server.is_address else f"{server.label} [{address.text}]"


def talk(access: Access, server: Server, address: Address, made: Call) -> None:
    """Connect, hold the dialogue, and note what is learned. HostFailed or ConfigError if it comes to nothing."""
    budget = up_to_the_end_of_the_message(access.transport)
    timeout_s = access.transport.connect_timeout_s
    is_first = server.tls == "implicit"
    race = Race([address], access.transport.interface, budget, timeout_s, client_speaks_first=is_first)
    connection, layer = connect(race, server, access, budget)
    made.lines.append(f"-- connected to {place_of(server, address)}")
    session = access.session if layer is None else access.session.replace(channel_binding=layer.channel_binding)
    try:
        made.extensions = follow(acquaint(session), access, connection, layer)
    finally:
        connection.close()
        if layer is not None and "tls" in made.noted:
            note_tls(layer, made)


def acquaint(session: SessionTerms) -> Dialogue[Extensions]:
    """Hold the dialogue up to the point before a message, send QUIT, and return the extensions."""
    try:
        extensions = yield from prepare(session)
    except ReplyError as error:
        raise HostFailed(f"the reply to {error.command} {error.problem}", status.PROTOCOL) from None
    yield Quit()
    return extensions


def note_tls(layer: TlsLayer, made: Call) -> None:
    """Record the TLS session and its certificate."""
    made.cipher = layer.cipher
    made.certificate = read_certificate(layer.certificate, datetime.now(UTC).date())
