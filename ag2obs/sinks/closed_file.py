"""What may be changed on disk after sessions: files that are ours, and that no open session holds."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ag2obs.errors import ExtraMissing
from ag2obs.files.decompression import DamagedFile, open_log_file
from ag2obs.files.locks import release, try_exclusive

HEAD_BYTES = 4096
"""Within so much of a file its first event has told its kind: what precedes that is short."""

SECONDS_WITHOUT_LOCKS = 86_400
"""Where there are no locks, a file that was not written for a day counts as closed."""


@contextmanager
def closed(path: Path) -> Iterator[bool]:
    """Yield whether no session has the file at ``path`` open; none can lock it during the block.

    False also for what is no regular file, or is gone. Raises OSError where the file cannot be opened.
    """
    if not _is_regular(path):
        yield False
        return
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        yield False
        return
    changed = os.fstat(descriptor).st_mtime
    alone = try_exclusive(descriptor)
    if alone is None:
        # Windows refuses to delete what is open.
        os.close(descriptor)
        yield changed < time.time() - SECONDS_WITHOUT_LOCKS
        return
    try:
        # Another file may have come in its place before it was locked.
        yield alone and os.path.lexists(path) and os.path.samestat(os.fstat(descriptor), os.lstat(path))
    finally:
        release(descriptor)


def holds_events(path: Path) -> bool:
    """Tell whether a regular file, compressed or not, begins with an event of ours; raises OSError."""
    if not _is_regular(path):
        return False
    head = _head(path)
    return head.startswith(b'{"v":') and b'"kind":' in head


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _head(path: Path) -> bytes:
    """Return the beginning of the content; empty where it cannot be decompressed."""
    try:
        with open_log_file(path, HEAD_BYTES) as file:
            return file.read(HEAD_BYTES)
    except (DamagedFile, ExtraMissing):
        return b""
