"""What there is: the logs of a folder, each with its files in their order and the sessions in them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ag2obs.analysis.liveness import still_running
from ag2obs.analysis.moments import moment_of
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.log_segments import numbered
from ag2obs.readers import open_log
from ag2obs.readers.segments import is_segment, place_of
from ag2obs.sinks.closed_file import closed, holds_events


@dataclass
class StoredSession:
    """What is known of one session over all files."""

    started: str = ""
    resource: dict[str, Any] = field(default_factory=dict)
    has_end: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it has no end and its process may still be at work."""
        if self.has_end:
            return False
        return still_running(self.resource, moment_of(self.started))


@dataclass
class StoredFile:
    """One file of a log: a segment, with its compressed copy where both are there, or the log itself."""

    paths: list[Path]
    """The plain file first."""
    bytes: int
    changed: float
    sessions: set[str] = field(default_factory=set)
    is_held: bool = False
    """A session has it open, as far as that could be seen."""
    problem: str | None = None
    """Why it cannot be read; such a file stays."""

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.paths[0]


@dataclass
class StoredLog:
    """One log with its segments, oldest first, the log itself last."""

    log: Path
    files: list[StoredFile]


@dataclass
class Inventory:
    """Everything that was found."""

    logs: list[StoredLog] = field(default_factory=list)
    sessions: dict[str, StoredSession] = field(default_factory=dict)


def take_inventory(paths: Iterable[Path]) -> Inventory:
    """Look at log files, which are those of ag2obs among ``paths``; everything else is left out.

    Reads each file once. Memory grows with files and sessions.
    """
    inventory = Inventory()
    by_log: dict[Path, set[Path]] = {}
    for path in paths:
        by_log.setdefault(place_of(path)[0], set()).add(path)
    segments = _segments_beside(by_log)
    for log, found in sorted(by_log.items()):
        files = []
        groups = [files for _, files in numbered(log, found | segments.get(log, set()))]
        for group in [*groups, *([[log]] if log in found else [])]:
            stored = _look_at(group, inventory)
            if stored is not None:
                files.append(stored)
        if files:
            inventory.logs.append(StoredLog(log, files))
    return inventory


def _segments_beside(logs: Iterable[Path]) -> dict[Path, set[Path]]:
    """Return the segments of logs that are in their folders, compressed copies included; lists each folder once."""
    found: dict[Path, set[Path]] = {}
    for folder in {log.parent for log in logs}:
        with contextlib.suppress(OSError):
            for path in (folder / name for name in os.listdir(folder)):
                if is_segment(path):
                    found.setdefault(place_of(path)[0], set()).add(path)
    return found


def _look_at(paths: list[Path], inventory: Inventory) -> StoredFile | None:
    try:
        if not holds_events(paths[0]):
            return None
        statuses = [os.lstat(path) for path in paths]
    except FileNotFoundError:
        return None
    except OSError as error:
        return StoredFile(paths, 0, 0.0, problem=error.strerror or str(error))
    file = StoredFile(paths, sum(each.st_size for each in statuses), max(each.st_mtime for each in statuses))
    try:
        for event in open_log(paths[0]).iter_accounting():
            file.sessions.add(event.session)
            session = inventory.sessions.setdefault(event.session, StoredSession())
            if not event.continued and (not session.started or event.ts < session.started):
                session.started = event.ts
            if event.resource:
                session.resource = {key: event.resource.get(key) for key in ("host", "pid")}
            session.has_end = session.has_end or event.kind == "session.end"
        with closed(paths[0]) as is_closed:
            file.is_held = not is_closed
    except (LogFormatError, ExtraMissing) as error:
        file.problem = str(error)
    except OSError as error:
        file.problem = f"{paths[0]} cannot be opened: {error.strerror or error}"
    return file
