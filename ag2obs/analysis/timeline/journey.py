"""An agent's journey: what it was told, said, decided and called, what that cost, and where nothing happened."""

from __future__ import annotations

from typing import Any

import msgspec

from ag2obs.analysis.agents.correspondence import Letters
from ag2obs.analysis.moments import rounded
from ag2obs.analysis.session_track import SessionTracks
from ag2obs.analysis.summary.totals import Totals
from ag2obs.analysis.telling import told
from ag2obs.analysis.texts import cut
from ag2obs.analysis.timeline.agent_trail import AgentTrail
from ag2obs.analysis.timeline.event_filter import EventFilter, agents_of
from ag2obs.analysis.timeline.rows import Rows
from ag2obs.analysis.timeline.text_search import TextSearch
from ag2obs.analysis.timeline.timeline_fold import ROWS, TEXT_CHARACTERS
from ag2obs.analysis.timeline.timeline_types import TIMELINE_SCHEMA, TimelineRow, TimelineSession
from ag2obs.events import Event

__all__ = ["AgentJourney", "JourneyFold", "JourneysFold"]

MOST_AGENTS = 10_000
_NAME = 60


class AgentJourney(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's way through its sessions."""

    agent: str
    sessions: list[TimelineSession]
    """Those in which it took part: agents of the same name in several sessions are told apart by them."""
    agents: list[str]
    """All agents that the events name."""
    first: str | None
    last: str | None
    messages_received: int
    messages_sent: int
    decisions: int
    """Decisions, choices of the next speaker, and handoffs."""
    actions: int
    errors: int
    totals: Totals
    """Of its model and tool calls."""
    model_seconds: float
    tool_seconds: float
    """With the time of what its tools ran, such as other agents."""
    gaps: int
    """How often nothing was recorded of the agent, and it had nothing at work; others may have been busy."""
    silent_seconds: float
    rows: list[TimelineRow]
    earlier_rows: int
    partial: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs timeline --agent NAME --json`` prints."""
        return {
            "schema": TIMELINE_SCHEMA,
            "sessions": [session.to_dict() for session in self.sessions],
            "agents": list(self.agents),
            "journey": {
                "agent": self.agent,
                "first": self.first,
                "last": self.last,
                "messages_received": self.messages_received,
                "messages_sent": self.messages_sent,
                "decisions": self.decisions,
                "actions": self.actions,
                "errors": self.errors,
                "model_seconds": self.model_seconds,
                "tool_seconds": self.tool_seconds,
                "gaps": self.gaps,
                "silent_seconds": self.silent_seconds,
                "totals": self.totals.to_dict(),
            },
            "rows": [row.to_dict() for row in self.rows],
            "earlier_rows": self.earlier_rows,
            "partial": self.partial,
        }


class JourneysFold:
    """Follows agents: those named, or every one (None). The options are those of ``TimelineFold``.

    What events add up to counts all of an agent's events; ``wanted`` says which rows are shown.
    """

    def __init__(
        self,
        names: tuple[str, ...] | None = None,
        wanted: EventFilter | None = None,
        *,
        last: int | None = ROWS,
        gaps: float | None = None,
        partial: bool = False,
        characters: int = TEXT_CHARACTERS,
    ) -> None:
        self._all = names is None
        self._wanted = wanted or EventFilter()
        self._search = TextSearch(self._wanted.text)
        self._limit = (last, gaps)
        self._partial = partial
        self._characters = characters
        self._sessions = SessionTracks(partial=partial, characters=characters)
        self._letters = Letters()
        self._agents: set[str] = set()
        self._followed = {name: self._new(name) for name in names or ()}

    def begin(self, start: Event) -> None:
        """Take the ``session.start`` of a session whose first events are not given."""
        self._sessions.of(start.session).begin(start)

    def add(self, event: Event) -> None:
        """Add the rows of one event to the journeys of the agents that take part in it."""
        session, texts = self._sessions.of(event.session), self._sessions.texts_of(event.session)
        texts.add(event)
        self._search.add(event)
        self._letters.add(event)
        place, marks = session.place(event)
        agents = agents_of(event)
        if len(self._agents) < MOST_AGENTS:
            self._agents |= agents
            if self._all:
                for name in agents - self._followed.keys():
                    self._followed[name] = self._new(name)
        wanted = self._wanted
        in_time = wanted.allows_time(place.moment, place.after) and wanted.allows_session(event.session)
        lost = [session.mark(event, "drop", told(event, texts, 100), place.at)] if event.kind == "drop" else []
        if in_time and (marks or lost):
            for _, kept in self._followed.values():
                kept.add([*marks, *lost])
        for name in agents & self._followed.keys():
            trail, kept = self._followed[name]
            rows = list(trail.rows(event, place, texts, self._letters, self._characters))
            if rows and wanted.allows_session(event.session):
                kept.see(event, place, shown=in_time)
            if rows and in_time and wanted.allows(event):
                kept.add([row for row in rows if self._says(row, event)])
        if event.kind == "session.end":
            session.settle()
            for _, kept in self._followed.values() if self._limit[1] is not None else ():
                kept.settle(event.session)

    def _says(self, row: TimelineRow, event: Event) -> bool:
        """Tell whether a row says what is looked for: of an event, or of a message that a model call showed."""
        if row.kind == event.kind:
            return self._search.finds(event)
        return self._search.finds_message(event.session, row.message or "")

    def _new(self, name: str) -> tuple[AgentTrail, Rows]:
        return AgentTrail(name), Rows(*self._limit, f"nothing of {cut(name, _NAME)}")

    def result(self) -> dict[str, AgentJourney]:
        """Return the journeys by agent."""
        sessions = self._sessions.summaries()
        return {name: self._journey(*self._followed[name], sessions) for name in sorted(self._followed)}

    def _journey(self, trail: AgentTrail, kept: Rows, sessions: list[TimelineSession]) -> AgentJourney:
        shown = kept.told()
        return AgentJourney(
            agent=trail.agent,
            sessions=[session for session in sessions if session.session_id in trail.sessions],
            agents=sorted(self._agents),
            first=trail.first,
            last=trail.last,
            messages_received=trail.messages.received,
            messages_sent=trail.messages.sent,
            decisions=trail.decisions,
            actions=trail.actions,
            errors=trail.errors,
            totals=trail.tally.totals(),
            model_seconds=rounded(trail.tally.model_ms / 1000),
            tool_seconds=rounded(trail.tally.tool_ms / 1000),
            gaps=shown.gaps,
            silent_seconds=rounded(shown.silence),
            rows=shown.rows,
            earlier_rows=shown.earlier,
            partial=self._partial,
        )


class JourneyFold:
    """Follows one agent; see ``JourneysFold`` and ``AgentTrail`` for what is kept."""

    def __init__(
        self,
        agent: str,
        wanted: EventFilter | None = None,
        *,
        last: int | None = ROWS,
        gaps: float | None = None,
        partial: bool = False,
        characters: int = TEXT_CHARACTERS,
    ) -> None:
        self._agent = agent
        self._journeys = JourneysFold((agent,), wanted, last=last, gaps=gaps, partial=partial, characters=characters)

    def begin(self, start: Event) -> None:
        """Take the ``session.start`` of a session whose first events are not given."""
        self._journeys.begin(start)

    def add(self, event: Event) -> None:
        """Add the rows of one event in which the agent takes part."""
        self._journeys.add(event)

    def result(self) -> AgentJourney:
        """Return the journey so far."""
        return self._journeys.result()[self._agent]
