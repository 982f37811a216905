"""What AG2 v1 sends and gets, as messages."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

pytest.importorskip("ag2.agent")

from ag2.events import (  # only where AG2 v1 is installed
    BinaryInput,
    DataInput,
    HumanMessage,
    ImageInput,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextInput,
    ToolCallEvent,
    ToolCallsEvent,
    ToolResult,
    ToolResultEvent,
    ToolResultsEvent,
    UsageEvent,
)

from ag2obs.adapters.v1 import messages
from ag2obs.adapters.v1.messages import content_of, messages_of_response, messages_sent


def test_a_history_is_what_the_client_sends() -> None:
    call = ToolCallEvent("calc", id="t1", arguments='{"x": 1}')
    history: list[Any] = [
        ModelRequest([TextInput("hello")]),
        ModelResponse(ModelMessage("let me see"), tool_calls=ToolCallsEvent([call])),
        UsageEvent(),
        ToolResultsEvent([ToolResultEvent.from_call(call, ToolResult("two"))]),
        HumanMessage("not sent"),
        ModelResponse(ModelMessage("it is two")),
    ]
    function = {"name": "calc", "arguments": '{"x": 1}'}
    assert messages_sent(["You help.", "Today is Monday."], history) == [
        {"role": "system", "content": "You help."},
        {"role": "system", "content": "Today is Monday."},
        {"role": "user", "content": "hello"},
        {
            "role": "assistant",
            "content": "let me see",
            "tool_calls": [{"id": "t1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "two"},
        {"role": "assistant", "content": "it is two"},
    ]


def test_an_answer_reads_the_same_in_the_next_history() -> None:
    answer = ModelResponse(ModelMessage("yes"))
    assert messages_of_response(answer) == messages_sent([], [answer])
    assert messages_of_response(ModelResponse()) == []


def test_binary_parts_are_told_by_size_and_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 4_000
    picture = BinaryInput(data, media_type="image/png")
    parts = [TextInput("look"), picture, ImageInput("https://example.com/a.png"), DataInput({"a": 1})]
    text, binary, url, structure = content_of(parts)
    assert text == {"type": "text", "text": "look"}
    assert binary == {
        "type": "binary", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "media_type": "image/png",
    }  # fmt: skip
    assert url == {"type": "image", "url": "https://example.com/a.png"}
    assert structure == {"type": "data", "data": {"a": 1}}
    monkeypatch.setattr(messages.hashlib, "sha256", lambda _: pytest.fail("a picture that is resent is read once"))
    assert content_of(parts)[1] == binary


def test_changed_bytes_get_a_digest_of_their_own() -> None:
    picture = BinaryInput(b"before", media_type="image/png")
    before = content_of([picture, picture])[0]["sha256"]
    picture.data = b"after"
    assert content_of([picture, picture])[0]["sha256"] != before


def test_a_single_part_stands_for_itself() -> None:
    assert content_of([TextInput("hello")]) == "hello"
    assert content_of([DataInput({"rows": [1, 2]})]) == {"rows": [1, 2]}
    assert content_of([]) == []


def test_a_part_of_a_users_own_class_is_told_by_its_fields() -> None:
    class Place(TextInput):
        country: str = "nowhere"

    assert content_of([Place("here", country="there")])[0]["type"] == "Place"
    assert content_of([Place("here", country="there")])[0]["country"] == "there"
