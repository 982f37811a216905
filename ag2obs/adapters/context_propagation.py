"""Carries the session into threads and executors, which start with an empty context.

Only our own context variable travels. A plain thread is marked as having inherited it, because a worker
thread may come to serve other sessions; a call handed to an executor belongs to its caller exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ag2obs.adapters.patches import Patches
from ag2obs.routing import CURRENT, Binding, inherited


def install(patches: Patches) -> None:
    """Make new threads and calls handed to thread pools carry the calling context's session."""
    patches.replace(threading.Thread, "start", _carrying_start)
    patches.replace(ThreadPoolExecutor, "submit", _carrying_submit)


def _travels(binding: Binding) -> bool:
    return binding.session.settings.propagate_context and binding.session.accepts()


def _carrying_start(original: Callable[..., None]) -> Callable[..., None]:
    def start(thread: threading.Thread) -> None:
        binding = CURRENT.get()
        if binding is None or not _travels(binding):
            return original(thread)
        carrying = CarriedThread(thread, inherited(binding))
        try:
            return original(thread)
        except BaseException:
            carrying.undo()
            raise

    return start


class CarriedThread:
    """Runs a thread inside a binding, through its own ``run`` attribute, which is gone once the thread runs."""

    def __init__(self, thread: threading.Thread, binding: Binding) -> None:
        self._thread = thread
        self._run = thread.run
        self._own = vars(thread).get("run")
        self._binding = binding
        thread.run = self.run  # type: ignore[method-assign]  # of this instance only

    def undo(self) -> None:
        if self._own is None:
            vars(self._thread).pop("run", None)
        else:
            self._thread.run = self._own  # type: ignore[method-assign]

    def run(self) -> None:
        self.undo()
        token = CURRENT.set(self._binding)
        try:
            self._run()
        finally:
            CURRENT.reset(token)


def _carrying_submit(original: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    def submit(pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        binding = CURRENT.get()
        if binding is None or not _travels(binding):
            return original(pool, fn, *args, **kwargs)
        # A worker thread that starts here serves whoever comes next: it must not inherit this session.
        token = CURRENT.set(None)
        try:
            return original(pool, _call_in_session, binding, fn, *args, **kwargs)
        finally:
            CURRENT.reset(token)

    return submit


def _call_in_session(binding: Binding, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = CURRENT.set(binding)
    try:
        return fn(*args, **kwargs)
    finally:
        CURRENT.reset(token)
