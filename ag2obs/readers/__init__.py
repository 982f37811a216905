"""Readers turn files into events, one file per format. A new format is a class and a row in ``READERS``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from ag2obs.errors import LogFormatError
from ag2obs.events import Accounting, Event
from ag2obs.files.decompression import DamagedFile, open_log_file
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.log_reader import LogReader, ReadReport, error_reason
from ag2obs.readers.segments import as_it_is_now
from ag2obs.readers.stock_database import StockDatabaseReader
from ag2obs.readers.stock_text import StockTextReader

__all__ = [
    "HEAD_BYTES",
    "READERS",
    "LogReader",
    "ReadReport",
    "is_log",
    "iter_accounting",
    "iter_events",
    "open_log",
]

READERS: tuple[type[LogReader], ...] = (EventLogReader, StockDatabaseReader, StockTextReader)
"""All formats, most specific first."""

HEAD_BYTES = 1 << 16
"""Bytes at the beginning of a file, decompressed, by which its format is recognised."""


def open_log(path: str | PathLike[str]) -> LogReader:
    """Return the reader for the file at ``path``.

    A file that no format recognises is read as our own, whose reader finds the events of a file with a
    damaged beginning and refuses one without any. A rotated segment that has been compressed meanwhile is read
    as it is now. Raises ``LogFormatError`` when the file is missing, empty or cannot be read, and
    ``ExtraMissing`` for a file compressed with zstd where nothing is installed that reads it.
    """
    log = as_it_is_now(Path(path))
    head = _head(log)
    if not head:
        raise LogFormatError(f"{log} is empty: no session has been logged in it")
    return next((reader for reader in READERS if reader.recognises(head)), EventLogReader)(log)


def is_log(path: Path) -> bool:
    """Tell whether one of the readers recognises a file.

    Raises ``LogFormatError`` when it cannot be read, and ``ExtraMissing`` as ``open_log`` does.
    """
    if not os.path.isfile(path) and os.path.exists(path) and not os.path.isdir(path):
        return False
    head = _head(path)
    return any(reader.recognises(head) for reader in READERS)


def iter_accounting(path: str | PathLike[str]) -> Iterator[Accounting]:
    """Yield the events of the log at ``path`` without their content; see ``open_log``."""
    return open_log(path).iter_accounting()


def iter_events(path: str | PathLike[str]) -> Iterator[Event]:
    """Yield the whole events of the log at ``path``; see ``open_log``."""
    return open_log(path).iter_events()


def _head(path: Path) -> bytes:
    """Return the beginning of a regular file; a pipe could not be read a second time from its beginning."""
    try:
        with open_log_file(path, HEAD_BYTES) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LogFormatError(f"{path} is not a regular file")
            return file.read1(HEAD_BYTES)
    except DamagedFile:
        raise LogFormatError(f"{path} is cut short or damaged: nothing in it can be read") from None
    except FileNotFoundError:
        raise LogFormatError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise LogFormatError(f"{path} is a folder, not a log file") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        raise LogFormatError(f"{path} cannot be read: {error_reason(error)}") from error
