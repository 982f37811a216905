"""Finds logs: those of a folder, those the settings name, and the one that holds a session."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import timestamp
from ag2obs.files.identity import identity_at
from ag2obs.log_paths import is_per_session, log_folder
from ag2obs.readers import is_log, open_log
from ag2obs.readers.log_reader import error_reason
from ag2obs.readers.segments import as_it_is_now, each_number_once, is_segment, place_of, with_segments

if TYPE_CHECKING:
    from ag2obs.settings import Settings

LATEST = "latest"


class FoundSession(msgspec.Struct, frozen=True):
    """Where to read what a SESSION argument named."""

    paths: tuple[Path, ...]
    """The files to read, oldest first."""
    session_id: str | None
    """None for a path: then every session of the file is meant."""


class Begun(msgspec.Struct, frozen=True):
    """How a session begins in a log."""

    ts: str
    """Time of its first event; empty for a session that goes on from an earlier segment."""
    chat_id: str | None


class Lookup(Protocol):
    """Tells about logs what can be found out by reading them; an index tells it without."""

    def knows(self, path: Path) -> bool:
        """Tell whether a file is a log for certain, without reading it."""

    def begun(self, log: Path) -> dict[str, Begun]:
        """Return how each session in a log begins there, by its id."""


class Reading:
    """The lookup that knows nothing, and reads."""

    def knows(self, path: Path) -> bool:
        """Know nothing."""
        return False

    def begun(self, log: Path) -> dict[str, Begun]:
        """Read how each session in a log begins there."""
        first: dict[str, Begun] = {}
        for event in open_log(log).iter_accounting():
            if event.session not in first:
                first[event.session] = Begun("" if event.continued else event.ts, event.chat_id)
        return first


READING: Lookup = Reading()


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder at ``path``; raises ``LogFormatError`` where that cannot be told."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        raise LogFormatError(f"{path} cannot be read: {error_reason(error)}") from error


def find_logs(folder: Path, lookup: Lookup = READING) -> list[Path]:
    """Return the logs in ``folder`` and below, oldest change first, without hidden folders and files.

    The segments of one log follow each other. Files that cannot be read are among them; files of other kinds are
    not. Raises ``LogFormatError`` when there is no such folder.
    """
    if not is_folder(folder):
        raise LogFormatError(f"{folder} is not a folder" if os.path.exists(folder) else f"{folder} does not exist")
    return _oldest_first(_logs_among(_files_below(folder), lookup))


def configured_logs(settings: Settings, lookup: Lookup = READING) -> list[Path]:
    """Return the logs that sessions with these settings write, oldest first; empty if there is none.

    A shared log is that file and its rotated segments; with a log per session they are all logs in
    ``log_folder``.
    """
    folder = log_folder(settings.log_file)
    if not is_folder(folder):
        return []
    if is_per_session(settings.log_file):
        return find_logs(folder, lookup)
    return list(_logs_among(_with_segments(folder / Path(settings.log_file).name), lookup))


def expand(
    paths: Iterable[str | os.PathLike[str]],
    lookup: Lookup = READING,
    refuse: Callable[[LogFormatError], object] | None = None,
) -> list[Path]:
    """Return the files to read for ``paths``, each once: a folder is the logs in it, a log its segments and itself.

    A segment that is named itself is that file alone. Raises ``LogFormatError`` for a folder without a log, or gives
    it to ``refuse`` and goes on.
    """
    found: dict[object, Path] = {}
    for path in map(Path, paths):
        try:
            for log in _logs_at(path, lookup):
                found.setdefault(file_at(log), log)
        except LogFormatError as error:
            if refuse is None:
                raise
            refuse(error)
    return list(found.values())


def _logs_at(path: Path, lookup: Lookup) -> list[Path]:
    if is_folder(path):
        logs = find_logs(path, lookup)
        if not logs:
            raise LogFormatError(f"no file in {path} is a log")
        return logs
    return [path] if is_segment(path) else _with_segments(path) or [path]


def with_new_segments(logs: Iterable[Path]) -> Iterator[Path]:
    """Yield ``logs`` in their order, and before each log the segments that it was rotated into meanwhile.

    To be iterated while the logs are read: seconds may pass from the first one to the last.
    """
    listed = [(log, file_at(log)) for log in logs]
    known: set[tuple[str, float]] | None = None
    for log, identity in listed:
        if not is_segment(log) and file_at(log) != identity:
            known = known or {_real_place(other) for other, _ in listed}
            yield from _logs_among(other for other in _with_segments(log) if _real_place(other) not in known)
        yield log


def _real_place(path: Path) -> tuple[str, float]:
    log, number = place_of(path)
    return os.path.realpath(log), number


def find_session(argument: str, settings: Settings, lookup: Lookup = READING) -> FoundSession:
    """Return the session that ``argument`` names: a path, ``latest``, a session id, a unique prefix of one, a chat id.

    Ids are looked up in the configured logs. Raises ``LogFormatError`` with what to do instead.
    """
    if not argument:
        raise LogFormatError("an empty name names no session; ag2obs list shows those that are there")
    if argument != LATEST and (os.sep in argument or os.path.exists(argument)):
        return FoundSession(tuple(expand([argument], lookup)), None)
    logs = configured_logs(settings, lookup)
    if not logs:
        there = f"there is no log in {log_folder(settings.log_file)} yet"
        if argument == LATEST:
            raise LogFormatError(f"{there}; name a file instead")
        raise LogFormatError(f"there is no file {argument}, and {there} in which a session of that name could be")
    if argument == LATEST:
        return _latest(logs, lookup)
    return _by_prefix(argument, logs, lookup)


def _by_prefix(prefix: str, logs: list[Path], lookup: Lookup) -> FoundSession:
    paths: dict[str, list[Path]] = {}
    chats: dict[str, list[Path]] = {}
    for log in logs:
        for session_id, begun in lookup.begun(log).items():
            if session_id.startswith(prefix):
                paths.setdefault(session_id, []).append(log)
            elif begun.chat_id == prefix:
                chats.setdefault(session_id, []).append(log)
    if prefix in paths:
        paths = {prefix: paths[prefix]}
    told = f"sessions begin with {prefix!r}"
    if not paths:
        paths, told = chats, f"sessions have the chat id {prefix!r}"
    if not paths:
        raise LogFormatError(
            f"there is no file {prefix}, and no session begins with {prefix!r}; ag2obs list shows those that are there"
        )
    if len(paths) > 1:
        some = ", ".join(sorted(paths)[-3:])
        raise LogFormatError(f"{len(paths)} {told}, such as {some}; name one of them by its id")
    ((session_id, found),) = paths.items()
    return FoundSession(tuple(found), session_id)


def _latest(logs: list[Path], lookup: Lookup) -> FoundSession:
    """Return the session that started last.

    A file holds no event that is younger than its last change, so files older than that session are not read.
    """
    read: dict[Path, dict[str, Begun]] = {}
    newest = ("", "")
    for log in reversed(logs):
        if newest[0] > _last_change(log):
            continue
        read[log] = lookup.begun(log)
        for session_id, begun in read[log].items():
            newest = max(newest, (begun.ts, session_id))
    session_id = newest[1]
    return FoundSession(tuple(log for log in reversed(read) if session_id in read[log]), session_id)


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder tree, and the folders in it that cannot be read."""
    unreadable: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename))):
        folders[:] = (name for name in folders if not name.startswith("."))
        yield from each_number_once(Path(parent, name) for name in files if not name.startswith("."))
    yield from unreadable


def _logs_among(paths: Iterable[Path], lookup: Lookup = READING) -> Iterator[Path]:
    """Pick the logs. What cannot be read is picked too, so that whoever reads it says so."""
    for path in paths:
        try:
            if lookup.knows(path) or is_log(path):
                yield path
        except (LogFormatError, ExtraMissing):
            if os.path.exists(path):
                yield path


def _with_segments(log: Path) -> list[Path]:
    try:
        return with_segments(log)
    except (OSError, ValueError):  # ValueError: a path with a NUL character
        return [log]


def _oldest_first(logs: Iterable[Path]) -> list[Path]:
    """Sort by the last change, but the segments of one log by their number, where the newest of them is."""
    whole: dict[Path, list[Path]] = {}
    for path in logs:
        whole.setdefault(place_of(path)[0], []).append(path)
    changed = {log: max(map(_changed, paths)) for log, paths in whole.items()}
    return [
        path for log in sorted(whole, key=lambda log: (changed[log], log)) for path in sorted(whole[log], key=place_of)
    ]


def _last_change(log: Path) -> str:
    """Return when a file was last changed as an event's ``ts``, rounded up by what file systems round down."""
    moment = datetime.fromtimestamp(_changed(log) / 1e9, UTC) + timedelta(seconds=2)  # FAT keeps even seconds
    return timestamp(moment)


def _changed(log: Path) -> int:
    """Return when a file was last changed, in nanoseconds since 1970; 0 where it has been deleted meanwhile."""
    try:
        return as_it_is_now(log).stat().st_mtime_ns
    except OSError:
        return 0


def file_at(path: Path) -> object:
    """Return what is equal for two names of one file."""
    try:
        return identity_at(path) or path
    except OSError:
        return path
