"""Reads the SQLite database that AG2's own logger writes (``logs.db``; ``runtime_logging.start()``).

The rows of all tables are merged by their times, so that sessions and agents come before what refers to them. A
workflow may be writing meanwhile: nothing is locked for longer than it takes to fetch a few rows.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ag2obs.errors import LogFormatError
from ag2obs.events import Accounting, Event
from ag2obs.readers.log_reader import ReadReport

if TYPE_CHECKING:
    import sqlite3

MAGIC = b"SQLite format 3\0"
"""https://www.sqlite.org/fileformat2.html, section 1.3."""
_WRITE_VERSION = 18
"""Offset in the header; 2 there is write-ahead logging."""

LOCK_SECONDS = 5.0
"""How long to wait for a writer; AG2 commits after each row."""

_ROWS_AT_A_TIME = 20
"""Each holds a whole history: more would fill the memory."""

_CALLS = "chat_completions"


class _Table(NamedTuple):
    """A table of AG2's, its column of times, and what its columns are called in the file logger's records."""

    name: str
    time: str
    fields: dict[str, str]


_TABLES = (
    _Table("oai_wrappers", "timestamp", {"init_args": "json_state"}),
    _Table("oai_clients", "timestamp", {"init_args": "json_state"}),
    _Table("agents", "timestamp", {"agent_id": "id", "name": "agent_name", "class": "agent_type", "init_args": "args"}),
    _Table("events", "timestamp", {}),
    _Table("function_calls", "timestamp", {"args": "input_args"}),
    _Table(_CALLS, "end_time", {}),
)
"""As read in autogen 0.14.1, logger/sqlite_logger.py; rows of one time come in this order."""

_NEEDED = {"session_id", "request", "response"}
"""Columns of the calls without which there is nothing to tell."""

_E = TypeVar("_E", Accounting, Event)


class StockDatabaseReader:
    """One database of AG2's SQLite logger. ``report.events`` counts the events made of its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.report = ReadReport()

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Tell whether ``head`` begins an SQLite database whose schema, at its beginning, names AG2's table."""
        return head.startswith(MAGIC) and _CALLS.encode() in head

    def iter_accounting(self) -> Iterator[Accounting]:
        """Yield every event without its content."""
        from ag2obs.readers.stock_records import StockRecords

        records = StockRecords(self.path, written_by="AG2 SqliteLogger", by_identity=True)
        return self._read(records, records.accounting)

    def iter_events(self) -> Iterator[Event]:
        """Yield every event; exactly those that ``iter_accounting`` yields."""
        from ag2obs.readers.stock_records import StockRecords

        records = StockRecords(self.path, written_by="AG2 SqliteLogger", by_identity=True)
        return self._read(records, records.whole)

    def _read(self, records: Any, finish: Callable[[Event], _E]) -> Iterator[_E]:
        import sqlite3

        report = self.report = ReadReport()
        try:
            with closing(self._open()) as database:
                report.bytes = self.path.stat().st_size
                tables = self._tables(database)
                first_session = _first_session(database, tables)
                if first_session is not None:
                    records.begin(first_session)
                for record in _rows(database, tables):
                    events = records.add(record)
                    if events is None:
                        report.bad_lines += 1
                        continue
                    for event in events:
                        report.events += 1
                        yield finish(event)
        except sqlite3.Error as error:
            # What was read before a damaged page is told, and the rest is counted as one loss.
            if not report.events or _code(error) != sqlite3.SQLITE_CORRUPT:
                raise LogFormatError(f"{self.path} cannot be read: {_reason(error)}") from error
            report.bad_lines += 1
        except OSError as error:
            raise LogFormatError(f"{self.path} cannot be read: {error.strerror}") from error
        for event in records.end():
            report.events += 1
            yield finish(event)
        if not report.events:
            raise LogFormatError(f"{self.path} is empty: no session has been logged in it")

    def _open(self) -> sqlite3.Connection:
        """Open the database read-only; one with a write-ahead log that nobody has open needs no files beside it."""
        import sqlite3

        with open(self.path, "rb") as file:
            header = file.read(_WRITE_VERSION + 1)
        if not header.startswith(MAGIC):
            raise LogFormatError(f"{self.path} is compressed; decompress the database to read it")
        beside = f"{self.path}-wal"
        idle = header[_WRITE_VERSION] == 2 and not os.path.exists(beside)
        uri = f"{self.path.absolute().as_uri()}?mode=ro{'&immutable=1' if idle else ''}"
        database = sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS)
        database.row_factory = sqlite3.Row
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        return database

    def _tables(self, database: sqlite3.Connection) -> list[_Table]:
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if _CALLS not in names:
            raise LogFormatError(f"{self.path} is a database, but not one of AG2's: it has no table {_CALLS}")
        if not {row["name"] for row in database.execute(f"PRAGMA table_info({_CALLS})")} >= _NEEDED:
            raise LogFormatError(f"{self.path} has tables of a version of AG2 that this version cannot read")
        return [table for table in _TABLES if table.name in names]


def _first_session(database: sqlite3.Connection, tables: list[_Table]) -> str | None:
    """Return the session of the earliest row that names one: events, which name none, may precede it."""
    found: list[tuple[str, str]] = []
    for table in tables:
        row = database.execute(f"SELECT * FROM {table.name} ORDER BY rowid LIMIT 1").fetchone()
        named = dict(row).get("session_id") if row is not None else None
        if isinstance(named, str):
            found.append((str(dict(row).get(table.time)), named))
    return min(found)[1] if found else None


def _rows(database: sqlite3.Connection, tables: list[_Table]) -> Iterator[dict[str, Any]]:
    """Yield the rows of all tables as records of the file logger, by their times."""
    for _, record in heapq.merge(*(_rows_of(database, table) for table in tables), key=lambda row: row[0]):
        yield record


def _rows_of(database: sqlite3.Connection, table: _Table) -> Iterator[tuple[str, dict[str, Any]]]:
    last = -(2**63)
    query = f"SELECT rowid AS ag2obs_row, * FROM {table.name} WHERE rowid > ? ORDER BY rowid LIMIT {_ROWS_AT_A_TIME}"
    while rows := database.execute(query, (last,)).fetchall():
        for row in rows:
            record = dict(row)
            last = record.pop("ag2obs_row")
            record.pop("id", None)
            record = {table.fields.get(name, name): value for name, value in record.items()}
            yield str(record.get(table.time)), record


def _reason(error: sqlite3.Error) -> str:
    import sqlite3

    if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program has locked it; try again when that has finished"
    return str(error)


def _code(error: sqlite3.Error) -> int | None:
    """Return SQLite's primary result code; None for an error of Python's module."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
