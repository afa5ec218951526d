"""What is asked for in delivery status notifications cannot end a parameter, and xtext means what it was made of."""

from __future__ import annotations

from helper import dsn
from helper.delivery.notification import xtext
from helper.request.smtp_commands import Rejected, mail_parameters, rcpt_parameters

SEEDS = (
    b"NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@x",
    b"notify=never",
    b"SIZE=10 body=8bitmime RET=HDRS ENVID=a+20b",
    b"QQ314159",
    b"\xff =+",
)
WORDS = b"NOTIFY=|ORCPT=|rfc822;|NEVER|DELAY|,|+2B|+|=| |ENVID=|RET=|SIZE=|BODY=".split(b"|")


def check(octets: bytes) -> None:
    """Break where a promise above does not hold."""
    text = xtext(octets)
    assert dsn.is_xtext(text) and dsn.from_xtext(text) == octets
    if dsn.is_xtext(octets):
        assert xtext(dsn.from_xtext(octets)).count(b"+") <= len(octets)
    for is_right in (dsn.is_notify, dsn.is_envid, dsn.is_xtext, dsn.is_orcpt):
        assert not is_right(octets) or (octets.isascii() and octets.decode("ascii").isprintable())
    if dsn.is_envid(octets):
        assert len(xtext(octets)) <= dsn.ENVID_LIMIT
    check_commands(octets.split())


def check_commands(words: list[bytes]) -> None:
    """Look at what a client of -bs gives with MAIL and RCPT."""
    try:
        parameters = rcpt_parameters(words)
        assert dsn.are_recipient_parameters(parameters)
        assert rcpt_parameters(parameters.split()) == parameters
    except Rejected as rejected:
        assert rejected.code in (501, 555)
    try:
        given = mail_parameters(words)
        assert b"ENVID" not in given or dsn.is_envid(given[b"ENVID"])
    except Rejected as rejected:
        assert rejected.code in (501, 555)
