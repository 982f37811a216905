"""Follows the logs of a folder: those that were written to lately, and those that are written to from now on."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from ag2obs.errors import LogFormatError
from ag2obs.events import Event
from ag2obs.files.decompression import open_without_waiting
from ag2obs.files.identity import Identity, identity_of
from ag2obs.readers import HEAD_BYTES
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.follow import LogFollower, Place
from ag2obs.readers.segments import is_segment

LATELY_SECONDS = 600.0
"""A log that was not written to for longer is not read until it is."""

LOOK_SECONDS = 1.0
"""Between two looks for new files."""


class FolderFollower:
    """The logs of ours in a folder and below, hidden ones left out. A folder that is not there yet is waited for.

    A log that is followed is read from its beginning, with all its rotated segments: sums over a part of a session
    would be wrong. Files are told by their identity and not by their names: one that is renamed is not read again,
    and one that has several names is read once. Compressed files, and logs of AG2 itself, are not followed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._followers: dict[Path, LogFollower] = {}
        self._places: dict[Identity, Place] = {}
        self._other_files: dict[Path, tuple[Identity, int]] = {}
        """What is no log, and how large it was when this was found."""
        self._since = time.time() - LATELY_SECONDS
        self._next_look = 0.0

    def poll(self) -> Iterator[Event]:
        """Yield what was written since the last call; a log that cannot be read now is tried again at the next."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._look()
        for follower in self._followers.values():
            try:
                yield from follower.poll()
            except LogFormatError:
                continue

    def _look(self) -> None:
        followed = {identity for follower in self._followers.values() for identity in follower.open_files}
        for parent, folders, names in os.walk(os.path.realpath(self.folder)):
            folders[:] = (name for name in folders if not name.startswith("."))
            for name in names:
                if not name.startswith("."):
                    self._consider(Path(parent, name), followed)

    def _consider(self, path: Path, followed: set[Identity]) -> None:
        """Follow a file that was written to lately, if it is a log, and not one that is followed by another name."""
        try:
            if path.is_symlink():
                path = Path(os.path.realpath(path))  # which may be set to another log
            if path in self._followers or is_segment(path):
                return
            status = path.stat()
            identity = identity_of(status)
            if identity in followed or not self._is_news(status) or not self._is_log(path, status):
                return
        except OSError:
            return
        followed.add(identity)
        self._followers[path] = LogFollower(path, segments=True, places=self._places)

    def _is_news(self, status: os.stat_result) -> bool:
        """Tell whether there is something to read in a file: it may have been read to its end by another name."""
        if status.st_mtime < self._since or not stat.S_ISREG(status.st_mode):
            return False
        place = self._places.get(identity_of(status))
        return status.st_size != (0 if place is None else place.read_to)

    def _is_log(self, path: Path, status: os.stat_result) -> bool:
        """Tell whether a file is an uncompressed log of ours; asked again while its beginning may still change."""
        here = identity_of(status), min(status.st_size, HEAD_BYTES)
        if self._other_files.get(path) == here:
            return False
        with open(path, "rb", opener=open_without_waiting) as file:
            is_log = EventLogReader.recognises(file.read(HEAD_BYTES))
        if not is_log:
            self._other_files[path] = here
        return is_log

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
