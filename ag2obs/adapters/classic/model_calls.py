"""Model calls of Classic: one event per configuration tried for an ``OpenAIWrapper.create``.

Runtime logging tells of successes, cache hits and ``openai.APIError``; timeouts and every other provider's
exceptions it does not see. So ``OpenAIWrapper.create`` opens an *invocation*, each model client's ``create``
inside it is an *attempt*, and an attempt is told when runtime logging reports it, or else when the next one
begins or the invocation ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ag2obs.adapters import http_attempts
from ag2obs.adapters.classic import responses, wrapper_parts
from ag2obs.adapters.classic.agents import name_of, record_first_sight
from ag2obs.adapters.classic.secrets_of_clients import learn_wrapper
from ag2obs.adapters.http_attempts import HTTP_CALL, HttpCall
from ag2obs.adapters.patches import Patches
from ag2obs.adapters.work import binding_of, milliseconds_since
from ag2obs.errors import BudgetExceeded
from ag2obs.events import STATUS_ERROR, STATUS_OK, ErrorInfo, Event, new_span_id
from ag2obs.failures import status_of
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT
from ag2obs.session import Session
from ag2obs.session_texts import bounded
from ag2obs.usage.counting import estimate_usage
from ag2obs.usage.extraction import extract

KIND = "llm.call"

_NOT_PARAMETERS = frozenset({"messages", "prompt", "input", "tools", "functions", "response_format", "model", "stream"})


class Attempt:
    """One ``create`` of a model client: what was asked, what came back, how long it took."""

    __slots__ = ("client", "error", "http", "index", "ms", "params", "response")

    def __init__(self, client: object, params: Any, index: int | None) -> None:
        self.client = client
        self.params = params
        self.index = index
        self.response: Any = None
        self.error: BaseException | None = None
        self.http = HttpCall(wants_usage=responses.loses_usage(type(client).__name__, params))
        self.ms = 0.0


class Invocation:
    """One ``OpenAIWrapper.create``: its session, its agent, and the attempt that is not told yet."""

    __slots__ = ("agent", "all_seen", "id", "pending", "session", "started", "told", "wrapper")

    def __init__(self, session: Session, wrapper: Any, agent: object) -> None:
        self.session = session
        self.wrapper = wrapper
        self.agent = agent
        self.id: str | None = None
        self.pending: Attempt | None = None
        self.started = time.perf_counter()
        self.told = 0
        self.all_seen = True
        """Whether every client's ``create`` is observed; one that is a static method or a mock is not."""

    def hold_budget(self, client: object, params: Any) -> None:
        """Wait before a call or raise BudgetExceeded, as the session's budget says; nothing has been sent yet."""
        budget = self.session.budget
        if budget is None:
            return
        with PROCESS.guard.protect("holding a budget"):
            model = wrapper_parts.requested_model(params)
            configuration = wrapper_parts.configuration(self.wrapper, wrapper_parts.index_of(self.wrapper, client))
            budget.before_call(self.session, wrapper_parts.provider(client, configuration, model), model)

    def hold_budget_of_first(self, config: dict[str, Any]) -> None:
        """Hold the budget once for all configurations, as if the first one was asked: not every client is observed."""
        client = next(iter(getattr(self.wrapper, "_clients", ())), None)
        self.hold_budget(client, {**wrapper_parts.configuration(self.wrapper, 0), **config})
        self.started = time.perf_counter()

    def tell_unseen(self, error: BaseException, config: dict[str, Any]) -> None:
        """Record a failure of a client whose ``create`` is not observed and that AG2 did not report."""
        if self.told or self.all_seen or isinstance(error, BudgetExceeded):
            return
        attempt = Attempt(None, config, None)
        attempt.error = error
        with PROCESS.guard.protect("recording a model call"):
            record(self, attempt, cost=None, is_cached=False)

    def tell_pending(self) -> None:
        """Record the attempt that runtime logging did not report."""
        attempt, self.pending = self.pending, None
        if attempt is not None:
            with PROCESS.guard.protect("recording a model call"):
                record(self, attempt, cost=None, is_cached=False)


INVOCATION: ContextVar[Invocation | None] = ContextVar("ag2obs_invocation", default=None)


def wrapper_create(
    patches: Patches, keep_in_place: Callable[[], None]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the replacement maker for ``OpenAIWrapper.create``; it sees to it that runtime logging reports to us."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(wrapper: Any, *args: Any, **config: Any) -> Any:
            keep_in_place()
            invocation = _begin(patches, wrapper, config)
            if invocation is None:
                return original(wrapper, *args, **config)
            if not invocation.all_seen:
                invocation.hold_budget_of_first(config)
            token = INVOCATION.set(invocation)
            try:
                return original(wrapper, *args, **config)
            except BaseException as error:
                invocation.tell_pending()
                invocation.tell_unseen(error, config)
                raise
            finally:
                INVOCATION.reset(token)
                invocation.tell_pending()

        return create

    return make


def client_create(original: Callable[..., Any]) -> Callable[..., Any]:
    """Replacement for the ``create`` of a model client's class."""

    def create(client: Any, params: Any, *args: Any, **kwargs: Any) -> Any:
        invocation = INVOCATION.get()
        if invocation is None or _is_inside_an_attempt(invocation):
            return original(client, params, *args, **kwargs)
        invocation.tell_pending()
        if invocation.all_seen:
            invocation.hold_budget(client, params)
        attempt = Attempt(client, params, wrapper_parts.index_of(invocation.wrapper, client))
        invocation.pending = attempt
        token = HTTP_CALL.set(attempt.http)
        try:
            attempt.response = original(client, params, *args, **kwargs)
            return attempt.response
        except BaseException as error:
            attempt.error = error
            raise
        finally:
            attempt.ms = milliseconds_since(attempt.http.started)
            HTTP_CALL.reset(token)

    return create


def _is_inside_an_attempt(invocation: Invocation) -> bool:
    """Whether a client is at work already, which calls another client or its own base class."""
    return invocation.pending is not None and HTTP_CALL.get() is invocation.pending.http


def reported(
    invocation_id: object,
    client_id: object,
    source: object,
    request: Any,
    response: Any,
    is_cached: object,
    cost: object,
) -> None:
    """Record what runtime logging reports: the pending attempt, a cache hit, or a call we did not see begin."""
    invocation = INVOCATION.get()
    if invocation is None:
        session = PROCESS.route(source)
        if session is None:
            return
        invocation = Invocation(session, None, source)
    if is_cached:
        invocation.tell_pending()
    invocation.id = str(invocation_id)
    attempt, invocation.pending = invocation.pending, None
    if attempt is None:
        client = wrapper_parts.client_by_id(invocation.wrapper, client_id)
        attempt = Attempt(client, request, wrapper_parts.index_of(invocation.wrapper, client))
        attempt.response = response
        if not is_cached and not invocation.all_seen:
            attempt.ms = milliseconds_since(invocation.started)
    record(invocation, attempt, cost=cost, is_cached=bool(is_cached))


def record(invocation: Invocation, attempt: Attempt, *, cost: object, is_cached: bool) -> None:
    """Turn an attempt into its event and record it with the messages it sent and got."""
    session = invocation.session
    invocation.told += 1
    params = attempt.params if isinstance(attempt.params, dict) else {}
    configuration = wrapper_parts.configuration(invocation.wrapper, attempt.index)
    event = _event(invocation, attempt, params, configuration)
    event.cached = is_cached
    event.attempts = 0 if is_cached else attempt.http.attempts
    event.cost_ag2 = cost if isinstance(cost, float | int) and not isinstance(cost, bool) else None
    failure = attempt.error if attempt.error is not None else responses.reported_failure(attempt.response)
    sent = responses.messages_sent(params)
    outputs: list[Any] = []
    if failure is None:
        event.status = STATUS_OK
        with PROCESS.guard.protect("reading the messages of a response"):
            outputs = responses.messages_of(attempt.response, name_of(invocation.agent))
        _measure(event, attempt)
        if event.usage is None:
            _estimate(event, sent, outputs)
        quality = event.cost_quality or "exact"
        session.price(event, quality, configuration.get("price"))
    elif isinstance(failure, BaseException):
        event.status, event.error, event.cost_reason = status_of(failure), session.failure(failure), "failed"
    else:
        event.status, event.cost_reason = STATUS_ERROR, "failed"
        event.error = ErrorInfo(id=session.next_failure_id(), type="openai.APIError", message=failure)
    session.record_call(event, sent, outputs)


def _begin(patches: Patches, wrapper: Any, config: dict[str, Any]) -> Invocation | None:
    if not PROCESS.sessions:
        return None
    with PROCESS.guard.protect("starting to observe a model call"):
        agent = config.get("agent")
        session = PROCESS.route(agent if agent is not None else wrapper)
        if session is None:
            return None
        if session.first_sight(wrapper):
            learn_wrapper(session, wrapper)
            http_attempts.install(patches)
        if agent is not None:
            record_first_sight(session, agent)
        invocation = Invocation(session, wrapper, agent)
        for client in getattr(wrapper, "_clients", ()):
            if not patches.replace_where_defined(type(client), "create", client_create):
                invocation.all_seen = False
        return invocation
    return None


def _event(invocation: Invocation, attempt: Attempt, params: dict[str, Any], configuration: dict[str, Any]) -> Event:
    session = invocation.session
    event = Event(kind=KIND, span=new_span_id(), invocation=invocation.id, ms=attempt.ms or None)
    binding = CURRENT.get()
    outer = binding_of(session)
    event.parent = outer.span if outer is not None else session.span
    event.agent = name_of(invocation.agent)
    if binding is not None and binding.session is session:
        event.purpose, event.group = binding.purpose, binding.group
        if binding.purpose == "speaker_selection":
            event.agent = binding.group or event.agent
        event.agent = event.agent or binding.agent
    event.request_model = wrapper_parts.requested_model(params)
    event.stream = bool(params.get("stream"))
    event.first_byte_ms = attempt.http.first_byte_ms
    event.provider = wrapper_parts.provider(attempt.client, configuration, event.request_model)
    shown = {key: value for key, value in params.items() if key not in _NOT_PARAMETERS}
    if params.get("tools"):
        shown["tools"] = responses.tool_names(params["tools"])
    event.params = bounded(shown) if shown else None
    if attempt.index:
        event.detail = {"config": attempt.index}
    return event


def _measure(event: Event, attempt: Attempt) -> None:
    """Set models and tokens: the provider's own usage where it was seen, else what AG2 left of it."""
    found = extract(attempt.response, client_class=type(attempt.client).__name__, streamed=event.stream)
    event.model = found.model or event.request_model
    event.response_id, event.finish_reason = found.response_id, found.finish_reason
    event.usage, event.cost_quality = found.usage, found.quality
    raw, raw_usage = attempt.http.usage(event.provider)
    if raw is not None:
        event.usage, event.cost_quality, event.raw_usage = raw, "exact", raw_usage
    elif responses.counts_itself(type(attempt.client).__name__, attempt.params):
        event.usage = None
    if event.usage is not None:
        event.tokens_source = "provider"


def _estimate(event: Event, sent: list[Any], outputs: list[Any]) -> None:
    """Count the tokens of a call whose provider told none."""
    with PROCESS.guard.protect("estimating tokens"):
        answer = " ".join(str(message.get("content") or message.get("tool_calls") or "") for message in outputs)
        event.usage, event.tokens_source = estimate_usage(sent, answer, event.model)
        event.cost_quality = "estimate"
