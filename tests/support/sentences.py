"""The sentences that a send can print, collected from the code: with capital letters for what differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from helper.network import tls_problem

ROOT = Path(__file__).parents[2]
# What these are given is told to the caller, as it is or after what it is about.
FAILURES = {
    *("UsageError", "MessageError", "InputError", "DaemonError", "AddressError", "NotPermitted", "ConfigError"),
    *("OnlyBySocket", "StaleToken", "HostFailed", "CannotTake", "ReplyError", "WireError", "SystemFault", "InDoubt"),
    *("Undeliverable", "BadValue", "AddressSyntax", "ListSyntax", "CannotConvert", "ReplySyntax", "BadChallenge"),
}
C_FILES = sorted([*(ROOT / "frontend").glob("*.[ch]"), *(ROOT / "helper").rglob("*.[ch]")])
NOT_SENT = re.compile(r'NOT_SENT\(((?:\s*(?:"(?:[^"\\]|\\.)*"|[A-Z_]+))+)\s*\)')


def sentences() -> set[str]:
    """Return all of them."""
    python = (text for file in (ROOT / "helper").rglob("*.py") for text in of_python(file))
    return {*python, *(text for file in C_FILES for text in of_c(file)), *of_tls()}


def of_python(file: Path) -> Iterator[str]:
    """Yield the sentences that a module gives to failures."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAILURES:
            words = [text for argument in node.args if (text := text_of(argument)) and " " in text]
            yield from words[-1:]


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
