"""The README and each page of docs/ are true: commands are typed, configurations used, mail is sent.

A page is executed from top to bottom in a private installation, with a scripted smart host in place of the one that it
names. A table of mail says what arrives there, or that it is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pages import PAGES, ROOT, blocks_of
from tests.system.reader import Reader


@pytest.fixture
def read(installation, smarthost, certificates, tmp_path) -> Callable[[str], None]:
    """Read a page from top to bottom, and do what it says."""

    def read(text: str) -> None:
        reader = Reader(installation, smarthost, certificates, tmp_path)
        parts = list(blocks_of(text))
        for number, part in enumerate(parts):
            reader.execute(part)
            if part.language == "sh" and [each.language for each in parts[number + 1 : number + 2]] != ["output"]:
                reader.assert_success()
        assert reader.executed, "nothing on this page is executed"

    return read


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_a_page_is_true(page, read):
    read(page.read_text())


@pytest.mark.parametrize(
    ("page", "right", "wrong"),
    [
        # Root's and alice's mail went to strangers.
        ("gmail.md", 'qualify_domain = "ws1.invalid"', 'qualify_domain = "gmail.com"'),
        # The rewriting rule matched no address of this machine.
        ("microsoft365.md", '"*@ws1.invalid" =', '"*@ws1.example.com" ='),
        # The machine's own policy refused root's mail.
        ("kiosk.md", 'domains = ["kiosk.example.net"]', 'domains = ["other.example.net"]'),
        # `gatepost explain` did not show the refusal.
        ("kiosk.md", "explain someone@example.org --as visitor", "explain helpdesk@example.net --as visitor"),
        # Root could not use a credential of the socket's service.
        ("kiosk.md", "sudo systemctl enable --now gatepost.socket", "true"),
        ("kiosk.md", "gatepost check\n", "gatepost check --no-such-option\n"),
        ("cron.md", "gatepost send-test root", "gatepost send-test"),
        ("workstation.md", "local_parts = [", 'senders = ["nobody@example.net"]\nlocal_parts = ['),
    ],
)
def test_control_a_page_that_is_wrong_is_noticed(page, right, wrong, read):
    (text,) = (each.read_text() for each in PAGES if each.name == page)
    assert right in text
    with pytest.raises(AssertionError):
        read(text.replace(right, wrong))


def test_control_a_page_without_anything_to_execute_is_noticed(read):
    with pytest.raises(AssertionError, match="nothing on this page is executed"):
        read("# A page\n\nWords.\n")
