from __future__ import annotations

import pytest

from helper.failure import CannotTake
from helper.smtp.envelope import Envelope, MailData, Notification
from helper.smtp.extensions import Extensions, parse_extensions
from helper.smtp.fit import fitted, may_gain
from helper.smtp.reply import Reply


def offered(*keywords: str, discarded: tuple[str, ...] = ()) -> Extensions:
    lines = [keyword.encode() for keyword in ("mx.example.net", *keywords)]
    return parse_extensions(Reply(250, tuple(lines)), discarded)


def envelope(*recipients: bytes, data=None, **changes):
    data = data or mail_data()
    return Envelope(b"alice@example.net", recipients or (b"b@x.example",), data, **changes)


def mail_data(**changes):
    """Return mail data whose conversion remembers, in its size, what it was told to keep."""

    def convert(keep_8bit, keep_8bit_header):
        return MailData(1000 + keep_8bit * 10 + keep_8bit_header, as_chunk=list, as_data=list)

    return MailData(**({"size_octets": 321, "as_chunk": list, "as_data": list, "convert": convert} | changes))


@pytest.mark.parametrize(
    ("keywords", "fits"),
    [
        (("SIZE 321",), True),
        (("SIZE 320",), False),
        (("SIZE 0",), True),
        (("SIZE",), True),
        (("SIZE x",), True),
        (("SIZE 99999999999999999999999",), True),
        (("LIMITS RCPTMAX=3",), True),
        (("LIMITS RCPTMAX=2",), False),
        (("LIMITS rcptmax=2 MAILMAX=1",), False),
        (("LIMITS RCPTMAX=",), True),
        (("LIMITS RCPTMAX=0",), True),
        (("LIMITS RCPTDOMAINMAX=2",), True),
        (("LIMITS RCPTDOMAINMAX=1",), False),
        (("LIMITS MAILMAX=1",), True),
    ],
)
def test_what_is_too_large_or_too_many_is_refused_before_mail(keywords, fits):
    three = envelope(b"a@x.example", b"b@X.example", b"c@y.example")
    if fits:
        assert fitted(three, offered(*keywords)) == three
        return
    with pytest.raises(CannotTake, match="are accepted"):
        fitted(three, offered(*keywords))


UTF8, UNKNOWN = {"is_8bit": True, "header_charset": "utf-8"}, {"is_8bit": True, "header_charset": "unknown-8bit"}


@pytest.mark.parametrize(
    ("keywords", "needs", "size"),
    [
        ("", {}, 321),
        ("", {"longest_line_octets": 998}, 321),
        ("", {"longest_line_octets": 999}, 1000),
        ("8BITMIME", {"longest_line_octets": 999}, 1011),
        ("8BITMIME", {"is_8bit": True}, 321),
        ("SMTPUTF8", {"is_8bit": True}, 1000),
        ("8BITMIME SMTPUTF8", UTF8, 321),
        ("8BITMIME", UTF8, 1010),
        ("SMTPUTF8", UTF8, 1000),
        ("", UTF8, 1000),
        ("8BITMIME", UNKNOWN, 321),
        ("8BITMIME SMTPUTF8", UNKNOWN, 321),
        ("", UNKNOWN, 1000),
    ],
)
def test_mail_data_are_converted_only_as_far_as_they_have_to_be(keywords, needs, size):
    assert fitted(envelope(data=mail_data(**needs)), offered(*keywords.split())).data.size_octets == size


def test_no_header_of_unknown_octets_goes_with_smtputf8():
    whole = envelope("\u00fc@x.example".encode(), data=mail_data(**UNKNOWN), is_internationalised=True)
    assert fitted(whole, offered("8BITMIME", "SMTPUTF8")).data.size_octets == 1010


def test_what_cannot_be_converted_is_refused_with_both_reasons():
    def convert(_keep_8bit, _keep_8bit_header):
        raise CannotTake("it is signed")

    with pytest.raises(CannotTake) as failure:
        fitted(envelope(data=mail_data(is_8bit=True, convert=convert)), offered())
    problem = "the message has 8-bit octets, and 8BITMIME is not offered; it cannot be converted: it is signed"
    assert failure.value.problem == problem


def test_the_size_that_counts_is_that_of_what_is_sent():
    with pytest.raises(CannotTake, match="1000 octets, but at most 999 are accepted"):
        fitted(envelope(data=mail_data(is_8bit=True)), offered("SIZE 999"))


def test_nobody_rewrites_a_local_part():
    with pytest.raises(CannotTake, match=r"<\\xfc@x.example> is internationalised, and SMTPUTF8 is not offered: only"):
        fitted(envelope("\u00fc@x.example".encode(), is_internationalised=True), offered("8BITMIME"))


def test_who_requires_tls_on_the_whole_way_does_not_do_with_less():
    with pytest.raises(CannotTake, match="REQUIRETLS is not offered"):
        fitted(envelope(requires_tls=True), offered())
    assert fitted(envelope(requires_tls=True), offered("REQUIRETLS")).requires_tls


def test_notification_is_dropped_where_it_is_not_offered():
    notification = Notification(b" RET=FULL", (b"",))
    assert fitted(envelope(notification=notification), offered()).notification is None
    assert fitted(envelope(notification=notification), offered("DSN")).notification == notification


MORE = [
    ("8BITMIME", {"data": mail_data(is_8bit=True)}),
    ("SMTPUTF8", {"is_internationalised": True}),
    ("SMTPUTF8", {"data": mail_data(header_charset="utf-8")}),
    ("DSN", {"notification": Notification(b"", (b"",))}),
    ("REQUIRETLS", {"requires_tls": True}),
]


@pytest.mark.parametrize(("keyword", "needs"), MORE)
def test_more_may_be_had_only_where_something_is_missing(keyword, needs):
    assert may_gain(envelope(**needs), offered())
    assert not may_gain(envelope(**needs), offered(keyword))
    assert not may_gain(envelope(), offered())


@pytest.mark.parametrize("keyword", ["SIZE 320", "LIMITS RCPTMAX=1"])
def test_a_larger_limit_may_be_had(keyword):
    assert may_gain(envelope(b"a@x.example", b"b@x.example"), offered(keyword))


@pytest.mark.parametrize(("keyword", "needs"), [*MORE, ("SIZE", {}), ("LIMITS", {})])
def test_what_is_discarded_is_neither_there_nor_asked_for_again(keyword, needs):
    few = offered(f"{keyword} 320 RCPTMAX=0", discarded=(keyword,))
    assert keyword not in few
    assert not may_gain(envelope(**needs), few)


def test_a_limit_that_is_discarded_limits_nothing():
    extensions = offered("SIZE 320", "LIMITS RCPTMAX=1", "DSN", discarded=("SIZE", "LIMITS"))
    whole = envelope(b"a@x.example", b"b@x.example")
    assert fitted(whole, extensions) == whole
    assert extensions.keywords == {"DSN": ()}


def cannot(_keep_8bit, _keep_8bit_header):
    raise CannotTake("it is signed")


EIGHT_BIT = {"convert": cannot, "is_8bit": True}


@pytest.mark.parametrize(
    ("keywords", "discarded", "needs", "problem"),
    [
        ("", "", EIGHT_BIT, "the message has 8-bit octets, and 8BITMIME is not offered"),
        (
            "8BITMIME",
            "8BITMIME",
            EIGHT_BIT,
            "the message has 8-bit octets, and 8BITMIME is discarded (discard_ehlo_keywords)",
        ),
        ("8BITMIME", "", UTF8 | EIGHT_BIT, "the header has 8-bit octets, and SMTPUTF8 is not offered"),
        (
            "SMTPUTF8",
            "",
            {"header_charset": "utf-8", "convert": cannot},
            "the header has 8-bit octets, and 8BITMIME is not offered",
        ),
        (
            "8BITMIME SMTPUTF8",
            "SMTPUTF8",
            UTF8 | EIGHT_BIT,
            "the header has 8-bit octets, and SMTPUTF8 is discarded (discard_ehlo_keywords)",
        ),
    ],
)
def test_a_refusal_names_the_keyword_that_is_lacking_and_why(keywords, discarded, needs, problem):
    with pytest.raises(CannotTake) as caught:
        fitted(envelope(data=mail_data(**needs)), offered(*keywords.split(), discarded=tuple(discarded.split())))
    assert caught.value.problem.startswith(f"{problem}; it cannot be converted")


def test_a_header_that_is_not_utf_8_is_what_is_wrong_where_everything_is_offered():
    data = mail_data(**UNKNOWN | {"convert": cannot})
    whole = envelope("\u00fc@x.example".encode(), data=data, is_internationalised=True)
    with pytest.raises(CannotTake, match="the header has octets that are not UTF-8"):
        fitted(whole, offered("8BITMIME", "SMTPUTF8"))


@pytest.mark.parametrize(
    ("discarded", "words"),
    [("REQUIRETLS", "REQUIRETLS is discarded"), ("SMTPUTF8", "SMTPUTF8 is discarded"), ("", "is not offered")],
)
def test_what_is_discarded_is_told_as_that(discarded, words):
    requiring = envelope(requires_tls=discarded != "SMTPUTF8", is_internationalised=True)
    requiring = requiring.replace(recipients=("\u00fc@x.example".encode(),))
    with pytest.raises(CannotTake, match=words):
        fitted(requiring, offered("8BITMIME", discarded=(discarded,) if discarded else ()))
