"""The SQLite file behind the index: rows of files and rows of their sessions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ag2obs.index.log_state import LogState

_FORMAT = 2
"""To be raised whenever what is kept of a session, or how it is counted, changes."""

_LARGEST = 1 << 30
"""Bytes; a larger index is begun anew."""

_BUSY_SECONDS = 0.2
"""How long another process may hold the database before this one reads logs without it."""

_TABLES = """
create table files (path text primary key, state blob not null, resume_at integer not null,
                    bad_lines integer not null, newer_schema integer not null) without rowid;
create table sessions (path text, id text, tally blob not null, primary key (path, id)) without rowid;
"""


class IndexedLog(msgspec.Struct, frozen=True):
    """What is known of one log."""

    state: LogState
    resume_at: int
    """Where the first event stands that belongs to a session which is not in the index; the end if there is none."""
    bad_lines: int
    """Before ``resume_at``."""
    newer_schema: int = 0


class Database:
    """Opens on first use; every method raises ``sqlite3.Error`` or OSError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._logs: dict[str, tuple[bytes, int, int, int]] | None = None
        """The rows of all files, read at once: one by one they would take longer than all the rest."""

    def log(self, path: str) -> IndexedLog | None:
        """Return what is known of a log."""
        if self._logs is None:
            rows = self._connected().execute("select path, state, resume_at, bad_lines, newer_schema from files")
            self._logs = {row[0]: row[1:] for row in rows}
        row = self._logs.get(path)
        return None if row is None else IndexedLog(_decoder.decode(row[0]), *row[1:])

    def tallies(self, path: str) -> dict[str, bytes]:
        """Return the packed tallies of the sessions of a log that are in the index, by their ids."""
        return dict(self._connected().execute("select id, tally from sessions where path = ?", (path,)))

    def replace(self, path: str, log: IndexedLog, sessions: Iterable[tuple[str, bytes]]) -> None:
        """Put a log and its sessions (id and packed tally) in the place of what was known of it."""
        connection = self._connected()
        with connection:
            self._delete(connection, path)
            row = (path, _encoder.encode(log.state), log.resume_at, log.bad_lines, log.newer_schema)
            connection.execute("insert into files values (?, ?, ?, ?, ?)", row)
            connection.executemany("insert into sessions values (?, ?, ?)", ((path, *session) for session in sessions))
        if self._logs is not None:
            self._logs[path] = row[1:]

    def forget(self, paths: Sequence[str]) -> None:
        """Delete what is known of logs."""
        connection = self._connected()
        with connection:
            for path in paths:
                self._delete(connection, path)
        self._logs = None

    def paths(self) -> list[str]:
        """Return the logs that something is known of."""
        return [path for (path,) in self._connected().execute("select path from files")]

    def remove(self) -> None:
        """Delete the database; it is begun anew when it is next used."""
        self.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def close(self) -> None:
        """Close the file; it is opened again when it is next used."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _delete(self, connection: sqlite3.Connection, path: str) -> None:
        connection.execute("delete from files where path = ?", (path,))
        connection.execute("delete from sessions where path = ?", (path,))

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _opened(self._path)
        return self._connection


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if path.stat().st_size > _LARGEST:
        os.truncate(path, 0)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS)
    try:
        # What a crash of the machine destroys is read from the logs again.
        connection.execute("pragma synchronous = off")
        connection.execute("pragma secure_delete = on")  # what a log no longer says is not to be found here either
        if connection.execute("pragma user_version").fetchone() != (_FORMAT,):
            _begin_anew(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin_anew(connection: sqlite3.Connection) -> None:
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    statements = [f'drop table "{name}";' for name in tables]
    script = "".join(("begin immediate;", *statements, _TABLES, f"pragma user_version = {_FORMAT};", "commit;"))
    connection.executescript(script)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(LogState)
