"""What AG2 v1 does not tell: failed calls, retries of the SDK, cut streams, calls that were never made."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import pytest
from ag2 import Agent
from ag2.middleware import BaseMiddleware

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer, Reply
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import config, run


def test_a_failed_call_is_an_event(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("failer", config=config(server.base_url))
        errors = ag2_logging_session("chat", "errors", settings=log.settings())
        with errors as session, pytest.raises(Exception, match="told to fail"):
            await agent.ask("FAIL:400")
        assert session.summary().to_dict()["totals"]["failed_calls"] == 1
        assert session.summary().errors == 1

    run(main())
    finish()
    call, reply = log.events("llm.call")[0], log.events("agent.reply")[0]
    assert call["status"] == "error"
    assert call["error"]["type"] == "openai.BadRequestError"
    assert call["error"]["status_code"] == 400
    assert call["cost_reason"] == "failed"
    assert reply["error"]["id"] == call["error"]["id"]
    assert reply["error"]["repeat"] is True


def test_retries_of_the_sdk_are_attempts_of_one_call(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("chat", "retries", settings=log.settings()):
        run(Agent("patient", config=config(server.base_url, max_retries=2)).ask("FAIL:500:2 SAY:at last"))
    finish()
    assert [event["attempts"] for event in log.events("llm.call")] == [3]


def test_a_cut_stream_has_no_known_cost(server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture) -> None:
    chunk = {"id": "c", "model": "gpt-4o-mini", "choices": [{"index": 0, "delta": {"content": "half an ans"}}]}
    body = f"data: {json.dumps(chunk)}\n\n".encode()
    server.script([Reply(body=body, headers={"content-type": "text/event-stream"})])
    agent = Agent("streamer", config=config(server.base_url, streaming=True))
    with ag2_logging_session("chat", "cut", settings=log.settings()) as session:
        reply = run(agent.ask("hello"))
    assert reply.body == "half an ans"  # AG2 goes on as if that were the answer
    finish()
    call, alert = log.events("llm.call")[0], log.events("alert")[0]
    assert call["cost_reason"] == "cut_stream"
    assert "cost_usd" not in call
    assert call["stream"] is True
    assert alert["reason"] == "cut_stream"
    assert alert["parent"] == call["span"]
    assert session.summary().cost_complete is False
    assert [record.levelno for record in caplog.records if "was cut off" in record.message] == [logging.WARNING]


def test_tokens_that_no_provider_told_are_estimated(server: ModelServer, log: Log) -> None:
    server.script([Reply("an answer without usage", usage=None)])
    with ag2_logging_session("chat", "estimate", settings=log.settings()):
        run(Agent("helper", config=config(server.base_url)).ask("hello"))
    finish()
    call = log.events("llm.call")[0]
    assert call["cost_quality"] == "estimate"
    assert call["tokens_source"] in ("estimate", "tiktoken", "bpe-openai")
    assert call["usage"]["output"] > 0


class Cache(BaseMiddleware):
    """Answers what it was asked before without asking again."""

    answers: dict[str, Any] = {}  # noqa: RUF012  # one cache for all turns, as a user's would be

    async def on_llm_call(self, call_next: Any, events: Any, context: Any) -> Any:
        key = str(events[-1])
        if key not in self.answers:
            self.answers[key] = await call_next(events, context)
        return self.answers[key]


def test_a_call_that_a_cache_answered_is_no_spend(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("cached", config=config(server.base_url), middleware=[Cache])
        with ag2_logging_session("chat", "cache", settings=log.settings()) as session:
            await agent.ask("the same question")
            await agent.ask("the same question")
        totals = session.summary().to_dict()["totals"]
        reported = server.totals()
        assert reported.requests == 1
        assert totals["tokens"]["total"] == reported.prompt_tokens + reported.completion_tokens
        assert totals["cached_calls"] == 1
        assert totals["saved_usd"] == totals["cost_usd"]

    run(main())
    finish()
    made, cached = log.events("llm.call")
    assert "cached" not in made
    assert cached["cached"] is True
    assert cached["cost_source"] == "ag2_cache"


def test_the_answer_of_another_client_is_spend(server: ModelServer, log: Log) -> None:
    """After a failed call a middleware may ask somebody else: that was paid for, and AG2 tells its usage alone."""

    class Fallback(BaseMiddleware):
        async def on_llm_call(self, call_next: Any, events: Any, context: Any) -> Any:
            try:
                return await call_next(events, context)
            except Exception:
                server.script([])
                other = config(server.base_url, model="gpt-4o").create()
                return await other(events, context, tools=[], response_schema=None, serializer=None)

    server.script([Reply("no", status=400)])
    agent = Agent("careful", config=config(server.base_url), middleware=[Fallback])
    with ag2_logging_session("chat", "fallback", settings=log.settings()):
        run(agent.ask("hello"))
    finish()
    failed, told = log.events("llm.call")
    assert failed["status"] == "error"
    assert told["model"] == "gpt-4o"
    assert float(told["cost_usd"]) > 0


def test_what_a_retrying_middleware_asks_twice_is_two_calls(server: ModelServer, log: Log) -> None:
    class Twice(BaseMiddleware):
        async def on_llm_call(self, call_next: Any, events: Any, context: Any) -> Any:
            await call_next(events, context)
            return await call_next(events, context)

    with ag2_logging_session("chat", "twice", settings=log.settings()) as session:
        run(Agent("doubtful", config=config(server.base_url), middleware=[Twice]).ask("hello"))
    finish()
    reported = server.totals()
    assert session.summary().llm_calls == reported.requests == 2
    assert session.summary().to_dict()["totals"]["tokens"]["input"] == reported.prompt_tokens


def test_a_cancelled_turn_is_cancelled(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("slow", config=config(server.base_url))
        with ag2_logging_session("chat", "cancelled", settings=log.settings()):
            asking = asyncio.create_task(agent.ask("TIMEOUT:30"))
            while not server.requests:
                await asyncio.sleep(0.01)
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking

    run(main())
    finish()
    assert [event["status"] for event in log.events("llm.call")] == ["cancelled"]
    assert [event["status"] for event in log.events("agent.reply")] == ["cancelled"]
