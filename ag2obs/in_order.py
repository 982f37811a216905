"""Pieces of work one after the other, from several threads and from what interrupts a piece in its own thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

Work = Callable[[], object]


class InOrder:
    """A lock for pieces of work that are not to begin inside one another.

    A signal handler or a destructor may run in the middle of a piece, in the thread that holds the lock, and ask for
    another one. That is done right after, in the context in which it was asked for, also where the handler raises; a
    handler that ends the process by ``os._exit`` leaves it undone.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._is_busy = False
        self._waiting: deque[Work] = deque()

    def run(self, work: Work) -> None:
        """Do ``work``, now or right after the piece that it interrupts; what it raises goes to whoever is at work."""
        with self._lock:
            if self._is_busy:
                self._waiting.append(partial(copy_context().run, work))
                return
            self._is_busy = True
            try:
                self._run_all(work)
            finally:
                self._is_busy = False

    def _run_all(self, first: Work) -> None:
        """Do ``first`` and what waits then; what went wrong is raised when all is done."""
        self._waiting.appendleft(first)
        failure: BaseException | None = None
        while self._waiting:
            try:
                self._waiting.popleft()()
            except BaseException as error:  # noqa: BLE001  # it is raised below
                failure = failure or error
        if failure is not None:
            raise failure
