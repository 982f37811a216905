"""What a log file was when it was indexed, by which a change is noticed.

Any change of a file that has not grown is noticed by its times. Of one that has grown it cannot be told by them
whether what was there before is still the same; that is read in samples, which are all of it up to 64 KB. A larger
log in which somebody changes a line between the samples without changing its length, and to which a session then
appends, is told as it was before. To notice that, all of it would have to be read, which takes as long as counting it
anew. (``ag2obs sanitize`` makes the index forget what it changes.)
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import msgspec

from ag2obs.errors import LogFormatError

_SAMPLES = 16
_SAMPLE_BYTES = 4096


class LogState(msgspec.Struct, frozen=True, array_like=True):
    """One state of a file. ``indexed`` bytes of it were counted; it ended with them."""

    device: int
    inode: int
    changed: int
    """``st_ctime_ns``: on POSIX no program can set it back, as it can ``st_mtime_ns``."""
    modified: int
    indexed: int
    samples: bytes
    """Digest of bytes here and there in what was indexed, the first and the last ones among them."""


def state_of(path: Path, indexed: int | None = None) -> LogState:
    """Return the state of a file of which the first ``indexed`` bytes were counted (default: all).

    Raises ``LogFormatError`` where it cannot be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            indexed = status.st_size if indexed is None else indexed
            samples = _digest(file, indexed)
    except OSError as error:
        raise LogFormatError(f"{path} cannot be read: {error.strerror or error}") from error
    return LogState(status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mtime_ns, indexed, samples)


def is_unchanged(path: Path, state: LogState) -> bool:
    """Tell, without opening it, whether a file is as it was."""
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size) == (
        state.device, state.inode, state.changed, state.modified, state.indexed,
    )  # fmt: skip


def begins_with(path: Path, state: LogState) -> bool:
    """Tell whether a file is as it was, or has only grown since, as far as samples tell that."""
    if is_unchanged(path, state):
        return True
    now = state_of(path, state.indexed)
    same = (now.device, now.inode, now.samples) == (state.device, state.inode, state.samples)
    return same and path.stat().st_size > state.indexed


def ends_with_a_line(path: Path, end: int) -> bool:
    """Tell whether the first ``end`` bytes of a file are whole lines."""
    with open(path, "rb") as file:
        file.seek(max(0, end - 1))
        return file.read(1) == b"\n"


def _digest(file: io.FileIO, end: int) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    last = max(0, end - _SAMPLE_BYTES)
    for number in range(_SAMPLES):
        file.seek(last * number // (_SAMPLES - 1))
        digest.update(file.read(min(end, _SAMPLE_BYTES)))
    return digest.digest()
