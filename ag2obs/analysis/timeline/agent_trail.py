"""What one agent was told, said, decided and called, event by event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ag2obs.analysis.agents.correspondence import Correspondence, Letters
from ag2obs.analysis.message_texts import MessageTexts
from ag2obs.analysis.session_track import Place
from ag2obs.analysis.summary.totals import Tally
from ag2obs.analysis.telling import told
from ag2obs.analysis.timeline.event_filter import receivers
from ag2obs.analysis.timeline.timeline_fold import row_of
from ag2obs.analysis.timeline.timeline_types import TimelineRow
from ag2obs.events import Event

_DID: Mapping[str, str] = MappingProxyType(
    {
        "action": "did",
        "agent.created": "was created",
        "agent.reply": "replied",
        "alert": "alerted",
        "code.execution": "ran code",
        "decision": "decided",
        "error": "failed",
        "handoff": "handed over",
        "human.input": "asked a person",
        "interaction": "interacted",
        "learning": "learned",
        "llm.call": "asked the model",
        "log": "logged",
        "metric": "measured",
        "milestone": "reached",
        "speaker.selected": "chose",
        "state.change": "changed",
        "state.snapshot": "was",
        "task": "gave a task",
        "tool.call": "called",
    }
)
_DECISIONS = frozenset({"decision", "speaker.selected", "handoff"})


class AgentTrail:
    """One agent: its rows, and what they add up to.

    An agent of the same name in another session is the same one here.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.decisions = self.actions = self.errors = 0
        self.messages = Correspondence(agent)
        self.tally = Tally()
        self.first: str | None = None
        self.last: str | None = None
        self.sessions: dict[str, int] = {}

    def rows(
        self, event: Event, place: Place, texts: MessageTexts, letters: Letters, characters: int
    ) -> Iterator[TimelineRow]:
        """Yield the rows of an event in which the agent takes part; none for any other."""
        did = self._part_in(event)
        if did is None:
            return
        self.last = event.ts
        self.first = self.first or event.ts
        self.sessions[event.session] = self.sessions.get(event.session, 0) + 1
        for identity in self.messages.add(event, letters):
            message = texts.get(identity)
            yield TimelineRow(
                session=event.session, seq=event.seq, ts=event.ts, at_seconds=place.at, kind="message",
                agent=self.agent, did="was told", message=identity,
                text=f"({identity})" if message is None else message.line(),
            )  # fmt: skip
        if event.agent == self.agent:
            self._count(event)
        yield row_of(event, place, told(event, texts, characters), did=did, agent=self.agent)

    def _part_in(self, event: Event) -> str | None:
        """Return what the agent has to do with an event; None for nothing."""
        me = self.agent
        if event.kind == "agent.message":
            if event.sender == me:
                return "said"
            return "was told" if event.agent == me or me in receivers(event) else None
        if event.agent == me:
            return _DID.get(event.kind, event.kind)
        if event.kind == "speaker.selected":
            return "was chosen" if event.name == me else None
        if event.kind == "handoff":
            return "was handed over to" if event.target == me else None
        return "was met by" if me in receivers(event) else None

    def _count(self, event: Event) -> None:
        """Count an event of the agent's own."""
        self.decisions += event.kind in _DECISIONS
        self.actions += event.kind == "action"
        self.tally.events += 1
        if event.error is not None and not event.error.repeat:
            self.errors += 1
            self.tally.errors += 1
        if event.kind == "llm.call":
            self.tally.add_call(event)
        elif event.kind == "tool.call":
            self.tally.add_tool_call(event)
