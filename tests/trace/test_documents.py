"""The examples that describe the trace system run as they are, but for their import, in a session with a real log."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ag2obs.trace import AgentLogger
from tests.trace.conftest import Log

TEXT = (Path(__file__).parent / "trace_system_examples.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.*?)\n\n```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
ANALYSIS = ("LogAnalyzer", "analyze_session", "debug_issue", "analyzer.")
RECORDING = [(name, code) for name, code in EXAMPLES if not any(word in code for word in ANALYSIS)]


def run(code: str, **names: Any) -> dict[str, Any]:
    """Run an example, which may use ``await`` at its top."""
    namespace: dict[str, Any] = {"__name__": "agents.creator", **names}
    code = code.replace("from Agent.utils import", "from ag2obs.trace import")
    result = eval(compile(code, "example.py", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
    if inspect.iscoroutine(result):
        asyncio.run(result)
    return namespace


def example(text: str) -> str:
    """Return the one example with this text in it."""
    (code,) = [code for _, code in RECORDING if text in code]
    return code


def logger() -> AgentLogger:
    return AgentLogger("creator_001", "creator")


def test_all_examples_are_here() -> None:
    assert len(EXAMPLES) == 17
    assert len(RECORDING) == 10


def test_basic_logging(log: Log) -> None:
    with log.session():
        run(example("# Log an action"))
    action, decision, learning = log.events()
    assert (action["kind"], action["name"], action["agent"], action["role"]) == (
        "action", "create_content", "creator_001", "creator",
    )  # fmt: skip
    assert action["arguments"] == {"content_type": "video", "duration": 30}
    assert action["detail"] == {"context": {"trending_topic": "AI"}}
    assert action["source"] == "example.py:7 <module>"
    assert (decision["name"], decision["content"]) == ("content_timing", "Peak audience activity time")
    assert decision["arguments"] == {"scheduled_time": "2025-01-15 18:00"}
    assert (learning["kind"], learning["name"]) == ("learning", "bandit")
    assert learning["arguments"] == {"epsilon": 0.1, "best_arm": "video_content"}


def test_learning_system_logging(log: Log) -> None:
    from ag2obs.trace import LearningLogger

    with log.session():
        run(example("log_training_step"), LearningLogger=LearningLogger)
    step, reward, exploration = log.events("learning", role="bandit", agent="creator_001")
    assert (step["name"], step["level"]) == ("training_step", "DEBUG")
    assert step["arguments"] == {
        "step": 100,
        "metrics": {"loss": 0.25, "accuracy": 0.85},
        "model_state": {"learning_rate": 0.001},
    }
    assert (reward["name"], reward["value"]) == ("reward", 1.5)
    assert reward["arguments"] == {"action_id": "action_123", "reward": 1.5, "cumulative_reward": 150.0}
    assert exploration["arguments"] == {"action_selected": "create_video", "exploration": True, "epsilon": 0.1}


def test_performance_tracking(log: Log) -> None:
    async def generate_content() -> str:
        return "a video"

    class Model:
        async def predict(self, data: str) -> str:
            return f"seen: {data}"

    with log.session():
        names = run(example("run_inference"), generate_content=generate_content)
        assert asyncio.run(names["run_inference"](Model(), "x")) == "seen: x"
    assert names["content"] == "a video"
    measured, inference = log.events("metric")
    assert (measured["name"], measured["status"], inference["name"]) == ("content_generation", "ok", "model_inference")
    assert measured["ms"] >= 0
    assert inference["ms"] >= 0


def test_decorators(log: Log) -> None:
    names = run(example("@trace_errors()"))
    agent = names["CreatorAgent"]()

    async def fail() -> None:
        raise RuntimeError("no model")

    async def generate(context: str) -> str:
        return f"about {context}"

    async def update(feedback: str) -> None:
        pass

    agent._complex_operation, agent._generate_content = fail, generate
    agent.bandit_learner = SimpleNamespace(update=update)

    async def main() -> None:
        assert await agent.create_content("cats") == "about cats"
        assert await agent.update_strategy("good") is None
        with pytest.raises(RuntimeError, match="no model"):
            await agent.risky_operation()

    with log.session():
        asyncio.run(main())
    action, learning, error = log.events()
    assert (action["kind"], action["arguments"], action["result"]) == ("action", {"context": "cats"}, "about cats")
    assert (learning["kind"], learning["name"]) == ("learning", "bandit_update")
    assert (error["kind"], error["name"], error["error"]["type"]) == ("error", "risky_operation", "RuntimeError")
    assert error["stack"][0].startswith("agents.creator:CreatorAgent.risky_operation:")


def test_context_based_logging(log: Log) -> None:
    agent = logger()

    def optimize_for_virality(content: str) -> str:
        agent.info("optimizing")
        return content.upper()

    with log.session():
        names = run(
            example("viral_optimization"),
            agent_logger=agent,
            optimize_for_virality=optimize_for_virality,
            content="cats",
        )
    assert names["optimized_content"] == "CATS"
    inside, block = log.events()
    assert inside["attributes"] == block["attributes"] == {"content_id": "content_123"}
    assert (block["kind"], block["name"], block["status"], block["agent"]) == (
        "milestone", "viral_optimization", "ok", "creator_001",
    )  # fmt: skip
    assert inside["parent"] == block["span"]


def test_practices(log: Log) -> None:
    with log.session():
        run(example("estimated_reach"), agent_logger=logger())
        run(example("# Good"), agent_logger=logger())
        run(example("threshold_reached"), agent_logger=logger())
    action, good, avoided, change = log.events()
    assert action["detail"]["context"]["trending_topics"] == ["AI", "ML"]
    assert (good["kind"], good["level"], good["content"]) == ("log", "INFO", "Content generated")
    assert good["attributes"] == {"content_id": "c123", "content_type": "video", "duration": 30}
    assert "attributes" not in avoided
    assert (change["name"], change["content"]) == (
        "threshold_reached",
        {
            "changed": {
                "learning_stage": {"old": "bandit", "new": "reinforcement"},
                "follower_count": {"old": 100, "new": 500},
            },
            "added": {},
            "removed": {},
        },
    )


def test_the_decorator_without_a_name(log: Log) -> None:
    from ag2obs.trace import trace_agent_action

    names = run(example("perform_action"), trace_agent_action=trace_agent_action)
    with log.session():
        asyncio.run(names["perform_action"](SimpleNamespace(agent_id="a7"), "now"))
    assert log.one("action")["name"] == "perform_action"
    assert log.one("action")["agent"] == "a7"


def test_the_complete_agent(log: Log) -> None:
    names = run(example("performance_logger"))
    content = SimpleNamespace(type="video", id="c1", metadata={"seconds": 30})

    class Agent(names["CreatorAgent"]):  # type: ignore[misc]
        learning_stage = "bandit"

        async def _generate_content(self, context: str) -> Any:
            self.logger.log_decision("format", {"chosen": "video"}, reasoning="people like it")
            return content

        async def evolve_strategy(self) -> None:
            pass

    async def main() -> None:
        agent = Agent("creator_001")
        assert await agent.create_content("cats") is content
        await agent.update_from_feedback(SimpleNamespace(reward=2.0, action="share"))

    with log.session():
        asyncio.run(main())
    assert {event["agent"] for event in log.events()} == {"creator_001"}
    assert [event["kind"] for event in log.events()] == ["log", "decision", "metric", "action", "action", "learning"]
    started, decision, metric, generated, action, learning = log.events()
    assert started["attributes"] == {
        "agent_type": "creator",
        "initial_state": {"followers": 0, "content_count": 0},
    }
    assert decision["parent"] == metric["span"]
    assert metric["parent"] == generated["parent"] == action["span"]
    assert generated["arguments"] == {"content_type": "video", "content_id": "c1", "metadata": {"seconds": 30}}
    assert learning["arguments"] == {"reward": 2.0, "action": "share"}
