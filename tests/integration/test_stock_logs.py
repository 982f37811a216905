"""AG2's own loggers write, we read: the calls and tokens are those that the model server counted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ag2obs.readers import open_log
from ag2obs.readers.summaries import summarize_runtime_file
from ag2obs.testing import ModelServer, Reply, Tokens, ToolCall
from tests.integration.workflows import pair, quiet

runtime_logging = pytest.importorskip("autogen.runtime_logging")

FILE = Path("autogen_logs", "stock.log")
DATABASE = Path("logs.db")
LOGGERS = {FILE: ("file", {"filename": FILE.name}), DATABASE: ("sqlite", {"dbname": str(DATABASE)})}
REPLIES = [
    Reply(tool_calls=[ToolCall("sync_tool", '{"x": 1}')], usage=Tokens(prompt=1200, completion=34)),
    Reply('It\'s "done"\n\\ <ok> usage=CompletionUsage(prompt_tokens=9)', usage=Tokens(prompt=1300, completion=56)),
]


@pytest.mark.parametrize("path", LOGGERS, ids=str)
def test_a_log_of_ag2s_own_is_read_with_the_servers_totals(server: ModelServer, path: Path) -> None:
    for tag in ("first", "second"):
        server.script(REPLIES)
        # Built before: AG2 0.14's SQLite logger cannot log a configuration with a base_url.
        assistant, user = pair(tag, server.base_url_for(tag))
        kind, config = LOGGERS[path]
        runtime_logging.start(logger_type=kind, config=config)
        with quiet():
            user.initiate_chat(assistant, message="Double 1, please.", max_turns=2)
        runtime_logging.stop()
    summary, truth = summarize_runtime_file(path), server.totals()
    assert (summary.llm_calls, summary.failed_calls, summary.cached_calls) == (truth.requests, 0, 0)
    assert (summary.tokens.input, summary.tokens.output) == (truth.prompt_tokens, truth.completion_tokens)
    assert [session.totals.llm_calls for session in summary.sessions] == [2, 2]
    assert {session.status for session in summary.sessions} == {None}
    assert [agent.name for agent in summary.agents if agent.totals.llm_calls] == ["assistant_first", "assistant_second"]
    assert [(tool.name, tool.calls) for tool in summary.tools] == [("sync_tool", 2)]
    assert (summary.cost_complete, summary.bad_lines) == (True, 0)
    texts = [event.content for event in open_log(path).iter_events() if event.kind == "message"]
    assert REPLIES[1].text in texts


@pytest.mark.skipif(sys.platform == "win32", reason="AG2 leaves the file open there")
def test_calls_that_failed_are_failed_calls(server: ModelServer) -> None:
    server.script([Reply("no", status=500)] * 9)
    assistant, _ = pair("failing", server.base_url, max_retries=0)
    runtime_logging.start(logger_type="file", config={"filename": FILE.name})
    with pytest.raises(Exception), quiet():  # noqa: B017, PT011  # the SDK's error, whichever its version raises
        assistant.generate_reply(messages=[{"role": "user", "content": "hello"}])
    runtime_logging.stop()
    summary = summarize_runtime_file(FILE)
    assert (summary.llm_calls, summary.failed_calls, summary.errors) == (1, 1, 1)
    assert (summary.tokens.total, summary.cost_complete) == (0, True)
