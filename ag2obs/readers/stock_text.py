"""Reads the text that AG2's own file logger writes (``runtime_logging.start(logger_type="file")``).

Lines of JSON, between lines that are none: ``Started new session with Session ID: ...`` begins a session,
``[file_logger] Failed to log ...`` tells of a record that AG2 lost, and ``# NAME SESSION START: {...}`` (and
``SESSION END``) of programs that add such lines describes the session it stands in. Seen in AutoGen 0.2 to AG2
0.14; other comment lines mean nothing, and every other line is counted as unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ag2obs.errors import LogFormatError
from ag2obs.events import Accounting, Event
from ag2obs.files.decompression import DamagedFile, open_log_file, skip_line
from ag2obs.readers.log_reader import ReadReport, error_reason
from ag2obs.readers.stock_fields import decode

if TYPE_CHECKING:
    from ag2obs.readers.stock_records import StockRecords

LONGEST_LINE = 1 << 28
"""A longer line is skipped and counted, so that a file of another kind cannot fill the memory."""

_MARKER = re.compile(rb"Started new session with Session ID: *([^\s]{1,200})")
_COMMENT = re.compile(rb"#[^\n{]{0,200}\bSESSION (START|END)\b[^\n{]{0,20}(\{.*\})", re.DOTALL)
_LOST = b"[file_logger]"

_TELLTALE = re.compile(
    rb"""^(?: Started[ ]new[ ]session[ ]with[ ]Session[ ]ID:
        | [#][^\n{]{0,200}\bSESSION[ ]START\b[^\n{]{0,20}\{
        | \{"(?: invocation_id | wrapper_id | client_id | source_id )":
        | \{"id":[ ]?-?\d{1,20},[ ]?"agent_name": )""",
    re.MULTILINE | re.VERBOSE,
)
"""How the lines of this format begin; AG2 writes the fields of its records in a fixed order."""

_E = TypeVar("_E", Accounting, Event)


class StockTextReader:
    """One file of AG2's file logger. ``report.events`` counts the events made of its lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.report = ReadReport()

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Tell whether a line in ``head`` begins like one of AG2's."""
        return _TELLTALE.search(head) is not None

    def iter_accounting(self) -> Iterator[Accounting]:
        """Yield every event without its content."""
        records = self._records()
        return self._read(records, records.accounting)

    def iter_events(self) -> Iterator[Event]:
        """Yield every event; exactly those that ``iter_accounting`` yields."""
        records = self._records()
        return self._read(records, records.whole)

    def _records(self) -> StockRecords:
        # Imported when the first such log is read: summaries of our own logs do without redaction and prices.
        from ag2obs.readers.stock_records import StockRecords

        return StockRecords(self.path, written_by="AG2 FileLogger", by_identity=False)

    def _read(self, records: StockRecords, finish: Callable[[Event], _E]) -> Iterator[_E]:
        report = self.report = ReadReport()
        damage: DamagedFile | None = None
        try:
            with open_log_file(self.path) as file:
                for line in iter(partial(file.readline, LONGEST_LINE), b""):
                    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                        skip_line(file)
                    for event in self._events_of(line, records):
                        report.events += 1
                        yield finish(event)
                report.bytes = file.tell()
        except DamagedFile as error:
            report.bad_lines += 1
            damage = error
        except OSError as error:
            raise LogFormatError(f"{self.path} cannot be read: {error_reason(error)}") from error
        for event in records.end():
            report.events += 1
            yield finish(event)
        if not report.events:
            reason = "is cut short or damaged" if damage else "is not a log that can be read"
            raise LogFormatError(f"{self.path} {reason}: none of its lines is a record of AG2") from damage

    def _events_of(self, line: bytes, records: StockRecords) -> Iterator[Event]:
        line = line.strip()
        if line.startswith(b"{"):
            record = decode(line)
            events = records.add(record) if isinstance(record, dict) else None
            if events is not None:
                yield from events
                return
        elif not line or self._is_marker(line, records):
            return
        elif line.startswith(_LOST):
            yield from records.lost()
            return
        self.report.bad_lines += 1

    def _is_marker(self, line: bytes, records: StockRecords) -> bool:
        """Take what a marker or comment line tells of sessions; False for any other line."""
        marker = _MARKER.match(line)
        if marker is not None:
            records.begin(marker[1].decode("utf-8", "replace"))
            return True
        comment = _COMMENT.match(line)
        told = decode(comment[2]) if comment is not None else None
        if comment is not None and isinstance(told, dict):
            records.describe(told, starts=comment[1] == b"START")
        return line.startswith(b"#") and (comment is None or isinstance(told, dict))
