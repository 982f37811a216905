"""The timeline: what happened, in order, with silence and lost events marked in place."""

from __future__ import annotations

from collections import deque

from ag2obs.analysis.session_track import Place, SessionTrack, SessionTracks
from ag2obs.analysis.telling import told
from ag2obs.analysis.timeline.event_filter import EventFilter, agents_of, status_of
from ag2obs.analysis.timeline.text_search import TextSearch
from ag2obs.analysis.timeline.timeline_types import GAP, Timeline, TimelineRow
from ag2obs.events import Event

__all__ = ["ROWS", "TEXT_CHARACTERS", "EventFilter", "Rows", "Timeline", "TimelineFold"]

ROWS = 10_000
"""Rows that are kept unless told otherwise: the newest."""

TEXT_CHARACTERS = 300
_MOST_AGENTS = 10_000


class TimelineFold:
    """Collects the rows of events that ``wanted`` allows, the newest ``last`` of them (None for all).

    ``gaps`` is how many seconds of silence are marked: no event was written, and nothing was at work that one was
    written of later. ``partial`` says that the events are only the end of their sessions. Beside the rows memory
    grows with sessions and agents; of messages the newest 2,000 of each of 100 sessions can be named by later rows.
    """

    def __init__(
        self,
        wanted: EventFilter | None = None,
        *,
        last: int | None = ROWS,
        gaps: float | None = None,
        partial: bool = False,
        characters: int = TEXT_CHARACTERS,
    ) -> None:
        self._wanted = wanted or EventFilter()
        self._search = TextSearch(self._wanted.text)
        self._characters = characters
        self._partial = partial
        self._sessions = SessionTracks(partial=partial, characters=characters)
        self._rows = Rows(last, gaps)
        self._agents: set[str] = set()

    def begin(self, start: Event) -> None:
        """Take the ``session.start`` of a session whose first events are not given."""
        self._sessions.of(start.session).begin(start)

    def remember(self, event: Event) -> None:
        """Take what an event says that precedes those that are given: they may name it."""
        self._sessions.texts_of(event.session).add(event)
        self._search.add(event)
        if event.kind == "session.start":
            self.begin(event)

    def add(self, event: Event) -> None:
        """Add the rows of one event."""
        session, texts = self._sessions.of(event.session), self._sessions.texts_of(event.session)
        texts.add(event)
        self._search.add(event)
        place, marks = session.place(event)
        agents = agents_of(event)
        if len(self._agents) < _MOST_AGENTS:
            self._agents |= agents
        wanted = self._wanted
        in_time = wanted.allows_time(place.moment, place.after) and wanted.allows_session(event.session)
        if in_time:
            self._rows.marks(marks)
        # What is lost is told whatever is looked for: it may have been that.
        if in_time and (event.kind == "drop" or (wanted.allows(event) and self._search.finds(event))):
            text = told(event, texts, self._characters)
            self._rows.add(session, event, place, [row_of(event, place, text)])
        if event.kind == "session.end":
            session.settle()

    def result(self) -> Timeline:
        """Return the rows and sums so far."""
        return Timeline(
            sessions=self._sessions.summaries(),
            agents=sorted(self._agents),
            rows=list(self._rows.rows),
            earlier_rows=self._rows.earlier,
            partial=self._partial,
        )


class Rows:
    """The newest rows, with the gaps between events of one session marked."""

    def __init__(self, last: int | None, gaps: float | None) -> None:
        self.rows: deque[TimelineRow] = deque(maxlen=last)
        self.gaps = 0
        self.silence = 0.0
        self._gaps = gaps
        self._told = 0
        self._ends: dict[str, float] = {}
        """When the newest event shown of each session ended."""

    @property
    def earlier(self) -> int:
        """How many rows are not there any more."""
        return self._told - len(self.rows)

    def add(self, session: SessionTrack, event: Event, place: Place, rows: list[TimelineRow]) -> None:
        """Add the rows of an event, after a gap if there was one."""
        if self._gaps is not None and place.moment is not None:
            end = self._ends.get(event.session)
            silence = 0.0 if end is None else place.moment - (event.ms or 0) / 1000 - end
            if silence >= self._gaps and silence > 0:
                self.gaps += 1
                self.silence += silence
                self.marks([session.mark(event, GAP, f"nothing for {silence:.1f} s", place.at)])
            self._ends[event.session] = place.moment
        self.marks(rows)

    def marks(self, rows: list[TimelineRow]) -> None:
        """Add rows as they are."""
        self._told += len(rows)
        self.rows.extend(rows)


def row_of(event: Event, place: Place, text: str, *, did: str | None = None, agent: str | None = None) -> TimelineRow:
    """Return the row of an event."""
    return TimelineRow(
        session=event.session,
        seq=event.seq,
        ts=event.ts,
        at_seconds=place.at,
        kind=event.kind,
        mark=event.kind == "drop",
        agent=agent or event.agent or (event.sender if event.kind == "agent.message" else None),
        did=did,
        status=status_of(event),
        ms=event.ms,
        error=event.error.id if event.error is not None else None,
        message=event.message or (event.id if event.kind == "message" else None),
        count=event.count,
        text=text,
    )
