"""The middleware that observes a turn of an agent: the turn itself, its model calls, tools and human answers.

It stands innermost where we put it there ourselves, so that it sees each call that is really made, with what users'
middleware made of it. AG2 asks of a middleware only that it has these four methods.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ag2obs.adapters.v1 import human_input, tool_calls
from ag2obs.adapters.v1.agents import record_first_sight
from ag2obs.adapters.v1.model_calls import observed_call
from ag2obs.adapters.v1.session_notes import notes_of
from ag2obs.adapters.v1.streams import StreamState, agent_of, root_of, session_of, state_of
from ag2obs.adapters.work import Work, begin
from ag2obs.events import Event
from ag2obs.process import PROCESS
from ag2obs.session import Session

Watch = Callable[[Any], AbstractContextManager[None]]
"""Watches the stream of a context for as long as a turn lasts."""


class Unobserved:
    """The middleware of a turn that belongs to no session, or that is observed already: it only passes on."""

    async def on_turn(self, call_next: Any, event: Any, context: Any) -> Any:
        """Pass on."""
        return await call_next(event, context)

    async def on_llm_call(self, call_next: Any, events: Any, context: Any) -> Any:
        """Pass on."""
        return await call_next(events, context)

    async def on_tool_execution(self, call_next: Any, event: Any, context: Any) -> Any:
        """Pass on."""
        return await call_next(event, context)

    async def on_human_input(self, call_next: Any, event: Any, context: Any) -> Any:
        """Pass on."""
        return await call_next(event, context)


class ObservedTurn:
    """The middleware of one turn of one agent, in one session."""

    def __init__(self, session: Session, state: StreamState, agent: str | None, context: Any, watch: Watch) -> None:
        self.agent = agent
        self.state = state
        self._session = session
        self._context = context
        self._watch = watch

    def session(self) -> Session | None:
        """Return the session of this turn, or who it belongs to when that one is over; None, counted, if nobody."""
        return self._session if self._session.accepts() else session_of(self._context)

    async def on_turn(self, call_next: Any, event: Any, context: Any) -> Any:
        """Observe the turn from its first event to its answer."""
        state = self.state
        state.observed_turns += 1
        state.begin_step()
        try:
            with begin(self._reply) as work, self._watch(context):
                work.result = await call_next(event, context)
            return work.result
        finally:
            state.observed_turns -= 1
            state.trigger = None

    def _reply(self) -> Work | None:
        session = self.session()
        return None if session is None else Work(session, Event(kind="agent.reply", agent=self.agent), _record)

    async def on_llm_call(self, call_next: Any, events: Any, context: Any) -> Any:
        """Observe a model call, and hold the session's budget before it is made."""
        return await observed_call(self, call_next, events, context)

    async def on_tool_execution(self, call_next: Any, event: Any, context: Any) -> Any:
        """Observe a tool of the user's."""
        with begin(lambda: tool_calls.tool_call(self.session(), self.agent, event)) as work:
            work.result = await call_next(event, context)
        return work.result

    async def on_human_input(self, call_next: Any, event: Any, context: Any) -> Any:
        """Observe a question to a human."""
        with begin(lambda: human_input.question(self.session(), self.agent, event)) as work:
            work.result = await call_next(event, context)
        return work.result


UNOBSERVED = Unobserved()


def observed_turn(
    event: Any, context: Any, agent: Any = None, watch: Watch = lambda _: nullcontext()
) -> ObservedTurn | Unobserved:
    """Return the middleware for a turn that ``event`` begins; ``agent`` where AG2 does not keep it in the context."""
    with PROCESS.guard.protect("starting to observe a turn"):
        if PROCESS.sessions:
            return _observed(event, context, agent_of(context) if agent is None else agent, watch) or UNOBSERVED
    return UNOBSERVED


def _observed(event: Any, context: Any, agent: Any, watch: Watch) -> ObservedTurn | None:
    state = state_of(root_of(context.stream))
    if state.is_observed(event, context):
        return None
    session = session_of(context)
    if session is None:
        return None
    name = getattr(agent, "name", None)
    state.agent = name if isinstance(name, str) else None
    state.trigger = (event, id(context))
    notes_of(session).observed_agents.add(name)
    record_first_sight(session, agent)
    return ObservedTurn(session, state, state.agent, context, watch)


def _record(work: Work) -> None:
    work.session.record(work.event)
