"""CPU time of a turn of AG2 v1 whose model answers at once: alone, observed, and beside AG2's own telemetry.

The framework alone is all there is to slow down: no network, no waiting. The variants take turns in rounds; the tenth
percentile says more than the median on a machine that is never quiet.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

ROUNDS, TURNS = 15, 25

Variant = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens what a variant needs and yields its agent."""


def _agent(*, calls_tool: bool, **options: Any) -> Any:
    from ag2 import Agent, tool
    from ag2.events import ModelMessage, ModelResponse, ToolCallEvent, ToolCallsEvent, Usage
    from ag2.testing import TestConfig

    @tool
    async def look_up(x: int) -> str:
        """Look something up."""
        return f"{x} is known"

    usage = Usage(prompt_tokens=100, completion_tokens=20, total_tokens=120)
    told = {"usage": usage, "model": "gpt-4o-mini", "provider": "openai", "finish_reason": "stop"}
    answer = ModelResponse(ModelMessage("The quarterly report shows steady progress. " * 20), **told)
    call = ModelResponse(None, tool_calls=ToolCallsEvent([ToolCallEvent("look_up", arguments='{"x": 1}')]), **told)
    script = [call, answer] if calls_tool else [answer]
    return Agent("helper", "You help.", config=TestConfig(*(script * TURNS * 2)), tools=[look_up], **options)


def _variants(folder: str, *, calls_tool: bool) -> dict[str, Variant]:
    from ag2obs import Settings, ag2_logging_session
    from ag2obs.adapters.v1 import plugin

    def settings(**changes: Any) -> Settings:
        file = str(Path(folder, "log.jsonl"))
        return Settings.from_environment({}, dotenv=False, enabled=True, log_file=file, late_seconds=0, **changes)

    @contextlib.asynccontextmanager
    async def plain() -> AsyncIterator[Any]:
        yield _agent(calls_tool=calls_tool)

    @contextlib.asynccontextmanager
    async def observed() -> AsyncIterator[Any]:
        async with ag2_logging_session("chat", "bench", settings=settings()):
            yield _agent(calls_tool=calls_tool)

    @contextlib.asynccontextmanager
    async def with_plugin() -> AsyncIterator[Any]:
        async with ag2_logging_session("chat", "bench", settings=settings(patch=False)):
            yield _agent(calls_tool=calls_tool, plugins=[plugin()])

    @contextlib.asynccontextmanager
    async def telemetry() -> AsyncIterator[Any]:
        from ag2.middleware.builtin.telemetry import TelemetryMiddleware
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
        yield _agent(calls_tool=calls_tool, middleware=[TelemetryMiddleware(tracer_provider=provider)])

    return {"alone": plain, "ag2obs": observed, "ag2obs plugin": with_plugin, "TelemetryMiddleware": telemetry}


async def _microseconds(variant: Variant) -> list[float]:
    """Return the CPU time of each turn of a round."""
    taken = []
    async with variant() as agent:
        await agent.ask("hello")  # not measured: what is met for the first time
        for number in range(TURNS):
            started = time.process_time()
            await agent.ask(f"question {number}")
            taken.append((time.process_time() - started) * 1e6)
    return taken


async def _measure(folder: str, *, calls_tool: bool) -> None:
    variants = _variants(folder, calls_tool=calls_tool)
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for round_number in range(ROUNDS):
        names = list(variants)
        for name in names[round_number % len(names) :] + names[: round_number % len(names)]:
            taken[name] += await _microseconds(variants[name])
    tenths = {name: statistics.quantiles(times, n=10)[0] for name, times in taken.items()}
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name in taken:
        print(
            f"  {name:20s} median {medians[name]:7.0f} us, p10 {tenths[name]:7.0f} us, "
            f"ratio of the medians {medians[name] / medians['alone']:.3f}, "
            f"of the p10 {tenths[name] / tenths['alone']:.3f}"
        )


def main() -> None:
    """Print the CPU time of a plain turn and of one with a tool, for each variant."""
    with tempfile.TemporaryDirectory() as folder:
        for calls_tool in (False, True):
            print(f"  a turn {'with a tool call' if calls_tool else 'without tools'}:")
            asyncio.run(_measure(folder, calls_tool=calls_tool))


if __name__ == "__main__":
    main()
