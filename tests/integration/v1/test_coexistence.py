"""Others that look at the same agents: AG2's own middleware, and tools that wrap the methods that we wrap."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from ag2 import Agent
from ag2.agent import Agent as AgentClass
from ag2.context import ConversationContext

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import calc, call, config, run

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("prometheus_client")


def test_the_frameworks_own_telemetry_counts_what_it_counted(server: ModelServer, log: Log) -> None:
    from ag2.middleware.builtin.metrics import MetricsMiddleware
    from ag2.middleware.builtin.telemetry import TelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from prometheus_client import CollectorRegistry

    def spans(settings: Any) -> tuple[list[str], float]:
        exporter, provider, registry = InMemorySpanExporter(), TracerProvider(), CollectorRegistry()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        middleware = [
            TelemetryMiddleware(tracer_provider=provider, agent_name="helper"),
            MetricsMiddleware(registry),
        ]
        agent = Agent("helper", config=config(server.base_url), tools=[calc], middleware=middleware)

        async def main() -> None:
            if settings is None:
                await agent.ask(call("calc", x=1))
            else:
                with ag2_logging_session("chat", "telemetry", settings=settings):
                    await agent.ask(call("calc", x=1))

        run(main())
        counted = sum(
            sample.value
            for metric in registry.collect()
            for sample in metric.samples
            if sample.name == "ag2_llm_calls_total"
        )
        return sorted(span.name for span in exporter.get_finished_spans()), counted

    assert spans(None) == spans(log.settings())
    finish()
    assert len(log.events("llm.call")) == 2


def wrapping(original: Callable[..., Any], seen: list[str], *, honest: bool) -> Callable[..., Any]:
    """Return what another tool puts over a method; an honest one says what it wraps."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        seen.append(original.__name__)
        return original(*args, **kwargs)

    return functools.wraps(original)(wrapper) if honest else wrapper


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("outermost", [True, False])
def test_another_tool_wraps_the_same_methods(
    server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch, outermost: bool, honest: bool
) -> None:
    """Before us or over us, and gone before or after us: each model call counts once, in this session and the next."""
    seen: list[str] = []
    originals = {(AgentClass, "_turn_scope"), (ConversationContext, "send")}
    clean = {name: vars(owner)[name] for owner, name in originals}

    def wrap() -> None:
        for owner, name in originals:
            monkeypatch.setattr(owner, name, wrapping(vars(owner)[name], seen, honest=honest))

    agent = Agent("helper", config=config(server.base_url))

    async def main() -> None:
        if not outermost:
            wrap()
        for chat in ("first", "second"):
            with ag2_logging_session(chat, "wrapped", settings=log.settings()):
                if outermost and chat == "first":
                    wrap()
                await agent.ask("hello")
        with ag2_logging_session("third", "wrapped", settings=log.settings()):
            monkeypatch.undo()
            for owner, name in originals:
                if not outermost:
                    setattr(owner, name, clean[name])
            await agent.ask("hello")

    run(main())
    finish()
    for owner, name in originals:
        setattr(owner, name, clean[name])
    assert "send" in seen
    calls = [event["chat_id"] for event in log.events("llm.call")]
    assert calls[:2] == ["first", "second"]
    assert calls.count("third") <= 1


def test_nothing_stays_after_the_last_session(server: ModelServer, log: Log) -> None:
    before = {name: vars(owner)[name] for owner, name in ((AgentClass, "_turn_scope"), (ConversationContext, "send"))}
    with ag2_logging_session("chat", "clean", settings=log.settings()):
        assert vars(AgentClass)["_turn_scope"] is not before["_turn_scope"]
        run(Agent("helper", config=config(server.base_url)).ask("hello"))
    finish()
    assert vars(AgentClass)["_turn_scope"] is before["_turn_scope"]
    assert vars(ConversationContext)["send"] is before["send"]
