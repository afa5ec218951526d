"""Warn of unknown keywords in discard_ehlo_keywords: they are misspelt and have no effect."""

from __future__ import annotations

from collections.abc import Iterator

from admin.correction.edit import Source
from admin.finding import WARN, Finding
from helper.config.nearest import nearest
from helper.config.values import Transport

# IANA's registry of SMTP service extensions without STARTTLS and AUTH, which the configuration refuses, and what
# Postfix and Exim have beside it.
KNOWN = (
    *("8BITMIME", "BINARYMIME", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "LIMITS", "PIPELINING", "REQUIRETLS", "SIZE"),
    *("SMTPUTF8", "ATRN", "BURL", "CHECKPOINT", "CONNEG", "CONPERM", "DELIVERBY", "ETRN", "EXPN", "FUTURERELEASE"),
    *("HELP", "MT-PRIORITY", "MTRK", "NO-SOLICITING", "ONEX", "RRVS", "SAML", "SEND", "SOML", "TURN", "UTF8SMTP"),
    *("VERB", "VRFY", "XCLIENT", "XFORWARD", "PIPECONNECT"),
)
SPELT = {name.lower().replace("-", "_"): name for name in KNOWN}  # as nearest() compares them


def check_keywords(transports: tuple[Transport, ...], source: Source) -> Iterator[Finding]:
    """Yield a warning for each unknown keyword."""
    for transport in transports:
        key = ("transports", transport.name, "discard_ehlo_keywords")
        for keyword in transport.discard_ehlo_keywords:
            if keyword not in KNOWN:
                guess = nearest(keyword, SPELT)
                meant = f"; did you mean {SPELT[guess]}?" if guess else ", so it has no effect"
                text = f"discard_ehlo_keywords: {keyword} is not a known EHLO keyword{meant}"
                others = [
                    SPELT[guess] if guess and each == keyword else each for each in transport.discard_ehlo_keywords
                ]
                known = [each for each in others if each in KNOWN]
                remedy = source.set_to(key, known) if known else source.without(key)
                yield Finding(WARN, transport.name, text, remedy=remedy)
