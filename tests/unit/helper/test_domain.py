from __future__ import annotations

import pytest

from helper.domain import NoALabel, ascii_address


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("x.example", "x.example"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),  # IDNA 2003 would make strasse of it, which is another domain
        ("\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmm1c.example"),
    ],
)
def test_a_domain_has_one_form_in_ascii(domain, expected):
    assert ascii_address(f"a.b@{domain}".encode()) == f"a.b@{expected}".encode()


@pytest.mark.parametrize(
    "domain",
    [
        "\u2177.example",  # small Roman numeral eight: looks like "viii"
        "\uff41bc.example",  # full-width a
        "a\u200db.example",  # zero-width joiner
        "a\u00b7b.example",
        "\u0308a.example",  # begins with a mark
        "-\u00fc.example",
        "\u00fc-.example",
        "xn--\u00fc.example",
        "\u2603.example",  # a snowman is no letter
        "\u3002\u00fc.example",
        "\u00fc" * 60 + ".example",
    ],
)
def test_a_domain_that_is_no_name_in_idna_2008_has_none(domain):
    with pytest.raises(NoALabel, match="cannot be put into ASCII"):
        ascii_address(f"a@{domain}".encode())


def test_a_domain_can_be_too_long_in_ascii():
    domain = ".".join(["\u00e9"] * 40)
    assert len(domain.encode()) < 255
    with pytest.raises(NoALabel, match="too long"):
        ascii_address(f"a@{domain}".encode())


def test_a_local_part_has_none():
    with pytest.raises(NoALabel, match="only the domain"):
        ascii_address("\u00fc@x.example".encode())


def test_a_domain_that_is_not_utf_8_has_none():
    with pytest.raises(NoALabel, match="not in UTF-8"):
        ascii_address(b"a@\xc3.example")
