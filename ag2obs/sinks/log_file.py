"""The log file of one session: JSON Lines, appended with one ``os.write`` per record.

``O_APPEND`` makes the write atomic against other threads and processes on local file systems, and what
``os.write`` returned for survives ``kill -9``. There is no buffer and no background thread.
"""

from __future__ import annotations

import logging
import os
import stat
from array import array
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger("ag2obs")

_CHUNK = 1 << 20
"""Bytes read at a time by the closing pass."""

FindSecrets = Callable[[bytes], list[tuple[int, int]]]
Mask = Callable[[bytes, list[tuple[int, int]]], bytes]


class LogFile:
    """Appends lines to a file, remembers which bytes are its own and can mask secrets in them later.

    Not thread-safe: its session calls it under the session's lock. An ``OSError`` while writing is
    reported by ``append`` returning False; the workflow never sees it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed_writes = 0
        self.last_error: OSError | None = None
        self._descriptor: int | None = None
        self._regular = False
        self._torn = False
        """The last write ended within a line."""
        self._ranges = array("Q")
        """Start and end of each run of our own bytes, flat; runs that touch are one."""

    def open(self) -> None:
        """Create folders (0700) and file (0600) where missing, and end a line that a killed process left torn.

        Raises OSError.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self.path, flags, 0o600)
        except OSError:
            # A pipe or a terminal cannot be opened for reading and writing at once.
            descriptor = os.open(self.path, flags & ~os.O_RDWR | os.O_WRONLY, 0o600)
        self._descriptor = descriptor
        self._regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if self._regular:
            self._end_torn_line(descriptor)

    def _end_torn_line(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        if size == 0:
            return
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        if os.read(descriptor, 1) != b"\n":
            # Another process may just have completed that line: then this adds an empty line, which readers skip.
            os.write(descriptor, b"\n")

    def append(self, data: bytes) -> bool:
        """Write whole lines; returns False, and remembers the error, when they are not all on file."""
        try:
            if self._descriptor is None:
                self.open()
            descriptor = self._descriptor
            assert descriptor is not None
            if self._torn:
                data = b"\n" + data
            written = self._write(descriptor, data)
            while written < len(data):
                written += self._write(descriptor, data[written:])
            self._torn = False
        except OSError as error:
            self.failed_writes += 1
            self.last_error = error
            return False
        return True

    def _write(self, descriptor: int, data: bytes) -> int:
        """Write once, all of it unless the disk is full or a signal came; raises OSError where it wrote nothing."""
        written = os.write(descriptor, data)
        if written == 0:
            raise OSError("nothing could be written")
        self._torn = written < len(data)
        if self._regular:
            self._remember(os.lseek(descriptor, 0, os.SEEK_CUR), written)
        return written

    def _remember(self, end: int, length: int) -> None:
        ranges = self._ranges
        start = end - length
        if ranges and ranges[-1] == start:
            ranges[-1] = end
        else:
            ranges.append(start)
            ranges.append(end)

    def mark(self) -> int:
        """Return how many bytes of our own precede the next write; see ``mask_secrets``."""
        return sum(self._ranges[i + 1] - self._ranges[i] for i in range(0, len(self._ranges), 2))

    def mask_secrets(self, find: FindSecrets, mask: Mask, overlap: int, *, first_bytes: int | None = None) -> int:
        """Mask secrets in our own bytes, in place and at the same length; returns how many.

        ``find`` returns the spans of secrets in a chunk, ``mask`` the chunk with these spans masked;
        ``overlap`` is the length of the longest secret, which a chunk carries over into the next one.
        ``first_bytes`` limits the pass to what was written before that ``mark``. Safe while others append:
        the second descriptor is not in append mode (``pwrite`` on an appending one appends on Linux).
        """
        if not self._regular or not self._ranges:
            return 0
        left = self.mark() if first_bytes is None else first_bytes
        masked = 0
        descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        try:
            for i in range(0, len(self._ranges), 2):
                if left <= 0:
                    break
                start, end = self._ranges[i], self._ranges[i + 1]
                end = min(end, start + left)
                left -= end - start
                masked += _mask_range(descriptor, start, end, find, mask, overlap)
        finally:
            os.close(descriptor)
        return masked

    def sync(self) -> None:
        """Ask the kernel to put the file on disk; called once, when the session ends."""
        if self._descriptor is not None and self._regular:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self.last_error = error
                logger.debug("ag2obs: fsync failed", exc_info=error)

    def close(self) -> None:
        """Give the descriptor back; a later ``append`` opens the file again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _mask_range(descriptor: int, start: int, end: int, find: FindSecrets, mask: Mask, overlap: int) -> int:
    masked = 0
    position = start
    while position < end:
        chunk = _read_at(descriptor, min(_CHUNK + overlap, end - position), position)
        if not chunk:
            break
        spans = find(chunk)
        if spans:
            clean = mask(chunk, spans)
            for first, last in spans:
                _write_at(descriptor, clean[first:last], position + first)
            masked += len(spans)
        position += _CHUNK if len(chunk) > _CHUNK else len(chunk)
    return masked


def _read_at(descriptor: int, length: int, position: int) -> bytes:
    os.lseek(descriptor, position, os.SEEK_SET)
    return os.read(descriptor, length)


def _write_at(descriptor: int, data: bytes, position: int) -> None:
    os.lseek(descriptor, position, os.SEEK_SET)
    os.write(descriptor, data)
