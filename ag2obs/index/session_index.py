"""What was counted in each log: from the index where that knows it, else by reading, and then the index knows it."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from ag2obs.analysis.moments import seconds_of
from ag2obs.analysis.summary.session_tally import SessionTally, unpack
from ag2obs.files.decompression import is_compressed
from ag2obs.index.counting import Begin, Counted, count_log
from ag2obs.index.database import DamagedIndex, Database, IndexedLog
from ag2obs.index.log_state import begins_with, ends_with_a_line, is_unchanged, state_of
from ag2obs.index.parts import count_in_parts
from ag2obs.index.secrets import holds_a_secret
from ag2obs.readers import open_log
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.find import Begun
from ag2obs.readers.segments import as_it_is_now

_SETTLED_SECONDS = 60.0
"""After its end a session may go on for 30 s, and mask in its log what it learns."""

_T = TypeVar("_T")

logger = logging.getLogger("ag2obs")


class LogSessions(msgspec.Struct, frozen=True):
    """The sessions of one log, or the parts of them that stand in it."""

    packed: Sequence[bytes]
    bad_lines: int
    newer_schema: int
    """See ``ReadReport``."""

    def tallies(self) -> Iterator[SessionTally]:
        """Yield the tally of each session; all of them at once may fill the memory."""
        return map(unpack, self.packed)


class SessionIndex:
    """Counts logs, and remembers what it counted in a database at ``path`` (None: nowhere).

    Where the database cannot be used, ``trouble`` tells why and logs are read as if there were none.
    """

    def __init__(self, path: Path | None) -> None:
        self._database = None if path is None else Database(path)
        self.trouble: Exception | None = None
        self._folders: dict[str, str] = {}

    def sessions(self, log: Path) -> LogSessions:
        """Return what stands in a log now; raises ``LogFormatError`` and ``ExtraMissing`` as ``open_log`` does."""
        path = as_it_is_now(log)
        name = self._name(path)
        known = self._attempt(lambda database: database.log(name))
        if known is not None and known.resume_at == known.state.indexed and is_unchanged(path, known.state):
            packed = self._attempt(lambda database: database.tallies(name))
            if packed is not None:
                return LogSessions(list(packed.values()), known.bad_lines, known.newer_schema)
        reader = open_log(path)
        if isinstance(reader, EventLogReader) and not is_compressed(path):
            return self._stretches(path, name, known)
        return self._whole(path, name)

    def knows(self, path: Path) -> bool:
        """Tell whether a file is a log that has not changed since it was counted."""
        name = self._name(path)
        known = self._attempt(lambda database: database.log(name))
        return known is not None and is_unchanged(path, known.state)

    def begun(self, log: Path) -> dict[str, Begun]:
        """Return how each session in a log begins there, by its id."""
        return {
            tally.id: Begun("" if tally.continued else tally.started, tally.chat_id)
            for tally in self.sessions(log).tallies()
        }

    def forget(self, paths: Iterable[Path]) -> None:
        """Forget logs: those that are deleted, or whose secrets were masked."""
        names = list(map(self._name, paths))
        self._attempt(lambda database: database.forget(names))

    def forget_deleted(self) -> None:
        """Forget the logs that no longer exist."""
        names = self._attempt(lambda database: database.paths()) or []
        deleted = [name for name in names if not os.path.lexists(name)]
        if deleted:
            self._attempt(lambda database: database.forget(deleted))

    def close(self) -> None:
        """Give the database back."""
        if self._database is not None:
            self._database.close()

    def _name(self, path: Path) -> bytes:
        """Return what a log is called in the database: its name in its folder, links to that followed."""
        folder, name = os.path.split(path)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        return os.fsencode(os.path.join(real, name))

    def _whole(self, path: Path, name: bytes) -> LogSessions:
        """Count a log that can only be read from its beginning."""
        state = state_of(path)
        counted = count_log(path)
        if self._is_used and all(map(_may_be_kept, counted.tallies.values())):
            log = IndexedLog(state, state.indexed, counted.bad_lines, counted.newer_schema)
            self._attempt(lambda database: database.replace(name, log, counted.tallies.items()))
        return LogSessions(list(counted.tallies.values()), counted.bad_lines, counted.newer_schema)

    def _stretches(self, path: Path, name: bytes, known: IndexedLog | None) -> LogSessions:
        """Count what the index does not know of a log of ours."""
        before = state_of(path)
        start, known_until, bad_lines, newer_schema = 0, 0, 0, 0
        tallies: dict[str, bytes] = {}
        packed = self._attempt(lambda database: database.tallies(name)) if known is not None else None
        if known is not None and packed is not None and begins_with(path, known.state):
            start, known_until = known.resume_at, known.state.indexed
            bad_lines, newer_schema = known.bad_lines, known.newer_schema
            tallies = packed
        settled = frozenset(tallies)
        counted = count_in_parts(path, start, before.indexed, settled, known_until)
        for session_id, later in counted.tallies.items():
            if session_id in settled:
                tally = unpack(tallies[session_id])
                tally.merge(unpack(later))
                later = tally.pack()
            tallies[session_id] = later
        newer_schema = max(newer_schema, counted.newer_schema)
        if not tallies:
            list(open_log(path).iter_accounting())  # says why this is no log
        if self._is_used and ends_with_a_line(path, counted.end):
            state = msgspec.structs.replace(before, indexed=counted.end, samples=state_of(path, counted.end).samples)
            so_far = IndexedLog(state, counted.end, bad_lines, newer_schema)
            self._remember(name, so_far, tallies, counted, settled)
        return LogSessions(list(tallies.values()), bad_lines + counted.bad_lines, newer_schema)

    def _remember(
        self, name: bytes, so_far: IndexedLog, tallies: dict[str, bytes], counted: Counted, settled: frozenset[str]
    ) -> None:
        """Put into the index what may be kept of a log; the rest is read again from where the first of it begins.

        ``so_far`` has the bad lines before the stretch that was ``counted``; ``settled`` are the sessions that were
        in the index before.
        """
        left_out = {each for each in counted.tallies if not _may_be_kept(tallies[each], settled=each in settled)}
        if left_out & settled:
            # They have come to hold a secret, and where they begin is not known any more.
            self._attempt(lambda database: database.forget([name]))
            return
        resume_at = min(
            (counted.begins[session_id] for session_id in left_out),
            key=lambda begin: begin.offset,
            default=Begin(counted.end, counted.bad_lines),
        )
        log = IndexedLog(so_far.state, resume_at.offset, so_far.bad_lines + resume_at.bad_lines, so_far.newer_schema)
        kept = [(session_id, packed) for session_id, packed in tallies.items() if session_id not in left_out]
        self._attempt(lambda database: database.replace(name, log, kept))

    @property
    def _is_used(self) -> bool:
        return self._database is not None and self.trouble is None

    def _attempt(self, use: Callable[[Database], _T]) -> _T | None:
        """Use the database; where it cannot be used, go on without. A damaged one is begun anew the next time."""
        if self._database is None or not self._is_used:
            return None
        try:
            return use(self._database)
        except (sqlite3.Error, OSError, DamagedIndex) as error:
            self.trouble = error
            logger.debug("ag2obs: the index is not used: %s", error)
            if _is_damage(error):
                with contextlib.suppress(OSError):
                    self._database.remove()
            return None


def _is_damage(error: Exception) -> bool:
    """Tell whether the database is none, lacks what we made in it, or holds what we did not write."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(error, sqlite3.DatabaseError | DamagedIndex)


def _may_be_kept(packed: bytes, *, settled: bool = False) -> bool:
    """Tell whether a session may stand in the index: nothing of it can change any more, and it holds no secret."""
    return (settled or _is_settled(unpack(packed))) and not holds_a_secret(packed)


def _is_settled(tally: SessionTally) -> bool:
    """Tell whether nothing of a session can change in its log any more."""
    if tally.end is None:
        return not tally.may_go_on()
    ended = seconds_of(tally.end)
    return ended is None or time.time() - ended > _SETTLED_SECONDS or not tally.may_go_on()
