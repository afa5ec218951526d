"""Make the bundle of helper/bundle.py. Usage: bundle.py LIB FINAL MODULE

It holds MODULE and all of ours that importing it loads, compiled as if LIB were FINAL, and lands beside MODULE. Nothing
is executed: a package is built where the modules that ours need may be missing.
"""

from __future__ import annotations

import ast
import marshal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType


def main() -> None:
    """Write the bundle."""
    lib, final, entry = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    sys.path.insert(0, str(lib))
    from helper.bundle import SUFFIX

    codes: dict[str, tuple[bool, CodeType]] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        source = source_of(lib, name)
        if source is None or name in codes:
            continue
        tree = ast.parse(source.read_bytes())
        code = compile(tree, f"{final}/{source.relative_to(lib)}", "exec", dont_inherit=True)
        codes[name] = source.name == "__init__.py", code
        waiting += imported(tree)
    package = entry.partition(".")[0]
    Path(lib, package, package + SUFFIX).write_bytes(marshal.dumps(codes))


def source_of(lib: Path, name: str) -> Path | None:
    """Return the file of one of our modules, None for any other."""
    path = lib.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported while a module is loaded, and the packages that it is in."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            names = [f"{statement.module}.{alias.name}" for alias in statement.names]
        else:
            continue
        for name in names:
            words = name.split(".")
            yield from (".".join(words[:length]) for length in range(1, len(words) + 1))


main()
