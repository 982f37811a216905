"""The stream of a session that writes no file: its events are counted and gone."""

from __future__ import annotations

from pathlib import Path

from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.events import Event, timestamp


class UnwrittenStream:
    """Stands in for ``EventStream`` in a session that is observed for its budget only, because logging is off.

    Nothing is encoded, so there is nothing to redact; nothing is written, so nothing can be lost. Not
    thread-safe; the session calls it under its lock.
    """

    def __init__(self, *, session: str, chat_id: str, workflow: str) -> None:
        self.fold = SummaryFold()
        self.path: Path | None = None
        self.late = False
        """Whether the block has been left."""
        self.late_events = False
        """Whether an event came after that and since the last end."""
        self._session = session
        self._chat_id = chat_id
        self._workflow = workflow

    def follow(self) -> bool:
        """Stay: there is no file that could have moved."""
        return False

    def drop(self, events: int, reason: str) -> None:
        """Count nothing: there is no file that the events could be missing from."""

    def write(self, events: list[Event]) -> bool:
        """Count the events; they are as good as written."""
        now = timestamp()
        for event in events:
            event.ts, event.session = now, self._session
            event.chat_id, event.workflow = self._chat_id, self._workflow
            self.fold.add(event)
        self.late_events = self.late
        return True

    def end(self, event: Event) -> bool:
        """Count ``session.end``."""
        self.write([event])
        self.late_events = False
        return True

    def mask_what_was_learned(self) -> int:
        """Mask nothing: nothing is on file."""
        return 0

    def close(self) -> None:
        """Give nothing back."""
