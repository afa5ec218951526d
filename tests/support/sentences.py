"""The sentences that a send can print, collected from the code: with capital letters for what differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from helper.network import tls_problem

ROOT = Path(__file__).parents[2]
PYTHON_FILES = sorted((ROOT / "helper").rglob("*.py"))
SENTENCE = ROOT / "helper/sentence.py"
C_FILES = sorted([*(ROOT / "frontend").glob("*.[ch]"), *(ROOT / "helper").rglob("*.[ch]")])
NOT_SENT = re.compile(r'NOT_SENT\(((?:\s*(?:"(?:[^"\\]|\\.)*"|[A-Z_]+))+)\s*\)')


def sentences() -> set[str]:
    """Return all of them."""
    told = failures(PYTHON_FILES)
    python = (text for file in PYTHON_FILES for text in of_python(file, told))
    return {*python, *of_returns(SENTENCE), *(text for file in C_FILES for text in of_c(file)), *of_tls()}


def failures(files: list[Path]) -> set[str]:
    """Return the exception classes that are given a `problem`: the caller is told it, alone or after its subject."""
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    return {name for name in classes if "problem" in parameters(name, classes)}


def parameters(name: str, classes: dict[str, ast.ClassDef]) -> list[str]:
    """Return what the constructor of an exception class takes, by itself or by its first base; [] for other classes."""
    if name not in classes or not classes[name].bases:
        return []
    own = (node for node in classes[name].body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    constructor = next(own, None)
    base = ast.unparse(classes[name].bases[0])
    return parameters(base, classes) if constructor is None else [each.arg for each in constructor.args.args]


def of_python(file: Path, told: set[str]) -> Iterator[str]:
    """Yield the sentences that a module gives to these failures."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in told:
            words = [text for argument in node.args if (text := text_of(argument)) and " " in text]
            yield from words[-1:]


def of_returns(file: Path) -> Iterator[str]:
    """Yield the texts that the functions of a module return beside a status, if they add words of their own."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            text = text_of(node.value.elts[-1])
            yield from [text] if re.search("[a-z]", text) else []


def text_of(node: ast.expr) -> str:
    """Return the text of an expression, capital letters in the place of what is not known; "" for no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else name_of(part.value) for part in node.values)
    return ""


def name_of(node: ast.expr) -> str:
    """Return what stands for a value: the last name in it, in capital letters."""
    names = [
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name)
    ]
    return names[0].upper() if names else "VALUE"


def of_tls() -> Iterator[str]:
    """Yield what is said of certificates and handshakes, by the tables."""
    for text in {*tls_problem.CERTIFICATE_PROBLEMS.values(), *tls_problem.HANDSHAKE_PROBLEMS.values()}:
        yield re.sub(r"\{(\w+)\}", lambda field: field[1].upper(), text)
    yield re.sub(r"\{(\w+)\}", lambda field: field[1].upper(), tls_problem.ADDRESS_AS_NAME)


def of_c(file: Path) -> Iterator[str]:
    """Yield the sentences of a C file that say why nothing is sent."""
    for found in NOT_SENT.findall(file.read_text("utf-8")):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"|([A-Z_]+)', found)
        yield "".join(text or name for text, name in parts)
