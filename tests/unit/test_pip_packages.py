"""pyproject.toml lists our packages by hand, because they are installed below a folder of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pip_installs_every_package_that_there_is():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {
        f"gatepost.{'.'.join(file.parent.relative_to(ROOT).parts)}" for file in (ROOT / "helper").rglob("__init__.py")
    }
    assert set(settings["packages"]) == found | {"gatepost"}
