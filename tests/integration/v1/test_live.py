"""Live agents of AG2 v1: their tokens, tools and what was heard and said, though no model call of theirs is seen."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from ag2 import tool
from ag2.events import (
    ModelMessage,
    ModelResponse,
    ToolCallEvent,
    ToolCallsEvent,
    ToolResultsEvent,
    TranscriptionCompletedEvent,
    Usage,
    UsageEvent,
)
from ag2.live import LiveAgent

from ag2obs import ag2_logging_session
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import calc, run


class Realtime:
    """A provider's session that answers once, as the real ones do: usage first, then the response."""

    model = "gpt-4o-mini"

    @contextlib.asynccontextmanager
    async def session(self, context: Any, **_: Any) -> AsyncIterator[None]:
        yield

    async def answer(self, context: Any, text: str) -> None:
        usage = Usage(prompt_tokens=100, completion_tokens=20, total_tokens=120)
        await context.send(UsageEvent(usage, kind="model_call", model=self.model, provider="openai"))
        await context.send(ModelResponse(ModelMessage(text), usage=usage, model=self.model, provider="openai"))


@tool
def look_up(x: int) -> str:
    """Look something up."""
    raise LookupError("there is none")


def test_a_realtime_session(log: Log) -> None:
    realtime = Realtime()

    async def main() -> None:
        agent = LiveAgent("speaker", "You speak.", config=realtime, tools=[calc, look_up])
        with ag2_logging_session("chat", "live", settings=log.settings()) as session:
            async with agent.run() as context:
                await context.send(TranscriptionCompletedEvent("what is twice one?"))
                async with context.stream.get(ToolResultsEvent) as results:
                    calls = [ToolCallEvent("calc", id="t1", arguments='{"x": 1}'), ToolCallEvent("look_up", id="t2")]
                    calls[1].arguments = '{"x": 1}'
                    await context.send(ToolCallsEvent(calls))
                    await results
                await realtime.answer(context, "it is two")
        assert session.summary().llm_calls == 1

    run(main())
    finish()
    [call] = log.events("llm.call")
    assert call["agent"] == "speaker"
    assert call["usage"] == {"input": 100, "output": 20}
    assert Decimal(call["cost_usd"]) == Decimal("0.000027")
    assert "cached" not in call
    assert {event["tool"]: event["status"] for event in log.events("tool.call")} == {"calc": "ok", "look_up": "error"}
    assert {event["agent"] for event in log.events("tool.call")} == {"speaker"}
    said = [(event["sender"], log.text_of(event["message"])) for event in log.events("agent.message")]
    assert said == [("user", "what is twice one?"), ("speaker", "it is two")]
