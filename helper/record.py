"""Immutable values with named fields: what dataclasses give, without importing inspect on every send."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_options: object) -> object:
        """Stand in for typing.dataclass_transform, which only the type checker needs."""
        return lambda decorated: decorated


@dataclass_transform(frozen_default=True)
class Record:
    """A value whose fields are the annotations of its class, fixed once it is built.

    TypeError for a missing, an unknown or a surplus field; AttributeError for every later assignment.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *(name for name in cls.__annotations__ if name not in cls._fields))

    def __init__(self, *values: Any, **named: Any) -> None:
        if len(values) > len(self._fields):
            raise TypeError(f"{type(self).__name__} has {len(self._fields)} fields, {len(values)} values were given")
        given = dict(zip(self._fields, values, strict=False)) | named
        for name in self._fields:
            if name not in given:
                if not hasattr(type(self), name):
                    raise TypeError(f"{type(self).__name__} needs a value for {name}")
                given[name] = getattr(type(self), name)
        if len(given) > len(self._fields):
            raise TypeError(f"{type(self).__name__} has no field {(given.keys() - set(self._fields)).pop()}")
        self.__dict__.update(given)

    def replace(self, **changes: Any) -> Self:
        """Return a copy in which these fields have other values."""
        return type(self)(**(self.__dict__ | changes))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self._fields)})"
