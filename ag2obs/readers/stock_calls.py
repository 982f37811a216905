"""Model calls of AG2's own logs: one ``llm.call`` for each completion line or row, priced by us."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ag2obs.events import STATUS_ERROR, STATUS_OK, ErrorInfo, Event
from ag2obs.readers.stock_fields import Record, first_text, mapping, moment, text
from ag2obs.readers.stock_responses import (
    client_of,
    messages_of,
    messages_sent,
    read_response,
    reported_failure,
    tool_calls_of,
)
from ag2obs.readers.stock_session import StockSession, ToolCall, bounded
from ag2obs.usage.counting import estimate_usage
from ag2obs.usage.extraction import extract
from ag2obs.usage.prices import PriceBook
from ag2obs.usage.providers import provider_of

_SPEAKER_SELECTION = frozenset({"speaker_selection_agent", "checking_agent"})
"""The agents that AG2 builds for every speaker selection."""

_NOT_PARAMETERS = frozenset({"messages", "prompt", "input", "tools", "functions", "response_format", "model", "stream"})


def call_events(record: Record, session: StockSession, prices: PriceBook) -> list[Event]:
    """Return the ``llm.call`` of a completion, after the messages that were not seen before."""
    request = mapping(record.get("request"))
    event = _event(record, request, session)
    client, configuration = session.client_of(record, event.request_model)
    client_name = client.name if client is not None else None
    event.provider = _provider(client_name, configuration, event.request_model)
    failure = reported_failure(record.get("response"))
    outputs: list[dict[str, Any]] = []
    if failure is not None:
        message, code = failure
        event.status, event.cost_reason = STATUS_ERROR, "failed"
        event.error = ErrorInfo(
            id=session.next_failure_id(), type="openai.APIError", message=bounded(message), code=bounded(code)
        )
    else:
        event.status = STATUS_OK
        response = read_response(record.get("response"))
        outputs = messages_of(response, event.agent)
        _measure(event, response, client_of(response, client_name), messages_sent(request), outputs)
        _price(event, prices, configuration.get("price"), moment(record.get("start_time")))
        session.ask([ToolCall(*call) for message in outputs for call in tool_calls_of(message)])
    created: list[Event] = []
    event.id, event.input = session.messages.refer_history(messages_sent(request), created, event.agent)
    event.output = session.messages.refer(outputs, created) or None
    return [*created, event]


def _event(record: Record, request: dict[str, Any], session: StockSession) -> Event:
    """Return the event with what the record and the request tell."""
    event = Event(kind="llm.call", agent=session.agent_of(record))
    event.invocation = first_text(record, "invocation_id")
    event.request_model = text(request.get("model"))
    event.stream = bool(request.get("stream"))
    event.cached = bool(record.get("is_cached"))
    event.attempts = 0 if event.cached else None
    event.cost_ag2 = _cost(record.get("cost"))
    if event.agent in _SPEAKER_SELECTION:
        event.purpose = "speaker_selection"
    begun, ended = moment(record.get("start_time")), moment(record.get("end_time"))
    if begun is not None and ended is not None:
        event.ms = max(0.0, round((ended - begun).total_seconds() * 1000, 3))
    shown = {key: value for key, value in request.items() if key not in _NOT_PARAMETERS}
    event.params = bounded(shown) if shown else None
    return event


def _cost(value: object) -> float | None:
    """Return AG2's figure; its 0 says that it knew no price, not that the call was free."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 < value < math.inf else None


def _provider(client: str | None, configuration: dict[str, Any], model: str | None) -> str | None:
    api_type = text(configuration.get("api_type")) or ("azure" if client == "AzureOpenAI" else None)
    base_url = text(configuration.get("base_url"))
    return provider_of(client_class=client or "", api_type=api_type, base_url=base_url, model=model)


def _measure(
    event: Event, response: dict[str, Any], client: str, sent: list[Any], outputs: list[dict[str, Any]]
) -> None:
    """Set models and tokens, which are estimated where the provider told none."""
    found = extract(response, client_class=client, streamed=event.stream)
    event.model = found.model or event.request_model
    event.response_id, event.finish_reason = found.response_id, found.finish_reason
    event.usage, event.cost_quality, event.tokens_source = found.usage, found.quality, "provider"
    if event.usage is None:
        answer = " ".join(str(message.get("content") or message.get("tool_calls") or "") for message in outputs)
        event.usage, event.tokens_source = estimate_usage(sent, answer, event.model)
        event.cost_quality = "estimate"


def _price(event: Event, prices: PriceBook, config_price: object, at: datetime | None) -> None:
    """Set the cost at the prices of the day of the call; a cache hit costs nothing and tells what it saved."""
    cost = prices.price(
        provider=event.provider,
        request_model=event.request_model,
        response_model=event.model,
        usage=event.usage,
        quality=event.cost_quality or "exact",
        at=at or datetime.now(UTC),
        config_price=config_price,
    )
    if event.cached:
        event.cost_usd, event.cost_source, event.saved_usd = Decimal(0), "ag2_cache", cost.usd
        event.cost_quality = "exact"
        return
    event.cost_usd, event.cost_source = cost.usd, cost.source
    event.cost_quality, event.cost_reason = cost.quality, cost.reason
