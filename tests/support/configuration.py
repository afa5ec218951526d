"""Configurations for tests, written as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_toml(options: Mapping[str, Any]) -> str:
    """Return lines `key = value`; tables become inline tables, None leaves its key out."""
    return "".join(f"{key_of(key)} = {value_of(value)}\n" for key, value in options.items() if value is not None)


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
