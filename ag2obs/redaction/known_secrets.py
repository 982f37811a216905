"""The secrets that are known by value, shared by every engine of a process and growing while these run."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable

from ag2obs.redaction.known_values import KnownValues, is_learnable

_NOT_IN_A_MARKER = re.compile(r"[^A-Za-z0-9_.-]+")


class KnownSecrets:
    """Learns values. Safe to use from any number of threads: ``values`` is immutable, learning replaces it."""

    def __init__(self, *, accelerated: bool) -> None:
        self.values = KnownValues({}, accelerated=accelerated)
        self.version = 0
        """How often something was learned."""
        self._accelerated = accelerated
        self._learning = threading.Lock()

    def learn(self, candidates: Iterable[tuple[str, str]], is_specific: Callable[[str], bool] = is_learnable) -> bool:
        """Learn pairs of a value and the name it is told by; returns whether one of them was new.

        ``is_specific`` tells which values can be masked wherever they occur.
        """
        known = self.values.values
        fresh = {value: name for value, name in candidates if value not in known and is_specific(value)}
        if not fresh:
            return False
        with self._learning:
            values = dict(self.values.values)
            for value, name in fresh.items():
                values.setdefault(value, _marker_name(name))
            self.values = KnownValues(_with_safe_markers(values), accelerated=self._accelerated)
            self.version += 1
        return True


def _marker_name(name: str) -> str:
    """Return ``name`` as it may stand in a marker: it must not read as a field or as a secret itself."""
    return _NOT_IN_A_MARKER.sub("-", name)[:64].strip("-") or "known-value"


def _with_safe_markers(values: dict[str, str]) -> dict[str, str]:
    """Replace names that hold a known value: no marker may be masked in its turn."""
    return {value: "known-value" if any(other in name for other in values) else name for value, name in values.items()}
