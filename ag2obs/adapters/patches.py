"""Replaces methods of a framework while sessions are open, and puts the originals back.

A replacement is put on the class that defines the method, once, with its original still reachable. Where
somebody else has patched over ours in the meantime, theirs stays: ours below it then only passes through,
because no session is open, and serves the next session, which does not replace it again.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

Make = Callable[[Callable[..., Any]], Callable[..., Any]]


_OURS = "__ag2obs_replacement__"


def _is_ours(function: Any) -> bool:
    """Whether a replacement of ours is in there, under what somebody else has put over it."""
    while function is not None:
        if _OURS in getattr(function, "__dict__", ()):
            # ``functools.wraps`` copies the mark to whatever wraps ours, which is as good.
            return True
        function = getattr(function, "__wrapped__", None)
    return False


def replaced_names(owner: Any) -> list[str]:
    """Return the names of what is replaced in a class or module, also under somebody else's patch."""
    return [name for name, member in vars(owner).items() if _is_ours(getattr(member, "__func__", member))]


class Patches:
    """The replacements of one adapter; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._installed: dict[tuple[int, str], tuple[Any, str, Any, Any]] = {}

    def replace(self, owner: Any, name: str, make: Make) -> bool:
        """Replace the function ``owner.name`` (of a class or module) by ``make(original)``.

        False where that is not a plain function: mocks and callable objects are called without ``self``, and
        would be called with it by a replacement.
        """
        with self._lock:
            if (id(owner), name) in self._installed:
                return True
            original = vars(owner).get(name)
            if not isinstance(original, FunctionType):
                return False
            return self._replace(owner, name, original, original, make, lambda replacement: replacement)

    def replace_static(self, owner: Any, name: str, make: Make) -> bool:
        """Replace the static method ``owner.name`` by ``make(original)``; False where it is none."""
        with self._lock:
            stored = vars(owner).get(name)
            if not isinstance(stored, staticmethod):
                return False
            return self._replace(owner, name, stored, stored.__func__, make, staticmethod)

    def _replace(
        self, owner: Any, name: str, stored: Any, original: Any, make: Make, store: Callable[[Any], Any]
    ) -> bool:
        if not _is_ours(original):
            replacement = functools.wraps(original)(make(original))
            vars(replacement)[_OURS] = True
            kept = store(replacement)
            setattr(owner, name, kept)
            self._installed[id(owner), name] = (owner, name, stored, kept)
        return True

    def replace_where_defined(self, kind: type, name: str, make: Make) -> bool:
        """Replace the method on the class of ``kind``'s hierarchy that defines it."""
        for owner in kind.__mro__:
            if name in vars(owner):
                return owner is not object and self.replace(owner, name, make)
        return False

    def restore(self) -> None:
        """Put every original back that is still ours to put back."""
        with self._lock:
            for owner, name, stored, replacement in reversed(self._installed.values()):
                if vars(owner).get(name) is replacement:
                    setattr(owner, name, stored)
            self._installed.clear()

    def __len__(self) -> int:
        return len(self._installed)
