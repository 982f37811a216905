import sys

import pytest

from ag2obs.analysis.tools.argument_patterns import MOST_VALUES, ArgumentPatterns
from ag2obs.analysis.tools.tools_fold import ToolsFold
from tests.analysis.making import event, failure, result_of


def call(tool="search", ok=True, **fields):
    fields.setdefault("error", None if ok else failure())
    return event("tool.call", tool=tool, success=ok, status="ok" if ok else "error", **fields)


def only(*events, by=None):
    (tool,) = result_of(ToolsFold(by), *events).tools
    return tool


def test_calls_failures_times_and_sizes_are_added_up():
    tool = only(
        call(ms=10.0, arguments={"q": "a"}, result="four"),
        call(ms=30.0, arguments={"q": "b"}, result={"n": 1}),
        call(ok=False, arguments='{"q": '),
    )
    assert (tool.calls, tool.failures, tool.seconds, tool.average_ms) == (3, 1, 0.04, 20.0)
    assert (tool.p50_ms, tool.p99_ms) == (10.0, 30.0)
    assert (tool.input_characters, tool.output_characters) == (9 + 9 + 6, 4 + 7)
    assert (tool.average_input, tool.average_output) == (8.0, 11 / 3)
    assert tool.error_types == {"ValueError": 1}


def test_what_was_cut_counts_in_full():
    tool = only(call(arguments="beg", result="in", full_length={"arguments": 5000, "result": 700}))
    assert (tool.input_characters, tool.output_characters, tool.unknown_arguments) == (5000, 700, 1)


@pytest.mark.parametrize(
    ("fields", "kind", "server"),
    [
        ({"tool": "search"}, "function", None),
        ({"tool": "mcp__command_line__execute_command"}, "mcp", "command_line"),
        ({"tool": "web_search", "detail": {"provider_side": True}}, "provider", None),
    ],
)
def test_types_and_servers(fields, kind, server):
    tool = only(call(**fields))
    assert (tool.type, tool.server) == (kind, server)


def test_a_tool_that_runs_an_agent():
    tool = only(event("agent.reply", agent="writer", span="b", parent="a"), call(span="a"))
    assert tool.type == "agent"


@pytest.mark.parametrize(("by", "rows"), [(None, [(None, None)]), ("agent", [("a", None), ("b", None)])])
def test_rows_by_agent(by, rows):
    tools = result_of(ToolsFold(by), call(agent="a", session="x", ms=2.0), call(agent="b", session="y", ms=1.0)).tools
    assert [(tool.agent, tool.session) for tool in tools] == rows


def test_rows_by_session():
    tools = result_of(ToolsFold("session"), call(agent="a", session="x"), call(agent="a", session="y")).tools
    assert [(tool.agent, tool.session, tool.calls) for tool in tools] == [(None, "x", 1), (None, "y", 1)]


def test_an_unknown_division_is_refused():
    with pytest.raises(ValueError, match="agent, session"):
        ToolsFold("colour")


def test_a_value_that_failing_calls_share():
    good = [call(arguments={"city": f"city {number}"}) for number in range(40)]
    bad = [call(ok=False, arguments={"city": ""}) for _ in range(3)]
    (pattern,) = only(*good, *bad).patterns
    assert (pattern.argument, pattern.shape, pattern.value) == ("city", "value", '""')
    assert (pattern.failures, pattern.calls, pattern.other_failures, pattern.other_calls) == (3, 3, 0, 40)
    assert pattern.exact


def test_an_argument_that_failing_calls_lack():
    good = [call(arguments={"city": str(number), "day": number}) for number in range(9)]
    bad = [call(ok=False, arguments={"day": number}) for number in range(3)]
    patterns = only(*good, *bad).patterns
    assert ("city", "missing", 3, 3) in [(one.argument, one.shape, one.failures, one.calls) for one in patterns]


def test_arguments_that_are_no_object():
    patterns = only(*[call(arguments={"a": 1})] * 9, *[call(ok=False, arguments="{broken")] * 3).patterns
    assert (patterns[0].argument, patterns[0].shape) == (None, "text instead of arguments")


@pytest.mark.parametrize("failing", [1, 5])
def test_nothing_stands_out_where_it_tells_nothing(failing):
    calls = [call(ok=number >= failing, arguments={"city": "Oslo"}) for number in range(5)]
    tool = only(*calls)
    assert tool.patterns == []
    assert len(tool.last_failures) == min(3, failing)
    assert tool.last_failures[-1].arguments == '{"city":"Oslo"}'


def test_memory_is_bounded_and_forgotten_values_are_not_called_exact():
    def kept(count):
        patterns = ArgumentPatterns()
        for number in range(count):
            patterns.add({"id": number, f"name{number}": "x"}, failed=False)
        return sum(len(values.counts) for values in patterns._values.values()), len(patterns._names)

    assert kept(5000) <= (50 * MOST_VALUES, 50)
    patterns = ArgumentPatterns()
    for number in range(5 * MOST_VALUES):
        patterns.add({"id": number}, failed=False)
    for _ in range(3):
        patterns.add({"id": "bad"}, failed=True)
    assert [one.exact for one in patterns.found() if one.value == '"bad"'] == [False]


def test_what_is_kept_does_not_grow_with_calls():
    def size(calls):
        fold = ToolsFold()
        for number in range(calls):
            fold.add(call(ok=bool(number % 3), ms=1.0 + number % 50, arguments={"n": number}))
        tool = fold._tools[next(iter(fold._tools))]
        return sum(map(sys.getsizeof, (tool.patterns._values["n"].counts, tool.errors)))

    assert size(8000) < 2 * size(800)
