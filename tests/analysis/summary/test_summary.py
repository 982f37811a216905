import os
import platform
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.analysis.summary.summary_fold import RuntimeSummary, SummaryFold
from ag2obs.events import Accounting, ErrorInfo, Event, Usage

TOTAL_KEYS = [
    "llm_calls", "cached_calls", "failed_calls", "tokens", "cost_usd", "cost_complete", "unpriced_calls",
    "unpriced_models", "saved_usd", "tool_calls", "tool_failures", "errors", "redactions", "events", "bad_lines",
    "dropped",
]  # fmt: skip


def event(kind, session="s1", second=0, **fields):
    return Event(v=1, ts=f"2026-11-21T08:00:{second:02}.000000Z", kind=kind, session=session, **fields)


def call(second=1, **fields):
    return event("llm.call", second=second, **{"model": "gpt-4o", "provider": "openai", "status": "ok", **fields})


def summary_of(*events):
    fold = SummaryFold()
    for each in events:
        fold.add(each)
    return fold.result()


def test_the_document_has_exactly_the_keys_of_the_contract():
    document = summary_of(
        event("session.start", chat_id="c", workflow="w"),
        call(agent="a", usage=Usage(input=1, output=2), cost_usd=Decimal("0.5"), ms=10),
        event("tool.call", tool="search", agent="a", ms=3, success=True),
        event("session.end", second=9, status="ok"),
    ).to_dict()
    assert list(document) == ["schema", "sessions", "totals"]
    assert document["schema"] == 1
    assert list(document["totals"]) == ["sessions", *TOTAL_KEYS]
    (session,) = document["sessions"]
    assert list(session) == [
        "session_id", "chat_id", "workflow", "status", "started", "ended", "wall_seconds", "model_seconds",
        "tool_seconds", "totals", "agents", "models", "tools",
    ]  # fmt: skip
    for part in (session, *session["agents"], *session["models"]):
        assert list(part["totals"]) == TOTAL_KEYS
    assert list(session["agents"][0]) == ["name", "totals"]
    assert list(session["models"][0]) == ["name", "provider", "totals"]
    assert session["tools"] == [
        {"name": "search", "calls": 1, "failures": 0, "seconds": 0.003, "p50_ms": 3, "p90_ms": 3, "p99_ms": 3}
    ]
    assert (session["wall_seconds"], session["model_seconds"], session["tool_seconds"]) == (9.0, 0.01, 0.003)


def test_totals_are_attributes_of_the_summary():
    summary = summary_of(call(usage=Usage(input=3, output=4), cost_usd=Decimal("0.5")))
    assert isinstance(summary, RuntimeSummary)
    document = summary.to_dict()["totals"]
    for key in set(TOTAL_KEYS) - {"tokens", "cost_usd", "saved_usd"}:
        assert getattr(summary, key) == document[key]
    assert summary.cost_usd == Decimal("0.5")
    assert summary.tokens.total == 7
    assert [session.session_id for session in summary.sessions] == ["s1"]


def test_agents_own_their_model_and_tool_calls():
    summary = summary_of(
        call(agent="planner", cost_usd=Decimal(1)),
        call(agent="manager", purpose="speaker_selection", cost_usd=Decimal(2)),
        call(cost_usd=Decimal(4)),
        event("tool.call", agent="planner", tool="t", success=False, error=ErrorInfo(id="e1", type="ValueError")),
        event("message", agent="planner", redactions=3),
    )
    agents = {agent.name: agent.totals for agent in summary.sessions[0].agents}
    assert {name: totals.cost_usd for name, totals in agents.items()} == {"manager": 2, "planner": 1}
    assert (agents["planner"].tool_calls, agents["planner"].tool_failures, agents["planner"].errors) == (1, 1, 1)
    assert (summary.cost_usd, summary.redactions, summary.events) == (7, 3, 5)


def test_models_are_told_apart_by_provider_and_fall_back_to_the_requested_name():
    summary = summary_of(call(), call(provider="azure"), call(model=None, request_model="wanted", provider=None))
    assert [(model.name, model.provider) for model in summary.sessions[0].models] == [
        ("gpt-4o", "azure"),
        ("gpt-4o", "openai"),
        ("wanted", None),
    ]


def test_calls_that_failed_are_with_the_version_of_the_model_that_answered_most_of_the_others():
    asked = {"kind": "llm.call", "agent": "a", "request_model": "gpt-4o", "provider": "openai"}
    failed = {"status": "error", "error": ErrorInfo("e1", "Timeout")}
    fold = SummaryFold()
    answers = ("gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "gpt-4o-2024-05-13")
    for fields in (
        *({"model": answer} for answer in answers),
        failed,
        {"provider": "azure", **failed},
        {"request_model": "other", **failed},
    ):
        fold.add(Event(v=1, session="s", **{**asked, **fields}))
    told = {(model.name, model.provider): model.totals.failed_calls for model in fold.result().models}
    assert told == {
        ("gpt-4o-2024-08-06", "openai"): 1, ("gpt-4o-2024-05-13", "openai"): 0, ("gpt-4o", "azure"): 1,
        ("other", "openai"): 1,
    }  # fmt: skip
    packed = SummaryFold()
    for tally in fold.sessions():
        packed.add_packed(tally.pack())
    assert packed.result() == fold.result()


def test_an_error_told_again_counts_once():
    failure = ErrorInfo(id="e1", type="ValueError")
    again = ErrorInfo(id="e1", type="ValueError", repeat=True)
    summary = summary_of(
        event("tool.call", tool="t", success=False, error=failure),
        event("error", error=again),
        event("error", error=ErrorInfo(id="e2", type="KeyError")),
        event("session.end", status="error", error=again),
    )
    assert (summary.errors, summary.tool_failures) == (2, 1)


def test_a_second_session_end_replaces_the_first_and_does_not_count_its_exception_again():
    failure = ErrorInfo(id="e1", type="ValueError")
    summary = summary_of(
        event("session.start"),
        event("session.end", second=5, status="error", error=failure),
        call(second=6, late=True, usage=Usage(input=5), cost_usd=Decimal(1)),
        event("session.end", second=8, status="cancelled", error=failure),
    )
    (session,) = summary.sessions
    assert (session.status, session.wall_seconds, session.ended) == ("cancelled", 8, "2026-11-21T08:00:08.000000Z")
    assert (summary.errors, summary.llm_calls, summary.cost_usd) == (1, 1, 1)


def test_the_end_with_the_latest_time_counts_also_when_files_are_read_in_the_wrong_order():
    newer, older = event("session.end", second=8, status="ok"), event("session.end", second=5, status="error")
    assert summary_of(newer, older).sessions[0].status == "ok"


def start(pid):
    return event("session.start", resource={"host": platform.node(), "pid": pid})


def test_a_session_without_end_runs_while_its_process_lives():
    now = Accounting(kind="session.start", session="s1", ts="2999-01-01T00:00:00Z")
    now.resource = {"host": platform.node(), "pid": os.getpid()}
    assert summary_of(now).sessions[0].status == "running"


@pytest.mark.parametrize("pid", [None, 2**22 + 5])
def test_a_session_without_end_and_without_process_is_incomplete(pid):
    (session,) = summary_of(start(pid), call(second=4)).sessions
    assert (session.status, session.ended, session.wall_seconds) == ("incomplete", None, 4)


def test_a_log_that_does_not_tell_the_status_has_none():
    assert summary_of(event("session.end")).sessions[0].status is None


def test_events_without_session_start_make_a_session_that_begins_with_the_first_of_them():
    (session,) = summary_of(call(second=3, chat_id="c"), event("message", second=2)).sessions
    assert (session.started, session.chat_id) == ("2026-11-21T08:00:02.000000Z", "c")


def test_a_clock_set_back_makes_no_negative_duration():
    (session,) = summary_of(event("session.start", second=9), event("session.end", second=1, status="ok")).sessions
    assert session.wall_seconds == 0


@pytest.mark.parametrize("ts", ["", "yesterday", "2026-11-21T08:00:00"])
def test_a_time_that_is_none_makes_no_duration(ts):
    (session,) = summary_of(Event(v=1, kind="message", session="s", ts=ts)).sessions
    assert session.wall_seconds is None


def test_drops_count_the_events_they_stand_for():
    assert summary_of(event("drop", count=5), event("drop")).dropped == 6


def test_unknown_kinds_count_as_events_only():
    summary = summary_of(event("from.the.future", agent="x", usage=Usage(input=9), cost_usd=Decimal(3)))
    assert (summary.events, summary.llm_calls, summary.tokens.total, summary.cost_usd) == (1, 0, 0, 0)
    assert summary.sessions[0].agents == []


def test_the_first_question_is_kept_only_on_demand():
    system = event("message", role="system", content="Be kind.")
    first = event("message", role="user", content="  What is\n\x1b[31mAG2?  ")
    second = event("message", role="user", content="And why?")
    fold = SummaryFold(questions=True)
    for each in (system, first, second):
        fold.add(each)
    assert fold.result().sessions[0].question == "What is \x1b[31mAG2?"
    assert summary_of(first).sessions[0].question is None


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ([{"type": "text", "text": "Look:"}, {"type": "image_url"}, {"type": "text", "text": "what?"}], "Look: what?"),
        ({"any": "thing"}, None),
        (None, None),
        ("x" * 5000, "x" * 200),
    ],
)
def test_the_first_question_of_content_in_any_form(content, question):
    fold = SummaryFold(questions=True)
    fold.add(event("message", role="user", content=content))
    assert fold.result().sessions[0].question == question


def test_what_is_kept_does_not_grow_with_calls():
    def kept(calls):
        fold = SummaryFold()
        for number in range(calls):
            fold.add(call(agent=f"a{number % 3}", cost_usd=Decimal("0.001"), ms=number % 7))
            fold.add(event("tool.call", tool="t", ms=1 + number % 50))
        return _size(fold)

    assert kept(4000) < kept(400) * 1.1


def _size(thing, seen=None):
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, type):
        return 0
    seen.add(id(thing))
    parts = list(getattr(thing, "__dict__", {}).values())
    parts += [getattr(thing, name) for name in getattr(type(thing), "__slots__", ()) if hasattr(thing, name)]
    if isinstance(thing, dict):
        parts += [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set)):
        parts += thing
    return sys.getsizeof(thing) + sum(_size(part, seen) for part in parts)


money = st.none() | st.decimals(min_value=0, max_value=10, places=6)
usages = st.none() | st.builds(Usage, input=st.integers(0, 9999), output=st.integers(0, 9999))
errors = st.none() | st.builds(
    ErrorInfo, id=st.just("e1"), type=st.just("ValueError"), repeat=st.booleans(), message=st.just("no")
)
common = {
    "v": st.just(1),
    "ts": st.integers(10, 59).map(lambda second: f"2026-11-21T08:00:{second}.000000Z"),
    "agent": st.sampled_from([None, "a", "b"]),
    "ms": st.none() | st.integers(0, 10_000).map(float),
    "status": st.sampled_from([None, "ok", "error", "cancelled"]),
    "error": errors,
    "redactions": st.integers(0, 3),
}
some_events = st.one_of(
    st.builds(
        Event,
        kind=st.just("llm.call"),
        model=st.sampled_from([None, "gpt-4o", "my-model"]),
        usage=usages,
        cost_usd=money,
        saved_usd=money,
        cached=st.booleans(),
        **common,
    ),
    st.builds(
        Event,
        kind=st.just("tool.call"),
        tool=st.sampled_from(["search", "run"]),
        success=st.sampled_from([None, True, False]),
        **common,
    ),
    st.builds(
        Event, kind=st.sampled_from(["message", "session.start", "session.end", "drop", "from.the.future"]), **common
    ),
)


@st.composite
def interleaved_sessions(draw):
    """Draw the events of some sessions, and one order of all that keeps each session's own order."""
    sessions = draw(st.lists(st.lists(some_events, min_size=1, max_size=12), min_size=1, max_size=5))
    for number, events in enumerate(sessions):
        for each in events:
            each.session = f"s{number}"
    order = draw(st.permutations([number for number, events in enumerate(sessions) for _ in events]))
    queues = [iter(events) for events in sessions]
    return sessions, [next(queues[number]) for number in order]


@given(interleaved_sessions())
def test_folding_interleaved_sessions_equals_folding_each_alone(drawn):
    sessions, together = drawn
    found = {session["session_id"]: session for session in summary_of(*together).to_dict()["sessions"]}
    for number, events in enumerate(sessions):
        assert found[f"s{number}"] == summary_of(*events).to_dict()["sessions"][0]


@given(interleaved_sessions())
def test_totals_equal_independent_sums(drawn):
    _, events = drawn
    summary = summary_of(*events)
    calls = [each for each in events if each.kind == "llm.call"]
    asked = [each for each in calls if not each.cached]
    tools = [each for each in events if each.kind == "tool.call"]
    priced = [each.cost_usd for each in asked if each.cost_usd is not None]

    def failed(each):
        return each.status == "error" or (each.status is None and each.error is not None)

    unpriced = [
        each
        for each in asked
        if each.cost_usd is None and not (failed(each) and (each.usage is None or each.usage.total == 0))
    ]
    assert summary.llm_calls == len(calls)
    assert summary.cached_calls == len(calls) - len(asked)
    assert summary.failed_calls == len([each for each in calls if failed(each)])
    assert summary.tokens.input == sum(each.usage.input for each in asked if each.usage)
    assert summary.tokens.output == sum(each.usage.output for each in asked if each.usage)
    assert summary.cost_usd == (None if unpriced and not priced else sum(priced, Decimal(0)))
    assert summary.unpriced_calls == len(unpriced)
    assert summary.cost_complete == (not unpriced)
    assert summary.unpriced_models == sorted({each.model or "unknown" for each in unpriced})
    assert summary.tool_calls == len(tools)
    assert summary.redactions == sum(each.redactions for each in events)
    assert summary.events == len(events)
    for total in ("llm_calls", "tool_calls", "tool_failures", "events", "errors", "unpriced_calls"):
        assert getattr(summary, total) == sum(getattr(session.totals, total) for session in summary.sessions)
    for total in ("llm_calls", "failed_calls", "unpriced_calls"):
        models = [model.totals for session in summary.sessions for model in session.models]
        assert getattr(summary, total) == sum(getattr(totals, total) for totals in models)


def test_more_sessions_than_are_kept_ready():
    """They are packed and unpacked again; names that are no text stay apart from others."""
    numbers = [*range(450), *range(450)]
    events = [
        Event(
            kind="llm.call", session=f"s{number}", chat_id=f"chat\udc80{number}", agent="a\udc80", model="m\udc80",
            usage=Usage(input=1), ms=2.0, ts=f"2026-11-21T08:00:00.{number:06}Z",
        )
        for number in numbers
    ]  # fmt: skip
    summary = summary_of(*events)
    assert [session.totals.llm_calls for session in summary.sessions] == [2] * 450
    assert (summary.llm_calls, summary.unpriced_calls) == (900, 900)
    assert sum(agent.totals.llm_calls for agent in summary.agents) == 900
