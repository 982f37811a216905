"""The SQLite file behind the index: rows of files and rows of their sessions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ag2obs.index.log_state import LogState

_FORMAT = 4
"""To be raised whenever what is kept of a session, or how it is counted, changes."""

_LARGEST = 1 << 30
"""Bytes; a larger index is begun anew."""

_BUSY_SECONDS = 0.2
"""How long another process may hold the database before this one reads logs without it."""

_TABLES = """
create table files (path blob primary key, state blob not null, checksum integer not null) without rowid;
create table sessions (path blob, id blob, tally blob not null, primary key (path, id)) without rowid;
"""

# A damaged row may hold a value of any type where we wrote bytes.
_ALL_LOGS = "select cast(path as blob), cast(state as blob) from files"
_ONE_LOG = """
select cast(state as blob), checksum, cast(id as blob), cast(tally as blob)
from files left join sessions using (path) where path = ? order by id
"""


class DamagedIndex(Exception):
    """What the database holds is not what was written."""


class IndexedLog(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one log."""

    state: LogState
    resume_at: int
    """Where the first event stands that belongs to a session which is not in the index; the end if there is none."""
    bad_lines: int
    """Before ``resume_at``."""
    newer_schema: int = 0


class Database:
    """Opens on first use. Logs are named by the bytes of their paths, which need not be text.

    Every method raises ``sqlite3.Error`` or OSError where the file cannot be used, and ``DamagedIndex``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._logs: dict[bytes, bytes] | None = None
        """The states of all files, read at once: one by one they would take longer than all the rest."""

    def log(self, path: bytes) -> IndexedLog | None:
        """Return what is known of a log."""
        if self._logs is None:
            self._logs = dict(self._connected().execute(_ALL_LOGS))
        state = self._logs.get(path)
        try:
            return None if state is None else _decoder.decode(state)
        except msgspec.DecodeError as error:
            raise DamagedIndex(f"the row of a log is damaged: {error}") from error

    def tallies(self, path: bytes) -> dict[str, bytes] | None:
        """Return the packed tallies of the sessions of a log that are in the index, by their ids.

        They belong to what ``log`` returned; None where another process has replaced that meanwhile.
        """
        rows = self._connected().execute(_ONE_LOG, (path,)).fetchall()
        if not rows or self._logs is None or self._logs.get(path) != rows[0][0]:
            return None
        sessions = [(session_id, tally) for _, _, session_id, tally in rows if session_id is not None]
        if _checksum(rows[0][0], sessions) != rows[0][1]:
            raise DamagedIndex("what was counted in a log is damaged")
        return {session_id.decode(): tally for session_id, tally in sessions}

    def replace(self, path: bytes, log: IndexedLog, sessions: Iterable[tuple[str, bytes]]) -> None:
        """Put a log and its sessions (id and packed tally) in the place of what was known of it."""
        connection, state = self._connected(), _encoder.encode(log)
        rows = sorted((session_id.encode(), tally) for session_id, tally in sessions)
        with connection:
            self._delete(connection, path)
            connection.execute("insert into files values (?, ?, ?)", (path, state, _checksum(state, rows)))
            connection.executemany("insert into sessions values (?, ?, ?)", ((path, *row) for row in rows))
        if self._logs is not None:
            self._logs[path] = state

    def forget(self, paths: Sequence[bytes]) -> None:
        """Delete what is known of logs."""
        connection = self._connected()
        with connection:
            for path in paths:
                self._delete(connection, path)
        self._logs = None

    def paths(self) -> list[bytes]:
        """Return the logs that something is known of."""
        return [path for path, _ in self._connected().execute(_ALL_LOGS)]

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

    def _delete(self, connection: sqlite3.Connection, path: bytes) -> None:
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


def _checksum(state: bytes, sessions: Iterable[tuple[bytes, bytes]]) -> int:
    """Return what tells whether a log and its sessions, in the order of their ids, are as they were written."""
    checksum = zlib.crc32(state)
    for session_id, tally in sessions:
        checksum = zlib.crc32(tally, zlib.crc32(session_id, checksum))
    return checksum


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(IndexedLog)
