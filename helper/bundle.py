"""The bundle: the modules of every send in one file, made by `make install`: a send opens one instead of eighty.

It holds what the compiled modules beside it hold, and is root's like them. A module that is not in it is found as
usual; without a bundle, or with one for another Python, all are.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    Code = tuple[bool, CodeType]  # whether it is a package, and what is executed

SUFFIX = f".{sys.implementation.cache_tag}.bundle"  # "helper.cpython-311.bundle": each Python has a code of its own


class Bundle:
    """Finds and loads modules, as importlib wants it of a member of sys.meta_path."""

    def __init__(self, codes: dict[str, Code]) -> None:
        self._codes = codes

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load one of the modules, None for any other."""
        if name not in self._codes:
            return None
        is_package, code = self._codes[name]
        # Not imported: importlib.machinery costs more than it is worth for one class. The type checker wants a Loader,
        # whose module costs as much; importlib itself asks for no more than the three functions.
        spec: ModuleSpec = type(sys.__spec__)(name, self, origin=code.co_filename, is_package=is_package)  # type: ignore[arg-type]
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(code.co_filename.rpartition("/")[0])
        return spec

    def create_module(self, _spec: ModuleSpec) -> ModuleType | None:
        """Leave it to importlib."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of a module in it."""
        exec(self._codes[module.__name__][1], module.__dict__)  # noqa: S102 # root's code, as that of every module


def use_bundle(path: str) -> None:
    """Load from the bundle `path` + SUFFIX whatever it has from now on; nothing where there is none."""
    try:
        with open(path + SUFFIX, "rb", buffering=0) as file:
            octets = file.read()
    except OSError:
        return
    sys.meta_path.insert(0, Bundle(marshal.loads(octets)))
