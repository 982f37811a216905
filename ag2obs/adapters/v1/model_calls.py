"""Model calls of AG2 v1: one event per call that is made, failed or cut ones included.

AG2 has no event for a call that begins or fails, and its ``UsageEvent`` also tells of calls that a caching middleware
answered. So calls are seen by the innermost middleware, and ``told_usage`` compares what AG2 tells with what was seen.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ag2obs.adapters.http_attempts import HTTP_CALL, HttpCall
from ag2obs.adapters.v1.agents import attribute_of, configuration_of, learn_configuration, model_of
from ag2obs.adapters.v1.messages import messages_of_response, messages_sent
from ag2obs.adapters.v1.session_notes import notes_of
from ag2obs.adapters.v1.streams import agent_of
from ag2obs.adapters.work import binding_of, milliseconds_since
from ag2obs.events import STATUS_OK, Event, new_span_id
from ag2obs.failures import status_of
from ag2obs.process import PROCESS
from ag2obs.session import Session
from ag2obs.session_texts import bounded
from ag2obs.usage.ag2_usage import read_ag2_usage
from ag2obs.usage.counting import estimate_usage
from ag2obs.usage.providers import provider_id, provider_of
from ag2obs.usage.quality import EXACT, LOWER_BOUND

if TYPE_CHECKING:
    from ag2obs.adapters.v1.turns import ObservedTurn

KIND = "llm.call"
CUT_STREAM = "cut_stream"
"""``cost_reason`` of a stream that ended before its last chunk: what the provider charges for it is not known."""

_CONFIGURATION = "__ag2_model_config__"
"""Where AG2 keeps the configuration of a turn in ``context.dependencies`` (``ag2.utils``)."""

_PARAMETERS = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "n", "reasoning_effort",
    "frequency_penalty", "presence_penalty", "service_tier", "verbosity", "tool_choice", "parallel_tool_calls",
)  # fmt: skip
"""What configurations of AG2's clients call the parameters of a request; see ``ag2.config``."""

_REMOTE_AGENTS = frozenset({"a2a", "acp", "nlip"})
"""Providers that are agents elsewhere: what was said to them tells nothing of the tokens that they spent."""

_LOSES_CACHE_LIFETIMES = frozenset({"AnthropicClient"})
"""Clients whose usage does not tell how long a cache write lives, which the provider's own answer does."""


class ModelCall:
    """One call of a client: what was asked, what came back, how long it took."""

    __slots__ = (
        "agent", "client", "configuration", "error", "events", "http", "model", "ms", "prompt", "provider", "response",
        "tools",
    )  # fmt: skip

    def __init__(self, agent: str | None, call_next: Any, events: Any, context: Any) -> None:
        self.agent = agent
        self.client: Any = None
        self.tools: Any = ()
        if isinstance(call_next, partial):  # AG2's own client, where no other middleware stands below
            self.client, self.tools = call_next.func, call_next.keywords.get("tools", ())
        self.configuration = context.dependencies.get(_CONFIGURATION)
        self.model = model_of(self.configuration)
        self.provider = self._provider()
        self.events = events
        self.prompt = list(context.prompt)
        self.response: Any = None
        self.error: BaseException | None = None
        self.http = HttpCall(wants_usage=type(self.client).__name__ in _LOSES_CACHE_LIFETIMES)
        self.ms = 0.0

    def _provider(self) -> str | None:
        """Return the provider's id, by client, address and model."""
        sdk = getattr(self.client, "_client", None)
        address = getattr(sdk, "base_url", None) or attribute_of(self.configuration, "base_url")
        return provider_of(
            client_class=type(self.client).__name__,
            api_type=None,
            base_url=None if address is None else str(address),
            model=self.model,
        )


async def observed_call(turn: ObservedTurn, call_next: Any, events: Any, context: Any) -> Any:
    """Make a model call as AG2 would, and record it; raises BudgetExceeded where the budget refuses it."""
    call = None
    with PROCESS.guard.protect("starting to observe a model call"):
        session = turn.session()
        if session is not None:
            call = ModelCall(turn.agent, call_next, events, context)
            _learn(session, call, context)
    if call is None or session is None:
        return await call_next(events, context)
    if session.budget is not None:
        with PROCESS.guard.protect("holding a budget"):
            await session.budget.before_async_call(session, call.provider, call.model)
    turn.state.calls_made += 1
    token = HTTP_CALL.set(call.http)
    call.http.started = started = time.perf_counter()
    try:
        call.response = await call_next(events, context)
    except BaseException as error:
        call.error = error
        raise
    finally:
        call.ms = milliseconds_since(started)
        with PROCESS.guard.protect("recording a model call"):
            if HTTP_CALL.get() is call.http:  # a suspended call that is thrown away ends in another context
                HTTP_CALL.reset(token)
            record(session, call)
    if getattr(call.response, "usage", None):  # before ag2 1.1 an answer without a choice is None
        turn.state.calls_to_tell += 1
    return call.response


def _learn(session: Session, call: ModelCall, context: Any) -> None:
    """Learn the credentials of a configuration that is not its agent's own, before the call is written."""
    if call.configuration is not None and call.configuration is not configuration_of(agent_of(context)):
        learn_configuration(session, call.configuration)


def record(session: Session, call: ModelCall) -> None:
    """Record a call that was made, with the messages it sent and got."""
    event = _event(session, call.agent)
    event.ms, event.attempts, event.first_byte_ms = call.ms, call.http.attempts, call.http.first_byte_ms
    event.request_model, event.provider = call.model, call.provider
    event.stream = attribute_of(call.configuration, "streaming") is True
    event.params = _parameters(session, call)
    sent = messages_sent(call.prompt, call.events)
    answered: list[Any] = []
    if call.error is not None:
        event.status, event.error, event.cost_reason = status_of(call.error), session.failure(call.error), "failed"
    else:
        event.status = STATUS_OK
        answered = [] if call.response is None else messages_of_response(call.response)
        _measure(event, call, sent, answered)
        if event.cost_reason is None:
            session.price(event, event.cost_quality or EXACT)
    session.record_call(event, sent, answered)
    if event.cost_reason == CUT_STREAM:
        _tell_cut(session, event)


def record_told(session: Session, agent: str | None, told: Any, *, purpose: str | None, was_made: bool) -> None:
    """Record a call of which AG2 tells no more than the usage; one that was not made costs nothing."""
    event = _event(session, agent)
    event.provider = None if told.provider is None else provider_id(told.provider)
    event.model, event.finish_reason = told.model, told.finish_reason
    event.purpose, event.status, event.cached = purpose or event.purpose, STATUS_OK, not was_made
    event.usage, event.cost_quality = read_ag2_usage(told.usage, told.provider)
    event.tokens_source = "provider" if event.usage is not None else None
    session.price(event, event.cost_quality)
    session.record_call(event, [], [])


def _event(session: Session, agent: str | None) -> Event:
    event = Event(kind=KIND, agent=agent, span=new_span_id())
    binding = binding_of(session)
    event.parent = session.span if binding is None else binding.span
    if binding is not None:
        event.purpose = binding.purpose
        event.agent = agent or binding.agent
    return event


def _parameters(session: Session, call: ModelCall) -> Any:
    """Return what the request asked for beside its messages; a configuration is read once per session."""
    notes = notes_of(session)
    shown = notes.parameters_of(call.configuration)
    if shown is None:
        shown = bounded(
            {
                name: value
                for name in _PARAMETERS
                if isinstance(value := attribute_of(call.configuration, name), str | int | float | list)
            }
        )
        notes.keep_parameters(call.configuration, shown)
    tools = [name for tool in call.tools if (name := _tool_name(tool))]
    return {**shown, "tools": bounded(tools)} if tools else shown or None


def _tool_name(tool: Any) -> str | None:
    """Return the name of a tool's schema: of a function, or of a tool that the provider has."""
    name = getattr(getattr(tool, "function", None), "name", None) or getattr(tool, "name", None)
    return name if isinstance(name, str) else getattr(tool, "type", None)


def _measure(event: Event, call: ModelCall, sent: list[Any], answered: list[Any]) -> None:
    """Set model, tokens and how far they can be trusted: told by the provider, counted, or not known."""
    response = call.response
    if response is not None:
        event.model = response.model or event.request_model
        event.finish_reason = response.finish_reason
        event.response_id = getattr(response, "response_id", None)  # since ag2 1.0.6
        event.usage, event.cost_quality = read_ag2_usage(response.usage, response.provider)
    if event.usage is not None:
        event.tokens_source = "provider"
        if event.cost_quality == LOWER_BOUND:
            _complete(event, call)
    elif response is None or response.provider in _REMOTE_AGENTS:
        return
    elif event.stream and response.finish_reason is None:
        event.cost_reason, event.cost_quality = CUT_STREAM, None
    else:
        with PROCESS.guard.protect("estimating tokens"):
            answer = " ".join(str(message.get("content") or message.get("tool_calls") or "") for message in answered)
            event.usage, event.tokens_source = estimate_usage(sent, answer, event.model)
            event.cost_quality = "estimate"


def _complete(event: Event, call: ModelCall) -> None:
    """Take the provider's own figures where they passed by and AG2's left something out."""
    if not call.http.wants_usage:
        return
    raw, raw_usage = call.http.usage(event.provider)
    if raw is not None:
        event.usage, event.raw_usage, event.cost_quality = raw, raw_usage, EXACT


def _tell_cut(session: Session, call: Event) -> None:
    event = Event(
        kind="alert", reason=CUT_STREAM, agent=call.agent, request_model=call.request_model, parent=call.span,
        content="the stream of a model's answer ended before its last chunk; what it cost is not known",
    )  # fmt: skip
    session.record(event)
    session.warn_once(
        f"{CUT_STREAM}:{call.agent}",
        f"the stream of an answer to {call.agent} was cut off and AG2 went on with what had arrived; what it cost is "
        "not known",
    )
