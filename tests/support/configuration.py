"""Configurations for tests, written as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_toml(options: Mapping[str, Any]) -> str:
    """Return lines `key = value`; tables become inline tables, None leaves its key out."""
    return "".join(f"{key_of(key)} = {value_of(value)}\n" for key, value in options.items() if value is not None)


def file_of(configuration: Mapping[str, Any]) -> str:
    """Return a whole file: main options, [transports.NAME], [rewrite], [[routers]], [[policies]]."""
    tables = {name: configuration.get(name, {}) for name in ("transports", "rewrite", "routers", "policies")}
    text = to_toml({key: value for key, value in configuration.items() if key not in tables})
    for name, transport in tables["transports"].items():
        text += f"\n[transports.{name}]\n{to_toml(transport)}"
    text += f"\n[rewrite]\n{to_toml(tables['rewrite'])}"
    for name in ("routers", "policies"):
        text += "".join(f"\n[[{name}]]\n{to_toml(row)}" for row in tables[name])
    return text


def key_of(key: str) -> str:
    """Return a key, quoted where TOML wants it."""
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def value_of(value: Any) -> str:
    """Return a value; JSON writes strings, numbers and truth as TOML does."""
    if isinstance(value, Mapping):
        pairs = [f"{key_of(key)} = {value_of(item)}" for key, item in value.items() if item is not None]
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(value_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
