"""What led to a failure: a bounded memory of each session's events, by the ids that join them.

Of the newest 100 sessions at work the newest 5,000 steps are remembered by each id, of each agent (1,000 at most) the
newest few decisions, messages and calls. A cause that is further back is not found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from ag2obs.analysis.errors.agent_state import AgentState
from ag2obs.analysis.errors.error_types import INSIDE_OF, Background, Link
from ag2obs.analysis.message_texts import MessageTexts, call_ids, last_ids
from ag2obs.analysis.moments import seconds_of
from ag2obs.analysis.telling import told
from ag2obs.analysis.timeline.event_filter import receivers, status_of
from ag2obs.events import STATUS_ERROR, Event

LOOKBACK_SECONDS = 60.0
MOST_CAUSES = 12
_GUESSES = 5
_REMEMBERED = 5_000
_AGENTS = 1_000
_RECENT = 30
_OF_EACH = 5
_TEXT = 200
_INPUTS = 2
"""Messages at the end of a model call's input that are taken for its reason."""

_V = TypeVar("_V")


class Step(NamedTuple):
    """One event, as short as it can be shown and followed."""

    seq: int
    ts: str
    kind: str
    agent: str | None
    failed: bool
    text: str
    inputs: tuple[str, ...] = ()
    call_id: str | None = None
    span: str = ""
    parent: str = ""

    def link(self, session: str, relation: str, *, guess: bool = False) -> Link:
        """Return this step as a link of a chain."""
        return Link(relation, guess, session, self.seq, self.ts, self.kind, self.agent, self.text)


class _Agent:
    """The newest of what one agent did and was told."""

    __slots__ = ("calls", "decisions", "messages", "recent", "state")

    def __init__(self) -> None:
        self.state = AgentState()
        self.decisions: deque[Step] = deque(maxlen=_OF_EACH)
        self.messages: deque[Step] = deque(maxlen=_OF_EACH)
        self.calls: deque[Step] = deque(maxlen=_OF_EACH)
        self.recent: deque[Step] = deque(maxlen=_RECENT)


class SessionCauses:
    """The steps of one session."""

    def __init__(self, session: str) -> None:
        self._session = session
        self.texts = MessageTexts(_TEXT)
        self._asked: dict[str, str] = {}
        """Message that asked for a tool call, by the call's id."""
        self._made: dict[str, Step] = {}
        """What a message came from, by its id: a model call, a tool or a delivery; else the message itself."""
        self._called: dict[str, Step] = {}
        """Tool calls, by the call's id."""
        self._tried: dict[str, list[Step]] = {}
        """Failed model calls, by invocation."""
        self._children: dict[str, list[Step]] = {}
        """Failed work, by the span it happened in."""
        self._ended: dict[str, Step] = {}
        """Work that has ended, by its span."""
        self._agents: dict[str | None, _Agent] = {}

    def add(self, event: Event) -> Step:
        """Remember an event; returns its step."""
        self.texts.add(event)
        step = self._step(event)
        if event.kind == "message":
            self._add_message(event, step)
        elif event.kind == "llm.call":
            for identity in last_ids(event.output, 10):
                _remember(self._made, identity, step)
            if step.failed and event.invocation:
                tried = self._tried.get(event.invocation, [])
                _remember(self._tried, event.invocation, [*tried, step][-_OF_EACH:])
        elif event.id is not None:
            _remember(self._made, event.id, step)
        elif event.message is not None and self._is_unexplained(event.message):
            _remember(self._made, event.message, step)
        if event.kind == "tool.call" and event.call_id is not None:
            _remember(self._called, event.call_id, step)
        if step.failed and event.parent:
            _remember(self._children, event.parent, [*self._children.get(event.parent, []), step][-_OF_EACH:])
        if event.span and event.kind not in ("session.start", "session.end"):
            _remember(self._ended, event.span, step)
        self._remember_of_agents(event, step)
        return step

    def _add_message(self, event: Event, step: Step) -> None:
        """Remember what a message asks for, and what it came from: a tool's result, other content, or just itself."""
        identity = event.id or ""
        for call_id in call_ids(event.tool_calls):
            if call_id not in self._asked:  # a message that is passed on asks for nothing new
                _remember(self._asked, call_id, identity)
        if self._is_unexplained(identity):
            origin = self._called.get(event.call_id or "") or self._made.get(event.content_of or "")
            _remember(self._made, identity, origin or step)

    def _is_unexplained(self, identity: str) -> bool:
        made = self._made.get(identity)
        return made is None or made.kind == "message"

    def _step(self, event: Event) -> Step:
        return Step(
            event.seq,
            event.ts,
            event.kind,
            event.agent,
            status_of(event) == STATUS_ERROR,
            told(event, self.texts, _TEXT),
            tuple(last_ids(event.input, _INPUTS)) if event.kind == "llm.call" else (),
            event.call_id,
            event.span,
            event.parent,
        )

    def _remember_of_agents(self, event: Event, step: Step) -> None:
        if event.kind in ("message", "session.start", "agent.created"):
            return
        agent = self._agent(event.agent)
        agent.recent.append(step)
        if event.kind in ("decision", "handoff", "speaker.selected", "action"):
            agent.decisions.append(step)
        elif event.kind in ("llm.call", "tool.call", "code.execution"):
            agent.calls.append(step)
        elif event.kind in ("state.change", "state.snapshot"):
            agent.state.add(event)
        elif event.kind == "agent.message":
            for name in {event.agent, *receivers(event)}:
                self._agent(name).messages.append(step)

    def _agent(self, name: str | None) -> _Agent:
        agent = self._agents.get(name)
        if agent is None:
            agent = _Agent()
            _remember(self._agents, name, agent, _AGENTS)
        return agent

    def causes(self, step: Step, event: Event) -> list[Link]:
        """Return what ids say led to ``event``, nearest first and never itself."""
        return self._followed(step, self._direct(step, event.invocation))

    def around(self, step: Step) -> list[Link]:
        """Return work that a failure happened in, which has ended now, and what ids say asked for that work."""
        return [step.link(self._session, INSIDE_OF), *self._followed(step, self._asking(step))]

    def _followed(self, step: Step, first: Iterable[tuple[str, Step]]) -> list[Link]:
        """Return the steps that led to ``step``, of which ``first`` are the nearest: 12 at most."""
        found: dict[int, Link] = {}
        queue = deque(first)
        while queue and len(found) < MOST_CAUSES:
            relation, cause = queue.popleft()
            if cause.seq != step.seq and cause.seq not in found:
                found[cause.seq] = cause.link(self._session, relation)
                queue.extend(self._direct(cause, None))
        return list(found.values())

    def _direct(self, step: Step, invocation: str | None) -> Iterator[tuple[str, Step]]:
        """Yield what ids say came right before a step."""
        for child in reversed(self._children.get(step.span, []) if step.span else []):
            yield "inside it", child
        for tried in reversed(self._tried.get(invocation or "", [])):
            yield "invocation", tried
        yield from self._asking(step)

    def _asking(self, step: Step) -> Iterator[tuple[str, Step]]:
        """Yield what asked for a step: the call that wanted the tool, the messages it answers, the work around it."""
        if step.kind == "tool.call" and step.call_id is not None:
            asking = self._made.get(self._asked.get(step.call_id, ""))
            if asking is not None:
                yield "tool call id", asking
        for identity in reversed(step.inputs):
            made = self._made.get(identity)
            if made is not None:
                yield f"message {identity}", made
        around = self._ended.get(step.parent)
        if around is not None:
            yield f"around #{step.seq}", around

    def guesses(self, step: Step, found: Iterable[Link], lookback: float) -> list[Link]:
        """Return what the same agent did shortly before a step, without what was ``found``, the newest first."""
        known = {step.seq, *(link.seq for link in found)}
        end = seconds_of(step.ts)
        guesses: list[Link] = []
        for other in reversed(self._agent(step.agent).recent):
            begin = seconds_of(other.ts)
            if other.seq in known:
                continue
            if begin is None or end is None or not 0 <= end - begin <= lookback or len(guesses) >= _GUESSES:
                break
            guesses.append(other.link(self._session, "time window", guess=True))
        return guesses

    def background(self, agent: str | None) -> Background:
        """Return what is known of an agent now."""
        known = self._agent(agent)

        def links(steps: deque[Step], relation: str) -> list[Link]:
            return [step.link(self._session, relation) for step in steps]

        return Background(
            agent=agent,
            state=known.state.as_text(),
            state_seq=known.state.seq,
            decisions=links(known.decisions, "decision"),
            messages=links(known.messages, "message"),
            calls=links(known.calls, "call"),
        )


_K = TypeVar("_K")


def _remember(known: dict[_K, _V], key: _K, value: _V, most: int = _REMEMBERED) -> None:
    """Set an entry; the oldest one makes room."""
    known[key] = value
    if len(known) > most:
        del known[next(iter(known))]
