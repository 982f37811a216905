"""The cost report of real chats: what it says of history, purposes and retries, live and from the log."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ag2obs import ag2_logging_session
from ag2obs.analysis.cost.cost_fold import CostFold
from ag2obs.readers import iter_events
from ag2obs.testing import ModelServer, Reply, Tokens
from tests.integration.conftest import Log
from tests.integration.workflows import config, group_chat_auto, initiate_chat, pair, quiet, summarised_chat


def observed(log: Log, run: Callable[[], Any]) -> tuple[CostFold, Any]:
    """Run a workflow in a session; returns the fold that was attached to it and the session's summary."""
    fold = CostFold()
    with quiet(), ag2_logging_session("chat", "cost", settings=log.settings()) as session:
        session.attach(fold)
        run()
    return fold, session.summary()


def offline(log: Log) -> CostFold:
    """Return a fold over the log."""
    fold = CostFold()
    for event in iter_events(log.path):
        fold.add(event)
    return fold


@pytest.mark.parametrize("workflow", [initiate_chat, group_chat_auto, summarised_chat])
def test_live_equals_offline_and_the_summary(workflow: Any, server: ModelServer, log: Log) -> None:
    fold, summary = observed(log, workflow("cost", server.base_url))
    report = fold.result()
    assert report == offline(log).result()
    totals, expected = report.to_dict()["totals"], summary.to_dict()["totals"]
    assert {key: totals[key] for key in totals if key in expected} == {
        key: expected[key] for key in expected if key in totals
    }
    assert report.totals.history.unknown_calls == 0
    purposes = {part.name for part in report.purposes}
    special = {group_chat_auto: "speaker_selection", summarised_chat: "summary"}.get(workflow)
    assert purposes == {"reply", special} - {None}


def test_history_grows_with_the_turns(server: ModelServer, log: Log) -> None:
    server.script([Reply(f"{turn} " * 200, usage=Tokens(prompt=100 * turn, completion=50)) for turn in (1, 2, 3)])
    assistant, user = pair("history", server.base_url)
    fold, _ = observed(log, lambda: user.initiate_chat(assistant, message="x " * 200, max_turns=3))
    history = fold.result().totals.history
    assert history.calls == 3
    # Of 200 tokens about a half was sent before, of 300 two thirds.
    assert 200 < history.resent_tokens < 360
    assert history.usd is not None
    assert history.usd > Decimal("0.15") / 1_000_000 * 200


def test_a_second_configuration_is_a_retry(server: ModelServer, log: Log) -> None:
    from autogen import OpenAIWrapper

    entries = [config(server.base_url, max_retries=0)["config_list"][0] for _ in range(2)]
    server.script([Reply("no", status=500), Reply("yes", usage=Tokens(prompt=10, completion=5))])
    wrapper = OpenAIWrapper(config_list=entries, cache_seed=None)
    fold, _ = observed(log, lambda: wrapper.create(messages=[{"role": "user", "content": "hello"}]))
    totals = fold.result().totals
    assert (totals.retries.failed.llm_calls, totals.retries.again.llm_calls) == (1, 1)
    assert totals.history.resent_tokens == 0, "a request that failed did not pay for the message"
