"""One file that a session writes to: its descriptor, and which bytes and lines in it are the session's own."""

from __future__ import annotations

import logging
import os
import stat
import time
from array import array
from pathlib import Path

from ag2obs.files.identity import identity_of
from ag2obs.files.locks import hold_shared
from ag2obs.sinks.masking import FindSecrets, Mask, mask_range

logger = logging.getLogger("ag2obs")

_WRITE_SECONDS = 0.002
"""A record that another process is writing is longer in its file after this."""

_LOOKS = 10
"""How often a last line that is not whole is looked at: where it keeps growing there is somebody to end it."""


class Segment:
    """An open log file. It stays locked against deletion and compression until ``close``.

    Every method but ``mask`` raises OSError where the file refuses; nothing is retried here.
    """

    def __init__(self, path: Path) -> None:
        """Create folders (0700) and file (0600) where missing, and end a line that a killed process left torn."""
        self.path = path
        self.lines = 0
        """How many whole lines of our own were written."""
        self._torn = False
        """Our last write ended within a line."""
        self._ranges = array("Q")
        """Start and end of each run of our own bytes, flat; runs that touch are one."""
        _make_folders(path.parent)
        self.descriptor = _open(path)
        try:
            self.is_held = hold_shared(self.descriptor)
            status = os.fstat(self.descriptor)
            self.identity = identity_of(status)
            self.is_regular = stat.S_ISREG(status.st_mode)
            if self.is_regular:
                self._end_torn_line(status.st_size)
        except OSError:
            os.close(self.descriptor)
            raise

    def _end_torn_line(self, size: int) -> None:
        """End the last line, unless it grows: then another process is just writing it, and it is not torn."""
        for _ in range(_LOOKS):
            if not size or self._byte(size - 1) == b"\n":
                return
            seen = size
            time.sleep(_WRITE_SECONDS)
            size = os.fstat(self.descriptor).st_size
            if size == seen:
                os.write(self.descriptor, b"\n")  # an empty line where we were wrong, which readers skip
                return

    def _byte(self, place: int) -> bytes:
        os.lseek(self.descriptor, place, os.SEEK_SET)
        return os.read(self.descriptor, 1)

    def write(self, data: bytes) -> None:
        """Write whole lines: one write, unless the disk fills up or a signal comes. ``lines`` tells how far it came."""
        ending = b"\n" if self._torn else b""
        data = ending + data
        written = 0
        try:
            while written < len(data):
                written += self._write_once(data[written:])
        finally:
            if written:
                self._torn = written < len(data)
            self.lines += data.count(b"\n", len(ending), written)

    def _write_once(self, data: bytes) -> int:
        written = os.write(self.descriptor, data)
        if written == 0:
            raise OSError("nothing could be written")
        if self.is_regular:
            self._remember(os.lseek(self.descriptor, 0, os.SEEK_CUR), written)
        return written

    def _remember(self, end: int, length: int) -> None:
        ranges = self._ranges
        start = end - length
        if ranges and ranges[-1] == start:
            ranges[-1] = end
        else:
            ranges.append(start)
            ranges.append(end)

    @property
    def end(self) -> int:
        """Where our last byte ends."""
        return self._ranges[-1] if self._ranges else 0

    @property
    def bytes(self) -> int:
        """How many bytes are our own."""
        ranges = self._ranges
        return sum(ranges[i + 1] - ranges[i] for i in range(0, len(ranges), 2))

    def is_deleted(self) -> bool:
        """Whether no name leads to the file any more."""
        return self.is_regular and os.fstat(self.descriptor).st_nlink == 0

    def mask(self, find: FindSecrets, mask: Mask, overlap: int, first_bytes: int) -> int:
        """Mask secrets in the first of our own bytes, in place; returns how many. See ``masking.mask_range``.

        A file that was deleted meanwhile is left alone. Raises OSError.
        """
        name = self._name() if self._ranges and first_bytes > 0 else None
        if name is None:
            return 0
        masked, left = 0, first_bytes
        descriptor = os.open(name, os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        try:
            for i in range(0, len(self._ranges), 2):
                if left <= 0:
                    break
                start, end = self._ranges[i], self._ranges[i + 1]
                end = min(end, start + left)
                left -= end - start
                masked += mask_range(descriptor, start, end, find, mask, overlap)
        finally:
            os.close(descriptor)
        return masked

    def _name(self) -> Path | None:
        """Return what the file is called now: whoever rotates logs renames it."""
        for name in (self.path, *self.path.parent.iterdir()):
            try:
                if identity_of(os.stat(name)) == self.identity:
                    return name
            except OSError as error:
                logger.debug("ag2obs: %s is not the log", name, exc_info=error)
        return None

    def sync(self) -> None:
        """Ask the kernel to put the file on disk."""
        if self.is_regular:
            os.fsync(self.descriptor)

    def close(self) -> None:
        """Give descriptor and lock back."""
        os.close(self.descriptor)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, each for its owner only (``os.makedirs`` gives the mode to the last)."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o600)
    except OSError:
        # A pipe or a terminal cannot be opened for reading and writing at once.
        return os.open(path, flags & ~os.O_RDWR | os.O_WRONLY, 0o600)
