"""AG2 Classic and AG2 v1 in one process, in two sessions at once: both complete, nothing mixed."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish

pytest.importorskip("autogen")
pytest.importorskip("ag2.agent")
pytest.importorskip("ag2.config.openai", reason="AG2 v1 and this openai do not fit", exc_type=ImportError)


def test_a_workflow_of_each_at_once(server: ModelServer, log: Log) -> None:
    from tests.integration.v1.workflows import Scenario, hub, run
    from tests.integration.workflows import TOOL, pair, quiet

    both = threading.Barrier(2)

    def classic() -> None:
        assistant, user = pair("classic", server.base_url_for("classic"))
        with quiet(), ag2_logging_session("classic", "both", settings=log.settings()):
            both.wait()
            user.initiate_chat(assistant, message=TOOL, max_turns=3)
            both.wait()

    async def v1() -> None:
        scenario = Scenario("v1", server.base_url_for("v1"))
        async with hub() as at:
            await scenario.register(at)
            with ag2_logging_session("v1", "both", settings=log.settings()):
                await asyncio.to_thread(both.wait)
                await scenario.run()
                await asyncio.to_thread(both.wait)

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException:
            both.abort()  # the other one is not to wait for ever
            raise

    with ThreadPoolExecutor(2) as threads:
        for running in [threads.submit(guarded, classic), threads.submit(guarded, lambda: run(v1()))]:
            running.result()
    finish()
    for tag in ("classic", "v1"):
        events = [event for event in log.events() if event["chat_id"] == tag]
        calls = [event for event in events if event["kind"] == "llm.call"]
        reported = server.totals(tag)
        assert len(calls) == reported.requests
        assert sum(call["usage"]["input"] for call in calls if "usage" in call) == reported.prompt_tokens
        assert events[-1]["kind"] == "session.end"
        assert events[-1]["status"] == "ok"
    agents = Counter((event["chat_id"], "v1" in event["agent"]) for event in log.events() if event.get("agent"))
    assert set(agents) == {("classic", False), ("v1", True)}
    assert server.totals("v1").requests == Scenario.CALLS
