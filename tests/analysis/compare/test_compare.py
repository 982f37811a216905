"""Two runs side by side: where they part, what differs, and that nothing is divided by nothing."""

import copy
import tempfile
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from ag2obs.analysis.compare import compare_fold
from ag2obs.analysis.compare.compare_fold import GroupsFold, RunsFold, compare
from ag2obs.events import ErrorInfo, Event, Usage
from ag2obs.readers import iter_events
from tests.analysis.random_runs import run, steps


def event(kind, second=0, session="s1", **fields):
    return Event(v=1, ts=f"2026-11-21T08:00:{second:02}.000000Z", kind=kind, session=session, **fields)


def chat(*, answer="It is sunny.", city="Rome", result="sun", model="gpt-4o", call_id="call_1", **call):
    asked = [{"id": call_id, "function": {"name": "weather", "arguments": f'{{"city": "{city}"}}'}}]
    usage = call.pop("usage", Usage(input=100, output=10))
    return [
        event("session.start"),
        event("message", 1, id="m1", role="user", content="What is the weather?"),
        event("message", 1, id="m2", role="assistant", tool_calls=asked),
        event("llm.call", 1, agent="bot", model=model, usage=usage, status="ok", output=["m2"], **call),
        event("tool.call", 2, agent="bot", tool="weather", call_id=call_id, arguments={"city": city}, result=result),
        event("message", 3, id="m3", role="tool", content=result, call_id=call_id),
        event("message", 3, id="m4", role="assistant", content=answer),
        event("llm.call", 3, agent="bot", model=model, usage=usage, status="ok", output=["m4"], **call),
        event("session.end", 4, status="ok"),
    ]


def side(*events):
    fold = RunsFold()
    for each in events:
        fold.add(each)
    return fold.result()


def compared(first, second):
    return compare(side(*first), side(*second))


def test_ids_and_models_and_tokens_make_no_other_run():
    found = compared(chat(), chat(call_id="call_9", model="gpt-4o-mini", usage=Usage(input=1, output=1)))
    assert (found.divergence, found.same_turns) == (None, 5)


@pytest.mark.parametrize(
    ("change", "kind", "fields"),
    [
        ({"answer": "It rains."}, "llm.call", ["content"]),
        ({"city": "Oslo"}, "llm.call", ["content"]),
        ({"result": "rain"}, "tool.call", ["content"]),
    ],
)
def test_the_first_turn_that_differs_is_told_with_both_sides(change, kind, fields):
    divergence = compared(chat(), chat(**change)).divergence
    assert (divergence.a.kind, divergence.b.kind, divergence.fields) == (kind, kind, fields)
    (value,) = change.values()
    assert value in divergence.b.content.shown
    assert divergence.turn > 1
    assert len(divergence.before) in (1, 2)


def test_other_arguments_of_a_tool_are_told_apart():
    divergence = compared(
        [event("tool.call", tool="t", arguments={"a": 1, "b": 2})], [event("tool.call", tool="t", arguments={"b": 3})]
    ).divergence
    assert divergence.fields == ["arguments"]
    same = compared(
        [event("tool.call", tool="t", arguments={"a": 1, "b": 2})],
        [event("tool.call", tool="t", arguments={"b": 2, "a": 1})],
    )
    assert same.divergence is None


def test_a_run_that_is_over_earlier_parts_there():
    divergence = compared(chat()[:5], chat()).divergence
    assert (divergence.fields, divergence.a, divergence.b.kind) == (["missing"], None, "message")


def test_messages_written_again_after_a_rotation_are_no_turns():
    again = [
        event("session.start", continued=True),
        event("message", id="m9", role="user", content="What is the weather?"),
    ]
    first = chat()
    assert compared(first, [*first[:5], *again, *first[5:]]).divergence is None


def test_of_many_turns_the_first_are_kept_and_the_others_counted(monkeypatch):
    monkeypatch.setattr(compare_fold, "MOST_TURNS", 3)
    found = compared(chat(), chat(answer="It rains."))
    assert (found.same_turns, found.divergence) == (3, None)
    assert (found.a.left_out_turns, found.b.left_out_turns) == (2, 2)
    assert found.to_dict()["a"]["turns"] == 5
    assert found.differences()["llm_calls"] == 0


def test_groups_part_where_their_runs_do_other_things():
    other = [*chat()[:4], event("llm.call", 2, agent="critic", model="gpt-4o", status="ok")]
    second = [msgspec.structs.replace(each, session="s2") for each in chat(answer="No.")]
    found = compared([*chat(), *second], other)
    assert (found.same_turns, found.divergence, found.alignment) == (None, None, None)
    assert found.group_divergence.turn == 3
    assert [(choice.agent, choice.tool, choice.runs) for choice in found.group_divergence.a] == [("bot", "weather", 2)]
    assert compared([*chat(), *second], chat(city="Oslo")).group_divergence is None


def test_numbers_are_set_beside_each_other():
    found = compared(chat(cost_usd=Decimal("0.001")), chat(cost_usd=Decimal("0.0004"), ms=100.0))
    differences = found.differences()
    assert differences["cost_usd"] == Decimal("-0.0012")
    assert (differences["llm_calls"], differences["input_tokens"]) == (0, 0)
    document = found.to_dict()
    assert document["differences"]["cost_usd"] == "-0.0012"
    assert [group["p50_ms"] for group in document["b"]["models"]] == [100.0]


def test_a_cost_that_is_not_known_whole_has_no_difference():
    found = compared(chat(cost_usd=Decimal("0.001")), chat())
    assert found.differences()["cost_usd"] is None
    assert found.to_dict()["b"]["measures"]["cost_usd"] == {
        "known": 0, "unknown": 1, "total": None, "mean": None, "min": None, "max": None,
    }  # fmt: skip


def test_failed_runs_count_like_the_others():
    failed = [
        event("llm.call", session="s2", agent="bot", model="gpt-4o", status="error", error=ErrorInfo("e1", "Timeout")),
        event("session.end", 9, session="s2", status="error"),
    ]
    found = compared([*chat(cost_usd=Decimal("0.001")), *failed], chat(cost_usd=Decimal("0.002")))
    assert found.a.statuses == {"error": 1, "ok": 1}
    assert found.a.error_types == {"Timeout": 1}
    calls = found.a.measures["llm_calls"]
    assert (calls.mean, calls.least, calls.most) == (1.5, 1, 2)
    assert found.a.measures["cost_usd"].mean == Decimal("0.001")
    assert (found.same_turns, found.divergence) == (None, None)


def test_nothing_is_divided_by_nothing():
    found = compared([event("session.start")], [event("session.start")])
    assert found.to_dict()["a"]["models"] == []
    fold = GroupsFold("model")
    fold.add(event("llm.call", model="m", cached=True, cost_usd=Decimal(0)))
    (group,) = fold.result().groups
    assert (group.tokens_per_call, group.failure_rate, group.p50_ms) == (None, None, None)


@pytest.mark.parametrize(("by", "names"), [("model", ["gpt-4o", "mini"]), ("agent", ["bot"]), ("workflow", ["w"])])
def test_models_agents_and_workflows_are_set_side_by_side(by, names):
    fold = GroupsFold(by)
    for each in [event("session.start", workflow="w"), *chat(cost_usd=Decimal("0.01"), ms=10), *chat(model="mini")]:
        fold.add(each)
    result = fold.result()
    assert [group.name for group in result.groups] == names
    assert sum(group.totals.llm_calls for group in result.groups) == 4
    if by == "model":
        assert [group.cost_per_call for group in result.groups] == [Decimal("0.01"), None]


def test_events_are_not_changed():
    events = chat()
    before = copy.deepcopy(events)
    side(*events)
    assert events == before


@settings(max_examples=8)
@given(what=steps)
def test_live_equals_offline(what):
    with tempfile.TemporaryDirectory() as folder:
        live, offline = RunsFold(), RunsFold()
        for path in run(Path(folder, "log"), live, what):
            for each in iter_events(path):
                offline.add(each)
        assert live.result() == offline.result()


def test_a_call_that_failed_counts_with_the_version_that_answered_the_others():
    fold = GroupsFold("model")
    common = {"agent": "bot", "request_model": "gpt-4o-mini", "provider": "openai"}
    for second, answered in enumerate(("gpt-4o-mini-2024-07-18", None, "gpt-4o-mini-2024-07-18", "other")):
        failed = {"error": ErrorInfo("e1", "Timeout")} if answered is None else {}
        status = "error" if answered is None else "ok"
        fold.add(event("llm.call", second, model=answered, status=status, **failed, **common))
    fold.add(event("llm.call", 9, status="error", agent="bot", request_model="unheard-of", provider="openai"))
    told = {group.name: (group.totals.llm_calls, group.failure_rate) for group in fold.result().groups}
    assert told == {"gpt-4o-mini-2024-07-18": (3, 1 / 3), "other": (1, 0.0), "unheard-of": (1, 1.0)}
    assert fold.result() == fold.result()


def test_a_tool_that_failed_in_one_run_is_another_turn():
    failed = ErrorInfo("e1", "ValueError", "no such city")
    calls = [
        event("tool.call", tool="t", arguments={"city": "Rome"}, status="ok", success=True),
        event("tool.call", tool="t", arguments={"city": "Rome"}, status="error", success=False, error=failed),
    ]
    found = compared(calls[:1], calls[1:]).divergence
    assert found.fields == ["content", "status"]
    assert found.b.content.shown == "ValueError: no such city"
