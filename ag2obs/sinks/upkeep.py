"""Upkeep of logs after their sessions: retention and compression, in a thread of its own.

It works on closed files only, one process at a time on each log, and never in the way of a session: nothing here
runs in the thread that leaves a block.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ag2obs.errors import ExtraMissing
from ag2obs.files.locks import exclusive
from ag2obs.guard import Guard
from ag2obs.log_paths import is_per_session, log_names
from ag2obs.log_segments import LogFiles, lock_path, logs_below, numbered
from ag2obs.sinks.compression import SUFFIXES, compress
from ag2obs.sinks.retention import Retention, retire_logs, retire_segments

if TYPE_CHECKING:
    from ag2obs.settings import Settings

PAUSE = 20
"""After a pass, so many times its duration pass before the next: at most 5 % of the time."""

EXIT_SECONDS = 2.0
"""How long the end of the process waits for a pass: 400 MB at gzip's level 1."""


@dataclass(frozen=True)
class Task:
    """The logs below one folder, by patterns of their folders and name, and what is to be done with them."""

    folder: Path
    names: tuple[re.Pattern[str], ...]
    retention: Retention
    compression: str


def task_after(settings: Settings, log: Path) -> Task | None:
    """Return what there is to do after a session that wrote ``log``; None where that is nothing for sure.

    Costs a few system calls, for it runs in the session's own thread.
    """
    backups, days, count = settings.log_backups, settings.retention_days, settings.retention_count
    compression = settings.log_compression
    if is_per_session(settings.log_file) and (days is not None or count is not None or compression != "none"):
        names = log_names(settings.log_file)
        return Task(log.parents[len(names) - 1], names, Retention(backups, days, count), compression)
    log = Path(os.path.realpath(log))
    if not os.path.exists(lock_path(log)):
        return None  # it was never rotated
    name = re.compile(re.escape(log.name))
    return Task(log.parent, (name,), Retention(backups, days), compression)


class Upkeep:
    """Does the tasks that sessions leave behind, each once for all sessions that end meanwhile.

    One daemon thread that lives only while something is to be done.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Task, Guard] = {}
        self._thread: threading.Thread | None = None
        self._not_before = 0.0
        self._hurry = threading.Event()
        self._deadline = float("inf")

    def look_after(self, settings: Settings, log: Path, guard: Guard) -> None:
        """Have done what is to be done now that a session has left ``log`` or a segment of it; returns at once."""
        with guard.protect("the upkeep of the log files"):
            task = task_after(settings, log)
            if task is not None:
                self._add(task, guard)

    def _add(self, task: Task, guard: Guard) -> None:
        with self._lock:
            self._waiting[task] = guard
            if self._thread is not None and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._run, name="ag2obs-upkeep", daemon=True)
            # Where no thread can be started any more, ``finish`` does it.
            with contextlib.suppress(RuntimeError):
                # In an empty context, so that it inherits no session.
                Context().run(self._thread.start)

    def finish(self, seconds: float = EXIT_SECONDS) -> None:
        """Do now what is waiting, for about so many seconds at most (at interpreter exit, and in tests)."""
        self._deadline = time.monotonic() + seconds
        self._hurry.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(seconds + 1)
        else:
            self._do_waiting()
        self._hurry.clear()
        self._deadline = float("inf")

    def after_fork(self) -> None:
        """Start anew in a forked process, which has no thread of ours."""
        self.__init__()  # type: ignore[misc]  # everything in here belongs to the parent

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
            self._hurry.wait(max(0.0, self._not_before - time.monotonic()))
            began = time.monotonic()
            self._do_waiting()
            ended = time.monotonic()
            self._not_before = ended + PAUSE * (ended - began)

    def _do_waiting(self) -> None:
        with self._lock:
            tasks, self._waiting = self._waiting, {}
        for task, guard in tasks.items():
            with guard.protect("the upkeep of the log files"):
                look_after(task, guard, self._is_over)

    def _is_over(self) -> bool:
        return time.monotonic() > self._deadline


def look_after(task: Task, guard: Guard, stop: Callable[[], bool]) -> None:
    """Apply retention and compression once; what cannot be done is told once for each folder."""
    found = logs_below(task.folder, task.names)
    now = time.time()
    with _telling(task.folder, guard):
        found = retire_logs(found, task.retention, task.folder, now, stop)
    for files in found:
        if stop():
            return
        with _telling(task.folder, guard):
            _tidy(files, task.retention, now)
            _compress_all(files, task.compression, stop)


@contextlib.contextmanager
def _telling(folder: Path, guard: Guard) -> Iterator[None]:
    """Tell once why log files in ``folder`` stay as they are."""
    try:
        yield
    except ExtraMissing:
        guard.tell_once(
            "zstd",
            "AG2OBS_LOG_COMPRESSION=zstd needs a package: pip install 'ag2obs[zstd]'; until then nothing is compressed",
        )
    except OSError as error:
        guard.tell_once(f"upkeep:{folder}", f"log files in {folder} cannot be deleted or compressed ({error})")


def _tidy(files: LogFiles, retention: Retention, now: float) -> None:
    """Delete what a killed process left half compressed, and the segments that are not kept."""
    if not files.segments and not files.partial:
        return
    with exclusive(lock_path(files.log)) as is_ours:
        if not is_ours:
            return  # another process rotates, or is at it itself
        for partial in files.partial:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
        retire_segments(files, retention, now)


def _compress_all(files: LogFiles, form: str, stop: Callable[[], bool]) -> None:
    if form == "none":
        return
    for _, (segment, *_) in numbered(files.log, files.segments):
        if segment.suffix in SUFFIXES.values():
            continue
        # For each segment anew, so that a writer that has to rotate comes in between.
        with exclusive(lock_path(files.log)) as is_ours:
            if is_ours and not stop():
                compress(segment, form, stop)
