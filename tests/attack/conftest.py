"""What attack tests may ask for besides: installations with a defence taken out."""

from __future__ import annotations

import pytest

from tests.support.installation import Installation
from tests.support.weakened import Workshop


@pytest.fixture(scope="session")
def workshop(shared_installation: Installation) -> Workshop:
    """Makes weakened installations, which go with the ordinary one."""
    return Workshop(shared_installation)


@pytest.fixture
def weakened(workshop: Workshop):
    """Return an installation from sources with replacements: weakened({file: {old text: new text}})."""
    return workshop.weakened
