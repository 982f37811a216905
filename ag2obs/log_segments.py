"""How the rotated segments of a log are named: ``name.000001``, ``name.000002``, ..., compressed ``name.000001.gz``.

A segment keeps its number for ever; the log itself, ``name``, is the newest. Processes that share a log agree
on who rotates by a lock on ``.name.lock`` beside it. A segment that is being compressed grows as
``.name.000001.gz.tmp``; while both it and its compressed copy are there, the plain one is the truth.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger("ag2obs")

COMPRESSED_SUFFIXES = (".gz", ".zst")

_NUMBER = re.compile(r"\.(\d{6,})(\.gz|\.zst)?", re.ASCII)
_SEGMENT = re.compile(r"(.+)\.\d{6,}(?:\.gz|\.zst)?", re.ASCII | re.DOTALL)
_PARTIAL = re.compile(r"\.(.+)\.\d{6,}(?:\.gz|\.zst)\.tmp", re.ASCII | re.DOTALL)


def segment_number(log: Path, other: Path) -> int | None:
    """Return the number of ``other`` as a segment of ``log``; None where it is none."""
    if not other.name.startswith(log.name):
        return None
    match = _NUMBER.fullmatch(other.name[len(log.name) :])
    return None if match is None else int(match[1])


def segment_files(log: Path) -> Iterator[tuple[int, Path]]:
    """Yield the files in the folder of ``log`` that are segments of it, with their numbers; raises OSError.

    A folder may hold the logs of thousands of sessions: names are looked at before paths are made of them.
    """
    for name in os.listdir(log.parent):
        if name.startswith(log.name):
            match = _NUMBER.fullmatch(name, len(log.name))
            if match is not None:
                yield int(match[1]), log.parent / name


def segments_of(log: Path) -> list[Path]:
    """Return the rotated segments of ``log``, oldest first, without the log itself; raises OSError.

    Of a segment and its compressed copy only the segment is returned. They are beside the file itself where
    ``log`` is a symbolic link.
    """
    log = Path(os.path.realpath(log))
    return [paths[0] for _, paths in numbered(log, (path for _, path in segment_files(log)))]


def numbered(log: Path, segments: Iterable[Path]) -> list[tuple[int, list[Path]]]:
    """Return each segment's number and its files, oldest first; of the files, the plain one first."""
    by_number: dict[int, list[Path]] = {}
    for segment in segments:
        number = segment_number(log, segment)
        if number is not None:
            by_number.setdefault(number, []).append(segment)
    return sorted((number, sorted(paths, key=_is_copy)) for number, paths in by_number.items())


def _is_copy(segment: Path) -> tuple[bool, str]:
    return segment.suffix in COMPRESSED_SUFFIXES, segment.name


def segment_path(log: Path, number: int) -> Path:
    """Return where segment ``number`` of ``log`` is."""
    return log.with_name(f"{log.name}.{number:06}")


def lock_path(log: Path) -> Path:
    """Return the file whose lock is held while the segments of ``log`` change."""
    return log.with_name(f".{log.name}.lock")


def partial_path(compressed: Path) -> Path:
    """Return where a compressed segment is written until it is whole."""
    return compressed.with_name(f".{compressed.name}.tmp")


@dataclass
class LogFiles:
    """A log, which may be gone, and what else in its folder belongs to it."""

    log: Path
    exists: bool = False
    segments: list[Path] = field(default_factory=list)
    """Rotated segments and compressed copies of them, in no order."""
    partial: list[Path] = field(default_factory=list)
    """Copies that are being compressed, or that a killed process left."""


def logs_below(folder: Path, names: Sequence[re.Pattern[str]]) -> list[LogFiles]:
    """Return the logs whose folders and file name below ``folder`` match ``names``, one pattern for each level.

    Symbolic links are not followed, folders that cannot be read are left out.
    """
    folders = [folder]
    for name in names[:-1]:
        folders = [Path(entry) for parent in folders for entry in _entries(parent) if _is_folder(entry, name)]
    return [files for parent in folders for files in _logs_in(parent, names[-1])]


def _logs_in(folder: Path, name: re.Pattern[str]) -> Iterable[LogFiles]:
    found: dict[str, LogFiles] = {}

    def files_of(log: str) -> LogFiles:
        return found.setdefault(log, LogFiles(folder / log))

    for entry in _entries(folder):
        if not entry.is_file(follow_symlinks=False):
            continue
        segment, partial = _SEGMENT.fullmatch(entry.name), _PARTIAL.fullmatch(entry.name)
        if name.fullmatch(entry.name):
            files_of(entry.name).exists = True
        elif segment and name.fullmatch(segment[1]):
            files_of(segment[1]).segments.append(folder / entry.name)
        elif partial and name.fullmatch(partial[1]):
            files_of(partial[1]).partial.append(folder / entry.name)
    return found.values()


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        logger.debug("ag2obs: %s cannot be listed", folder, exc_info=error)


def _is_folder(entry: os.DirEntry[str], name: re.Pattern[str]) -> bool:
    return name.fullmatch(entry.name) is not None and entry.is_dir(follow_symlinks=False)
