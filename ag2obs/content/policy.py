"""Which content of an event is stored: by the session's level, and by that of the tool it belongs to.

``full`` stores everything, ``preview`` the first 200 characters, ``off`` nothing. Roles, names, ids, numbers, tokens
and money are no content and stay; so does, in ``full_length``, how long each shortened field was. Messages are told
apart before this, by what they really say, so ids are the same at every level.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ag2obs.content.preview import PREVIEW_CHARACTERS, Previewer, characters
from ag2obs.events import Event
from ag2obs.redaction import Redactor
from ag2obs.settings import CONTENT

FULL, PREVIEW, OFF = CONTENT

_OWN_KINDS = frozenset({"session.start", "session.end", "drop", "budget", "alert"})
"""Kinds that ag2obs writes of itself: of content they have an error at most."""

_OF_USER_CODE = frozenset(
    {
        "action", "decision", "state.change", "state.snapshot", "interaction", "learning", "metric", "milestone",
        "log", "error",
    }
)  # fmt: skip
"""Kinds whose data is the user's own: nothing in it belongs to a tool, whatever it looks like."""

_WHOLE = ("content", "arguments", "result")
"""Fields that are content as a whole."""

_MIXED = ("params", "detail", "tool_calls")
"""Fields that hold names and numbers beside content."""

_NAMES = frozenset(
    {
        "id", "type", "role", "name", "index", "status", "tool_call_id", "call_id", "tool_use_id", "content_of",
        "class", "models", "human_input_mode",
        "tools", "tool_choice", "reasoning_effort", "service_tier", "verbosity", "modalities",
    }
)  # fmt: skip
"""Keys of mixed fields whose text is no content."""

_STRUCTURES = frozenset({"function", "function_call", "tool_calls", "tool_responses", "tool_choice"})
"""Keys of mixed fields whose value is mixed too."""

_TEXTS = frozenset({"content", "arguments", "input", "output", "result"})
"""Keys of mixed fields whose value is content even if it is a number."""

_CALL_IDS = ("tool_call_id", "call_id", "tool_use_id")


class ContentPolicy:
    """Reduces the events of one session; not thread-safe, its stream calls it under the session's lock.

    ``level`` is the session's, ``tools`` are pairs such as ``search=off``, with ``*`` for the tools not listed.
    The content of a call belongs to its tool wherever it stands: in the ``tool.call``, in the message that asks for
    it and in the one that answers. An answer to a call that was never seen has the strictest of all levels.
    """

    def __init__(self, level: str, tools: Iterable[str], redactor: Redactor) -> None:
        self._level = level
        self._tools = {name: of_tool for name, _, of_tool in (pair.partition("=") for pair in tools)}
        self._other_tools = self._tools.pop("*", level)
        self.strictest = _strictest([level, self._other_tools, *self._tools.values()])
        self._previewer = Previewer(redactor)
        self._calls: dict[str, str] = {}
        """The level of every call, by its id."""

    def reduce(self, event: Event) -> None:
        """Leave out of ``event`` what its level leaves out, and say in ``full_length`` how long that was."""
        level = self._level_of(event)
        if event.kind in _OF_USER_CODE:
            self._reduce_user_data(event, level)
            return
        is_message = event.kind == "message"
        if level == FULL and not is_message:
            return
        lengths: dict[str, int] = {}
        for field in _WHOLE:
            value = getattr(event, field)
            if value is not None:
                self._set(event, field, self._content(value, level), lengths)
        if event.kind not in _OWN_KINDS:
            for field in _MIXED:
                value = getattr(event, field)
                if value is not None:
                    self._set(event, field, self._mixed(value, level), lengths)
        if event.error is not None and level != FULL:
            self._reduce_error(event, level, lengths)
        if lengths:
            event.full_length = lengths

    def _reduce_user_data(self, event: Event, level: str) -> None:
        if level == FULL:
            return
        lengths: dict[str, int] = {}
        for field in (*_WHOLE, "detail", "attributes"):
            value = getattr(event, field)
            if value is not None:
                self._set(event, field, self._previewer.of(value) if level == PREVIEW else None, lengths)
        if event.error is not None:
            self._reduce_error(event, level, lengths)
        if lengths:
            event.full_length = lengths

    def _set(self, event: Event, field: str, kept: Any, lengths: dict[str, int]) -> None:
        value = getattr(event, field)
        if kept is not value:
            lengths[field] = characters(value)
            setattr(event, field, kept)

    def _reduce_error(self, event: Event, level: str, lengths: dict[str, int]) -> None:
        """Shorten the text of an error, which may quote what was sent; its type and codes stay."""
        error = event.error
        assert error is not None
        kept = self._content(error.message, level) or ""
        if kept is not error.message and error.message:
            lengths["error"] = len(error.message)
            # The error itself is told again by a later session.end.
            event.error = msgspec.structs.replace(error, message=kept)

    def _level_of(self, event: Event) -> str:
        if event.kind == "tool.call":
            level = self._level_of_tool(event.tool)
            self._remember(event.call_id, level)
            return level
        return self._level_of_message(event) if event.kind == "message" else self._level

    def _level_of_message(self, event: Event) -> str:
        """Return the level of a message: that of the calls it answers, else the session's."""
        detail = event.detail or {}
        responses = detail.get("tool_responses")
        if isinstance(responses, list) and responses:
            return _strictest([self._level_of_node(response, self.strictest) for response in responses])
        if event.role == "function":
            return self._level_of_tool(event.name)
        if event.role == "tool":
            return self._level_of_call(event.call_id)
        if event.role is None:  # an item of the Responses API
            return self._level_of_node({"name": event.name, **detail}, self._level)
        return self._level

    def _level_of_node(self, node: Any, inherited: str) -> str:
        """Return the level of a dictionary in a message; one that asks for a call makes the call known."""
        if not isinstance(node, dict):
            return inherited
        tool = _tool_asked_for(node)
        if tool is not None:
            level = self._level_of_tool(tool)
            self._remember(node.get("id"), level)
            self._remember(node.get("call_id"), level)
            return level
        answered = next((node[key] for key in _CALL_IDS if node.get(key) is not None), None)
        return inherited if answered is None else self._level_of_call(answered)

    def _remember(self, call_id: object, level: str) -> None:
        """Keep the level of a call; where an id is used twice, the stricter one."""
        if isinstance(call_id, str):
            self._calls[call_id] = _strictest([level, self._calls.get(call_id, level)])

    def _level_of_call(self, call_id: object) -> str:
        return self._calls.get(call_id, self.strictest) if isinstance(call_id, str) else self.strictest

    def _level_of_tool(self, tool: str | None) -> str:
        return self._tools.get(tool or "", self._other_tools)

    def _content(self, value: Any, level: str) -> Any:
        """Return what is kept of content; of a message in parts, the parts that are calls have their own level."""
        if isinstance(value, list) and any(_is_of_a_call(part) for part in value):
            return self._mixed(value, level) or None
        if level == FULL:
            return value
        return self._previewer.of(value) if level == PREVIEW else None

    def _mixed(self, value: Any, level: str) -> Any:
        """Return what is kept of names, numbers and content; the very same object where that is everything."""
        if isinstance(value, list):
            parts = [self._mixed(item, level) for item in value]
            if all(part is item for part, item in zip(parts, value, strict=True)):
                return value
            return [part for part in parts if part is not None]
        if not isinstance(value, dict):
            return self._content(value, level)
        level = self._level_of_node(value, level)
        kept = {key: self._entry(key, item, level) for key, item in value.items()}
        if all(kept[key] is item for key, item in value.items()):
            return value
        return {key: item for key, item in kept.items() if item is not None} or None

    def _entry(self, key: str, item: Any, level: str) -> Any:
        if key in _STRUCTURES and isinstance(item, dict | list):
            return self._mixed(item, level)
        if isinstance(item, int | float) and key not in _TEXTS:
            return item
        return item if key in _NAMES and _is_name(item) else self._content(item, level)


def content_policy(level: str, tools: Iterable[str], redactor: Redactor) -> ContentPolicy | None:
    """Return the policy of a session; None where everything is stored."""
    policy = ContentPolicy(level, tools, redactor)
    return None if policy.strictest == FULL else policy


def _strictest(levels: Iterable[str]) -> str:
    return max(levels, key=CONTENT.index)


def _tool_asked_for(node: dict[str, Any]) -> str | None:
    """Return the tool that a tool call, in the shape of any provider, asks for."""
    function = node.get("function")
    if isinstance(function, dict):
        name = function.get("name")
    else:
        name = node.get("name") if "arguments" in node or "input" in node else None
    return name if isinstance(name, str) else None


def _is_of_a_call(part: Any) -> bool:
    return isinstance(part, dict) and (_tool_asked_for(part) is not None or any(key in part for key in _CALL_IDS))


def _is_name(item: Any) -> bool:
    if isinstance(item, list):
        return all(isinstance(name, str) and len(name) <= PREVIEW_CHARACTERS for name in item)
    return isinstance(item, str) and len(item) <= PREVIEW_CHARACTERS
