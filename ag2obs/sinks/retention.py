"""Retention: which closed segments and which logs of closed sessions are deleted, by number, age and count.

A file is deleted when its name has the form of the log's, it begins with an event of ours, and no open session
holds it. What was changed in the future, by a foreign clock, is neither old nor among the newest: it stays.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ag2obs.files.locks import exclusive
from ag2obs.log_segments import LogFiles, lock_path, numbered
from ag2obs.sinks.closed_file import closed, holds_events

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Retention:
    """What is kept."""

    backups: int
    """Rotated segments of one log."""
    days: int | None = None
    """Age, by the time of the last change, of segments and of logs of sessions."""
    count: int | None = None
    """Logs of sessions."""

    def is_old(self, changed: float, now: float) -> bool:
        """Whether a file that was changed at ``changed`` is past its days."""
        return self.days is not None and changed < now - self.days * SECONDS_PER_DAY


def retire_segments(files: LogFiles, retention: Retention, now: float) -> None:
    """Delete the closed segments of a log that are beyond its backups or past their days, oldest first.

    Takes them out of ``files``. To be called under the log's lock. Raises OSError.
    """
    segments = numbered(files.log, files.segments)
    for index, (_, paths) in enumerate(segments):
        is_beyond = index < len(segments) - retention.backups
        if is_beyond or retention.is_old(_last_change(paths), now):
            deleted = _delete_closed(paths)
            files.segments = [path for path in files.segments if path not in deleted]


def retire_logs(
    found: list[LogFiles], retention: Retention, folder: Path, now: float, stop: Callable[[], bool]
) -> list[LogFiles]:
    """Delete the logs of closed sessions, with their segments, that are past their days or beyond the count.

    Folders below ``folder`` that this leaves empty go too. Returns the logs that stay; raises OSError.
    """
    if retention.days is None and retention.count is None:
        return found
    dated = sorted(((_last_change(_paths(files)), files) for files in found), key=lambda pair: pair[0], reverse=True)
    kept: list[LogFiles] = []
    newer = 0
    for changed, files in dated:
        is_candidate = changed <= now and not stop() and holds_events(_paths(files)[-1])
        is_beyond = retention.count is not None and newer >= retention.count
        if is_candidate and (is_beyond or retention.is_old(changed, now)) and _delete_log(files):
            _remove_emptied(files.log.parent, folder)
            continue
        newer += is_candidate
        kept.append(files)
    return kept


def _paths(files: LogFiles) -> list[Path]:
    """Return everything that holds events of a log, oldest first; of a segment, its copy first."""
    segments = [path for _, paths in numbered(files.log, files.segments) for path in reversed(paths)]
    return [*segments, files.log] if files.exists else segments


def _last_change(paths: list[Path]) -> float:
    """Return when the newest of some files was changed; the end of time where one of them is gone."""
    try:
        return max((os.lstat(path).st_mtime for path in paths), default=math.inf)
    except FileNotFoundError:
        return math.inf  # another process is at it


def _delete_closed(paths: list[Path]) -> list[Path]:
    """Delete files, all of them or none where a session has one open; returns what was deleted.

    What is none of ours stays.
    """
    with ExitStack() as held:
        if not all(held.enter_context(closed(path)) for path in paths):
            return []
        ours = [path for path in paths if holds_events(path)]
        for path in ours:
            path.unlink()
        return ours


def _delete_log(files: LogFiles) -> bool:
    """Delete a log with its segments and its lock file; returns False where it is in use."""
    lock = lock_path(files.log)
    with ExitStack() as held:
        if lock.exists() and not held.enter_context(exclusive(lock)):
            return False
        if not _delete_closed(_paths(files)):
            return False
        # While the log itself is held nobody can rotate it, so that nobody waits for this lock file.
        for rest in (*files.partial, lock) if files.exists else files.partial:
            with contextlib.suppress(FileNotFoundError):
                rest.unlink()
    return True


def _remove_emptied(folder: Path, top: Path) -> None:
    """Remove a folder in which a log was deleted, and those above it up to ``top``, as far as they are empty."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return  # something else is in it
        folder = folder.parent
