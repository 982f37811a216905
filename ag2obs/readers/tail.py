"""Finds the last events of a log by reading it backwards in blocks, so that a large log opens at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ag2obs.errors import LogFormatError
from ag2obs.events import Event
from ag2obs.files.decompression import open_log_file, open_without_waiting
from ag2obs.readers import HEAD_BYTES, ReadReport, open_log
from ag2obs.readers.event_lines import UNDECODABLE, decode_event
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.log_reader import LogReader, error_reason

BLOCK_BYTES = 1 << 18

CONTEXT_BYTES = 1 << 18
"""Read before the first of the last events, for the messages that they name."""

_LONGEST_LINE = 1 << 26
"""Where no line ends within this the file is read from its beginning."""


class LogPart(msgspec.Struct, frozen=True):
    """A log file, from a byte on where a line begins."""

    path: Path
    offset: int
    shown_from: int = 0
    """Where the first of the events begins that were asked for; those before are there for what they say."""


def last_parts(
    paths: tuple[Path, ...], count: int, wanted: Callable[[Event], bool] | None = None
) -> tuple[list[LogPart], bool]:
    """Return what to read of ``paths``, oldest first, to see the last ``count`` events, and whether that is all of it.

    ``wanted`` says which events count; without it all do. Only plain files of our own format can be read backwards:
    of others all is returned. A torn line counts as one, so there may be fewer events than asked for.
    """
    parts: list[LogPart] = []
    for path in reversed(paths):
        if count <= 0:
            return parts[::-1], False
        part, found = _last_part(path, count, wanted)
        parts.append(part)
        count -= found
    return parts[::-1], not parts or parts[-1].shown_from == 0


def events_of_parts(
    parts: list[LogPart], report: ReadReport, before: Callable[[Event], None] = lambda event: None
) -> Iterator[Event]:
    """Yield the events of ``parts`` in their order; those before the ones that were asked for are given to ``before``.

    Raises what reading a log raises.
    """
    for part in parts:
        log: LogReader
        if part.shown_from:
            log = EventLogReader(part.path, part.offset, part.shown_from)
            for event in log.iter_events():
                before(event)
            log = EventLogReader(part.path, part.shown_from)
        else:
            log = open_log(part.path)
        yield from log.iter_events()
        report.include(log.report)


def first_event(path: Path) -> Event | None:
    """Return the first event of a log of ours, which tells when its session began; None where there is none."""
    try:
        with open_log_file(path, HEAD_BYTES) as file:
            return decode_event(file.readline(_LONGEST_LINE))
    except (OSError, *UNDECODABLE):
        return None


def _last_part(path: Path, count: int, wanted: Callable[[Event], bool] | None) -> tuple[LogPart, int]:
    """Return where to begin in one file and how many of the wanted events are behind; all of a file if in doubt."""
    whole = LogPart(path, 0)
    try:
        with open(path, "rb", buffering=0, opener=open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not EventLogReader.recognises(file.read(HEAD_BYTES)):
                return whole, 0
            found = 0
            for offset, line in _lines_backwards(file, status.st_size):
                if line.startswith(b"{") and (wanted is None or _is_wanted(line, wanted)):
                    found += 1
                    if found == count:
                        before = _line_start(file, max(0, offset - CONTEXT_BYTES), offset)
                        return LogPart(path, before, offset), found
            return whole, found
    except OSError as error:
        raise LogFormatError(f"{path} cannot be read: {error_reason(error)}") from error


def _lines_backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield where each line begins and the line, the last first; stops where a line is too long to be one."""
    position, pieces, held = end, [], 0  # the pieces of a line whose beginning was not seen yet, last first
    while position > 0:
        size = min(BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        block = _read(file, size)
        *_, last = lines = block.split(b"\n")
        if len(lines) == 1:
            pieces.append(block)
            held += len(block)
            if held > _LONGEST_LINE:
                return
            continue
        start = position + len(block)
        for index in range(len(lines) - 1, 0, -1):
            start -= len(lines[index])
            yield start, last + b"".join(reversed(pieces)) if index == len(lines) - 1 else lines[index]
            start -= 1
        pieces, held = [lines[0]], len(lines[0])
    yield 0, b"".join(reversed(pieces))


def _line_start(file: BinaryIO, near: int, before: int) -> int:
    """Return where the first line at or after ``near`` begins; ``before`` is the beginning of one."""
    position = near
    if near == 0:
        return 0
    file.seek(near - 1)
    while position < before:
        block = _read(file, BLOCK_BYTES)
        if not block:
            break
        index = block.find(b"\n")
        if index >= 0:
            return min(before, position + index)
        position += len(block)
    return before


def _read(file: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes; fewer at the end of the file."""
    data = b""
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


def _is_wanted(line: bytes, wanted: Callable[[Event], bool]) -> bool:
    try:
        return wanted(decode_event(line))
    except UNDECODABLE:
        return False
