"""Follows a log that is being written: every event once, whatever happens to the file meanwhile.

The log may not be there yet, be rotated (the follower reads the old file to its end, then the segments that it missed,
compressed or not, then the new file), be emptied, or be replaced. A last line without its end is left where it is and
read again when there is more. Nothing is read while nothing is new.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import SCHEMA, Event
from ag2obs.files.decompression import DamagedFile, open_log_file, open_without_waiting
from ag2obs.files.identity import Identity, identity_at, identity_of
from ag2obs.log_segments import segment_files
from ag2obs.readers.event_lines import whole_event
from ag2obs.readers.log_reader import error_reason
from ag2obs.readers.segments import as_it_is_now

HEAD_BYTES = 48
"""So much of a file tells it from others: its first event's time, to the microsecond. No masking changes it."""

BLOCK_BYTES = 1 << 20

POLLS_AFTER_ROTATION = 8
"""So often a file that was left behind is looked at again: a writer may have been just about to write to it."""


@dataclass(slots=True)
class Place:
    """How far a file was read."""

    head: bytes = b""
    """Its first bytes; another file may have the same identity once this one is deleted."""
    read_to: int = 0
    """Where the first line begins that was not handed out."""


class LogFollower:
    """One log and its rotated segments, followed. Not thread-safe.

    ``poll`` is to be called again and again. With ``segments`` the first call reads the segments that are already
    there too. ``bad_lines`` counts lines that hold no event, ``lost`` the places where something was written that
    could not be read: a segment that is gone or damaged. Followers that share their ``places`` hand out each event
    once, also of a file that comes to them by several names.
    """

    def __init__(self, log: Path, *, segments: bool = False, places: dict[Identity, Place] | None = None) -> None:
        self.log = log
        self.bad_lines = 0
        self.newer_schema = 0
        self.lost = 0
        self._places: dict[Identity, Place] = {} if places is None else places
        self._current: _OpenFile | None = None
        self._left_behind: list[tuple[_OpenFile, int]] = []
        """Files that the log has left, and how often they are still looked at."""
        self._reads_older = segments
        self._newest_segment: int | None = None
        """The number of the newest segment that needs no reading; None where nothing was opened yet."""
        self._heads: list[bytes] = []
        """Of the files left behind, oldest first: each comes again as a segment, unless it is deleted before."""

    def poll(self) -> Iterator[Event]:
        """Yield what was written since the last call. Raises ``LogFormatError`` where the log cannot be read."""
        try:
            yield from self._poll()
        except OSError as error:
            raise LogFormatError(f"{self.log} cannot be read: {error_reason(error)}") from error

    def _poll(self) -> Iterator[Event]:
        yield from self._read_left_behind()
        while True:
            if self._current is None and not self._open():
                return
            current = self._current
            assert current is not None
            if current.identity == identity_at(self.log):
                yield from self._read_missed_segments(current)
                yield from self._read(current)
                return
            # To its end, before anything that was written later.
            yield from self._read(current)
            if current.head:
                self._heads.append(current.head)
            self._left_behind.append((current, POLLS_AFTER_ROTATION))
            self._current = None

    def _open(self) -> bool:
        """Open what the log's path names; False where there is nothing yet."""
        try:
            self._current = _OpenFile(self.log, self._places)
        except FileNotFoundError:
            return False
        return True

    def _read_left_behind(self) -> Iterator[Event]:
        still: list[tuple[_OpenFile, int]] = []
        for file, polls in self._left_behind:
            yield from self._read(file)
            if polls > 1:
                still.append((file, polls - 1))
            else:
                file.close()
        self._left_behind = still

    def _read_missed_segments(self, current: _OpenFile) -> Iterator[Event]:
        """Yield what is in segments newer than those that are known, unless it was read while they were the log."""
        if not current.is_new:
            return
        current.is_new = False
        found = self._segments()
        if self._newest_segment is None:
            # What was deleted before anybody followed is not lost to the follower.
            self._newest_segment = min(found, default=1) - 1 if self._reads_older else max(found, default=0)
        newest = self._newest_segment
        if _is_incomplete(found, newest):
            # A listing misses what is renamed while it is made: a segment and its compressed copy.
            found = {**self._segments(), **found}
        for number in sorted(number for number in found if number > newest):
            absent = number - newest - 1
            newest = self._newest_segment = number
            yield from self._read_segment(found[number], absent)

    def _segments(self) -> dict[int, list[Path]]:
        found: dict[int, list[Path]] = {}
        for number, path in sorted(segment_files(Path(os.path.realpath(self.log)))):
            found.setdefault(number, []).append(path)
        return found

    def _read_segment(self, paths: list[Path], absent: int) -> Iterator[Event]:
        """Yield the events of a whole segment, before which ``absent`` segments are no longer there."""
        for path in (*paths, as_it_is_now(paths[0])):
            try:
                with open_log_file(path) as file:
                    line = file.readline()
                    if self._was_read(line[:HEAD_BYTES], absent):
                        return
                    place = self._place_in_segment(file, line[:HEAD_BYTES])
                    if place.read_to:
                        file.seek(place.read_to)
                        line = file.readline()
                    while line:
                        place.read_to += len(line)
                        yield from self._events_in(line)
                        line = file.readline()
                return
            except FileNotFoundError:
                continue  # it is being compressed or deleted
            except (DamagedFile, ExtraMissing, OSError):
                break
        self._was_read(b"", absent + 1)

    def _place_in_segment(self, file: BufferedReader, head: bytes) -> Place:
        """Return how far a segment was read by another name; of a compressed one nothing was."""
        if not file.seekable():
            return Place(head)
        place = self._places.setdefault(identity_of(os.fstat(file.fileno())), Place(head))
        if place.head != head:
            place.head, place.read_to = head, 0
        return place

    def _was_read(self, head: bytes, absent: int) -> bool:
        """Tell whether a segment was read while it was the log; what went before it, and was not, is lost.

        Files that were left behind become segments in their order, so those before this one were ``absent`` ones.
        """
        known = head in self._heads
        before = self._heads.index(head) if known else min(len(self._heads), absent)
        self.lost += max(0, absent - before)
        del self._heads[: before + known]
        return known

    def _read(self, file: _OpenFile) -> Iterator[Event]:
        for line in file.new_lines():
            yield from self._events_in(line)

    def _events_in(self, line: bytes) -> Iterator[Event]:
        """Yield the event of a line; of a torn one, the event that another writer put after it."""
        if not line.strip():
            return
        event, is_damaged = whole_event(line)
        self.bad_lines += is_damaged
        if event is not None:
            if event.v > SCHEMA:
                self.newer_schema = max(self.newer_schema, event.v)
            yield event

    @property
    def open_files(self) -> list[Identity]:
        """The files of which everything that is added will be handed out: the log, and what it has left just now."""
        return [file.identity for file in self._open_files()]

    def close(self) -> None:
        """Close what is open."""
        for file in self._open_files():
            file.close()
        self._left_behind, self._current = [], None

    def _open_files(self) -> list[_OpenFile]:
        left_behind = [file for file, _ in self._left_behind]
        return left_behind if self._current is None else [*left_behind, self._current]


class _OpenFile:
    """One file that is read as it grows; it stays the same file when it is renamed or deleted."""

    def __init__(self, path: Path, places: dict[Identity, Place]) -> None:
        self._file: BinaryIO = open(path, "rb", buffering=0, opener=open_without_waiting)  # noqa: SIM115 - by its owner
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            self._file.close()
            raise LogFormatError(f"{path} is not a regular file")
        self.identity = identity_of(status)
        self.is_new = True
        self._place = places.setdefault(self.identity, Place())
        self._seen = -1
        """The size at the last look."""

    @property
    def head(self) -> bytes:
        """The first bytes; empty while they are not all there, and then no line was handed out either."""
        return self._place.head

    def new_lines(self) -> Iterator[bytes]:
        """Yield the whole lines that came since the last call; of a file that was emptied, those it has now."""
        place = self._place
        size = os.fstat(self._file.fileno()).st_size
        if size == self._seen and not (size and self._is_another()):
            return
        self._seen = size
        if size < place.read_to or self._is_another():
            place.head, place.read_to = b"", 0
        if not place.head:
            head = self._at(0, HEAD_BYTES)
            if len(head) < HEAD_BYTES:
                return
            place.head = head
        rest = b""
        position = place.read_to
        while position < size:
            block = self._at(position, min(BLOCK_BYTES, size - position))
            if not block:
                return
            position += len(block)
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in lines:
                place.read_to += len(line) + 1
                yield line

    def _is_another(self) -> bool:
        """Tell whether the file was emptied and has grown again since it was read."""
        return bool(self.head) and self._at(0, HEAD_BYTES) != self.head

    def _at(self, position: int, length: int) -> bytes:
        self._file.seek(position)
        return self._file.read(length)

    def close(self) -> None:
        self._file.close()


def _is_incomplete(found: Iterable[int], newest: int) -> bool:
    """Tell whether a number is missing between the newest segment that is known and those that were found."""
    newer = [number for number in found if number > newest]
    return bool(newer) and max(newer) - newest > len(newer)
