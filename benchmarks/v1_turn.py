"""CPU time of a turn of AG2 v1 whose model answers at once: alone, observed, and beside AG2's own telemetry.

With AG2's own test configuration the framework alone is all there is to slow down: no client, no network, no waiting.
Through the client of OpenAI, to a model server in another process, it is the turn that users have; what that server
takes does not count. The variants take turns in rounds; the tenth percentile says more than the median on a machine
that is never quiet.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

ROUNDS, TURNS = 15, 25

Variant = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens what a variant needs and yields its agent."""


Model = Callable[[], Any]
"""Returns the model configuration of a new agent."""

_SERVER = """
import sys
from ag2obs.testing import ModelServer
with ModelServer() as server:
    print(server.base_url, flush=True)
    sys.stdin.read()
"""


def _tools() -> list[Any]:
    from ag2 import tool

    @tool
    async def look_up(x: int) -> str:
        """Look something up."""
        return f"{x} is known"

    return [look_up]


def _scripted(*, calls_tool: bool) -> Any:
    """Return AG2's own test configuration, which answers without a client."""
    from ag2.events import ModelMessage, ModelResponse, ToolCallEvent, ToolCallsEvent, Usage
    from ag2.testing import TestConfig

    usage = Usage(prompt_tokens=100, completion_tokens=20, total_tokens=120)
    told = {"usage": usage, "model": "gpt-4o-mini", "provider": "openai", "finish_reason": "stop"}
    answer = ModelResponse(ModelMessage("The quarterly report shows steady progress. " * 20), **told)
    call = ModelResponse(None, tool_calls=ToolCallsEvent([ToolCallEvent("look_up", arguments='{"x": 1}')]), **told)
    script = [call, answer] if calls_tool else [answer]
    return TestConfig(*(script * TURNS * 2))


@contextlib.contextmanager
def _through_the_client() -> Iterator[Model]:
    """Yield what makes configurations of OpenAI's client for a model server in a process of its own."""
    from ag2.config import OpenAIConfig

    with subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        base_url = server.stdout.readline().decode().strip()
        try:
            yield lambda: OpenAIConfig(model="gpt-4o-mini", api_key="not-a-key", base_url=base_url)
        finally:
            server.stdin.close()


def _variants(folder: str, model: Model) -> dict[str, Variant]:
    from ag2 import Agent

    from ag2obs import Settings, ag2_logging_session
    from ag2obs.adapters.v1 import plugin

    def settings(**changes: Any) -> Settings:
        file = str(Path(folder, "log.jsonl"))
        return Settings.from_environment({}, dotenv=False, enabled=True, log_file=file, late_seconds=0, **changes)

    def agent(**options: Any) -> Any:
        return Agent("helper", "You help.", config=model(), tools=_tools(), **options)

    @contextlib.asynccontextmanager
    async def plain() -> AsyncIterator[Any]:
        yield agent()

    @contextlib.asynccontextmanager
    async def observed() -> AsyncIterator[Any]:
        async with ag2_logging_session("chat", "bench", settings=settings()):
            yield agent()

    @contextlib.asynccontextmanager
    async def with_plugin() -> AsyncIterator[Any]:
        async with ag2_logging_session("chat", "bench", settings=settings(patch=False)):
            yield agent(plugins=[plugin()])

    @contextlib.asynccontextmanager
    async def telemetry() -> AsyncIterator[Any]:
        from ag2.middleware.builtin.telemetry import TelemetryMiddleware
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
        yield agent(middleware=[TelemetryMiddleware(tracer_provider=provider)])

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


async def _measure(folder: str, model: Model) -> None:
    variants = _variants(folder, model)
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
    """Print the CPU time of a plain turn, of one with a tool and of one through a client, for each variant."""
    with tempfile.TemporaryDirectory() as folder, _through_the_client() as client:
        for what, model in (
            ("a turn of the framework alone", lambda: _scripted(calls_tool=False)),
            ("a turn of the framework alone, with a tool call", lambda: _scripted(calls_tool=True)),
            ("a turn through OpenAI's client", client),
        ):
            print(f"  {what}:")
            asyncio.run(_measure(folder, model))


if __name__ == "__main__":
    main()
