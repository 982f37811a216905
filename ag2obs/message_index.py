"""Which message is which: every message of a session gets one id and is written once.

A chat resends its whole history with every call. The index recognises a message by its content (role,
name, body, tool calls), so that a call can name ids instead of repeating texts, and the work for a
resent message is one lookup. Texts are compared by Python's keyed 64-bit string hash and their length,
which the interpreter caches on the string: nothing of a message is kept alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ag2obs.events import Event

_SHARED_FROM = 80
"""Content at least this long (characters) is not written twice when only role or name differ."""

_MOST_RANGES = 4
"""A history that needs more ranges than this is written as the previous one of the same caller, continued."""

_FIELDS = ("role", "name", "content", "tool_calls", "tool_call_id", "function_call")

Plain = Callable[[object], Any]


class MessageIndex:
    """Gives ids to the messages of one session; not thread-safe, its session calls it under its lock.

    ``plain`` turns any object into bounded JSON data; it is called once per new message.
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
        if not isinstance(message, dict):
            message = _as_message(message)
        try:
            key = _identity(message)
        except Exception:  # noqa: BLE001  # values that cannot be compared or walked; plain() bounds them
            message = _as_message(self._plain(message))
            key = _identity(message)
        number = self._ids.get(key)
        if number is None:
            number = self._ids[key] = self._next()
            created.append(self._event(number, message))
        return number

    def number_of_content(self, content: object) -> int | None:
        """Return the number of the first message or tool result with this content, or None."""
        return self._content_ids.get(fingerprint(content)) if _is_shared(content) else None

    def claim_content(self, content: object) -> str | None:
        """Give an id to content that another event carries (a tool's result), so that messages can refer to it."""
        if not _is_shared(content):
            return None
        key = fingerprint(content)
        if key in self._content_ids:
            return None
        number = self._content_ids[key] = self._next()
        return f"m{number}"

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
            first = self._content_ids.setdefault(fingerprint(content), number)
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


def fingerprint(value: object, depth: int = 0) -> object:
    """Return a small hashable that is equal for equal plain data and practically never for different data."""
    kind = type(value)
    if kind is str:
        return (len(value), hash(value))  # type: ignore[arg-type]  # it is a str
    if value is None or kind in (int, bool, float):
        return (kind.__name__, value)
    if depth > 20:
        return id(value)
    if isinstance(value, Mapping):
        return hash(tuple((fingerprint(k, depth + 1), fingerprint(v, depth + 1)) for k, v in list(value.items())))
    if isinstance(value, list | tuple):
        return hash((kind.__name__, *(fingerprint(item, depth + 1) for item in list(value))))
    if isinstance(value, bytes):
        return (len(value), hash(value))
    return (kind.__name__, id(value))


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
    return isinstance(content, str | list) and len(content) >= (_SHARED_FROM if isinstance(content, str) else 1)


def _as_message(message: object) -> dict[Any, Any]:
    if isinstance(message, Mapping):
        return dict(message)
    return {"content": message}
