"""What tools, errors and journeys tell of a workflow of AG2 v1, live and over its log."""

from __future__ import annotations

from typing import Any

from ag2obs import ag2_logging_session
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.timeline.journey import JourneyFold
from ag2obs.analysis.timeline.timeline_fold import TimelineFold
from ag2obs.analysis.tools.tools_fold import ToolsFold
from ag2obs.readers import iter_events
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import Scenario, hub, run


def test_a_scenario(server: ModelServer, log: Log) -> None:
    def folds() -> list[Any]:
        return [ToolsFold(), TimelineFold(), ErrorsFold(), JourneyFold("bob-A"), JourneyFold("boss-A")]

    live = folds()

    async def main() -> None:
        scenario = Scenario("A", server.base_url)
        async with hub() as at, ag2_logging_session("chat", "analysis", settings=log.settings()) as session:
            for fold in live:
                session.attach(fold)
            await scenario.register(at)
            await scenario.run()

    run(main())
    finish()
    offline = folds()
    for event in iter_events(log.path):
        for fold in offline:
            fold.add(event)
    for one, other in zip(live, offline, strict=True):
        assert one.result() == other.result()

    tools, timeline, errors, bob, boss = (fold.result() for fold in offline)
    assert (tools.calls, tools.failures) == (Scenario.TOOL_CALLS, Scenario.FAILED_TOOLS)
    assert {tool.name for tool in tools.tools if tool.type == "agent"} == {"research", "delegate"}
    assert timeline.sessions[0].missing == 0
    failed = {pattern.type: pattern.last_occurrence for pattern in errors.patterns}
    bad = failed["ValueError"]
    assert (bad.tool, bad.causes[0].relation, bad.causes[0].kind) == ("bad", "tool call id", "llm.call")
    assert "was told" in {row.did for row in bob.rows}
    assert "said" in {row.did for row in bob.rows}
    assert next(row.text for row in boss.rows if row.did == "was told").startswith("user: CALLTOOL:research")
    assert (boss.messages_received, boss.messages_sent) == (1, 1)
