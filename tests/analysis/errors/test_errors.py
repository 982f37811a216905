from ag2obs.analysis.errors.debug_report import report_lines
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.errors.failure_events import FailureListFold
from tests.analysis.making import event, failure, numbered, result_of


def errors(*events, explain=None, **options):
    return result_of(ErrorsFold(explain, **options), *events)


def chat():
    """A user asks, the model calls a tool for it, the tool fails inside of a reply inside of another tool."""
    return (
        event("session.start", span="root"),
        event("message", 1, id="m1", role="user", content="Where is order 7?"),
        event("agent.message", 1, agent="support", sender="customer", message="m1"),
        event("state.snapshot", 1, agent="support", content={"mood": "calm", "tries": 0}),
        event("state.change", 2, agent="support", content={"changed": {"tries": {"old": 0, "new": 1}},
              "added": {"x": 1}}),
        event("decision", 2, agent="support", name="look_up", content="an order was named"),
        event("message", 3, id="m2", role="assistant", tool_calls=[
            {"id": "call_1", "function": {"name": "find", "arguments": '{"n": 7}'}}]),
        event("llm.call", 3, agent="support", input=["m1"], output=["m2"], span="s1", parent="reply", model="gpt-4o"),
        event("tool.call", 4, agent="support", tool="find", call_id="call_1", span="s2", parent="reply", status="error",
              success=False, error=failure("no order 7", frame="shop:find"), arguments={"n": 7}),
        event("agent.reply", 5, agent="support", span="reply", parent="outer", status="error",
              error=failure("no order 7", repeat=True)),
        event("tool.call", 6, agent="boss", tool="ask_support", span="outer", parent="root", status="error",
              error=failure("no order 7", repeat=True)),
        event("session.end", 7, span="root", status="error", error=failure("no order 7", repeat=True)),
    )  # fmt: skip


def test_an_exception_told_again_is_one_error():
    report = errors(*chat())
    assert (report.exceptions, report.others, len(report.patterns)) == (1, 0, 1)
    (pattern,) = report.patterns
    assert (pattern.type, pattern.frame, pattern.text) == ("ValueError", "shop:find", "no order <number>")
    assert (pattern.count, pattern.agents, pattern.tools) == (1, {"support": 1}, {"find": 1})


def test_failures_with_the_same_fingerprint_are_counted_with_first_last_and_rate():
    report = errors(
        event("session.start"),
        event("error", 10, agent="a", error=failure("no order 1", "e1")),
        event("error", 20, agent="b", error=failure("no order 22", "e2")),
        event("error", 30, agent="b", error=failure("other", "e3")),
        event("session.end", 120, status="ok"),
    )
    first, second = report.patterns
    assert (first.count, first.agents, first.per_minute) == (2, {"a": 1, "b": 1}, 1.0)
    assert (first.first, first.last) == ("2026-11-21T08:00:10.000000Z", "2026-11-21T08:00:20.000000Z")
    assert (first.first_occurrence.error, first.last_occurrence.error) == ("e1", "e2")
    assert second.count == 1


def test_lines_logged_as_errors_and_failures_without_an_exception_are_others():
    report = errors(
        event("log", name="app", level="CRITICAL", content="disk 1 full"),
        event("log", name="app", level="CRITICAL", content="disk 2 full"),
        event("log", name="app", level="WARNING", content="disk 3 nearly full"),
        event("agent.message", status="error", reason="invalid_message"),
        event("session.end", status="error"),
    )
    assert (report.exceptions, report.others) == (0, 3)
    assert [(one.source, one.type, one.count) for one in report.patterns] == [
        ("log", "CRITICAL of app", 2),
        ("status", "failed agent.message invalid_message", 1),
    ]


def test_the_exception_that_ended_a_session_counts_once_however_often_it_ended():
    end = event("session.end", status="error", error=failure())
    assert errors(event("session.start"), end, event("session.end", 1, status="error", error=failure())).exceptions == 1


def test_the_causes_are_joined_by_ids_and_never_the_error_itself():
    occurrence = errors(*chat()).patterns[0].last_occurrence
    certain = [(link.relation, link.kind, link.seq) for link in occurrence.causes if not link.guess]
    assert certain == [
        ("tool call id", "llm.call", 8), ("message m1", "agent.message", 3),
        ("it was inside of", "agent.reply", 10), ("it was inside of", "tool.call", 11),
    ]  # fmt: skip
    assert occurrence.seq not in [link.seq for link in occurrence.causes]
    assert [(link.kind, link.agent) for link in occurrence.inside] == [
        ("agent.reply", "support"),
        ("tool.call", "boss"),
    ]


def delegated():
    """A boss's model asks for a delegate, whose tool fails; what it fetched before was another agent's answer."""

    def wants(name, identity):
        return [{"id": identity, "function": {"name": name, "arguments": "{}"}}]

    return (
        event("message", 1, id="m1", role="user", content="please do it"),
        event("message", 2, id="m2", role="assistant", tool_calls=wants("delegate", "c1")),
        event("llm.call", 2, agent="boss", input=["m1"], output=["m2"], span="s1", parent="r1"),
        event("message", 3, id="m3", role="user", content="sub task"),
        event("message", 3, id="m4", role="assistant", tool_calls=wants("look", "c2")),
        event("llm.call", 4, agent="worker", input=["m3"], output=["m4"], span="s2", parent="r2"),
        event("tool.call", 5, agent="worker", tool="look", call_id="c2", status="error", success=False,
              error=failure(), span="t2", parent="r2"),
        event("agent.reply", 6, agent="worker", status="error", error=failure(repeat=True), span="r2", parent="t1"),
        event("tool.call", 7, agent="boss", tool="delegate", call_id="c1", status="error", success=False,
              error=failure(repeat=True), span="t1", parent="r1"),
        event("agent.reply", 8, agent="boss", span="r1", parent="root"),
    )  # fmt: skip


def test_the_chain_goes_on_to_what_asked_for_the_work_around_it():
    (occurrence,) = errors(*delegated(), explain="e1", lookback=0).explained
    assert [(link.relation, link.seq) for link in occurrence.causes] == [
        ("tool call id", 6), ("message m3", 4), ("it was inside of", 8), ("it was inside of", 9), ("tool call id", 3),
        ("message m1", 1), ("it was inside of", 10),
    ]  # fmt: skip
    text = "\n".join(report_lines(occurrence, None))
    assert "What it happened inside of, and what led to that" in text
    assert "#3 llm.call of boss [by tool call id]" in text


def test_the_chain_names_the_ended_work_that_a_cause_happened_in():
    (occurrence,) = errors(
        event("tool.call", 1, agent="worker", tool="look", id="m1", result="old", span="t1", parent="r1"),
        event("agent.reply", 2, agent="worker", span="r1"),
        event("llm.call", 3, agent="boss", input=["m1"], status="error", error=failure()),
        lookback=0, explain="e1",
    ).explained  # fmt: skip
    assert [(link.relation, link.seq) for link in occurrence.causes] == [("message m1", 1), ("around #1", 2)]
    assert "#2 agent.reply of worker [around #1]" in "\n".join(report_lines(occurrence, None))


def test_the_chain_is_bounded_however_deep_the_work_is_nested():
    nested = [event("agent.reply", 1 + depth, agent="a", span=f"r{depth}", parent=f"r{depth + 1}") for depth in
              range(100)]  # fmt: skip
    (occurrence,) = errors(event("error", 0, error=failure(), parent="r0"), *nested, explain="e1").explained
    assert len(occurrence.causes) == 12


def test_what_is_only_near_in_time_is_a_guess_and_of_the_same_agent():
    events = [
        event("action", 1, agent="a", name="far"),
        event("action", 100, agent="a", name="near"),
        event("action", 101, agent=None, name="nobody"),
        event("action", 101, agent="b", name="other"),
        event("error", 102, agent="a", error=failure()),
    ]
    (pattern,) = errors(*events).patterns
    assert [(link.text, link.guess, link.relation) for link in pattern.last_occurrence.causes] == [
        ("near", True, "time window")
    ]
    assert [link.text for link in errors(*events, lookback=200).patterns[0].last_occurrence.causes] == ["near", "far"]


def test_earlier_tries_of_one_request_and_failures_inside():
    tried = event(
        "llm.call", agent="a", invocation="i", status="error", error=failure("busy", "e1"), span="x", parent="r"
    )
    again = event("llm.call", 1, agent="a", invocation="i", status="error", error=failure("down", "e2"), parent="r")
    outer = event("agent.reply", 2, agent="a", span="r", status="error", error=failure("gave up", "e3"))
    found = {one.last_occurrence.error: one.last_occurrence for one in errors(tried, again, outer).patterns}
    assert [(link.relation, link.seq) for link in found["e2"].causes if not link.guess] == [
        ("invocation", 1), ("it was inside of", 3),
    ]  # fmt: skip
    assert [(link.relation, link.seq) for link in found["e3"].causes if not link.guess] == [
        ("inside it", 2), ("inside it", 1),
    ]  # fmt: skip


def test_an_explanation_has_state_decisions_messages_and_calls():
    (occurrence,) = errors(*chat(), explain="e1").explained
    background = occurrence.background
    assert background.state == {"mood": "calm", "tries": "1", "x": "1"}
    assert [link.text for link in background.decisions] == ["look_up an order was named"]
    assert [link.text for link in background.messages] == ["customer to support: Where is order 7?"]
    assert [link.kind for link in background.calls] == ["llm.call", "tool.call"]
    text = "\n".join(report_lines(occurrence, None))
    for told in ("e1: ValueError: no order 7", "mood: calm", "look_up", "Where is order 7?", "ask_support"):
        assert told in text


def test_an_explanation_by_fingerprint_is_of_the_newest_and_by_id_of_each_session():
    both = [event("error", number, session=f"s{number}", error=failure(f"no {number}")) for number in (1, 2)]
    name = errors(*both).patterns[0].fingerprint
    assert [one.session for one in errors(*both, explain=name[:5]).explained] == ["s1", "s2"]
    assert [one.session for one in errors(*both, explain="e1").explained] == ["s1", "s2"]
    assert [one.session for one in errors(*both, explain=("s2", 1)).explained] == ["s2"]
    assert errors(*both, explain="e9").explained == []


def test_memory_is_bounded():
    fold = ErrorsFold()
    for number in range(1500):
        word = "".join(chr(97 + int(digit)) for digit in str(number))
        fold.add(event("error", seq=number + 1, session=f"s{number % 300}", error=failure(f"no {word}")))
    report = fold.result()
    assert (len(report.patterns), report.not_grouped, report.exceptions) == (1000, 500, 1500)
    assert len(fold._sessions) == 100


def test_failures_are_listed_oldest_first_and_only_the_newest_are_kept():
    fold = FailureListFold()
    for each in numbered(*[event("error", error=failure(f"no {number}")) for number in range(1200)]):
        fold.add(each)
    listed = fold.result()
    assert (len(listed), listed[0]["message"], listed[-1]["message"]) == (1000, "no 200", "no 1199")


def test_hostile_texts_are_told_in_printable_characters():
    report = errors(
        event("error", agent="\x1b[2J", name="\x07", error=failure("\x1b]0;owned\x07\nnext", kind="A\x1b[1mB")),
        explain="e1",
    )
    for line in report_lines(report.explained[0], report.patterns[0]):
        assert line.isprintable()
