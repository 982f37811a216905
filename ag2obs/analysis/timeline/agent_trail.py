"""What one agent was told, said, decided and called, event by event."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ag2obs.analysis.message_texts import MessageText, MessageTexts, ranges
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

_REMEMBERED_IDS = 5_000
_REMEMBERED_TEXTS = 50


class AgentTrail:
    """One agent: its rows, and what they add up to. An agent of the same name in another session is the same one here.

    Of a session, the newest 5,000 messages that it knows are remembered, so that each is told once.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.received = self.sent = self.decisions = self.actions = self.errors = 0
        self.tally = Tally()
        self.first: str | None = None
        self.last: str | None = None
        self.sessions: dict[str, int] = {}
        self._known: dict[tuple[str, str], None] = {}
        """Sessions and ids of the messages that it was told or said."""
        self._told: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED_TEXTS)
        self._unsent: dict[tuple[str, str], None] = {}
        """Answers of its model that it has not sent yet."""

    def rows(self, event: Event, place: Place, texts: MessageTexts, characters: int) -> Iterator[TimelineRow]:
        """Yield the rows of an event in which the agent takes part; none for any other."""
        did = self._part_in(event)
        if did is None:
            return
        self.last = event.ts
        self.first = self.first or event.ts
        self.sessions[event.session] = self.sessions.get(event.session, 0) + 1
        mine = event.agent == self.agent
        if event.kind == "llm.call" and mine and event.purpose is None:
            yield from self._heard(event, place, texts)
        self._count(event, texts, mine=mine, did=did)
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

    def _heard(self, event: Event, place: Place, texts: MessageTexts) -> Iterator[TimelineRow]:
        """Yield messages that a model call shows to have reached the agent and of which no delivery told."""
        for identity in self._new_ids(event):
            message = texts.get(identity)
            if message is None or not self._is_news(event.session, message):
                continue
            self.received += 1
            yield TimelineRow(
                session=event.session, seq=event.seq, ts=event.ts, at_seconds=place.at, kind="message",
                agent=self.agent, did="was told", message=identity,
                text=message.line(),
            )  # fmt: skip

    def _new_ids(self, event: Event) -> list[str]:
        """Return the ids at the end of each range of the input that are new to the agent, oldest first.

        A history grows at its end, so the known part of a range is not looked at again.
        """
        new: list[str] = []
        for start, end in ranges(event.input):
            before = len(new)
            for number in range(end, max(start - 1, end - _REMEMBERED_IDS), -1):
                if (event.session, f"m{number}") in self._known:
                    break
                new.append(f"m{number}")
            new[before:] = new[before:][::-1]
        for identity in new:
            self._know(event.session, identity)
        return new

    def _is_news(self, session: str, message: MessageText) -> bool:
        if message.role not in ("user", None) or message.name == self.agent:
            return False
        # A framework may deliver a message under one id and show it to the model as another.
        if message.text and (session, message.text) in self._told:
            return False
        self._told.append((session, message.text))
        return True

    def _know(self, session: str, identity: str) -> None:
        self._known[session, identity] = None
        if len(self._known) > _REMEMBERED_IDS:
            del self._known[next(iter(self._known))]

    def _count(self, event: Event, texts: MessageTexts, *, mine: bool, did: str) -> None:
        if event.message is not None:
            self._know(event.session, event.message)
            message = texts.get(event.message)
            self._told.append((event.session, message.text if message is not None else ""))
        if did == "said":
            self.sent += 1
            self._unsent.pop((event.session, event.message or ""), None)
        elif did == "was told":
            self.received += 1
        if not mine:
            return
        self.decisions += event.kind in _DECISIONS
        self.actions += event.kind == "action"
        self.tally.events += 1
        if event.error is not None and not event.error.repeat:
            self.errors += 1
            self.tally.errors += 1
        if event.kind == "llm.call":
            self.tally.add_call(event)
            if event.purpose is None:
                self._answered(event, texts)
        elif event.kind == "tool.call":
            self.tally.add_tool_call(event)

    def _answered(self, event: Event, texts: MessageTexts) -> None:
        for start, end in ranges(event.output):
            for number in range(start, min(end, start + 100) + 1):
                identity = f"m{number}"
                self._know(event.session, identity)
                message = texts.get(identity)
                if message is not None and message.text and not message.asks_for:
                    self._unsent[event.session, identity] = None
                    if len(self._unsent) > _REMEMBERED_IDS:
                        del self._unsent[next(iter(self._unsent))]
                        self.sent += 1

    @property
    def messages_sent(self) -> int:
        """Messages that it sent, and answers of its model that nobody delivered: they went to whoever asked."""
        return self.sent + len(self._unsent)
