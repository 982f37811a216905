"""The whole events of what a SESSION argument named, in the order in which they were written."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import msgspec

from ag2obs.errors import LogFormatError
from ag2obs.events import Event
from ag2obs.readers import ReadReport, open_log
from ag2obs.readers.find import FoundSession, file_at, with_new_segments
from ag2obs.readers.log_reader import newer_schema_told

logger = logging.getLogger("ag2obs")


SessionInFile = tuple[object, str]
"""What tells a file from all others, and the id of a session in it."""


def events_of(
    found: FoundSession, report: ReadReport | None = None, known: set[SessionInFile] | None = None
) -> Iterator[Event]:
    """Yield every event of the session, or of all sessions of the files where a path was named.

    ``report`` is told what reading came upon; without one, it is logged that a newer version wrote the log. Sessions
    in files that are ``known`` were read before: they are left out, and the others become known. Raises
    ``LogFormatError`` for a file that cannot be read, and for a session of which nothing is left.
    """
    events, whole = 0, ReadReport()
    before = frozenset(known or ())
    for path in with_new_segments(found.paths):
        log, file = open_log(path), file_at(path)
        sessions: set[str] = set()
        for event in log.iter_events():
            if found.session_id is None or event.session == found.session_id:
                events += 1
                if (file, event.session) not in before:
                    sessions.add(event.session)
                    yield event
        if known is not None:
            known.update((file, session) for session in sessions)
        whole.include(log.report)
    if report is not None:
        report.include(msgspec.structs.replace(whole, events=events))
    elif whole.newer_schema:
        logger.warning("ag2obs: %s", newer_schema_told(str(found.paths[-1]), whole.newer_schema))
    if not events:
        raise LogFormatError(f"nothing of session {found.session_id} is left in its log")
