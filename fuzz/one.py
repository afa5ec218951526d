"""Search with one harness: `python -m fuzz.one NAME [options of libFuzzer] [folders of inputs]`. Needs atheris."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import zlib

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

from fuzz.harness import check_in_time, harness, stretched

STRETCH_ONE_IN = 500
# All that a harness could reach, loaded beforehand: what is imported later is not instrumented.
PACKAGES = (
    "helper.message",
    "helper.message.mime",
    "helper.routing",
    "helper.config",
    "helper.smtp",
    "helper.smtp.sasl",
)
MODULES = (
    *(f"helper.request.{name}" for name in ("argv", "smtp_input", "smtp_session", "wire")),
    *("helper.dsn", "helper.network.certificate", "helper.delivery.notification"),
)


def main() -> None:
    """Search until libFuzzer has enough, or an input breaks a promise."""
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["helper"]):
        load_all()
    module = harness(name)

    def check(octets: bytes) -> None:
        check_in_time(module, octets)
        if zlib.crc32(octets) % STRETCH_ONE_IN == 0:
            check_in_time(module, stretched(octets))

    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


def load_all() -> None:
    """Import what is to be instrumented."""
    for package_name in PACKAGES:
        package = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__, f"{package_name}."):
            importlib.import_module(module.name)
    for name in MODULES:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
