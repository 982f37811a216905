"""Reads our own log files: JSON Lines of events, possibly torn, broken, compressed or just being written."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from ag2obs.errors import LogFormatError
from ag2obs.events import SCHEMA, Accounting, Event
from ag2obs.files.decompression import DamagedFile, open_log_file, skip_line
from ag2obs.readers.log_reader import ReadReport, error_reason

LONGEST_LINE = 1 << 28
"""A longer line is skipped and counted, so that a file of another kind cannot fill the memory."""

_EVENT_START = b'{"v":'
"""How our writer begins an event. A JSON string cannot contain it, because quotes inside are escaped."""

_SCHEMA_OF_A_LINE = re.compile(rb'\{"v": ?(\d{1,9})[,}]')

_UNDECODABLE = (ValueError, RecursionError)
"""What msgspec raises: its own errors and invalid UTF-8 are ValueErrors, deep nesting is a RecursionError."""

_accounting = msgspec.json.Decoder(Accounting)
_event = msgspec.json.Decoder(Event)

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
        self._start = start
        self._end = sys.maxsize if end is None else end
        self._is_whole = not start and end is None
        self._newest_schema = 0
        """Of the lines that could not be read."""

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Tell whether a line in ``head`` is an event, or its last line the beginning of one."""
        *lines, last = head.split(b"\n")
        if last.startswith(_EVENT_START) and b'"kind":' in last:
            return True
        return any(line.startswith(b"{") and _is_event(line) for line in (*lines, last))

    def iter_accounting(self, wants_content: Callable[[Accounting], bool] | None = None) -> Iterator[Accounting]:
        """Yield every event without its content, except for those that ``wants_content`` is true for."""
        if wants_content is None:
            return self._read(_accounting.decode, _no_second_try)
        return self._read(partial(_decode_wanted, wants_content), _no_second_try)

    def iter_events(self) -> Iterator[Event]:
        """Yield every event; exactly those that ``iter_accounting`` yields."""
        return self._read(_event.decode, _event_with_damaged_content)

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
                    self.line_start = position
                    position += len(line)
                    try:
                        event = decode(line)
                    except _UNDECODABLE:
                        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                            skip_line(file)
                            position = file.tell()
                        recovered = second_try(line) or self._recover(line, decode)
                        if recovered is None:
                            continue
                        event = recovered
                    if event.v < 1:
                        report.bad_lines += 1
                        continue
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
        """Count a broken line and return the event at its end, if it has one.

        It has one where a writer went on after another one's torn line, or after zero bytes that a crash of
        the machine left.
        """
        if line.isspace():
            return None
        self.report.bad_lines += 1
        schema = _SCHEMA_OF_A_LINE.match(line)
        if schema is not None:
            self._newest_schema = max(self._newest_schema, int(schema[1]))
        start = line.rfind(_EVENT_START, 1)
        if start < 0:
            return None
        try:
            return decode(line[start:])
        except _UNDECODABLE:
            return None


def _is_event(line: bytes) -> bool:
    try:
        return _accounting.decode(line).v >= 1
    except _UNDECODABLE:
        return False


def _decode_wanted(wants_content: Callable[[Accounting], bool], line: bytes) -> Accounting:
    event = _accounting.decode(line)
    return (_event_with_damaged_content(line) or event) if wants_content(event) else event


def _no_second_try(line: bytes) -> Accounting | None:
    return None


def _event_with_damaged_content(line: bytes) -> Event | None:
    """Return an event whose accounting fields can be read, though its content may not; None for any other line.

    Content that is not UTF-8 is read with replacement characters; other unreadable content is left out.
    """
    try:
        accounting = _accounting.decode(line)
    except _UNDECODABLE:
        return None
    try:
        return _event.decode(line.decode("utf-8", "replace"))
    except _UNDECODABLE:
        return msgspec.convert(accounting, Event, from_attributes=True)
