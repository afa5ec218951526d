"""What a send leaves to `sudo gatepost check` is a command there."""

from __future__ import annotations

import shlex

import pytest

from admin.finding import AGAIN, WRONG, told
from admin.reinstall import PACKAGE_MANAGERS, reinstall_command
from helper.failure import SystemFault


def test_an_installation_from_source_is_made_again():
    assert reinstall_command() == "make install"  # the paths of a checkout are the usual ones


@pytest.mark.parametrize("command", [command for _, command, _ in PACKAGE_MANAGERS])
def test_a_package_is_named(command):
    assert shlex.split(command)[-1] == "gatepost"


@pytest.mark.parametrize("again", AGAIN)
def test_a_finding_has_it_as_its_remedy(again):
    finding = told(WRONG, "launcher", SystemFault(f"/x cannot be executed: {again}"))
    assert (finding.text, finding.remedy) == ("/x cannot be executed", "make install")
