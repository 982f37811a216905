"""The timeline: what happened, in order, with silence and lost events marked in place."""

from __future__ import annotations

from ag2obs.analysis.session_track import Place, SessionTracks
from ag2obs.analysis.telling import told
from ag2obs.analysis.timeline.event_filter import EventFilter, agents_of, status_of
from ag2obs.analysis.timeline.rows import Rows
from ag2obs.analysis.timeline.text_search import TextSearch
from ag2obs.analysis.timeline.timeline_types import Timeline, TimelineRow
from ag2obs.events import Event

__all__ = ["ROWS", "TEXT_CHARACTERS", "EventFilter", "Timeline", "TimelineFold"]

ROWS = 10_000
"""Rows that are kept unless told otherwise: the newest."""

TEXT_CHARACTERS = 300
_MOST_AGENTS = 10_000


class TimelineFold:
    """Collects the rows of events that ``wanted`` allows, the newest ``last`` of them (None for all).

    ``gaps`` is how many seconds of silence are marked: no event of the session was written, shown or not, and nothing
    was at work that one was written of later. ``partial`` says that the events are only the end of their sessions.
    Beside the rows memory grows with sessions and agents; of messages the newest 2,000 of each of 100 sessions can be
    named by later rows.
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
            self._rows.add(marks)
        if wanted.allows_session(event.session):
            self._rows.see(event, place, shown=in_time)
        # What is lost is told whatever is looked for: it may have been that.
        if in_time and (event.kind == "drop" or (wanted.allows(event) and self._search.finds(event))):
            text = told(event, texts, self._characters)
            self._rows.add([row_of(event, place, text)])
        if event.kind == "session.end":
            session.settle()
            self._rows.settle(event.session)

    def result(self) -> Timeline:
        """Return the rows and sums so far."""
        told = self._rows.told()
        return Timeline(
            sessions=self._sessions.summaries(),
            agents=sorted(self._agents),
            rows=told.rows,
            earlier_rows=told.earlier,
            partial=self._partial,
        )


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
