"""What tools, timelines, errors and journeys tell of a real chat, live and over its log."""

from __future__ import annotations

from typing import Any

from ag2obs import LogAnalyzer, ag2_logging_session
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.timeline.journey import JourneyFold
from ag2obs.analysis.timeline.timeline_fold import TimelineFold
from ag2obs.analysis.tools.tools_fold import ToolsFold
from ag2obs.readers import iter_events
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log
from tests.integration.workflows import pair, quiet


def test_a_chat_whose_tools_work_and_fail(server: ModelServer, log: Log) -> None:
    assistant, user = pair("t", server.base_url)
    live: list[Any] = [ToolsFold(), TimelineFold(), ErrorsFold(), JourneyFold(user.name)]
    text = 'CALLTOOL:sync_tool:{"x": 1} CALLTOOL:unheard_of:{"x": 3}'
    with quiet(), ag2_logging_session("chat", "analysis", settings=log.settings()) as session:
        for fold in live:
            session.attach(fold)
        user.initiate_chat(assistant, message=text, max_turns=2)
    offline: list[Any] = [ToolsFold(), TimelineFold(), ErrorsFold(), JourneyFold(user.name)]
    for event in iter_events(log.path):
        for fold in offline:
            fold.add(event)
    for one, other in zip(live, offline, strict=True):
        assert one.result() == other.result()

    tools, timeline, errors, journey = (fold.result() for fold in offline)
    assert {tool.name: (tool.calls, tool.failures) for tool in tools.tools} == {
        "sync_tool": (1, 0),
        "unheard_of": (1, 1),
    }
    assert timeline.sessions[0].missing == 0
    assert not [row for row in timeline.rows if row.mark]
    (pattern,) = errors.patterns
    assert (errors.exceptions, pattern.type, pattern.tools) == (1, "ToolNotFound", {"unheard_of": 1})
    causes = [(link.relation, link.kind, link.agent) for link in pattern.last_occurrence.causes if not link.guess]
    assert causes[0] == ("tool call id", "llm.call", assistant.name)
    assert ("agent.reply", user.name) in [(link.kind, link.agent) for link in pattern.last_occurrence.inside]
    assert {"said", "was told", "called", "replied"} <= {row.did for row in journey.rows}
    assert (journey.totals.tool_calls, journey.totals.tool_failures) == (2, 1)
    assert journey.messages_sent == 2

    chain = LogAnalyzer(log.path).find_causality_chain("e1")
    assert chain[0]["agent_id"] == assistant.name
