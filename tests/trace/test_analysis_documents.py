"""The examples of analysing a log run one after the other as they are, but for their import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ag2obs.trace import AgentLogger, LearningLogger, LogAnalyzer, debug_issue, trace_errors
from tests.trace.conftest import Log
from tests.trace.test_documents import ANALYSIS, EXAMPLES, run

ANALYSING = [(name, code) for name, code in EXAMPLES if any(word in code for word in ANALYSIS)]


def work() -> None:
    """Record what the examples ask about."""
    creator, learning = AgentLogger("creator_001", "creator"), LearningLogger("bandit", "creator_001")
    creator.log_action("create_content", {"content_id": "c1"})
    creator.log_interaction("share", "creator_002", {"content_id": "c1"})
    learning.log_training_step(1, {"loss": 0.5})
    learning.log_reward("a1", 1.5, cumulative_reward=1.5)

    @trace_errors(agent_id="creator_001")
    def fail() -> None:
        raise ValueError("no topic 17")

    with pytest.raises(ValueError, match="no topic"):
        fail()


def test_the_examples_run_in_their_order(
    log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", str(log.path))
    Path("trace").mkdir()
    with log.session():
        work()
    names: dict[str, Any] = {"LogAnalyzer": LogAnalyzer, "debug_issue": debug_issue}
    for _, code in ANALYSING:
        names = run(code, **{name: value for name, value in names.items() if not name.startswith("__")})
    out = capsys.readouterr().out
    for told in (
        "Actions: {'create_content': 1}", "Errors: 1\n", "Training steps: 1\n", "Total rewards: 1.5\n",
        "Total errors: 1\n", "Total interactions: 1\n", "creator_001",
    ):  # fmt: skip
        assert told in out
    assert "c1" in out[out.index("Viral content") :]
    exported = json.loads(Path("trace/analysis_report.json").read_text(encoding="utf-8"))
    assert "creator_001" in str(exported)
    assert len(ANALYSING) == 7
