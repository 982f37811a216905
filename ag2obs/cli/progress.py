"""A progress bar for work over a second, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SECONDS_BEFORE = 1.0


@contextmanager
def progress_bar(total_bytes: int) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told how many bytes more are done; the bar is on standard error and leaves no trace."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    bar = _Bar(total_bytes)
    try:
        yield bar.advance
    finally:
        bar.stop()


class _Bar:
    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._begin = time.monotonic()
        self._shown: Any = None

    def advance(self, done: int) -> None:
        self._done += done
        if self._shown is None and time.monotonic() - self._begin > _SECONDS_BEFORE:
            self._shown = self._show()
        if self._shown is not None:
            self._shown.update(self._shown.task_ids[0], completed=self._done)

    def _show(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

        shown = Progress(
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        shown.add_task("", total=self._total)
        shown.start()
        return shown

    def stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
