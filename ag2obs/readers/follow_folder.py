"""Follows the logs of a folder: those that were written to lately, and those that are written to from now on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import Event
from ag2obs.readers import is_log
from ag2obs.readers.follow import LogFollower
from ag2obs.readers.segments import is_segment

LATELY_SECONDS = 600.0
"""A log that was not written to for longer is not read until it is."""

LOOK_SECONDS = 1.0
"""Between two looks for new files."""


class FolderFollower:
    """The logs in a folder and below, hidden ones left out. A folder that is not there yet is waited for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._followers: dict[Path, LogFollower] = {}
        self._is_log: dict[Path, bool] = {}
        self._since = time.time() - LATELY_SECONDS
        self._next_look = 0.0

    def poll(self) -> Iterator[Event]:
        """Yield what was written since the last call; a log that cannot be read any more is left out."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._look()
        for path, follower in list(self._followers.items()):
            try:
                yield from follower.poll()
            except LogFormatError:
                follower.close()
                del self._followers[path]
                self._is_log[path] = False

    def _look(self) -> None:
        for parent, folders, names in os.walk(self.folder):
            folders[:] = (name for name in folders if not name.startswith("."))
            for name in names:
                path = Path(parent, name)
                if path not in self._followers and not name.startswith(".") and not is_segment(path):
                    self._consider(path)

    def _consider(self, path: Path) -> None:
        """Follow a file that was written to lately, if it is a log; one that is still empty is looked at again."""
        try:
            status = path.stat()
            if status.st_mtime < self._since or not status.st_size:
                return
            if path not in self._is_log:
                self._is_log[path] = is_log(path)
        except (OSError, LogFormatError, ExtraMissing):
            return
        if self._is_log[path]:
            self._followers[path] = LogFollower(path)

    @property
    def bad_lines(self) -> int:
        """Lines that hold no event."""
        return sum(follower.bad_lines for follower in self._followers.values())

    @property
    def newer_schema(self) -> int:
        """The newest schema that a later version of this package wrote; 0 where there is none."""
        return max((follower.newer_schema for follower in self._followers.values()), default=0)

    @property
    def lost(self) -> int:
        """Places where something was written that could not be read."""
        return sum(follower.lost for follower in self._followers.values())

    def close(self) -> None:
        """Close what is open."""
        for follower in self._followers.values():
            follower.close()
        self._followers.clear()
