"""The bundle: our modules in one file, made by `make install`; those of every send in the order in which they load.

First those that are executed with the service user's rights, then, when these are dropped, the rest. The modules that
only some sends need follow. Each of them is read when it is imported, through the descriptor that was opened before the
drop: later there may be no right to open the file. A process that closes it, as a supervisor does, imports no more.

Eighty modules one by one cost each send 8 ms more: for finding and opening their files, for importlib's care about what
cannot happen here, for what only people and the type checker read. Without a bundle, or with one for another Python,
all are found beside it, as usual. It is root's, like the compiled modules there.

This module is loaded before any bundle: no `from __future__ import annotations`, which is another file.
"""

import gc
import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from io import FileIO
    from types import CodeType, ModuleType
    from typing import Any

    Part = tuple[str, bool, CodeType]  # the name of a module, whether it is a package, and what is executed
    Span = tuple[int, int]  # where octets begin, counted from the end of what is loaded at once, and how many they are
    Spare = tuple[bool, Span]  # whether a module is a package, and what is loaded with it, itself as the last

SUFFIX = f".{sys.implementation.cache_tag}.bundle"  # "helper.cpython-311.bundle": each Python has a code of its own
LENGTH_OCTETS = 8  # of the length that the file begins with: that of what is loaded at once, which follows
WAITING: "list[Bundle]" = []  # the one whose rest is not loaded yet; empty without a bundle


def load_bundle(path: str) -> None:
    """Load what `path` + SUFFIX has for every send before the drop, and find the others in it; nothing without it.

    From here on nothing looks for garbage in cycles, either: while modules are loaded there is none, and a send soon
    ends. A session, which may last, turns it on again.
    """
    gc.disable()
    try:
        file = open(path + SUFFIX, "rb", buffering=0)  # noqa: SIM115 # it stays open
    except OSError:
        return
    parts, rest, spares = marshal.loads(file.read(int.from_bytes(file.read(LENGTH_OCTETS), "big")))
    WAITING.append(Bundle(file, rest, spares))
    sys.meta_path.insert(0, WAITING[0])
    execute_all(parts)


def load_rest() -> None:
    """Load the modules that the bundle has for every send after the drop."""
    while WAITING:
        execute_all(WAITING.pop().rest())


def execute_all(parts: "list[Part]") -> None:
    """Make modules, as imports would leave them."""
    for name, is_package, code in parts:
        if name not in sys.modules:
            execute(name, is_package, code)


def execute(name: str, is_package: bool, code: "CodeType") -> None:
    """Make a module, as an import would leave it, and run its code in it."""
    module = sys.modules[name] = type(sys)(name)
    module.__spec__ = spec_of(name, is_package, None)
    parent, _, own_name = name.rpartition(".")
    if parent:
        if parent not in sys.modules:  # it waits for the drop, and a module that only some sends need comes before
            __import__(parent)
        setattr(sys.modules[parent], own_name, module)
    run(module, is_package, code)


def run(module: "ModuleType", is_package: bool, code: "CodeType") -> None:
    """Run the code of a module in it; only a package has a path."""
    module.__file__ = code.co_filename
    if is_package:
        module.__path__ = [code.co_filename.rpartition("/")[0]]
    exec(code, module.__dict__)  # noqa: S102 # root's code, as that of every module


def spec_of(name: str, is_package: bool, loader: "Bundle | None") -> "ModuleSpec":
    """Return what importlib keeps of a module.

    By the class of a spec that is there: importlib.machinery costs more than it is worth for one class. The type
    checker wants a Loader, whose module costs as much; importlib itself asks for no more than the three functions.
    """
    spec: ModuleSpec = type(sys.__spec__)(name, loader, is_package=is_package)  # type: ignore[arg-type]
    return spec


class Bundle:
    """An open bundle: what every send loads later, and the modules that only some need, found as importlib wants it.

    It is made where the file stands at the end of what is loaded at once.
    """

    def __init__(self, file: "FileIO", rest: "Span", spares: "dict[str, Spare]") -> None:
        self._file = file
        self._start = file.tell()
        self._rest = rest
        self._spares = spares

    def rest(self) -> "list[Part]":
        """Return what every send loads after the drop."""
        parts: list[Part] = self._loaded(self._rest)
        return parts

    def find_spec(
        self, name: str, _path: "Sequence[str] | None", _target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Return how to load one of the modules, None for any other."""
        return spec_of(name, self._spares[name][0], self) if name in self._spares else None

    def create_module(self, _spec: "ModuleSpec") -> "ModuleType | None":
        """Leave it to importlib."""
        return None

    def exec_module(self, module: "ModuleType") -> None:
        """Run the code of a module in it, after that of the modules that it needs and that no other send loads."""
        *needed, (_, is_package, code) = self._loaded(self._spares[module.__name__][1])
        execute_all(needed)
        run(module, is_package, code)

    def _loaded(self, span: "Span") -> "Any":
        """Return what is marshalled there."""
        self._file.seek(self._start + span[0])
        return marshal.loads(self._file.read(span[1]))
