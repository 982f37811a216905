"""Which content of which event is kept, by the level of the session and of the tool it belongs to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ag2obs.content import ContentPolicy, content_policy
from ag2obs.events import ErrorInfo, Event, encode
from ag2obs.redaction import Redactor

SECRETLY = "the marker of what was said "
LONG = SECRETLY * 20
BEGINNING = LONG[:200]
"""Ends with a whole word."""


def reduced(event: Event, level: str = "off", tools: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an event as it is written at a level."""
    policy = content_policy(level, tools, Redactor())
    if policy is not None:
        policy.reduce(event)
    return as_written(event)


def as_written(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = msgspec.json.decode(encode(event))
    return written


def call_of(tool: str, call_id: str = "c1", arguments: str = SECRETLY) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": tool, "arguments": arguments}}


def test_where_everything_is_stored_there_is_no_policy() -> None:
    assert content_policy("full", (), Redactor()) is None
    assert content_policy("full", ("search=full", "*=full"), Redactor()) is None
    assert content_policy("off", ("*=full",), Redactor()) is not None


EVENTS = [
    Event(kind="message", id="m1", role="user", name="b", content=LONG, detail={"extra": LONG, "context": {"a": LONG}}),
    Event(kind="message", id="m2", role="user", content=[{"type": "text", "text": LONG}]),
    Event(kind="message", id="m3", role="assistant", tool_calls=[call_of("search", arguments=LONG)]),
    Event(kind="message", id="m4", detail={"function_call": {"name": "search", "arguments": LONG}}),
    Event(kind="agent.created", agent="a", content=LONG, detail={"class": "x.Y", "models": ["m"], "description": LONG}),
    Event(kind="tool.call", tool="search", call_id="c1", arguments={"q": LONG, "n": 1}, result=LONG, success=True),
    Event(kind="human.input", agent="a", content=LONG, detail={"prompt": LONG}),
    Event(kind="code.execution", arguments=[{"language": "python", "code": LONG}], detail={"exit_code": 0}),
    Event(kind="llm.call", params={"temperature": 0.5, "instructions": LONG, "tools": ["search"], "seed": None}),
    Event(kind="session.end", status="error", error=ErrorInfo("e1", "ValueError", LONG, status_code=400, code="bad")),
    Event(kind="a.new.kind", detail={"text": LONG, "count": 3}, content=LONG),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.kind} {event.id or ''}")
def test_off_keeps_no_word_and_preview_no_long_text(event: Event) -> None:
    whole = as_written(event)
    off = reduced(msgspec.structs.replace(event))
    assert SECRETLY.strip() not in str(off)
    preview = reduced(msgspec.structs.replace(event), "preview")
    assert SECRETLY * 6 in str(preview)
    assert SECRETLY * 8 not in str(preview)
    assert off["full_length"] == preview["full_length"]
    for field, length in off["full_length"].items():
        text = whole["error"]["message"] if field == "error" else whole[field]
        assert length == len(text if isinstance(text, str) else msgspec.json.encode(text).decode())


def test_off_keeps_names_ids_and_numbers() -> None:
    message = reduced(msgspec.structs.replace(EVENTS[2]))
    assert message["tool_calls"] == [{"id": "c1", "type": "function", "function": {"name": "search"}}]
    assert reduced(msgspec.structs.replace(EVENTS[4]))["detail"] == {"class": "x.Y", "models": ["m"]}
    assert reduced(msgspec.structs.replace(EVENTS[7]))["detail"] == {"exit_code": 0}
    assert reduced(msgspec.structs.replace(EVENTS[8]))["params"] == {"temperature": 0.5, "tools": ["search"]}
    error = reduced(msgspec.structs.replace(EVENTS[9]))["error"]
    assert error == {"id": "e1", "type": "ValueError", "status_code": 400, "code": "bad"}


def test_a_number_that_is_content_is_left_out() -> None:
    event = reduced(Event(kind="tool.call", tool="t", arguments={"amount": 41414}, result=41414))
    assert "41414" not in str(event)
    event = reduced(
        Event(kind="message", role="tool", detail={"tool_responses": [{"tool_call_id": "c", "content": 41414}]})
    )
    assert "41414" not in str(event)


def test_what_is_short_is_whole_in_a_preview_and_nothing_is_told_of_it() -> None:
    event = Event(kind="tool.call", tool="t", arguments={"a": 1}, result="fine", error=ErrorInfo("e1", "X", "short"))
    whole = as_written(event)
    assert reduced(event, "preview") == whole


def test_an_error_told_again_is_reduced_from_its_whole() -> None:
    error = ErrorInfo("e1", "X", LONG)
    policy = content_policy("preview", (), Redactor())
    assert policy is not None
    for _ in range(2):
        event = Event(kind="session.end", error=error)
        policy.reduce(event)
        assert event.full_length == {"error": len(LONG)}
    assert error.message == LONG


def test_a_secret_at_the_200th_character_of_an_error_is_masked_whole() -> None:
    key = "sk-" + "proj-" + "A1b2C3d4E5f6G7h8" * 3
    event = Event(kind="agent.reply", error=ErrorInfo("e1", "X", f"{SECRETLY * 7} {key} {LONG}"))
    assert key[:8] not in str(reduced(event, "preview"))


@pytest.fixture
def by_tool() -> ContentPolicy:
    """A session that stores everything but the calls of two tools."""
    policy = content_policy("full", ("search=off", "read=preview"), Redactor())
    assert policy is not None
    return policy


def kept(policy: ContentPolicy, **fields: Any) -> Event:
    event = Event(**{"kind": "message", **fields})
    policy.reduce(event)
    return event


def test_a_call_has_the_level_of_its_tool(by_tool: ContentPolicy) -> None:
    def of_tool(tool: str) -> Event:
        return kept(
            by_tool, kind="tool.call", tool=tool, arguments={"q": 1}, result=LONG, error=ErrorInfo("e", "X", LONG)
        )

    search, read, other = of_tool("search"), of_tool("read"), of_tool("other")
    assert (search.arguments, search.result, read.result, other.result) == (None, None, BEGINNING, LONG)
    assert [event.error and event.error.message for event in (search, read, other)] == ["", BEGINNING, LONG]
    assert search.full_length == {"arguments": 7, "result": len(LONG), "error": len(LONG)}
    assert read.full_length == {"result": len(LONG), "error": len(LONG)}
    assert (other.arguments, other.full_length) == ({"q": 1}, None)


def test_each_tool_call_of_a_message_has_the_level_of_its_tool(by_tool: ContentPolicy) -> None:
    calls = [call_of("search", "c1", LONG), call_of("read", "c2", LONG), call_of("other", "c3", LONG)]
    event = kept(by_tool, role="assistant", content=LONG, tool_calls=calls)
    assert event.content == LONG
    search, read, other = event.tool_calls
    assert search == {"id": "c1", "type": "function", "function": {"name": "search"}}
    assert read["function"]["arguments"] == BEGINNING
    assert other is calls[2]
    assert event.full_length is not None
    assert event.full_length.keys() == {"tool_calls"}


def test_an_answer_has_the_level_of_the_call_it_answers(by_tool: ContentPolicy) -> None:
    kept(by_tool, role="assistant", tool_calls=[call_of("search", "c1"), call_of("other", "c3")])
    kept(by_tool, kind="tool.call", tool="read", call_id="c2")
    assert kept(by_tool, role="tool", call_id="c1", content=LONG).content is None
    assert kept(by_tool, role="tool", call_id="c2", content=LONG).content == BEGINNING
    assert kept(by_tool, role="tool", call_id="c3", content=LONG).content == LONG
    assert kept(by_tool, role="function", name="search", content=LONG).content is None
    assert kept(by_tool, role="function", name="other", content=LONG).content == LONG


def test_an_answer_to_a_call_never_seen_has_the_strictest_level(by_tool: ContentPolicy) -> None:
    assert kept(by_tool, role="tool", call_id="c9", content=LONG).content is None
    assert kept(by_tool, role="tool", content=LONG).content is None


def test_answers_in_one_message(by_tool: ContentPolicy) -> None:
    kept(by_tool, role="assistant", tool_calls=[call_of("search", "c1"), call_of("other", "c3")])
    responses = [{"tool_call_id": call_id, "role": "tool", "content": LONG} for call_id in ("c1", "c3")]
    event = kept(by_tool, role="tool", content=f"{LONG}\n\n{LONG}", detail={"tool_responses": responses})
    assert event.content is None
    assert event.detail == {"tool_responses": [{"tool_call_id": "c1", "role": "tool"}, responses[1]]}
    alone = kept(by_tool, role="tool", content=LONG, detail={"tool_responses": [responses[1]]})
    assert (alone.content, alone.full_length) == (LONG, None)


def test_a_call_id_used_again_has_the_stricter_level(by_tool: ContentPolicy) -> None:
    kept(by_tool, role="assistant", tool_calls=[call_of("search", "c1")])
    kept(by_tool, role="assistant", tool_calls=[call_of("other", "c1")])
    assert kept(by_tool, role="tool", call_id="c1", content=LONG).content is None


def test_calls_in_other_shapes(by_tool: ContentPolicy) -> None:
    legacy = kept(by_tool, role="assistant", detail={"function_call": {"name": "search", "arguments": LONG}})
    assert legacy.detail == {"function_call": {"name": "search"}}
    item = {"type": "function_call", "id": "fc1", "call_id": "c1", "arguments": LONG}
    assert kept(by_tool, name="search", detail=item).detail == {"type": "function_call", "id": "fc1", "call_id": "c1"}
    output = {"type": "function_call_output", "call_id": "c1", "output": LONG}
    assert kept(by_tool, detail=output).detail == {"type": "function_call_output", "call_id": "c1"}
    parts = [{"type": "text", "text": LONG}, {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": LONG}}]
    event = kept(by_tool, role="assistant", content=parts)
    assert event.content == [parts[0], {"type": "tool_use", "id": "t1", "name": "search"}]
    answer = [{"type": "tool_result", "tool_use_id": "t1", "content": LONG}]
    assert kept(by_tool, role="user", content=answer).content == [{"type": "tool_result", "tool_use_id": "t1"}]


def test_a_tool_may_be_stored_where_nothing_else_is() -> None:
    policy = content_policy("off", ("search=full", "*=preview"), Redactor())
    assert policy is not None
    event = kept(policy, role="assistant", content=LONG, tool_calls=[call_of("search", "c1", LONG)])
    assert (event.content, event.tool_calls) == (None, [call_of("search", "c1", LONG)])
    assert kept(policy, role="tool", call_id="c1", content=LONG).content == LONG
    assert kept(policy, kind="tool.call", tool="other", result=LONG).result == BEGINNING
    assert kept(policy, kind="human.input", content=LONG).content is None
