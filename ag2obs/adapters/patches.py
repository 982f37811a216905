"""Replaces methods of a framework while sessions are open, and puts the originals back.

A replacement is put on the class that defines the method, once, with its original still reachable. Where
somebody else has patched over ours in the meantime, theirs stays: ours below it then only passes through,
because no session is open.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

Make = Callable[[Callable[..., Any]], Callable[..., Any]]


class Patches:
    """The replacements of one adapter; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._installed: dict[tuple[int, str], tuple[Any, str, Any, Any]] = {}

    def replace(self, owner: Any, name: str, make: Make) -> bool:
        """Replace ``owner.name`` (of a class or module) by ``make(original)``; False where it has no such function."""
        with self._lock:
            if (id(owner), name) in self._installed:
                return True
            stored = vars(owner).get(name)
            original = stored.__func__ if isinstance(stored, staticmethod) else stored
            if not callable(original) or isinstance(stored, classmethod | property):
                return False
            replacement: Any = functools.wraps(original)(make(original))
            if isinstance(stored, staticmethod):
                replacement = staticmethod(replacement)
            setattr(owner, name, replacement)
            self._installed[id(owner), name] = (owner, name, stored, replacement)
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
