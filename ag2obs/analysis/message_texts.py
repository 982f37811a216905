"""What messages said, by the ids with which later events name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ag2obs.analysis.newest import Newest
from ag2obs.analysis.texts import text_of
from ag2obs.events import Event

REMEMBERED_MESSAGES = 2_000
"""Of each session: the newest. An older one is named by its id alone."""

_CHARACTERS = 300
NEWEST_SESSIONS = 100
"""Whose messages are remembered."""


class MessageText(NamedTuple):
    """The beginning of one message."""

    role: str | None
    name: str | None
    text: str
    asks_for: str
    """The tool calls that it asks for, as text."""

    def told(self) -> str:
        """Return what it says, and what it asks for."""
        return f"{self.text} [asks for {self.asks_for}]".lstrip() if self.asks_for else self.text

    def line(self) -> str:
        """Return what it says, after who says it."""
        return f"{self.name or self.role or '?'}: {self.told()}"


class MessageTexts:
    """The beginnings of a session's newest messages; also of tool results and instructions that have an id."""

    def __init__(self, characters: int = _CHARACTERS) -> None:
        self._characters = characters
        self._texts: dict[str, MessageText] = {}

    def add(self, event: Event) -> None:
        """Remember what an event says, where later ones may name it."""
        if event.id is None or event.kind == "llm.call":
            return
        content = event.result if event.kind == "tool.call" else event.content
        text = text_of(content, self._characters)
        if event.content_of is not None:
            known = self._texts.get(event.content_of)
            text = known.text if known is not None else f"({event.content_of})"
        asks_for = ", ".join(asked(event.tool_calls, self._characters)) if event.tool_calls else ""
        self._texts.pop(event.id, None)
        self._texts[event.id] = MessageText(event.role, event.name, text, asks_for)
        if len(self._texts) > REMEMBERED_MESSAGES:
            del self._texts[next(iter(self._texts))]

    def get(self, identity: str) -> MessageText | None:
        """Return a message; None for one that was never seen, or too long ago."""
        return self._texts.get(identity)

    def told(self, identity: str) -> str:
        """Return what a message says; its id in parentheses where that is not known."""
        known = self._texts.get(identity)
        return known.told() if known is not None else f"({identity})"


def texts_of_sessions(characters: int = _CHARACTERS) -> Newest[str, MessageTexts]:
    """Return a place for the messages of the newest 100 sessions at work, by their ids."""
    return Newest(NEWEST_SESSIONS, partial(MessageTexts, characters))


def asked(tool_calls: Any, length: int) -> Iterator[str]:
    """Yield the tool calls of a message as text: ``find_order({"number": "1024"})``."""
    for call in tool_calls if isinstance(tool_calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        holder = function if isinstance(function, dict) else call if isinstance(call, dict) else {}
        if name := holder.get("name"):
            yield f"{name}({text_of(holder.get('arguments', holder.get('input')), length)})"


def call_ids(tool_calls: Any) -> Iterator[str]:
    """Yield the ids of the tool calls of a message."""
    for call in tool_calls if isinstance(tool_calls, list) else ():
        if isinstance(call, dict):
            yield from (call[key] for key in ("id", "call_id") if isinstance(call.get(key), str))


def ranges(references: Iterable[str] | None) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each range of message ids; other references are left out."""
    for reference in references or ():
        first, _, last = reference.partition("-")
        start, end = _number(first), _number(last or first)
        if start is not None and end is not None and start <= end:
            yield start, end


def last_ids(references: Iterable[str] | None, count: int) -> list[str]:
    """Return the last ``count`` message ids of a call's input or output, oldest first."""
    found: list[str] = []
    for start, end in reversed(list(ranges(references))):
        found += [f"m{number}" for number in range(end, max(start - 1, end - count + len(found)), -1)]
        if len(found) >= count:
            break
    return found[::-1]


def _number(reference: str) -> int | None:
    digits = reference[1:]
    return (
        int(digits)
        if reference.startswith("m") and digits.isascii() and digits.isdigit() and len(digits) < 12
        else None
    )
