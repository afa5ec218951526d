"""Make the bundle of helper/bundle.py. Usage: bundle.py LIB FINAL [FIRST REST...]

FIRST and all of ours that importing it loads, then the same of each REST, are compiled as if LIB were FINAL. Nothing
is executed: a package is built where the modules that ours need may be missing.
"""

from __future__ import annotations
import __future__

import ast
import marshal
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

sys.path.append(sys.argv[1])

from helper.bundle import LENGTH_OCTETS, SUFFIX  # the path has to stand first

FIRST = "helper.entry.set_id"  # executed before the drop
REST = (
    "helper.sandbox.confine",
    "helper.config.reach",
    "helper.network.resolve",
    "helper.last_words",
    "helper.loaded_state",
    "helper.story",
)

Part = tuple[str, bool, CodeType]


class Spared(ast.NodeTransformer):
    """A module without what only people and the type checker read; the annotations of classes are a Record's fields."""

    def visit(self, node: ast.AST) -> Any:
        """Leave expressions as they are: nothing of that is in them."""
        return node if isinstance(node, ast.expr) else super().visit(node)

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """Take the docstring out."""
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Take the docstring out."""
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Take the docstring and the annotations out."""
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self._without_docstring(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        """Take `from __future__ import annotations` out, which compiled() knows."""
        return None if node.module == "__future__" else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Take out what only the type checker imports."""
        self.generic_visit(node)
        return node.orelse if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node

    def _without_docstring(self, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.copy_location(ast.Pass(), node.body[0])
        self.generic_visit(node)
        return node


def main() -> None:
    """Write the bundle."""
    lib, final = Path(sys.argv[1]), sys.argv[2]
    first, *rest = sys.argv[3:] or (FIRST, *REST)
    met: set[str] = set()
    before = list(needed_by(first, lib, final, met))
    after = [part for module in rest for part in needed_by(module, lib, final, met)]
    package = first.partition(".")[0]
    spares = {name: list(needed_by(name, lib, final, met.copy())) for name in all_of(package, lib) if name not in met}
    Path(lib, package, package + SUFFIX).write_bytes(bundle_of(before, after, spares))


def bundle_of(before: list[Part], after: list[Part], spares: dict[str, list[Part]]) -> bytes:
    """Return the octets of the bundle: a length, what is loaded at once with the places of all else, and all else."""
    rest = marshal.dumps(after)
    places, octets = {}, rest
    for name, parts in spares.items():
        marshalled = marshal.dumps(parts)
        places[name] = parts[-1][1], (len(octets), len(marshalled))
        octets += marshalled
    head = marshal.dumps((before, (0, len(rest)), places))
    return len(head).to_bytes(LENGTH_OCTETS, "big") + head + octets


def needed_by(name: str, lib: Path, final: str, met: set[str]) -> Iterator[Part]:
    """Yield a module of ours as a part, after those that it needs and that were not met before."""
    source = source_of(lib, name)
    if source is None or name in met:
        return
    met.add(name)
    imports, code = compiled(source, f"{final}/{source.relative_to(lib)}")
    for needed in (name.rpartition(".")[0], *imports):
        yield from needed_by(needed, lib, final, met)
    yield name, is_package(source), code


def all_of(package: str, lib: Path) -> Iterator[str]:
    """Yield the names of all modules of a package that can be imported."""
    for source in sorted(Path(lib, package).rglob("*.py")):
        words = source.relative_to(lib).with_suffix("").parts
        if words[-1] != "__main__":
            yield ".".join(words[:-1] if is_package(source) else words)


def is_package(source: Path) -> bool:
    """Say whether a module has others in it."""
    return source.name == "__init__.py"


def source_of(lib: Path, name: str) -> Path | None:
    """Return the file of one of our modules, None for any other."""
    if not name:
        return None
    path = lib.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported while a module is loaded."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module is not None:
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


@cache
def compiled(source: Path, file: str) -> tuple[tuple[str, ...], CodeType]:
    """Return what a module imports, and its code, which knows its lines, but not the columns in them."""
    tree = ast.parse(source.read_bytes())
    names = tuple(imported(tree))
    code = compile(Spared().visit(tree), file, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    return names, code


main()
