"""Compression of rotated segments: ``name.000001`` becomes ``name.000001.gz`` or ``.zst``, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from ag2obs.files.durability import sync_folder
from ag2obs.files.zstd import zstd_writer
from ag2obs.log_segments import COMPRESSED_SUFFIXES, partial_path
from ag2obs.sinks.closed_file import closed, holds_events

SUFFIXES = {"gzip": ".gz", "zstd": ".zst"}
"""The ending of each form that ``AG2OBS_LOG_COMPRESSION`` names."""

GZIP_LEVEL = 1
"""192 MB/s where level 6 does 41, for a fifth more bytes: the workflow of this process needs the processor too."""

_CHUNK = 1 << 20
"""Bytes compressed at a time, while other threads run."""


def compress(segment: Path, form: str, stop: Callable[[], bool]) -> bool:
    """Replace a closed segment by its compressed copy, of the same mode and time of change.

    The copy has its name only when it is whole and on disk, and the segment goes after that: whenever the process
    dies, one of them is there, and while both are, readers take the segment. Returns False, and leaves the segment
    as it is, where a session has it open, where it or a file in the way is none of ours, and when ``stop()`` says
    that there is no time. To be called under the log's lock. Raises OSError, and ExtraMissing where nothing
    speaks zstd.
    """
    with closed(segment) as is_closed:
        if not is_closed or not holds_events(segment):
            return False
        copies = [copy for copy in map(segment.with_name, _copy_names(segment)) if os.path.lexists(copy)]
        if not all(map(holds_events, copies)):
            return False
        target = segment.with_name(segment.name + SUFFIXES[form])
        partial = partial_path(target)
        try:
            if not _write_copy(segment, partial, form, stop):
                return False
            os.replace(partial, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
        sync_folder(segment.parent)
        for obsolete in (*copies, segment):
            if obsolete != target:
                obsolete.unlink()
    return True


def _copy_names(segment: Path) -> list[str]:
    return [segment.name + suffix for suffix in COMPRESSED_SUFFIXES]


def _write_copy(segment: Path, partial: Path, form: str, stop: Callable[[], bool]) -> bool:
    """Write the compressed copy; returns whether it is whole, and the segment what it was."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    with segment.open("rb") as source, os.fdopen(os.open(partial, flags, 0o600), "wb") as file:
        before = os.fstat(source.fileno())
        with _writer(file, form) as writer:
            while chunk := source.read(_CHUNK):
                if stop():
                    return False
                writer.write(chunk)
        file.flush()
        _take_over(file, before)
        os.fsync(file.fileno())
        after = os.fstat(source.fileno())
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _writer(file: BinaryIO, form: str) -> Any:
    """Return a file that compresses into ``file`` when written to."""
    if form == "zstd":
        return zstd_writer(file)
    import gzip

    return gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=file, mtime=0)


def _take_over(file: BinaryIO, original: os.stat_result) -> None:
    """Give the copy the owner, mode and times of the original; raises OSError where the owner is another's."""
    own = os.fstat(file.fileno())
    if (own.st_uid, own.st_gid) != (original.st_uid, original.st_gid):
        os.fchown(file.fileno(), original.st_uid, original.st_gid)
    os.fchmod(file.fileno(), stat.S_IMODE(original.st_mode))
    os.utime(file.fileno(), ns=(original.st_atime_ns, original.st_mtime_ns))
