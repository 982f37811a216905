"""Locks between processes, by ``flock``: they vanish with the process that holds them.

An open session holds a shared lock on every file that has events of it; whoever deletes, compresses or rewrites
a log takes an exclusive one first. Where the system or the file system has no such locks (Windows, some network
file systems) nothing is locked, and nothing can be proven closed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger("ag2obs")


def hold_shared(descriptor: int) -> bool:
    """Hold a shared lock until ``descriptor`` is closed; False, at once, where somebody holds an exclusive one.

    Where the system or the file system has no locks there is none to wait for, and this is True.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        logger.debug("ag2obs: no shared lock", exc_info=error)
    return True


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold an exclusive lock on the file at ``path``, made where missing, during the block.

    Yields False, at once, where another process or session holds it or there are no locks. Raises OSError where
    the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        yield bool(try_exclusive(descriptor))
    finally:
        release(descriptor)


def try_exclusive(descriptor: int) -> bool | None:
    """Take an exclusive lock, at once: True, or False where somebody holds one, or None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        logger.debug("ag2obs: no exclusive lock", exc_info=error)
        return None
    return True


def release(descriptor: int) -> None:
    """Close a locked file. A process forked meanwhile has it open too, so closing alone would not unlock it."""
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    except OSError as error:
        logger.debug("ag2obs: no lock to give back", exc_info=error)
    finally:
        os.close(descriptor)
