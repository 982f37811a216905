import json
from pathlib import Path

import pytest

from ag2obs import LogAnalyzer, Settings, ag2_logging_session, analyze_session, debug_issue
from ag2obs.errors import LogFormatError
from ag2obs.events import encode
from tests.analysis.making import event, failure, numbered


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The configured log, with an older session and one of a creator and a viewer."""
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", str(path))
    older = [event("session.start", 0, session="older", chat_id="c0"), event("session.end", 1, session="older")]
    newer = [
        event("session.start", 10, chat_id="c1", workflow="studio"),
        event("action", 11, agent="creator_001", name="create_content", role="creator"),
        event("action", 12, agent="creator_001", name="create_content", role="creator"),
        event("learning", 13, agent="creator_001", name="training_step", role="bandit", arguments={"step": 1}),
        event("learning", 14, agent="creator_001", name="reward", value=1.5, arguments={"action_id": "a"}),
        event("learning", 15, agent="creator_001", name="reward", value=2.0),
        event("learning", 15, agent="creator_001", name="exploration", arguments={"exploration": False}),
        *[
            event("interaction", 16, agent="viewer", target="creator_001", name="like", arguments=told)
            for told in ({"content_id": "c2", "likes": 1}, {"content_id": "c7", "likes": 2}, {"content_id": "c7"})
        ],
        event("log", 17, agent="creator_001", name="app", level="CRITICAL", content="no content generated in 30 s"),
        event("error", 18, agent="creator_001", name="render", error=failure("no camera 5", kind="OSError")),
    ]
    path.write_bytes(b"".join(encode(each) + b"\n" for each in numbered(*older, *newer)))
    return path


def test_the_latest_session_of_the_configured_log(log):
    assert LogAnalyzer().session_id == "s1"
    assert LogAnalyzer("older").session_id == "older"
    assert LogAnalyzer(log).session_id is None


def test_agent_activity(log):
    activity = LogAnalyzer().analyze_agent_activity("creator_001")
    assert (activity["total_logs"], activity["errors"], activity["role"]) == (8, 2, "creator")
    assert activity["action_counts"] == {"create_content": 2}
    stranger = LogAnalyzer().analyze_agent_activity("nobody")
    assert (stranger["total_logs"], stranger["action_counts"], stranger["errors"]) == (0, {}, 0)


def test_learning_progress(log):
    progress = LogAnalyzer().analyze_learning_progress("creator_001")
    assert (progress["total_training_steps"], progress["total_rewards"]) == (1, 3.5)
    assert (progress["reward_count"], progress["average_reward"], progress["exploitations"]) == (2, 1.75, 1)
    assert LogAnalyzer().analyze_learning_progress("nobody")["total_rewards"] == 0


def test_error_patterns_and_errors(log):
    patterns = LogAnalyzer().find_error_patterns()
    assert patterns["total_errors"] == 2
    assert sorted(patterns["most_common_messages"]) == [
        ("no camera <number>", 1),
        ("no content generated in <duration>", 1),
    ]
    assert patterns["errors_by_agent"] == {"creator_001": 2}
    assert [error["message"] for error in LogAnalyzer().get_errors()] == ["no content generated in 30 s", "no camera 5"]


def test_interactions(log):
    told = LogAnalyzer().analyze_interactions()
    assert (told["total_interactions"], told["interaction_types"]) == (3, {"like": 3})
    assert [(one["content_id"], one["interactions"]) for one in told["top_viral_content"]] == [("c7", 2), ("c2", 1)]
    assert told["pairs"] == {"viewer -> creator_001": 3}


def test_a_journey(log):
    journey = LogAnalyzer().trace_agent_journey("creator_001")
    assert journey[0]["timestamp"] == "2026-11-21T08:00:11.000000Z"
    assert journey[0]["message"] == "did: create_content"
    assert "was met by" in {entry["did"] for entry in journey}


def test_a_causality_chain(log):
    analyzer = LogAnalyzer()
    last = analyzer.get_errors()[-1]
    chain = analyzer.find_causality_chain(last, lookback_seconds=2)
    assert [(link["message"], link["guess"]) for link in chain] == [
        ("CRITICAL app: no content generated in 30 s", True)
    ]
    assert analyzer.find_causality_chain("e1", lookback_seconds=2) == chain
    assert analyzer.find_causality_chain("e99") == []


def test_a_causality_chain_without_guesses_has_the_work_around_the_error(tmp_path):
    events = [
        event("error", 1, agent="a", error=failure(), parent="r"),
        event("milestone", 1, agent="a", name="round", span="r"),
    ]
    path = tmp_path / "b.log"
    path.write_bytes(b"".join(encode(each) + b"\n" for each in numbered(*events)))
    analyzer = LogAnalyzer(path)
    for error in ("e1", analyzer.get_errors()[0]):
        chain = analyzer.find_causality_chain(error, lookback_seconds=0)
        assert [(link["relation"], link["message"], link["guess"]) for link in chain] == [
            ("it was inside of", "round", False)
        ]


def test_the_export_is_complete_and_takes_the_old_one_s_place(log, tmp_path):
    target = LogAnalyzer().export_analysis(tmp_path / "out" / "report.json")
    target = LogAnalyzer().export_analysis(target)
    document = json.loads(target.read_text())
    assert document["schema"] == 1
    assert set(document["journeys"]) == set(document["agents"]) == {"creator_001", "viewer"}
    assert document["learning"]["creator_001"]["total_rewards"] == 3.5
    assert len(document["failures"]) == 2
    assert len(document["errors"]["errors"]) == 2
    assert document["timeline"]["rows"]
    assert [path.name for path in target.parent.iterdir()] == ["report.json"]


def test_an_analysis_of_the_session(log):
    analysis = analyze_session()
    assert analysis["summary"]["sessions"][0]["session_id"] == "s1"
    assert analysis["errors"]["total_errors"] == 2
    assert json.loads(json.dumps(analysis)) is not None


def test_an_issue_finds_agents_errors_and_sessions(log):
    report = debug_issue("Agent creator_001 not generating content in the studio")
    assert "creator_001: 8 events in 1 session, 2 errors" in report
    assert report.index("no content generated") < report.index("no camera")
    assert "s1 (studio, c1)" in report
    assert "older" not in report


def test_an_issue_about_one_word_of_an_error(log):
    report = debug_issue("the camera is gone", log)
    assert "No agent matches." in report
    assert "OSError: no camera <number>" in report
    assert "generated in <duration>" not in report


def test_an_issue_that_nothing_matches_says_so_and_what_is_there(log):
    report = debug_issue("quantum flux")
    assert "Nothing there matches: quantum, flux." in report
    assert "Agents there are: creator_001, viewer." in report


def test_without_a_log_one_sentence_says_so(tmp_path):
    with pytest.raises(LogFormatError, match="there is no log in"):
        LogAnalyzer()
    with pytest.raises(LogFormatError, match="there is no log in"):
        debug_issue("anything")
    with pytest.raises(LogFormatError, match="does not exist"):
        LogAnalyzer(Path("missing.log")).get_errors()


def test_a_session_that_is_being_written(tmp_path):
    path = tmp_path / "live.log"
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(path), late_seconds=0.0)
    with ag2_logging_session("chat", "w", settings=settings) as session:
        session.record(event("action", agent="a", name="go"))
        assert LogAnalyzer(path).analyze_agent_activity("a")["action_counts"] == {"go": 1}
        session.record(event("action", agent="a", name="go"))
        assert LogAnalyzer(path).analyze_agent_activity("a")["action_counts"] == {"go": 2}
