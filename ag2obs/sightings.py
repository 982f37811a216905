"""Which agents and wrappers a session has met."""

from __future__ import annotations

import weakref


class Sightings:
    """Remembers objects without keeping them alive; not thread-safe, its session calls it under its lock."""

    def __init__(self) -> None:
        self._seen: dict[int, weakref.ref[object]] = {}

    def knows(self, subject: object) -> bool:
        """Say whether ``first`` was asked about this object."""
        return id(subject) in self._seen

    def first(self, subject: object) -> bool:
        """Say whether this object is met for the first time; always, where it cannot be remembered."""
        key, seen = id(subject), self._seen
        if key in seen:
            return False
        try:
            # An id is free again when its object dies.
            seen[key] = weakref.ref(subject, lambda _: seen.pop(key, None))
        except TypeError:
            return True
        return True
