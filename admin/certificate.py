"""Describe a smart host's certificate: its names and when it expires."""

from __future__ import annotations

from datetime import date

from helper.network.certificate import NotACertificate, issuer_of, names_of, validity_of
from helper.record import Record

SOON_DAYS = 14  # who renews by machine has done so a month before


class Certificate(Record):
    """The content of a certificate; the names are printable, `until` is its last day, None if this is not a date."""

    names: tuple[str, ...]
    issuer: tuple[str, ...]
    until: date | None
    days_left: int

    @property
    def is_ending(self) -> bool:
        """Return whether it expires soon."""
        return self.until is not None and self.days_left < SOON_DAYS

    @property
    def text(self) -> str:
        """Return it in a few words."""
        names = f"certificate for {', '.join(self.names) or 'no name'}"
        if self.until is None:
            return names
        if self.days_left < 0:
            return f"{names}, expired on {self.until}"
        return f"{names} until {self.until}" + (
            f"; it expires in {self.days_left} days, renew it" if self.is_ending else ""
        )

    @property
    def facts(self) -> dict[str, object]:
        """Return it for programs."""
        until = None if self.until is None else self.until.isoformat()
        days_left = None if self.until is None else self.days_left
        return {"names": list(self.names), "issuer": list(self.issuer), "until": until, "days_left": days_left}


def read_certificate(octets: bytes, today: date) -> Certificate:
    """Return the content of a certificate in DER, nothing if it cannot be parsed."""
    try:
        names, issuer, until = names_of(octets), issuer_of(octets), day(validity_of(octets)[1])
    except NotACertificate:
        return Certificate((), (), None, 0)
    return Certificate(names, issuer, until, 0 if until is None else (until - today).days)


def day(text: str) -> date | None:
    """Return a day of the calendar: in a certificate, there can be others."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
