"""Counts what a log holds, session by session, and notes where each session begins."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import msgspec

from ag2obs.analysis.summary.session_tally import unpack
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.readers import ReadReport, open_log
from ag2obs.readers.event_log import EventLogReader


class Begin(msgspec.Struct, frozen=True, gc=False):
    """Where a session begins in a log, and how many lines before that hold no event."""

    offset: int
    bad_lines: int


class Counted(msgspec.Struct):
    """What a log, or a stretch of it, holds."""

    tallies: dict[str, bytes]
    """The packed tally of each session."""
    begins: dict[str, Begin]
    """Only of a log that can be read from any line on."""
    bad_lines: int = 0
    newer_schema: int = 0
    end: int = 0
    """Where reading ended."""

    def append(self, following: Counted) -> None:
        """Add what the stretch that follows holds."""
        for session_id, packed in following.tallies.items():
            if session_id in self.tallies:
                tally = unpack(self.tallies[session_id])
                tally.merge(unpack(packed))
                packed = tally.pack()
            self.tallies[session_id] = packed
        for session_id, begin in following.begins.items():
            if session_id not in self.begins:
                self.begins[session_id] = Begin(begin.offset, self.bad_lines + begin.bad_lines)
        self.bad_lines += following.bad_lines
        self.newer_schema = max(self.newer_schema, following.newer_schema)
        self.end = following.end


def count_log(path: Path) -> Counted:
    """Count a log of any format, compressed or not; raises what ``open_log`` raises."""
    log, fold = open_log(path), SummaryFold(questions=True)
    if isinstance(log, EventLogReader):
        for event in log.iter_accounting():
            fold.add(log.whole(event) if event.role == "user" and fold.wants_content(event) else event)
    else:
        for event in log.iter_events():
            fold.add(event)
    return _counted(fold, {}, log.report, log.report.bytes)


def count_stretch(path: Path, start: int, end: int | None, known: Container[str] = (), known_until: int = 0) -> Counted:
    """Count an uncompressed log of ours from the line at ``start`` on, to where the line at ``end`` begins.

    What stands before ``known_until`` is not counted of the sessions in ``known``. Raises ``LogFormatError`` where
    the file cannot be read.
    """
    log, fold = EventLogReader(path, start, end), SummaryFold(questions=True)
    begins: dict[str, Begin] = {}
    for event in log.iter_accounting():
        if event.session not in begins:
            begins[event.session] = Begin(log.line_start, log.report.bad_lines)
        if log.line_start >= known_until or event.session not in known:
            fold.add(log.whole(event) if event.role == "user" and fold.wants_content(event) else event)
    return _counted(fold, begins, log.report, start + log.report.bytes)


def _counted(fold: SummaryFold, begins: dict[str, Begin], report: ReadReport, end: int) -> Counted:
    tallies = {tally.id: tally.pack() for tally in fold.sessions()}
    return Counted(tallies, begins, report.bad_lines, report.newer_schema, end)
