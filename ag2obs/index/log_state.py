"""What a log file was when it was indexed, by which a change is noticed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from ag2obs.errors import LogFormatError

_ENDS_BYTES = 4096


class LogState(msgspec.Struct, frozen=True, array_like=True):
    """One state of a file. ``indexed`` bytes of it were counted; it ended with them."""

    device: int
    inode: int
    changed: int
    """``st_ctime_ns``: on POSIX no program can set it back, as it can ``st_mtime_ns``."""
    modified: int
    indexed: int
    ends: bytes
    """Digest of the first and of the last bytes that were indexed."""


def state_of(path: Path, indexed: int | None = None) -> LogState:
    """Return the state of a file of which the first ``indexed`` bytes were counted (default: all).

    Raises ``LogFormatError`` where it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            indexed = status.st_size if indexed is None else indexed
            ends = _digest(file, indexed)
    except OSError as error:
        raise LogFormatError(f"{path} cannot be read: {error.strerror or error}") from error
    return LogState(status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mtime_ns, indexed, ends)


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
    """Tell whether a file is as it was, or has only grown since."""
    if is_unchanged(path, state):
        return True
    now = state_of(path, state.indexed)
    same = (now.device, now.inode, now.ends) == (state.device, state.inode, state.ends)
    return same and path.stat().st_size > state.indexed


def ends_with_a_line(path: Path, end: int) -> bool:
    """Tell whether the first ``end`` bytes of a file are whole lines."""
    with open(path, "rb") as file:
        file.seek(max(0, end - 1))
        return file.read(1) == b"\n"


def _digest(file: BinaryIO, end: int) -> bytes:
    digest = hashlib.blake2b(file.read(min(end, _ENDS_BYTES)), digest_size=16)
    file.seek(max(0, end - _ENDS_BYTES))
    digest.update(file.read(min(end, _ENDS_BYTES)))
    return digest.digest()
