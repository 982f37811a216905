import pytest

from ag2obs.analysis.busy_time import MOST_INTERVALS, BusyTime
from ag2obs.analysis.message_texts import REMEMBERED_MESSAGES
from ag2obs.analysis.session_track import Place
from ag2obs.analysis.timeline.event_filter import EventFilter
from ag2obs.analysis.timeline.rows import Rows
from ag2obs.analysis.timeline.silence import MOST_STRETCHES
from ag2obs.analysis.timeline.text_search import TextSearch
from ag2obs.analysis.timeline.timeline_fold import TimelineFold
from ag2obs.analysis.timeline.timeline_types import TimelineRow
from tests.analysis.making import event, failure, result_of


def timeline(*events, wanted=None, **options):
    return result_of(TimelineFold(wanted, **options), *events)


def some():
    return (
        event("session.start", chat_id="chat", workflow="w"),
        event("message", 1, id="m1", role="user", content="Where is\nmy order?"),
        event("llm.call", 4, agent="planner", ms=2000.0, status="ok", model="gpt-4o", output=["m2"]),
        event("tool.call", 10, agent="planner", tool="find", ms=1000.0, status="error", error=failure()),
        event("agent.message", 11, agent="writer", sender="planner", message="m1"),
        event("session.end", 12, status="ok"),
    )


def test_rows_are_in_order_with_their_time_after_the_start_and_messages_resolved():
    rows = timeline(*some()).rows
    assert [(row.seq, row.at_seconds, row.kind) for row in rows][:3] == [
        (1, 0.0, "session.start"), (2, 1.0, "message"), (3, 4.0, "llm.call"),
    ]  # fmt: skip
    assert rows[1].text == "m1 user: Where is my order?"
    assert rows[2].text == "gpt-4o -> (m2)"
    assert (rows[3].status, rows[3].error, rows[3].text) == ("error", "e1", "find() -> e1 ValueError: no such city")
    assert rows[4].text == "planner to writer: Where is my order?"


def test_a_message_that_has_the_content_of_another():
    rows = timeline(
        event("tool.call", id="m1", tool="t", result="sunny"), event("message", id="m2", role="tool", content_of="m1")
    ).rows
    assert rows[1].text == "m2 tool: sunny"


def test_times_are_wall_model_tool_and_waiting_where_overlap_counts_once():
    (session,) = timeline(
        event("session.start"),
        event("llm.call", 4, ms=3000.0),
        event("llm.call", 5, ms=3000.0),
        event("tool.call", 7, ms=1000.0),
        event("human.input", 9, ms=1000.0),
        event("session.end", 10, status="ok"),
    ).sessions
    assert (session.wall_seconds, session.model_seconds, session.tool_seconds) == (10, 6, 1)
    assert (session.human_seconds, session.waiting_seconds, session.status) == (1, 5, "ok")


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (EventFilter(kinds=("tool.call",)), ["tool.call"]),
        (EventFilter(kinds=("session",)), ["session.start", "session.end"]),
        (EventFilter(agents=("writer",)), ["agent.message"]),
        (EventFilter(agents=("planner",)), ["llm.call", "tool.call", "agent.message"]),
        (EventFilter(statuses=("error",)), ["tool.call"]),
        (EventFilter(since=10.0), ["tool.call", "agent.message", "session.end"]),
        (EventFilter(until=1.0), ["session.start", "message"]),
        (EventFilter(text="MY ORDER"), ["message", "agent.message"]),
        (EventFilter(kinds=("tool.call",), statuses=("ok",)), []),
        (EventFilter(sessions=("other",)), []),
    ],
)
def test_filters(wanted, kinds):
    assert [row.kind for row in timeline(*some(), wanted=wanted).rows] == kinds


def said_late():
    """A word behind the beginning of a message that other events name, and in what an event carries beside it."""
    long = "z " * 5_000 + "NEEDLE rest" + " q" * 300
    return (
        event("session.start", tags={"request_id": "req-7781"}, session_info={"user_id": "u-4242"}),
        event("message", id="m1", role="user", content=long),
        event("message", id="m2", role="assistant", content_of="m1"),
        event("message", id="m3", role="user", content=[{"type": "text", "text": "x"}] * 200 + [
            {"type": "text", "text": long}]),
        event("llm.call", agent="a", output=["m2"]),
        event("agent.message", agent="b", sender="a", message="m1"),
        event("agent.message", agent="b", sender="a", message="m9"),
        event("state.change", agent="a", content={"changed": {"note": {"old": "", "new": long}}}),
        event("error", agent="a", error=failure(), stack=["shop:refund:7"], attributes={"basket": "b-19"}),
        event("message", role="user", content=long),
    )  # fmt: skip


@pytest.mark.parametrize("characters", [300, 1_000_000])
@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("needle rest", [2, 3, 4, 5, 6, 8, 10]),
        ("a to b: z z", [6]),
        ("req-7781", [1]),
        ("U-4242", [1]),
        ("shop:refund", [9]),
        ("b-19", [9]),
        ("m9", [7]),
    ],
)
def test_a_search_finds_what_is_said_whatever_of_it_is_shown(text, seqs, characters):
    rows = timeline(*said_late(), wanted=EventFilter(text=text), characters=characters).rows
    assert [row.seq for row in rows] == seqs


@pytest.mark.parametrize("text", ['say "hi there"', "line one line two", "c:\\\\temp"])
def test_a_search_finds_what_json_writes_otherwise(text):
    action = event(
        "action", arguments={"q": 'say "hi there" now', "more": ["line one\nline two", {"path": "c:\\\\temp"}]}
    )
    assert len(timeline(action, wanted=EventFilter(text=text)).rows) == 1


def test_a_search_keeps_no_long_texts_and_few_ids():
    search = TextSearch("needle")
    for number in range(3 * REMEMBERED_MESSAGES):
        search.add(event("message", id=f"m{number}", content="needle " * 1000, session=f"s{number % 2}"))
    for number in range(200):
        search.add(event("message", id="m1", content="needle", session=f"other{number}"))
    assert max(len(having) for having in search._having._values.values()) <= REMEMBERED_MESSAGES
    assert len(search._having._values) == 100
    assert len(search._beginnings.of("other199").told("m1")) <= 300


def test_the_last_rows_are_kept_and_the_others_counted():
    result = timeline(*some(), last=2)
    assert [row.kind for row in result.rows] == ["agent.message", "session.end"]
    assert result.earlier_rows == 4


def test_silence_is_marked_but_not_while_something_is_at_work():
    rows = timeline(*some(), gaps=2.0).rows
    assert [(row.kind, row.text, row.mark) for row in rows if row.kind == "gap"] == [("gap", "nothing for 5.0 s", True)]
    assert rows[rows.index(next(row for row in rows if row.mark)) + 1].kind == "tool.call"


def parallel():
    """A tool runs for a minute, in which another agent calls its model twice; then nothing, then a tool again."""
    return (
        event("session.start"),
        event("llm.call", 1, agent="b", ms=1000.0),
        event("llm.call", 50, agent="b", ms=1000.0),
        event("tool.call", 60, agent="a", tool="slow", ms=59_000.0),
        event("tool.call", 90, agent="a", tool="slow", ms=10_000.0),
        event("agent.reply", 90, agent="a", ms=89_000.0),
        event("session.end", 90.1, ms=90_100.0),
    )


@pytest.mark.parametrize("wanted", [None, EventFilter(kinds=("session",)), EventFilter(agents=("b",))])
@pytest.mark.parametrize("last", [None, 100])
def test_there_is_no_silence_while_work_goes_on_that_is_told_later_or_not_shown(wanted, last):
    rows = timeline(*parallel(), gaps=5.0, wanted=wanted, last=last).rows
    assert [(row.text, row.seq) for row in rows if row.kind == "gap"] == [("nothing for 20.0 s", 5)]


def test_work_told_later_leaves_the_silence_before_it():
    rows = timeline(
        event("session.start"), event("decision", 50), event("tool.call", 60, tool="t", ms=30_000.0), gaps=5.0
    ).rows
    assert [row.text for row in rows] == ["", "nothing for 30.0 s", "", "t()"]


def test_silence_in_interleaved_sessions_is_of_each():
    events = (event("session.start", number, session=name) for number, name in ((0, "a"), (4, "b"), (8, "a"), (9, "b")))
    rows = timeline(*events, gaps=5.0).rows
    assert [(row.session, row.kind) for row in rows] == [
        ("a", "session.start"), ("b", "session.start"), ("a", "gap"), ("a", "session.start"), ("b", "gap"),
        ("b", "session.start"),
    ]  # fmt: skip


def test_silence_is_not_reckoned_over_a_clock_that_was_set_back():
    rows = timeline(
        event("session.start"), event("x", 600), event("x", 100), event("x", 110), event("x", 120), gaps=10.0
    ).rows
    assert [row.text for row in rows if row.kind == "gap"] == [
        "nothing for 600.0 s", "nothing for 10.0 s", "nothing for 10.0 s",
    ]  # fmt: skip


@pytest.mark.parametrize("last", [1, 3, 4])
def test_gaps_are_among_the_last_rows(last):
    result = timeline(*some(), last=last, gaps=2.0)
    everything = timeline(*some(), last=None, gaps=2.0)
    assert result.rows == everything.rows[-last:]
    assert result.earlier_rows == len(everything.rows) - last


def test_memory_of_silence_is_bounded_and_all_of_it_is_counted():
    rows, count = Rows(100, 0.5), 3 * MOST_STRETCHES
    for number in range(count):
        rows.see(event("x"), Place(float(number), float(number), float(number)), shown=True)
        rows.add([TimelineRow(session="s1", seq=number, ts="", at_seconds=None, kind="x")])
    (silence,) = rows._silences.values()
    assert len(silence._stretches) <= MOST_STRETCHES + 1
    for _ in range(2):
        told = rows.told()
        assert (told.gaps, told.silence, len(told.rows), told.earlier) == (count - 1, count - 1, 100, 2 * count - 101)
        assert [row.kind for row in told.rows] == ["gap", "x"] * 50
        rows.settle("s1")


def test_missing_numbers_are_marked_in_place():
    rows = timeline(
        event("session.start", seq=1), event("message", 1, seq=2), event("message", 5, seq=6), event("x", 6, seq=7)
    )
    assert [(row.kind, row.count, row.text) for row in rows.rows][2] == ("missing", 3, "3 events missing")
    assert rows.sessions[0].missing == 3


def test_a_missing_beginning_is_marked_unless_only_the_end_was_read():
    assert timeline(event("message", seq=5)).rows[0].count == 4
    assert timeline(event("message", seq=5), partial=True).rows[0].kind == "message"


def test_events_that_are_read_twice_miss_nothing():
    again = [*some(), *some()]
    assert [row for row in timeline(*again).rows if row.kind == "missing"] == []


def test_drops_are_marked_whatever_is_looked_for():
    result = timeline(
        event("session.start"), event("drop", count=7, reason="write_failed"), wanted=EventFilter(kinds=("tool.call",))
    )
    assert [(row.kind, row.mark, row.text) for row in result.rows] == [("drop", True, "7 events lost: write_failed")]
    assert result.sessions[0].dropped == 7


def test_a_clock_that_was_set_back_is_marked_and_makes_no_negative_duration():
    result = timeline(event("session.start", 30), event("message", 40), event("message", 5))
    assert [row.text for row in result.rows if row.kind == "clock"] == ["the clock was set back by 35.0 s"]
    assert result.rows[-1].at_seconds == -25
    assert result.sessions[0].wall_seconds == 10


@pytest.mark.parametrize("ts", ["", "yesterday", "2026-11-21T08:00:00", "9999-99-99T00:00:00Z"])
def test_a_time_that_is_none(ts):
    broken = event("message")
    broken.ts = ts
    (row,) = timeline(broken, gaps=1.0).rows
    assert row.at_seconds is None


def test_interleaved_sessions_with_the_same_chat_id_and_agents_are_told_apart():
    result = timeline(
        event("session.start", session="a", chat_id="c"),
        event("session.start", 5, session="b", chat_id="c"),
        event("tool.call", 6, session="a", agent="x", tool="t", ms=1000.0),
        event("tool.call", 7, session="b", agent="x", tool="t", ms=500.0),
    )
    assert [(one.session_id, one.tool_seconds) for one in result.sessions] == [("a", 1), ("b", 0.5)]
    assert [row.at_seconds for row in result.rows] == [0, 0, 6, 2]
    assert result.agents == ["x"]


def test_text_cannot_command_a_terminal():
    (row,) = timeline(event("message", id="m1", role="us\x1b]0;x\x07er", content="\x1b[31mred\r\n\x9b1m\u202e")).rows
    assert row.text.isprintable()


def test_an_unknown_kind_is_told_by_what_it_carries():
    (row,) = timeline(event("from.the.future", name="n", content={"a": [1]}, reason="r")).rows
    assert row.text == 'n r {"a":[1]}'


def test_long_texts_are_cut_with_a_mark():
    (row,) = timeline(event("message", id="m1", role="user", content="word " * 500)).rows
    assert len(row.text) == 300
    assert row.text.endswith("...")


def test_busy_time_counts_overlap_once_in_any_order_and_bounded_memory():
    busy = BusyTime()
    for start, end in ((0, 2), (5, 6), (1, 3), (5.5, 7), (2.5, 2.75)):
        busy.add(start, end)
    assert busy.seconds == 5
    for number in range(3 * MOST_INTERVALS):
        busy.add(10 + number, 10.5 + number)
    assert busy.seconds == pytest.approx(5 + 1.5 * MOST_INTERVALS)
    assert len(busy._intervals) <= MOST_INTERVALS
    busy.settle()
    busy.add(0, 5)
    assert busy.seconds == pytest.approx(5 + 1.5 * MOST_INTERVALS)
