"""B10, B18, C6: input that is large or deep costs its sender some time, and ends in a line that was meant for it.

The shapes are those of Exim's local holes of 2020 (CVE-2020-28009 to -28016) and of parsers that go back or go down.
"""

from __future__ import annotations

import pytest

NAME_OCTETS = 120_000  # the longest argument that the kernel passes has 128 KiB
FIELD_OCTETS = 1_000_000
PROCESSOR_TIME_S = 5  # what is quadratic in these takes hours
SHAPES = {
    "open": "(",
    "nested": "(a ",
    "backslashes": "\\",
    "quotes": '"',
    "escaped-quotes": '\\"',
    "groups": "a:",
    "angles": "<",
    "commas": ",",
    "routes": "<@a,@",
    "dots": ".",
    "at": "@",
    "encoded": "=?utf-8?q?=00",
    "folds": "a\n ",
    "numbers": "9" * 4301,
}
QUADRATIC = {
    "helper/story.py": {
        "    fields, body_start = split_message(message.octets)\n": (
            "    [len(message.octets[at:]) for at in range(message.size_octets)]\n"
            "    fields, body_start = split_message(message.octets)\n"
        )
    }
}


def judged(installation, *arguments, **options):
    """Send, and say that it ends in time with a status and at most one line, which is no defect.

    The kernel holds both halves to the processor time, and ends who uses more.
    """
    through = ("/usr/bin/prlimit", f"--cpu={PROCESSOR_TIME_S}:{PROCESSOR_TIME_S}", "--")
    result = installation.send(*arguments, through=through, time_limit_s=60, **options)
    assert (result.status == 0) == (result.stderr == "")
    assert result.stderr.count("\n") <= 1
    assert "a defect in Gatepost" not in result.stderr
    assert "ended without an answer" not in result.stderr
    return result


@pytest.fixture
def host(installation, smarthost):
    """A smart host that takes what comes."""
    host = smarthost()
    installation.configure_relay(host)
    return host


def of(shape, octets):
    """Return so much of a shape."""
    return SHAPES[shape] * (octets // len(SHAPES[shape]))


@pytest.mark.parametrize("option", ["-F", "-f", "--"])
@pytest.mark.parametrize("shape", SHAPES)
def test_in_an_argument(installation, host, shape, option):
    argument = of(shape, NAME_OCTETS).replace("\n", "")
    rest = () if option == "--" else ("carol@example.org",)
    result = judged(installation, option, argument, *rest, stdin=b"\nhello\n")
    assert (result.status == 0) == (len(host.messages) == 1)


@pytest.mark.parametrize("field", ["To", "From", "Content-Type"])
@pytest.mark.parametrize("shape", SHAPES)
def test_in_a_header_field(installation, host, shape, field):
    message = f"{field}: {of(shape, FIELD_OCTETS)}\nContent-Transfer-Encoding: 8bit\n\nhello\xe9\n".encode("latin-1")
    result = judged(installation, "-t", "-i", "carol@example.org", stdin=message)
    assert (result.status == 0) == (len(host.messages) == 1)


@pytest.mark.parametrize("part", [b"a", b"\n", b".\n", b"A:\n", b"\r"], ids=["a", "lines", "dots", "fields", "returns"])
def test_in_the_lines_of_a_message(installation, host, part):
    result = judged(installation, "-i", "carol@example.org", stdin=part * (FIELD_OCTETS // len(part)))
    assert (result.status == 0) == (len(host.messages) == 1)


def test_as_many_arguments_as_the_kernel_passes(installation, host):
    """1.5 MB of addresses: more than a quarter of the stack's limit is refused by the kernel itself."""
    result = judged(installation, *["a"] * 50_000, stdin=b"\nhello\n")
    assert result.status == 0
    assert len(host.message.addresses) == 1


def test_control_work_for_each_octet_of_the_rest_is_ended(weakened, smarthost):
    installation = weakened(QUADRATIC)
    installation.configure_relay(smarthost())
    through = ("/usr/bin/prlimit", f"--cpu={PROCESSOR_TIME_S}:{PROCESSOR_TIME_S}", "--")
    result = installation.send("carol@example.org", stdin=b"\n" * FIELD_OCTETS, through=through, time_limit_s=60)
    assert (result.status, result.reason) == (1, "the helper ended without an answer")
