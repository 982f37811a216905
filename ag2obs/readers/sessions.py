"""The whole events of what a SESSION argument named, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator

from ag2obs.errors import LogFormatError
from ag2obs.events import Event
from ag2obs.readers import ReadReport, open_log
from ag2obs.readers.find import FoundSession, with_new_segments


def events_of(found: FoundSession, report: ReadReport | None = None) -> Iterator[Event]:
    """Yield every event of the session, or of all sessions of the files where a path was named.

    ``report`` is told what reading came upon. Raises ``LogFormatError`` for a file that cannot be read, and for a
    session of which nothing is left.
    """
    events = 0
    for path in with_new_segments(found.paths):
        log = open_log(path)
        for event in log.iter_events():
            if found.session_id is None or event.session == found.session_id:
                events += 1
                yield event
        if report is not None:
            report.bytes += log.report.bytes
            report.bad_lines += log.report.bad_lines
    if report is not None:
        report.events += events
    if not events:
        raise LogFormatError(f"nothing of session {found.session_id} is left in its log")
