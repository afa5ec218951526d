"""What no send reaches is told, and what is used is not."""

from __future__ import annotations

import pytest

from admin.correction.edit import Source
from admin.unused import check_unused
from helper.config.configuration import parse_configuration
from tests.unit.config.sample import MACHINE

TRANSPORT = 'qualify_domain = "example.net"\n[transports.relay]\ndriver = "smtp"\nhosts = ["a.example:587"]\n'
OTHER = '[transports.other]\ndriver = "smtp"\nhosts = ["b.example"]\n'
ALL = '[[routers]]\nname = "all"\ndriver = "accept"\ntransport = "relay"\n'
MORE = '[[routers]]\nname = "more"\ndriver = "{driver}"\ntransport = "{transport}"\n'

UNUSED = {
    "accept-after-all": (TRANSPORT + ALL + MORE.format(driver="accept", transport="relay"), "routers"),
    "dnslookup-after-all": (TRANSPORT + ALL + MORE.format(driver="dnslookup", transport="relay"), "routers"),
    "policy-after-all": (TRANSPORT + "[[policies]]\nallow = true\n[[policies]]\ncallers = ['root']\n", "policies"),
    "transport": (TRANSPORT + OTHER + ALL, "transports"),
    "host-twice": (TRANSPORT.replace('"a.example:587"', '"a.example:587", "a.example:587"'), "hosts"),
    "ca-without-tls": (TRANSPORT + 'tls = "none"\ntls_ca_file = "/x"\n', "tls_ca_file"),
    "ca-without-verification": (TRANSPORT + 'tls_verify = false\ntls_ca_path = "/x"\n', "tls_ca_path"),
}
USED = [
    TRANSPORT,
    TRANSPORT
    + OTHER
    + ALL.replace("name", 'domains = ["x.example"]\nname')
    + MORE.format(driver="accept", transport="other"),
    TRANSPORT + "[[policies]]\ncallers = ['root']\n[[policies]]\nallow = false\n",
    TRANSPORT.replace('"a.example:587"', '"a.example:587", "a.example:465"'),
    TRANSPORT + 'tls_ca_file = "/x"\n',
]


def subjects(text):
    configuration = parse_configuration(text.encode(), "gatepost.toml", MACHINE)
    return [(finding.word, finding.subject) for finding in check_unused(configuration, Source(octets=text.encode()))]


@pytest.mark.parametrize("name", UNUSED)
def test_what_no_send_reaches_is_a_warning(name):
    text, subject = UNUSED[name]
    assert subjects(text) == [("warn", subject)]


@pytest.mark.parametrize("text", USED)
def test_what_is_used_is_not_told(text):
    assert subjects(text) == []
