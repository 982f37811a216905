"""What every reader of a log format offers; ``ag2obs.readers.open_log`` picks one by a file's content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from ag2obs.events import Accounting, Event


class ReadReport(msgspec.Struct):
    """What reading a log came upon; complete when its iterator is exhausted."""

    bytes: int = 0
    events: int = 0
    bad_lines: int = 0
    """Places where something was lost: a torn or broken line, or one that holds no event."""
    newer_schema: int = 0
    """The newest schema of events that a later version of this package wrote; 0 where there are none."""

    def include(self, other: ReadReport) -> None:
        """Add what reading another log, or another part of one, came upon."""
        self.bytes += other.bytes
        self.events += other.events
        self.bad_lines += other.bad_lines
        self.newer_schema = max(self.newer_schema, other.newer_schema)


class LogReader(Protocol):
    """Turns one file into events. A format is a class with these members, listed in ``READERS``.

    Each ``iter_`` method reads the file once from its beginning and resets ``report``. Both raise
    ``LogFormatError`` when the file cannot be read or holds no event.
    """

    report: ReadReport

    def __init__(self, path: Path) -> None: ...

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Tell by the first bytes of a file, at most ``HEAD_BYTES``, whether it has this format."""

    def iter_accounting(self) -> Iterator[Accounting]:
        """Yield every event without its content, which is several times faster than with it."""

    def iter_events(self) -> Iterator[Event]:
        """Yield every event whole."""


def newer_schema_told(path: str, schema: int) -> str:
    """Return the sentence about a log in which a later version of this package wrote what this one may not know."""
    return (
        f"{path} was written by a newer ag2obs (schema {schema}): what this version does not know of it is left out; "
        "update ag2obs to see all of it"
    )


def error_reason(error: Exception) -> str:
    """Return what the operating system says, without the path that the sentence around it names."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
