from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs import Settings, ag2_logging_session
from ag2obs.analysis.summary.totals import Tally
from ag2obs.analysis.trends.trends_fold import TrendsFold
from ag2obs.analysis.trends.unusual import unusual_days
from ag2obs.events import ErrorInfo, Event, Usage
from ag2obs.readers import iter_events


def call(session, day, model="gpt-4o", agent="a", cost="0.5", workflow="shop"):
    return Event(
        kind="llm.call",
        session=session,
        ts=f"2026-11-{day:02}T23:30:00.000000Z",
        workflow=workflow,
        agent=agent,
        model=model,
        provider="openai",
        usage=Usage(input=100, output=10),
        cost_usd=None if cost is None else Decimal(cost),
        ms=1500.0,
    )


def trends(by, *events):
    fold = TrendsFold(by)
    for event in events:
        fold.add(event)
    return fold.result()


SOME = (
    call("s1", 3),
    call("s1", 4, agent="b", cost="0.25"),  # it began on the 3rd
    call("s2", 4, model="o3", cost=None),
    call("s3", 4, workflow="desk"),
)


def test_by_day_a_session_belongs_to_the_day_it_began():
    rows = trends("day", *SOME).rows
    assert [(row.name, row.sessions, row.totals.llm_calls) for row in rows] == [
        ("2026-11-03", 1, 2),
        ("2026-11-04", 2, 2),
    ]
    assert rows[0].totals.cost_usd == Decimal("0.75")
    assert rows[0].seconds == 3.0
    assert (rows[1].totals.cost_usd, rows[1].totals.unpriced_calls) == (Decimal("0.5"), 1)


def test_by_workflow_the_dearest_come_first():
    rows = trends("workflow", *SOME).rows
    assert [(row.name, row.sessions) for row in rows] == [("shop", 2), ("desk", 1)]
    assert {day: on.llm_calls for day, on in rows[0].days.items()} == {"2026-11-03": 2, "2026-11-04": 1}


def test_by_model_and_by_agent():
    assert [(row.name, row.sessions, row.totals.llm_calls) for row in trends("model", *SOME).rows] == [
        ("gpt-4o (openai)", 2, 3),
        ("o3 (openai)", 1, 1),
    ]
    assert [(row.name, row.sessions, row.totals.llm_calls) for row in trends("agent", *SOME).rows] == [
        ("a", 3, 3),
        ("b", 1, 1),
    ]


@pytest.mark.parametrize("by", ["day", "workflow", "model", "agent"])
def test_rows_add_up_to_the_whole(by):
    assert sum(row.totals.llm_calls for row in trends(by, *SOME).rows) == len(SOME)
    assert trends(by).to_dict() == {"schema": 1, "by": by, "rows": [], "unusual": [], "missing": 0}


def day_of(cost, errors=0):
    return Tally(llm_calls=10, priced_calls=10, cost=Decimal(cost), errors=errors)


def test_a_day_far_above_the_days_before_it_is_unusual():
    days = {f"2026-11-{day:02}": day_of("1.0") for day in range(1, 9)}
    days["2026-11-09"] = day_of("1.4")
    days["2026-11-10"] = day_of("5", errors=3)
    found = [(day.day, day.what, day.value, day.median) for day in unusual_days(days)]
    assert found == [
        ("2026-11-10", "cost_usd", 5.0, 1.0),
        ("2026-11-10", "errors", 3.0, 0.0),
        ("2026-11-10", "cost_usd_per_call", 0.5, 0.1),
    ]


def test_days_that_vary_much_are_not_unusual():
    costs = ["1", "5", "2", "9", "3", "8", "1", "7", "10"]
    assert unusual_days({f"2026-11-{day:02}": day_of(cost) for day, cost in enumerate(costs, 1)}) == []


def test_too_few_days_before_tell_nothing():
    days = {f"2026-11-{day:02}": day_of("1") for day in range(1, 5)} | {
        "2026-11-05": day_of("50"),
        "unknown": day_of("9"),
    }
    assert unusual_days(days) == []
    long_ago = {f"2026-09-{day:02}": day_of("1") for day in range(1, 20)} | {"2026-11-05": day_of("50")}
    assert unusual_days(long_ago) == []


some_events = st.builds(
    Event,
    kind=st.sampled_from(["llm.call", "tool.call", "message", "decision"]),
    agent=st.sampled_from([None, "a", "b"]),
    model=st.sampled_from([None, "gpt-4o", "o3"]),
    usage=st.none() | st.builds(Usage, input=st.integers(0, 999), output=st.integers(0, 99)),
    cost_usd=st.none() | st.decimals(0, 5, places=4),
    ms=st.none() | st.floats(0, 1e4).map(lambda ms: round(ms, 3)),
    error=st.none() | st.builds(ErrorInfo, id=st.just("e1"), type=st.just("ValueError")),
    status=st.sampled_from([None, "ok", "error"]),
    content=st.none() | st.text(max_size=20),
)


@given(st.lists(some_events, max_size=12), st.sampled_from(["day", "workflow", "model", "agent"]))
def test_live_equals_offline(tmp_path_factory, events, by):
    log = tmp_path_factory.mktemp("live") / "run.log"
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(log), late_seconds=0)
    live, offline = TrendsFold(by), TrendsFold(by)
    with ag2_logging_session("chat", "flow", settings=settings) as session:
        session.attach(live)
        for event in events:
            session.record(event)
    for event in iter_events(log):
        offline.add(event)
    assert live.result() == offline.result()
