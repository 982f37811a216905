"""Which message is which: every message of a session gets one id and is written once.

A chat resends its whole history with every call. The index recognises a message by its content (role,
name, body, tool calls), so that a call can name ids instead of repeating texts, and the work for a
resent message is one lookup. Texts are compared by Python's keyed 64-bit string hash and their length,
which the interpreter caches on the string: nothing of a message is kept alive. What is no plain data is
compared as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ag2obs.events import Event

_SHARED_FROM = 80
"""Content at least this long (characters) is not written twice when only role or name differ."""

_MOST_RANGES = 4
"""A history that needs more ranges than this is written as the previous one of the same caller, continued."""

_DEEPEST = 45
"""Levels of plain data that are compared; ``plain`` makes 40."""

_MOST_VALUES = 100_000
"""Values of plain data that are compared; ``plain`` makes 50,000 and at most one mark where it cut each."""

_FIELDS = ("role", "name", "content", "tool_calls", "tool_call_id", "function_call")

Plain = Callable[[object], Any]


class MessageIndex:
    """Gives ids to the messages of one session; not thread-safe, its session calls it under its lock.

    ``plain`` turns any object into bounded JSON data; it is called for new messages, and again for resent ones
    only where they hold objects that are no plain data.
    """

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._count = 0
        self._ids: dict[object, int] = {}
        self._content_ids: dict[object, int] = {}
        self._calls = 0
        self._histories: dict[object, tuple[str, list[int]]] = {}

    def forget(self) -> None:
        """Forget what was written, so that messages are written again when next referred to (a new segment)."""
        self._ids.clear()
        self._content_ids.clear()
        self._histories.clear()

    def refer(self, messages: Iterable[object], created: list[Event]) -> list[str]:
        """Return the ids of ``messages`` as ranges; events of messages not seen before are put into ``created``."""
        return ranges([self.number(message, created) for message in messages])

    def refer_history(self, messages: Iterable[object], created: list[Event], caller: object) -> tuple[str, list[str]]:
        """Return an id for this call and the ids of its ``messages``, in a length that does not grow with them.

        ``["c7", "m12"]`` is what call ``c7`` of the same caller was sent, and then ``m12``.
        """
        self._calls += 1
        call = f"c{self._calls}"
        numbers = [self.number(message, created) for message in messages]
        written = ranges(numbers)
        previous = self._histories.pop(caller, None)
        if len(written) > _MOST_RANGES and previous is not None:
            name, before = previous
            if numbers[: len(before)] == before:
                written = [name, *ranges(numbers[len(before) :])]
        self._histories[caller] = (call, numbers)
        return call, written

    def number(self, message: object, created: list[Event]) -> int:
        """Return the number of one message, creating its event where it is new."""
        try:
            if type(message) is not dict:
                message = _as_message(message)
            key = _identity(message)
        except Exception:  # noqa: BLE001  # objects, also such that refuse to be looked at: plain() can tell them
            message = _as_message(self._plain(message))
            key = _identity(message)
        number = self._ids.get(key)
        if number is None:
            number = self._ids[key] = self._next()
            created.append(self._event(number, message))
        return number

    def number_of_content(self, content: object) -> int | None:
        """Return the number of the first message or tool result with this content, or None."""
        return self._content_ids.get(self._content_key(content)) if _is_shared(content) else None

    def claim_content(self, content: object) -> str | None:
        """Give an id to content that another event carries (a tool's result), so that messages can refer to it."""
        if not _is_shared(content):
            return None
        key = self._content_key(content)
        if key in self._content_ids:
            return None
        number = self._content_ids[key] = self._next()
        return f"m{number}"

    def _content_key(self, content: object) -> object:
        try:
            return fingerprint(content)
        except (NotPlain, RecursionError):
            return fingerprint(self._plain(content))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _event(self, number: int, message: Mapping[Any, Any]) -> Event:
        event = Event(kind="message", id=f"m{number}")
        role, name = message.get("role"), message.get("name")
        event.role = role if isinstance(role, str) else None
        event.name = name if isinstance(name, str) else None
        content = message.get("content")
        if _is_shared(content):
            first = self._content_ids.setdefault(self._content_key(content), number)
            if first != number:
                event.content_of = f"m{first}"
        if event.content_of is None and content is not None:
            event.content = self._plain(content)
        if len(message) == (role is not None) + (name is not None) + (content is not None):
            return event
        if message.get("tool_calls"):
            event.tool_calls = self._plain(message["tool_calls"])
        event.call_id = message["tool_call_id"] if isinstance(message.get("tool_call_id"), str) else None
        rest = self._rest(message)
        if rest:
            event.detail = rest
        return event

    def _rest(self, message: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the fields that have no place of their own, repeated contents by reference."""
        rest: dict[str, Any] = {}
        for key, value in message.items():
            if key in _FIELDS and not (key == "function_call" and value):
                continue
            if value is None:
                continue
            rest[str(key)] = self._tool_responses(value) if key == "tool_responses" else self._plain(value)
        return rest

    def _tool_responses(self, responses: object) -> Any:
        if not isinstance(responses, list):
            return self._plain(responses)
        return [self._tool_response(response) for response in responses]

    def _tool_response(self, response: object) -> Any:
        if isinstance(response, dict):
            number = self.number_of_content(response.get("content"))
            if number is not None:
                rest = {key: value for key, value in response.items() if key != "content"}
                return self._plain({**rest, "content_of": f"m{number}"})
        return self._plain(response)


def ranges(numbers: list[int]) -> list[str]:
    """Write message numbers as ranges, in their order: ``[1, 2, 3, 9]`` is ``["m1-m3", "m9"]``."""
    written: list[str] = []
    position, count = 0, len(numbers)
    while position < count:
        first = last = numbers[position]
        position += 1
        while position < count and numbers[position] == last + 1:
            last += 1
            position += 1
        written.append(f"m{first}" if first == last else f"m{first}-m{last}")
    return written


class NotPlain(Exception):
    """A value is no plain data, or so much of it that only its bounded form is written."""


def fingerprint(value: object) -> object:
    """Return a hashable that is equal for equal plain data and practically never for different data.

    It holds lengths and hashes in place of texts. The order of keys does not count. Raises NotPlain.
    """
    return _fingerprint(value, _DEEPEST, [_MOST_VALUES])


def _fingerprint(value: object, depth: int, left: list[int]) -> object:
    kind = type(value)
    if kind is str:
        return (len(value), hash(value))  # type: ignore[arg-type]  # it is a str
    if value is None or kind is bool or kind is int:
        return (kind.__name__, value)
    if kind is float:
        # Its text tells 0.0 from -0.0, and is equal for one NaN and another.
        return ("float", repr(value))
    if kind is bytes:
        return ("bytes", len(value), hash(value))  # type: ignore[arg-type]  # it is a bytes
    if kind not in (dict, list, tuple) or depth == 0:
        raise NotPlain
    left[0] -= len(value)  # type: ignore[arg-type]  # it is a container
    if left[0] < 0:
        raise NotPlain
    depth -= 1
    if isinstance(value, dict):
        # A copy is one step, in which no other thread can change the dict.
        items = value.copy().items()
        return ("dict", frozenset([(_fingerprint(k, depth, left), _fingerprint(v, depth, left)) for k, v in items]))
    return ("list", *[_fingerprint(item, depth, left) for item in list(value)])  # type: ignore[call-overload]


def _identity(message: dict[Any, Any]) -> object:
    role, name, content = message.get("role"), message.get("name"), message.get("content")
    fields = (role is not None or "role" in message) + ("name" in message) + ("content" in message)
    text = (len(content), hash(content)) if type(content) is str else fingerprint(content)
    if fields == len(message) and type(role) is str and (name is None or type(name) is str):
        return (role, name, text)
    rest = _without(message, ("role", "name", "content"))
    if not rest and type(role) is str and (name is None or type(name) is str):
        return (role, name, text)
    return (fingerprint(role), fingerprint(name), text, fingerprint(rest))


def _without(message: Mapping[Any, Any], fields: tuple[str, ...]) -> dict[Any, Any]:
    return {key: value for key, value in message.items() if key not in fields and value is not None}


def _is_shared(content: object) -> bool:
    if type(content) is str:
        return len(content) >= _SHARED_FROM
    return type(content) is list and len(content) > 0


def _as_message(message: object) -> dict[Any, Any]:
    if isinstance(message, Mapping):
        return dict(message)
    return {"content": message}


def as_received(message: object, sender: str | None) -> dict[Any, Any]:
    """Return a message as the receiver keeps it in its history, so that it is the same one when it is resent."""
    shown = dict(message) if isinstance(message, dict) else {"content": message}
    if sender is not None:
        shown.setdefault("name", sender)
    if not shown.get("role"):
        shown["role"] = "assistant" if shown.get("tool_calls") or shown.get("function_call") else "user"
    return shown
