from decimal import Decimal

from ag2obs.analysis.timeline.event_filter import EventFilter
from ag2obs.analysis.timeline.journey import JourneyFold, JourneysFold
from ag2obs.events import Usage
from tests.analysis.making import event, failure, result_of


def journey(*events, agent="support", **options):
    return result_of(JourneyFold(agent, **options), *events)


def classic():
    """A message to support, its model call, its answer, and a tool that another agent runs for it."""
    return (
        event("session.start"),
        event("message", 1, id="m1", role="user", name="customer", content="Where is my order?"),
        event("agent.message", 1, agent="support", sender="customer", message="m1"),
        event("message", 2, id="m2", role="assistant", name="support", content="On its way."),
        event("llm.call", 2, agent="support", input=["m1"], output=["m2"], model="gpt-4o",
              usage=Usage(input=9, output=4),
              cost_usd=Decimal("0.5"), status="ok", ms=900.0),
        event("agent.message", 3, agent="customer", sender="support", message="m2"),
        event("tool.call", 9, agent="customer", tool="find"),
    )  # fmt: skip


def test_what_was_told_thought_and_said():
    told = journey(*classic())
    assert [(row.did, row.seq) for row in told.rows] == [("was told", 3), ("asked the model", 5), ("said", 6)]
    assert told.rows[0].text == "customer to support: Where is my order?"
    assert (told.messages_received, told.messages_sent) == (1, 1)
    assert (told.totals.llm_calls, told.totals.cost_usd, told.totals.tokens.total) == (1, Decimal("0.5"), 13)
    assert told.agents == ["customer", "support"]


def test_messages_that_only_a_model_call_shows():
    told = journey(
        event("message", id="m1", role="system", content="Be kind."),
        event("message", id="m2", role="user", content="hello"),
        event("message", id="m3", role="assistant", content="hi"),
        event("llm.call", agent="support", input=["m1-m2"], output=["m3"]),
        event("message", id="m4", role="user", content="and now?"),
        event("message", id="m5", role="assistant", content="bye"),
        event("llm.call", agent="support", input=["c1", "m3-m4"], output=["m5"]),
    )
    assert [row.text for row in told.rows if row.did == "was told"] == ["user: hello", "user: and now?"]
    assert (told.messages_received, told.messages_sent) == (2, 2)


def test_decisions_tools_errors_and_what_others_do_to_it():
    told = journey(
        event("decision", agent="support", name="refund"),
        event("speaker.selected", agent="manager", name="support"),
        event("speaker.selected", agent="support", name="writer"),
        event("handoff", agent="triage", target="support"),
        event("interaction", agent="fan", target="support", name="like"),
        event("tool.call", agent="support", tool="find", success=False, error=failure()),
        event("agent.reply", agent="support", error=failure(repeat=True), status="error"),
        event("action", agent="support", name="escalate"),
        event("agent.message", agent="writer", sender="writer", target="a, support", content="hi"),
        event("decision", agent="other", name="x"),
    )
    assert [row.did for row in told.rows] == [
        "decided", "was chosen", "chose", "was handed over to", "was met by", "called", "replied", "did", "was told",
    ]  # fmt: skip
    assert (told.decisions, told.actions, told.errors, told.totals.tool_failures) == (2, 1, 1, 1)


def test_gaps_are_of_the_agent_itself():
    told = journey(*classic(), event("agent.reply", 20, agent="support"), gaps=5.0)
    assert [row.text for row in told.rows if row.mark] == ["nothing of support for 17.0 s"]
    assert (told.gaps, told.silent_seconds) == (1, 17.0)


def test_gaps_of_an_agent_are_none_while_it_was_at_work_and_the_same_whatever_is_shown():
    events = (
        event("session.start"),
        event("decision", 1, agent="support"),
        event("decision", 30, agent="support"),
        event("tool.call", 60, agent="support", tool="slow", ms=59_000.0),
        event("decision", 80, agent="support"),
        event("session.end", 100),
    )
    for wanted in (None, EventFilter(kinds=("alert",)), EventFilter(text="nowhere")):
        told = journey(*events, gaps=5.0, wanted=wanted)
        assert (told.gaps, told.silent_seconds) == (1, 20.0)
        assert [row.text for row in told.rows if row.mark] == ["nothing of support for 20.0 s"]


def test_agents_of_the_same_name_are_told_apart_by_session():
    told = journey(
        event("decision", agent="support", session="a"), event("decision", agent="support", session="b"),
        event("decision", agent="other", session="c"),
    )  # fmt: skip
    assert [session.session_id for session in told.sessions] == ["a", "b"]
    assert [row.session for row in told.rows] == ["a", "b"]


def test_the_sums_are_of_everything_also_where_rows_are_filtered():
    told = journey(*classic(), wanted=EventFilter(kinds=("agent.message",)), last=1)
    assert [row.did for row in told.rows] == ["said"]
    assert (told.earlier_rows, told.totals.llm_calls) == (1, 1)


def test_an_agent_that_is_not_there():
    assert journey(*classic(), agent="nobody").sessions == []


def test_all_journeys_at_once_are_those_of_each_alone():
    together = result_of(JourneysFold(), *classic())
    assert list(together) == ["customer", "support"]
    for name, told in together.items():
        assert told.rows == journey(*classic(), agent=name).rows


def test_the_work_per_call_does_not_grow_with_the_history():
    fold = JourneyFold("support")
    for number in range(1, 3000):
        fold.add(event("message", id=f"m{number}", role="user", content=str(number)))
        fold.add(event("llm.call", agent="support", input=[f"m1-m{number}"]))
    assert fold.result().messages_received == 2999


def test_a_search_finds_messages_that_only_a_model_call_shows_and_what_is_not_shown():
    events = (
        event("message", id="m1", role="user", name="customer", content="hello " * 100 + "parcel"),
        event("llm.call", agent="support", input=["m1"], model="gpt-4o"),
        event("agent.message", agent="support", sender="customer", message="m1"),
    )
    for characters in (300, 1_000_000):
        for text, did in (("PARCEL", ["was told", "was told"]), ("gpt-4o", ["asked the model"])):
            told = journey(*events, wanted=EventFilter(text=text), characters=characters)
            assert [row.did for row in told.rows] == did
