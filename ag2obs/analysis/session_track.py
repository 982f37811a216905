"""Where an event stands in its session: how long after the start, what is missing before it, where time went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ag2obs.analysis.busy_time import BusyTime
from ag2obs.analysis.message_texts import MessageTexts, texts_of_sessions
from ag2obs.analysis.moments import rounded, seconds_of
from ag2obs.analysis.timeline.timeline_types import CLOCK, MISSING, TimelineRow, TimelineSession
from ag2obs.events import Event

CLOCK_TOLERANCE = 1.0
"""Seconds: clocks are adjusted by less all the time."""

_BUSY = frozenset({"llm.call", "tool.call", "code.execution"})


class Place(NamedTuple):
    """When an event was written."""

    moment: float | None
    """In seconds since 1970."""
    at: float | None
    """In seconds after its session's start; None where that is not on file."""
    after: float | None
    """The same; where the start is not on file, in seconds after the first event that is."""


class SessionTrack:
    """One session, as far as it was read."""

    def __init__(self, session: str, *, partial: bool) -> None:
        self.id = session
        self.events = self.missing = self.dropped = 0
        self.last: float | None = None
        """The moment of the newest event."""
        self._partial = partial
        self._chat_id: str | None = None
        self._workflow: str | None = None
        self._status: str | None = None
        self._started_text: str | None = None
        self._started: float | None = None
        self._first: float | None = None
        self._newest: float | None = None
        self._seq: int | None = 0 if not partial else None
        self._model_ms = self._tool_ms = self._human_ms = 0.0
        self._busy = BusyTime()

    def begin(self, start: Event) -> None:
        """Take the ``session.start``, which may stand far before the events that are read."""
        self._chat_id, self._workflow = start.chat_id, start.workflow
        if not start.continued and self._started is None:
            self._started_text, self._started = start.ts, seconds_of(start.ts)

    def place(self, event: Event) -> tuple[Place, list[TimelineRow]]:
        """Take an event in; return its place, and marks for what is odd before it."""
        self.events += 1
        self._chat_id, self._workflow = self._chat_id or event.chat_id, self._workflow or event.workflow
        if event.kind == "session.start":
            self.begin(event)
        elif event.kind == "session.end":
            self._status = event.status
        elif event.kind == "drop":
            self.dropped += 1 if event.count is None else event.count
        moment = seconds_of(event.ts)
        at = None if moment is None or self._started is None else rounded(moment - self._started)
        marks = [*self._missing_before(event, at), *self._clock_before(event, moment, at)]
        self._measure(event, moment)
        after = at
        if moment is not None:
            self._first = moment if self._first is None else min(self._first, moment)
            after = rounded(moment - self._first) if at is None else at
            self._newest = moment if self._newest is None else max(self._newest, moment)
            self.last = moment
        return Place(moment, at, after), marks

    def _missing_before(self, event: Event, at: float | None) -> Iterator[TimelineRow]:
        expected = None if self._seq is None else self._seq + 1
        if event.seq > 0:
            # A number that was there before tells nothing new: a file that was read twice, or a fork.
            self._seq = event.seq if self._seq is None else max(self._seq, event.seq)
        if expected is None or event.seq <= expected:
            return
        count = event.seq - expected
        self.missing += count
        text = f"{count:,} {'event' if count == 1 else 'events'} missing"
        yield self.mark(event, MISSING, text, at, count=count)

    def _clock_before(self, event: Event, moment: float | None, at: float | None) -> Iterator[TimelineRow]:
        if moment is not None and self.last is not None and moment < self.last - CLOCK_TOLERANCE:
            yield self.mark(event, CLOCK, f"the clock was set back by {self.last - moment:.1f} s", at)

    def mark(self, event: Event, kind: str, text: str, at: float | None, *, count: int | None = None) -> TimelineRow:
        """Return a row for something between ``event`` and the one before it."""
        return TimelineRow(
            session=self.id, seq=event.seq, ts=event.ts, at_seconds=at, kind=kind, mark=True, count=count, text=text
        )

    def _measure(self, event: Event, moment: float | None) -> None:
        if event.ms is None:
            return
        if event.kind == "llm.call":
            self._model_ms += event.ms
        elif event.kind == "tool.call":
            self._tool_ms += event.ms
        elif event.kind == "human.input":
            self._human_ms += event.ms
        if moment is not None and event.kind in _BUSY:
            self._busy.add(moment - event.ms / 1000, moment)

    def settle(self) -> None:
        """Keep less: the session has ended."""
        self._busy.settle()

    def summary(self) -> TimelineSession:
        """Return what is known of the session."""
        wall = None
        if self._newest is not None:
            begin = self._first if self._started is None or self._partial else self._started
            wall = max(0.0, rounded(self._newest - (self._newest if begin is None else begin)))
        return TimelineSession(
            session_id=self.id,
            chat_id=self._chat_id,
            workflow=self._workflow,
            status=self._status,
            started=self._started_text,
            wall_seconds=wall,
            model_seconds=rounded(self._model_ms / 1000),
            tool_seconds=rounded(self._tool_ms / 1000),
            human_seconds=rounded(self._human_ms / 1000),
            waiting_seconds=None if wall is None else max(0.0, rounded(wall - self._busy.seconds)),
            events=self.events,
            missing=self.missing,
            dropped=self.dropped,
        )


class SessionTracks:
    """All sessions of a timeline; the texts of messages are kept of the newest 100 at work."""

    def __init__(self, *, partial: bool, characters: int) -> None:
        self._partial = partial
        self._tracks: dict[str, SessionTrack] = {}
        self._texts = texts_of_sessions(characters)

    def of(self, session: str) -> SessionTrack:
        """Return the track of a session."""
        track = self._tracks.get(session)
        if track is None:
            track = self._tracks[session] = SessionTrack(session, partial=self._partial)
        return track

    def texts_of(self, session: str) -> MessageTexts:
        """Return the messages of a session."""
        return self._texts.of(session)

    def __contains__(self, session: str) -> bool:
        return session in self._tracks

    def summaries(self) -> list[TimelineSession]:
        """Return the sessions with an event, by their start."""
        found = [track.summary() for track in self._tracks.values() if track.events]
        return sorted(found, key=lambda session: (session.started or "", session.session_id))
