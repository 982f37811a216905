"""A message is known by its content: the same again is the same id, anything else is a new one."""

from __future__ import annotations

import copy
import json
import math
from collections import OrderedDict, UserDict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ag2obs.encoding import plain
from ag2obs.events import Event
from ag2obs.message_index import MessageIndex, ranges

LONG = "long enough to be written once only, whoever says it " * 3


class Chat:
    """An index with the events it created."""

    def __init__(self) -> None:
        self.plained: list[object] = []
        self.index = MessageIndex(self._plain)
        self.created: list[Event] = []

    def _plain(self, value: object) -> Any:
        self.plained.append(value)
        return plain(value)

    def number(self, message: object) -> int:
        return self.index.number(message, self.created)


@pytest.fixture
def chat() -> Chat:
    return Chat()


@dataclass
class Part:
    text: str


class Role(StrEnum):
    USER = "user"


CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "hello"},
    {"role": "user", "name": "bob", "content": "hello"},
    {"role": "user", "content": [{"type": "text", "text": "hello"}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "2"},
    {"role": "user", "content": [Part("hello")]},
    {"role": "user", "content": math.nan},
    {"role": Role.USER, "content": "hello you"},
    {"content": {1, 2, 3}},
    {"role": "user", "content": b"hello"},
]


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_a_copy_is_the_same_message(message: dict[str, Any], chat: Chat) -> None:
    first = chat.number(message)
    assert chat.number(message) == first
    assert chat.number(copy.deepcopy(message)) == first
    assert chat.number(OrderedDict(reversed(message.items()))) == first
    assert chat.number(UserDict(message)) == first
    assert len(chat.created) == 1


def test_every_other_content_is_another_message(chat: Chat) -> None:
    assert [chat.number(message) for message in MESSAGES] == list(range(1, len(MESSAGES) + 1))
    assert [event.id for event in chat.created] == [f"m{number}" for number in range(1, len(MESSAGES) + 1)]


def test_a_nan_is_written_as_a_marker_once(chat: Chat) -> None:
    assert chat.number({"role": "user", "content": [float("nan")]}) == 1
    assert chat.number({"role": "user", "content": [float("nan")]}) == 1
    assert json.loads(json.dumps(chat.created[0].content, allow_nan=False)) == plain([math.nan])


@pytest.mark.parametrize(
    "contents",
    [[-1, -2], [{"a": -1}, {"a": -2}], [1, True, 1.0, "1", [1]], [0.0, -0.0, 0, False, None], ["ab", b"ab"],
     [[], {}, [[]], [{}], ""], [["a", "b"], ["ab"], [["a"], "b"]], [{"a": "b"}, {"b": "a"}, [["a", "b"]]],
     [math.inf, -math.inf, math.nan]],
    ids=repr,
)  # fmt: skip
def test_contents_that_python_confuses_are_told_apart(contents: list[object], chat: Chat) -> None:
    numbers = [chat.number({"role": "user", "content": content}) for content in contents]
    numbers += [chat.number({"role": "user", "content": "x", "extra": [content]}) for content in contents]
    assert len(set(numbers)) == len(numbers)


LEAVES = st.sampled_from([None, True, False, 0, 1, -1, -2, 0.0, -0.0, 1.0, -1.0, "", "a", "b", "1", 2**61 - 1, 2**70])
JSON = st.recursive(
    LEAVES | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab1"), inner, max_size=3),
    max_leaves=10,
)
JSON_MESSAGE = st.dictionaries(st.sampled_from(["role", "name", "content", "tool_calls", "extra"]), JSON, max_size=4)


def text_of(message: dict[str, Any]) -> str:
    """Return what tells two messages apart; a field that is None is a field that is missing."""
    return json.dumps({key: value for key, value in message.items() if value is not None}, sort_keys=True)


@settings(max_examples=60)
@given(st.lists(JSON_MESSAGE, min_size=2, max_size=8))
def test_different_json_is_a_different_number_and_equal_json_the_same(messages: list[dict[str, Any]]) -> None:
    chat = Chat()
    numbers = {}
    for message in messages:
        number = chat.number(message)
        assert numbers.setdefault(text_of(message), number) == number
        assert chat.number(json.loads(json.dumps(message))) == number
    assert len(set(numbers.values())) == len(numbers)


def test_a_message_edited_in_place_is_a_new_one(chat: Chat) -> None:
    message: dict[str, Any] = {"role": "user", "content": [{"type": "text", "text": "before"}]}
    assert chat.number(message) == 1
    message["content"][0]["text"] = "after"
    assert chat.number(message) == 2
    message["content"][0]["text"] = "before"
    assert chat.number(message) == 1


def test_an_object_edited_in_place_makes_a_new_message(chat: Chat) -> None:
    part = Part("before")
    message = {"role": "user", "content": [part]}
    assert chat.number(message) == 1
    part.text = "after"
    assert chat.number(message) == 2
    assert [event.content for event in chat.created] == [[{"text": "before"}], [{"text": "after"}]]
    assert chat.number({"role": "user", "content": [{"text": "after"}]}) == 2


def test_a_deep_value_edited_in_place_makes_a_new_message(chat: Chat) -> None:
    inner: list[object] = ["before"]
    nested: list[object] = inner
    for _ in range(30):
        nested = [nested]
    message = {"role": "user", "content": nested}
    assert chat.number(message) == 1
    inner[0] = "after"
    assert chat.number(message) == 2


def test_what_a_resent_text_message_costs_is_a_lookup(chat: Chat) -> None:
    message = {"role": "user", "name": "bob", "content": LONG}
    chat.number(message)
    chat.plained.clear()
    chat.number(message)
    chat.number({"role": "assistant", "content": None, "tool_calls": [CALL]})
    chat.plained.clear()
    chat.number({"role": "assistant", "content": None, "tool_calls": [CALL]})
    assert chat.plained == []


def test_tool_calls_have_their_own_fields(chat: Chat) -> None:
    chat.number({"role": "assistant", "content": None, "tool_calls": [CALL]})
    chat.number({"role": "tool", "tool_call_id": "call_1", "content": "2", "tool_calls": []})
    called, answered = chat.created
    assert (called.tool_calls, called.content, called.detail) == ([CALL], None, None)
    assert (answered.call_id, answered.content, answered.tool_calls) == ("call_1", "2", None)


def test_tool_responses_are_written_by_reference(chat: Chat) -> None:
    assert chat.index.claim_content(LONG) == "m1"
    assert chat.index.claim_content(LONG) is None
    response = {"tool_call_id": "call_1", "role": "tool", "content": LONG}
    chat.number({"role": "tool", "content": LONG, "tool_responses": [response, {**response, "content": "2"}]})
    (event,) = chat.created
    assert (event.content, event.content_of) == (None, "m1")
    assert event.detail == {
        "tool_responses": [
            {"tool_call_id": "call_1", "role": "tool", "content_of": "m1"},
            {"tool_call_id": "call_1", "role": "tool", "content": "2"},
        ]
    }


@pytest.mark.parametrize(
    "content", [LONG, [{"type": "text", "text": "hi"}], [Part("hi")]], ids=["text", "list", "object"]
)
def test_content_under_another_role_refers_to_the_first(content: object, chat: Chat) -> None:
    assert chat.index.number_of_content(content) is None
    chat.number({"role": "assistant", "content": content})
    chat.number({"role": "user", "name": "bob", "content": copy.deepcopy(content)})
    first, second = chat.created
    assert (first.content, first.content_of) == (plain(content), None)
    assert (second.content, second.content_of, second.role, second.name) == (None, "m1", "user", "bob")
    assert chat.index.number_of_content(copy.deepcopy(content)) == 1


def test_short_content_is_repeated(chat: Chat) -> None:
    chat.number({"role": "assistant", "content": "yes"})
    chat.number({"role": "user", "content": "yes"})
    assert [event.content for event in chat.created] == ["yes", "yes"]
    assert chat.index.number_of_content("yes") is None
    assert chat.index.claim_content("yes") is None


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([], []),
        ([7], ["m7"]),
        ([1, 2, 3, 9], ["m1-m3", "m9"]),
        ([3, 2, 1], ["m3", "m2", "m1"]),
        ([1, 1, 2], ["m1", "m1-m2"]),
        ([9, 10, 4, 5], ["m9-m10", "m4-m5"]),
    ],
)
def test_ranges(numbers: list[int], written: list[str]) -> None:
    assert ranges(numbers) == written


def said(*numbers: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"message {number}"} for number in numbers]


def test_a_scattered_history_continues_the_callers_previous_one(chat: Chat) -> None:
    chat.index.refer(said(*range(1, 13)), chat.created)
    odd = [1, 3, 5, 7, 9]
    assert chat.index.refer_history(said(*odd), chat.created, "a") == ("c1", ["m1", "m3", "m5", "m7", "m9"])
    assert chat.index.refer_history(said(*odd, 11, 12), chat.created, "a") == ("c2", ["c1", "m11-m12"])
    # Another caller has sent nothing yet, and a history that was cut is no continuation.
    assert chat.index.refer_history(said(*odd), chat.created, "b") == ("c3", ["m1", "m3", "m5", "m7", "m9"])
    assert chat.index.refer_history(said(*odd[1:], 11), chat.created, "a")[1] == ["m3", "m5", "m7", "m9", "m11"]
    assert chat.index.refer_history(said(1, 2, 3), chat.created, "a") == ("c5", ["m1-m3"])
    assert len(chat.created) == 12


def test_what_is_forgotten_is_written_again_under_a_new_id(chat: Chat) -> None:
    history = said(1, 2, 3)
    assert chat.index.refer_history(history, chat.created, "a") == ("c1", ["m1-m3"])
    chat.index.claim_content(LONG)
    chat.index.forget()
    assert chat.index.number_of_content(LONG) is None
    assert chat.index.refer_history(history, chat.created, "a") == ("c2", ["m5-m7"])
    scattered = [history[0], history[2], *said(20), history[1], *said(30), history[0]]
    assert not [name for name in chat.index.refer_history(scattered, chat.created, "b")[1] if name.startswith("c")]


class HostileDict(dict):  # type: ignore[type-arg]
    def get(self, *_: object) -> object:
        raise RuntimeError("no")

    __iter__ = keys = items = __getitem__ = get


class HostileMapping(UserDict):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[object]:
        raise RuntimeError("no")


class HostileText(str):
    def __len__(self) -> int:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")


class Hostile:
    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        return hash("role")


def cycle() -> list[object]:
    holds_itself: list[object] = []
    holds_itself += [holds_itself, holds_itself]
    return holds_itself


def shared_many_times() -> list[object]:
    """Return 2**38 values in forty lists."""
    value: list[object] = ["x"]
    for _ in range(38):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "make",
    [
        lambda: HostileDict(role="user", content="hi"),
        lambda: HostileMapping(role="user", content="hi"),
        lambda: {"role": "user", "content": HostileText("hi")},
        lambda: {"role": HostileText("user"), "content": "hi"},
        lambda: {"role": "user", "content": [Hostile()]},
        lambda: {Hostile(): "user", "content": "hi"},
        lambda: {"role": "user", "content": HostileDict(a=1)},
        lambda: {"role": "tool", "content": "x", "tool_responses": [HostileDict(content=LONG)]},
        lambda: {"role": "user", "content": cycle()},
        lambda: {"role": "user", "content": shared_many_times()},
        lambda: {"role": "user", "content": ["x"] * 200_000},
        Hostile,
        lambda: None,
        lambda: 7,
    ],
)  # fmt: skip
def test_hostile_values_are_messages_like_any_other(make: Any, chat: Chat) -> None:
    number = chat.number(make())
    assert chat.number(make()) == number
    (event,) = chat.created
    json.dumps([event.content, event.detail, event.tool_calls], allow_nan=False)


@pytest.mark.parametrize(
    "make",
    [lambda: [Hostile()], cycle, lambda: HostileText(LONG), lambda: HostileDict(a=1), lambda: [HostileText("x")]],
)
def test_hostile_content_is_looked_up_and_claimed(make: Any, chat: Chat) -> None:
    assert chat.index.number_of_content(make()) is None
    claimed = chat.index.claim_content(make())
    assert chat.index.number_of_content(make()) == (None if claimed is None else 1)
