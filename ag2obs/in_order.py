"""Pieces of work one after the other, from several threads and from what interrupts a piece in its own thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Work = Callable[[], object]


class InOrder:
    """A lock for pieces of work that are not to begin inside one another.

    A signal handler or a destructor may run in the middle of a piece, in the thread that holds the lock, and ask for
    another one. That is done right after, before whoever began the first goes on.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._is_busy = False
        self._waiting: deque[Work] = deque()

    def run(self, work: Work) -> None:
        """Do ``work``, now or right after the piece that it interrupts; what it raises goes to whoever is at work."""
        with self._lock:
            if self._is_busy:
                self._waiting.append(work)
                return
            self._is_busy = True
            try:
                work()
            finally:
                try:
                    while self._waiting:
                        self._waiting.popleft()()
                finally:
                    self._is_busy = False
