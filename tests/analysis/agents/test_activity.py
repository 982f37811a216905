import pytest
from hypothesis import HealthCheck, given, settings

from ag2obs.analysis.agents.activity import ActivityFold
from ag2obs.analysis.timeline.journey import JourneyFold, JourneysFold
from tests.analysis.making import event, result_of, run, runs


def shown_to_a_model():
    """An agent that is asked and answers without a delivery, then is told by another and passes it on."""
    return (
        event("message", id="m1", role="system", content="Be kind."),
        event("message", id="m2", role="user", content="hello"),
        event("message", id="m3", role="assistant", content="hi"),
        event("llm.call", agent="support", input=["m1-m2"], output=["m3"]),
        event("message", id="m4", role="user", content="and now?\n"),
        event("agent.message", agent="support", sender="boss", message="m4"),
        event("message", id="m5", role="user", name="boss", content=[{"type": "text", "text": "and now?"}]),
        event("message", id="m6", role="assistant", content="bye"),
        event("llm.call", agent="support", input=["m1-m3", "m5"], output=["m6"]),
        event("agent.message", agent="boss", sender="support", message="m6"),
    )


def test_activity_counts_the_messages_that_the_journey_counts():
    activity, journeys = result_of(ActivityFold(), *shown_to_a_model()), result_of(JourneysFold(), *shown_to_a_model())
    for name, (received, sent) in {"support": (2, 2), "boss": (1, 1)}.items():
        assert (activity[name].messages_received, activity[name].messages_sent) == (received, sent)
        assert (journeys[name].messages_received, journeys[name].messages_sent) == (received, sent)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recorded=runs)
def test_activity_counts_as_journeys_do_whatever_happens(tmp_path, recorded):
    activity, journeys = ActivityFold(), JourneysFold()
    run(tmp_path, recorded, activity, journeys)
    told = journeys.result()
    for name, known in activity.result().items():
        journey = told[name]
        assert (known.messages_received, known.messages_sent) == (journey.messages_received, journey.messages_sent)
        assert (known.totals, known.total_logs) == (journey.totals, journey.totals.events)


@pytest.mark.parametrize("characters", [300, 1_000_000])
def test_messages_that_only_begin_alike_are_counted_each_however_much_is_shown(characters):
    events = [event("message", id=f"m{number}", role="user", content="as before, " * 100 + str(number)) for number in
              (1, 2)]  # fmt: skip
    call = event("llm.call", agent="support", input=["m1-m2"])
    assert result_of(JourneyFold("support", characters=characters), *events, call).messages_received == 2


def received(*events):
    return result_of(ActivityFold(), *events)["support"].messages_received


def messages(first, last, *, offset=0, session="s1"):
    return [
        event("message", id=f"m{number + offset}", role="user", content=f"question {number}", session=session)
        for number in range(first, last + 1)
    ]


def test_messages_that_are_written_again_after_a_rotation_count_once():
    asks = [event("llm.call", agent="support", input=["m1-m120"], output=["m121"])]
    again = [
        event("session.start", continued=True),
        *messages(1, 120, offset=200),
        event("llm.call", agent="support", input=["m201-m320"], output=["m321"]),
    ]
    assert received(*messages(1, 120), *asks, *again) == 120


def test_sessions_at_once_are_remembered_each():
    names = [f"s{number}" for number in range(60)]
    told = [each for name in names for each in messages(1, 100, session=name)]
    calls = [event("llm.call", agent="support", input=["m1-m100"], session=name) for name in names]
    assert received(*told, *calls, *calls) == 6_000


def test_the_history_before_a_delivered_message_counts_too():
    delivered = event("agent.message", agent="support", sender="boss", message="m4")
    call = event("llm.call", agent="support", input=["m1-m4"])
    assert received(*messages(1, 4), delivered, call, call) == 4
