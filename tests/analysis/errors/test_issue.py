import pytest

from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.errors.issue import IssueFold
from ag2obs.analysis.errors.issue_words import IssueWords
from tests.analysis.making import event, failure, result_of


def shop():
    """Two sessions: a refund in which the weather agent ran into a timeout, and one with other errors."""
    return (
        event("session.start", session="20261101T080000-aaaaaaaaaa", chat_id="c1", workflow="shop",
              session_info={"user_id": "u-4242", "tags": {"request_id": "req-7781"}}),
        event("message", 1, session="20261101T080000-aaaaaaaaaa", id="m1", role="user",
              content="I want a refund for my broken bicycle"),
        event("tool.call", 2, session="20261101T080000-aaaaaaaaaa", agent="weather agent", tool="get_weather",
              error=failure("upstream 504", kind="TimeoutError"), arguments={"city": "Paris"}),
        event("llm.call", 3, session="20261101T080000-aaaaaaaaaa", agent="user"),
        event("session.start", 10, session="20261101T090000-bbbbbbbbbb", chat_id="ab", workflow="shop"),
        event("message", 11, session="20261101T090000-bbbbbbbbbb", id="m1", role="user", content="Where is my order?",
              tags={"mission_id": 88121}),
        event("llm.call", 12, session="20261101T090000-bbbbbbbbbb", agent="a",
              error=failure("key node1 missing", kind="KeyError")),
        event("error", 13, session="20261101T090000-bbbbbbbbbb", agent="planner",
              error=failure("key node1 missing", "e2", kind="KeyError")),
        event("error", 14, session="20261101T090000-bbbbbbbbbb", agent="planner",
              error=failure("disk full", "e3", kind="OSError")),
    )  # fmt: skip


def issue(text):
    return result_of(IssueFold(text), *shop())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("request req-7781 went wrong", "aaaaaaaaaa"),
        ("what did u-4242 see?", "aaaaaaaaaa"),
        ("mission 88121", "bbbbbbbbbb"),
        ("refund of a bicycle", "aaaaaaaaaa"),
        ("chat c1", "aaaaaaaaaa"),
        ("chat ab", "bbbbbbbbbb"),
        ("20261101T08", "aaaaaaaaaa"),
    ],
)
def test_sessions_by_tags_ids_and_first_question_with_their_errors(text, first):
    report = issue(text)
    assert report.sessions[0].session_id.endswith(first)
    types = {"TimeoutError"} if first == "aaaaaaaaaa" else {"KeyError", "OSError"}
    assert {pattern.type for pattern in report.errors} == types


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("e3", ["OSError"]),
        ("E3 happens daily", ["OSError"]),
        ("the user saw a timeout in Paris", ["TimeoutError"]),
        ("get_weather", ["TimeoutError"]),
        ("504", ["TimeoutError"]),
        ("50", []),
        ("weather_agent fell silent", ["TimeoutError"]),
        ("nothing like it", []),
    ],
)
def test_errors_by_id_and_words(text, errors):
    assert [pattern.type for pattern in issue(text).errors] == errors


def test_an_error_is_shown_as_the_one_that_was_named_in_the_session_that_was_named():
    assert "event 3," in issue("e1 in 20261101T090000-bbbbbbbbbb").text()
    text = issue("e1 of chat ab").text()
    assert text.index("e1: KeyError") < text.index("e1: TimeoutError")


def test_an_error_by_its_fingerprint():
    for pattern in result_of(ErrorsFold(), *shop()).patterns:
        assert [one.type for one in issue(f"what is {pattern.fingerprint} about").errors] == [pattern.type]


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("the user saw a timeout", []),
        ("'user' is silent", ["user"]),
        ("agent user is silent", ["user"]),
        ("the user agent is silent", ["user"]),
        ("user", ["user"]),
        ("a", ["a"]),
        ("agent a", ["a"]),
        ("The Planner, and Weather-Agent", ["planner", "weather agent"]),
        ("planner_2", []),
    ],
)
def test_agents_by_name_but_not_by_ordinary_words(text, agents):
    assert [agent.agent for agent in issue(text).agents] == agents


def test_short_words_are_kept_where_they_are_ids():
    assert IssueWords("e1 of c1 or m2 at 5 is ok, 30 x").words == ["e1", "c1", "m2"]
