"""The log of one session: JSON Lines, appended with one ``os.write`` per record.

``O_APPEND`` makes the write atomic against other threads and processes on local file systems, and what
``os.write`` returned for survives ``kill -9``. There is no buffer and no background thread.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from ag2obs.files.identity import Identity, identity_of
from ag2obs.sinks.masking import FindSecrets, Mask
from ag2obs.sinks.rotation import rotate
from ag2obs.sinks.segment import Segment

logger = logging.getLogger("ag2obs")

_TRIES = 10
"""How often a log is opened again that was renamed between opening and locking it, or is just being replaced."""

_PAUSE_SECONDS = 0.002
"""Between two of these tries."""

_GONE: Identity = (-1, -1)
"""Equal to no file."""


class LogFile:
    """Appends lines to a log, follows it when it is rotated, and can mask secrets in its own bytes later.

    ``max_bytes`` is the size at which the log is rotated (0: never). Of the segments it wrote to, the newest
    ``backups`` stay open and so are neither deleted nor compressed. Not thread-safe: its session calls it under
    the session's lock. An ``OSError`` is kept in ``last_error`` and never seen by the workflow.
    """

    def __init__(self, path: Path, *, max_bytes: int = 0, backups: int = 10) -> None:
        self.path = path
        self.failed_writes = 0
        self.last_error: OSError | None = None
        self._real_path = path
        """``path`` without symbolic links: segments are beside the file itself."""
        self._max_bytes = max_bytes
        self._rotate_at = max_bytes or sys.maxsize
        self._backups = backups
        self._current: Segment | None = None
        self._older: list[Segment] = []
        """Segments with bytes of ours that the log has left behind."""
        self._last: Identity | None = None
        """The file that was written to last."""
        self._lost_lines = 0

    def follow(self) -> bool:
        """Go where the log is now: rotated, deleted, emptied or moved by whomever; rotate it where it is full.

        Called before every record. Returns True where nothing of ours is in the file that comes next, though
        something was written before: what was said there is to be said again.
        """
        current = self._current
        if current is not None:
            try:
                status = os.stat(self.path)
                if (status.st_dev, status.st_ino) == current.identity:
                    if current.end <= status.st_size < self._rotate_at or not current.is_regular:
                        return False
                    if status.st_size < current.end:
                        self._lost_lines += current.lines
                        self._forsake(current)
                    elif not self._rotate(current.identity, status.st_size):
                        return False
            except OSError as error:
                self.last_error = error
        self._reopen()
        return self._current is not None and self._last not in (None, self._current.identity)

    def _rotate(self, identity: Identity, size: int) -> bool:
        try:
            return rotate(self._real_path, identity)
        except FileNotFoundError:
            return True  # another writer was faster, and nobody has made the new file yet
        except OSError as error:
            self.last_error = error
            self._rotate_at = size + self._max_bytes
            logger.warning("ag2obs: the log %s cannot be rotated (%s); it goes on growing", self.path, error)
            return False

    def _reopen(self) -> None:
        """Open what the path names; where that is impossible, the next ``append`` fails and says why."""
        try:
            self._leave_behind()
            for tries_left in reversed(range(_TRIES)):
                self._real_path = Path(os.path.realpath(self.path))
                opened = Segment(self._real_path)
                if tries_left == 0 or (opened.is_held and self._is_current(opened)):
                    self._current = opened
                    return
                opened.close()
                time.sleep(_PAUSE_SECONDS)
        except OSError as error:
            self.last_error = error

    def _leave_behind(self) -> None:
        """Keep the segment for the closing pass, if it still exists."""
        segment, self._current = self._current, None
        if segment is None:
            return
        if segment.is_deleted():
            self._lost_lines += segment.lines
            self._forsake(segment)
        elif not segment.is_regular or not segment.bytes:
            segment.close()
        else:
            self._older.append(segment)

    def _is_current(self, segment: Segment) -> bool:
        try:
            return identity_of(os.stat(self.path)) == segment.identity
        except FileNotFoundError:
            return False

    def _forsake(self, segment: Segment) -> None:
        """Close a segment whose content is gone; a new file may get the same inode."""
        self._current = None
        self._last = _GONE
        segment.close()

    def append(self, data: bytes) -> int:
        """Write whole lines; returns how many are on file, and remembers the error where that is not all."""
        if self._current is None:
            self._reopen()
        current = self._current
        if current is None:
            self.failed_writes += 1
            return 0
        self._last = current.identity
        before = current.lines
        try:
            current.write(data)
        except OSError as error:
            self.failed_writes += 1
            self.last_error = error
        return current.lines - before

    def take_lost_lines(self) -> int:
        """Return how many lines of ours were deleted or cut off since this was last asked."""
        lost, self._lost_lines = self._lost_lines, 0
        return lost

    @property
    def must_release(self) -> bool:
        """Whether more segments are open than are kept as backups."""
        return len(self._older) > self._backups

    def release_oldest(self) -> None:
        """Close the segments that are beyond the backups; they can be masked no more."""
        while self.must_release:
            self._older.pop(0).close()

    def mark(self) -> int:
        """Return how many bytes of our own precede the next write; see ``mask_secrets``."""
        return sum(segment.bytes for segment in self._segments())

    def mask_secrets(self, find: FindSecrets, mask: Mask, overlap: int, *, first_bytes: int | None = None) -> int:
        """Mask secrets in our own bytes, in place and at the same length; returns how many.

        ``first_bytes`` limits the pass to what was written before that ``mark``; the rest is explained at
        ``masking.mask_range``. Safe while others append. Raises OSError.
        """
        left = self.mark() if first_bytes is None else first_bytes
        masked = 0
        for segment in self._segments():
            masked += segment.mask(find, mask, overlap, left)
            left -= segment.bytes
        return masked

    def _segments(self) -> list[Segment]:
        return self._older if self._current is None else [*self._older, self._current]

    def sync(self) -> None:
        """Ask the kernel to put the files on disk; called when the session ends."""
        for segment in self._segments():
            try:
                segment.sync()
            except OSError as error:
                self.last_error = error
                logger.debug("ag2obs: fsync failed", exc_info=error)

    def close(self) -> None:
        """Give descriptors and locks back. A later ``append`` opens the log again; earlier bytes stay as they are."""
        segments, self._older, self._current = self._segments(), [], None
        for segment in segments:
            segment.close()
