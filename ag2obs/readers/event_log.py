"""Reads our own log files: JSON Lines of events, possibly torn, broken, compressed or just being written."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from ag2obs.errors import LogFormatError
from ag2obs.events import SCHEMA, Accounting, Event
from ag2obs.files.decompression import DamagedFile, open_log_file, skip_line
from ag2obs.readers.event_lines import (
    EVENT_START,
    UNDECODABLE,
    decode_accounting,
    decode_event,
    event_with_damaged_content,
    is_event,
    start_of_second_event,
    whole_event,
)
from ag2obs.readers.log_reader import ReadReport, error_reason

LONGEST_LINE = 1 << 28
"""A longer line is skipped and counted, so that a file of another kind cannot fill the memory."""

_SCHEMA_OF_A_LINE = re.compile(rb'\{"v": ?(\d{1,9})[,}]')

_E = TypeVar("_E", Accounting, Event)


class EventLogReader:
    """One log file of ours.

    Lines of a newer schema are read as far as their known fields have known types. Empty lines mean nothing.
    Every other line that is not an event is skipped and counted in ``report.bad_lines``, and so is the place
    where a compressed file is cut short or damaged. With ``start`` or ``end``, which are where lines begin, only that
    stretch of an uncompressed file is read, and it may hold no event.
    """

    def __init__(self, path: Path, start: int = 0, end: int | None = None) -> None:
        self.path = path
        self.report = ReadReport()
        self.line_start = start
        """Where the line of the event that was yielded last begins."""
        self._line = b""
        self._start = start
        self._end = sys.maxsize if end is None else end
        self._is_whole = not start and end is None
        self._newest_schema = 0
        """Of the lines that could not be read."""

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Tell whether a line in ``head`` is an event, or its last line the beginning of one."""
        *lines, last = head.split(b"\n")
        if last.startswith(EVENT_START) and b'"kind":' in last:
            return True
        return any(line.startswith(b"{") and is_event(line) for line in (*lines, last))

    def iter_accounting(self) -> Iterator[Accounting]:
        """Yield every event without its content; see ``whole``."""
        return self._read(decode_accounting, _no_second_try)

    def whole(self, event: Accounting) -> Accounting:
        """Return the event that was yielded last with its content, as far as that can be read."""
        return whole_event(self._line)[0] or event

    def iter_events(self) -> Iterator[Event]:
        """Yield every event; exactly those that ``iter_accounting`` yields."""
        return self._read(decode_event, event_with_damaged_content)

    def _read(self, decode: Callable[[bytes], _E], second_try: Callable[[bytes], _E | None]) -> Iterator[_E]:
        report = self.report = ReadReport()
        try:
            with open_log_file(self.path) as file:
                if self._start:
                    file.seek(self._start)
                position = self._start
                for line in iter(partial(file.readline, LONGEST_LINE), b""):
                    if position >= self._end:
                        break
                    self.line_start, self._line = position, line
                    position += len(line)
                    try:
                        event = decode(line)
                    except UNDECODABLE:
                        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                            skip_line(file)
                            position = file.tell()
                        recovered = second_try(line) or self._recover(line, decode)
                        if recovered is None:
                            continue
                        event = recovered
                    if event.v != SCHEMA:
                        if event.v < 1:
                            report.bad_lines += 1
                            continue
                        report.newer_schema = max(report.newer_schema, event.v)
                    report.events += 1
                    yield event
                report.bytes = position - self._start
        except DamagedFile as error:
            report.bad_lines += 1
            if not report.events:
                raise LogFormatError(f"{self.path} is cut short or damaged: no event in it can be read") from error
        except OSError as error:
            raise LogFormatError(f"{self.path} cannot be read: {error_reason(error)}") from error
        if not report.events and self._is_whole:
            raise LogFormatError(f"{self.path} {self._refusal()}")

    def _refusal(self) -> str:
        if not self.report.bad_lines:
            return "is empty: no session has been logged in it"
        if self._newest_schema > SCHEMA:
            return f"was written by a newer ag2obs (schema {self._newest_schema}); update ag2obs to read it"
        return "is not a log that can be read: none of its lines is an event"

    def _recover(self, line: bytes, decode: Callable[[bytes], _E]) -> _E | None:
        """Count a broken line and return the event at its end, if it has one."""
        if line.isspace():
            return None
        self.report.bad_lines += 1
        schema = _SCHEMA_OF_A_LINE.match(line)
        if schema is not None:
            self._newest_schema = max(self._newest_schema, int(schema[1]))
        start = start_of_second_event(line)
        if start is None:
            return None
        try:
            return decode(line[start:])
        except UNDECODABLE:
            return None


def _no_second_try(line: bytes) -> Accounting | None:
    return None
