"""Which files one log consists of: its rotated segments in their order, compressed or not, then the log itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from ag2obs.log_segments import COMPRESSED_SUFFIXES, segments_of

_SEGMENT = re.compile(r"(?P<log>.+)\.(?P<number>\d{6,})(\.gz|\.zst)?", re.DOTALL)


def is_segment(path: Path) -> bool:
    """Tell by its name whether a file is a rotated segment of another."""
    return _SEGMENT.fullmatch(path.name) is not None


def place_of(path: Path) -> tuple[Path, float]:
    """Return the log that a file belongs to and its place in it: a segment's number; the log itself is last."""
    match = _SEGMENT.fullmatch(path.name)
    return (path, float("inf")) if match is None else (path.with_name(match["log"]), int(match["number"]))


def with_segments(log: Path) -> list[Path]:
    """Return the segments of ``log``, oldest first, and the log itself, as far as they exist.

    They are beside the file itself, where ``log`` is a symbolic link. Raises OSError where the folder cannot be
    listed.
    """
    beside = os.path.realpath(log) if os.path.islink(log) else log
    segments = segments_of(Path(beside)) if os.path.isdir(os.path.dirname(beside) or os.curdir) else []
    return [*segments, *([log] if os.path.exists(log) else [])]


def each_number_once(paths: Iterable[Path]) -> list[Path]:
    """Leave out compressed segments whose original is there too, which is the truth then."""
    there = list(paths)
    originals = {path for path in there if path.suffix not in COMPRESSED_SUFFIXES}
    return [
        path for path in there if path in originals or not is_segment(path) or path.with_suffix("") not in originals
    ]


def as_it_is_now(path: Path) -> Path:
    """Return where a segment is that was compressed after it was listed; any other path as it is."""
    if not is_segment(path) or os.path.exists(path):
        return path
    compressed = (path.with_name(path.name + suffix) for suffix in COMPRESSED_SUFFIXES)
    return next((other for other in compressed if os.path.exists(other)), path)
