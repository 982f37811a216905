"""The one object that keeps failures of ours out of the host program.

Every hook runs inside ``with guard.protect("what it does")``. A failure is counted, told once per place
through the logger ``ag2obs``, and swallowed; with ``AG2OBS_RERAISE=1`` (our tests set it) it propagates.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from types import TracebackType

from ag2obs.errors import BudgetExceeded

logger = logging.getLogger("ag2obs")


class Guard:
    """Counts and swallows our own failures; see the module's docstring."""

    def __init__(self, *, reraise: bool | None = None) -> None:
        self._reraise = reraise
        self.failures: Counter[str] = Counter()
        self._told: set[str] = set()
        # Reachable from a destructor that runs while it is held.
        self._lock = threading.RLock()

    @property
    def reraise(self) -> bool:
        """Whether failures propagate: as asked for, else where ``AG2OBS_RERAISE`` is 1."""
        return os.environ.get("AG2OBS_RERAISE") == "1" if self._reraise is None else self._reraise

    def protect(self, place: str) -> _Protection:
        """Return a context manager that swallows what goes wrong in its block; ``place`` names it."""
        return _Protection(self, place)

    def caught(self, place: str, error: BaseException) -> None:
        """Count a failure of ours and tell about it once per place."""
        with self._lock:
            self.failures[place] += 1
        self.tell_once(
            f"failure:{place}",
            f"{place} failed with {type(error).__name__}; the workflow goes on, this part of its log may be missing",
        )
        logger.debug("ag2obs: %s failed", place, exc_info=error)

    def tell_once(self, key: str, text: str, level: int = logging.WARNING) -> None:
        """Log ``text`` through the logger ``ag2obs``, the first time that ``key`` comes up."""
        with self._lock:
            if key in self._told:
                return
            self._told.add(key)
        logger.log(level, "ag2obs: %s", text)


class _Protection:
    __slots__ = ("_guard", "_place")

    def __init__(self, guard: Guard, place: str) -> None:
        self._guard = guard
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception) or isinstance(error, BudgetExceeded):
            return False
        self._guard.caught(self._place, error)
        return not self._guard.reraise
