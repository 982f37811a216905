"""What is kept of the newest so many keys: those that were asked for last."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Newest(Generic[_K, _V]):
    """Makes a value for each key, and forgets that of the key that was not asked for the longest."""

    def __init__(self, most: int, make: Callable[[], _V]) -> None:
        self._most = most
        self._make = make
        self._values: dict[_K, _V] = {}

    def of(self, key: _K) -> _V:
        """Return the value of a key, which is the newest from now on; a new one where there is none."""
        value = self._values.pop(key) if key in self._values else self._make()
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]
        return value

    def get(self, key: _K) -> _V | None:
        """Return the value of a key, which stays as old as it is; None where there is none."""
        return self._values.get(key)
