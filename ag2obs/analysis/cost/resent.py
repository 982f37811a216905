"""How much of a model call's input an earlier call of its session had sent already: the history that a chat resends.

A call names the messages it sent by their ids, and a message's event tells its length. Characters stand in for
tokens, so what is told here is an estimate; texts of tool schemas, which providers count as input too, are not in it.

Kept for each session: three small numbers for each message, and for each agent the ranges of ids of its last call.
Contents are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ag2obs.events import Event

MESSAGE_CHARACTERS = 16
"""What a message weighs beside its text: providers count three or four tokens for its role and its limits."""

IMAGE_CHARACTERS = 3000
"""What a picture or sound inside a message (a ``data:`` address) weighs: about 765 tokens of an OpenAI picture."""

_RANGE = re.compile(r"m(\d{1,15})(?:-m(\d{1,15}))?", re.ASCII)

Ranges = list[tuple[int, int]]


class Resent(msgspec.Struct, frozen=True):
    """Of what one call sent, by weight: what had been sent before, and all of it."""

    weight: int
    whole: int

    def tokens(self, input_tokens: int) -> int:
        """Return how many of a call's input tokens had been sent before."""
        return round(input_tokens * self.weight / self.whole) if self.whole else 0


class _History(msgspec.Struct):
    """What the last call of one agent sent."""

    call: str | None
    ranges: Ranges
    weight: int
    settled: bool
    """All of it is known, and was sent to a provider."""


class SentMessages:
    """The messages of one session: how long each is, and whether a call has sent it to a provider yet."""

    def __init__(self) -> None:
        self._weights: dict[int, int] = {}
        self._contents: dict[int, tuple[int, int | None]] = {}
        """Length and hash of what other messages can refer to by id; no hash where it is not all on file."""
        self._numbers_by_text: dict[int, int] = {}
        self._same_as: dict[int, int] = {}
        """Messages written again, under a new id, because the log was rotated: what their first id was."""
        self._written_again_from: int | None = None
        self._highest = 0
        self._sent: set[int] = set()
        self._last: dict[str | None, _History] = {}

    def add(self, event: Event) -> None:
        """Take in any event but a model call: messages, contents with an id, and where the log begins anew."""
        if (event.kind == "session.start" and event.continued) or event.kind == "drop":
            self._written_again_from = self._highest + 1
            return
        match = _RANGE.fullmatch(event.id or "")
        if match is None or match[2]:
            return
        number = int(match[1])
        self._highest = max(self._highest, number)
        self._contents[number] = self._content_of(event)
        if event.kind == "message":
            self._add_message(number, event)

    def _add_message(self, number: int, event: Event) -> None:
        rest = (event.tool_calls, event.detail, event.call_id)
        length, text = self._contents[number]
        missing = event.full_length or {}
        left_out = sum(missing.get(field, 0) for field in ("tool_calls", "detail"))
        shown = 0 if left_out else self._length(event.tool_calls) + self._length(event.detail)
        self._weights[number] = MESSAGE_CHARACTERS + length + left_out + shown
        if text is None or missing:
            return
        key = hash((event.role, event.name, text, _hash_of(rest)))
        first = self._numbers_by_text.setdefault(key, number)
        if self._written_again_from is not None and first < self._written_again_from <= number:
            self._same_as[number] = first

    def _content_of(self, event: Event) -> tuple[int, int | None]:
        """Return length and hash of an event's content; that of a tool's call is its result."""
        if event.content_of is not None:
            match = _RANGE.fullmatch(event.content_of)
            return self._contents.get(int(match[1]) if match else -1, (0, None))
        field, content = ("result", event.result) if event.kind == "tool.call" else ("content", event.content)
        full_length = (event.full_length or {}).get(field)
        if full_length is not None:
            return full_length, None
        try:
            return self._length(content), _hash_of(content)
        except RecursionError:
            return 0, None  # nested so deeply that nobody could have sent it

    def _length(self, value: Any) -> int:
        """Return how many characters plain data shows; what it refers to by id counts in full."""
        if isinstance(value, str):
            return IMAGE_CHARACTERS if value.startswith("data:") else len(value)
        if isinstance(value, dict):
            referred = _RANGE.fullmatch(str(value.get("content_of", "")))
            more = self._contents.get(int(referred[1]), (0, None))[0] if referred else 0
            return more + sum(len(key) + self._length(item) for key, item in value.items())
        if isinstance(value, list):
            return sum(map(self._length, value))
        return 0 if value is None else len(str(value))

    def of_call(self, event: Event, *, paid: bool) -> Resent | None:
        """Return how much of a call had been sent before; None where the log does not tell all that it sent.

        From then on what it sent counts as sent, if it was ``paid``: a cache hit and a call that reached no provider
        sent nothing.
        """
        ranges = self._ranges_of(event)
        before = self._last.pop(event.agent, None)
        if not ranges:
            return None
        resent = whole = 0
        rest = ranges
        if before is not None and before.settled:
            following = _after(before.ranges, ranges)
            if following is not None:
                resent, whole, rest = before.weight, before.weight, following
        known = True
        new: list[int] = []
        for number in self._numbers_in(rest):
            weight = self._weights.get(number)
            if weight is None:
                known = False
                continue
            whole += weight
            first = self._same_as.get(number, number)
            if first in self._sent:
                resent += weight
            else:
                new.append(first)
        if paid:
            self._sent.update(new)
        self._last[event.agent] = _History(event.id, ranges, whole, known and (paid or not new))
        return Resent(resent, whole) if known else None

    def _ranges_of(self, event: Event) -> Ranges | None:
        """Return the ids that a call sent; None where they are not told, or refer to a call that is not there."""
        ranges: Ranges = []
        last = self._last.get(event.agent)
        for text in event.input or ():
            match = _RANGE.fullmatch(text)
            if match:
                ranges.append((int(match[1]), int(match[2] or match[1])))
            elif last is not None and last.call == text:
                ranges.extend(last.ranges)
            else:
                return None
        return ranges

    def _numbers_in(self, ranges: Ranges) -> Iterator[int]:
        """Yield the ids of ranges; of a damaged one, which is longer than there are messages, those that exist."""
        for first, last in ranges:
            if last - first <= self._highest:
                yield from range(first, last + 1)
            else:
                yield from (number for number in self._weights if first <= number <= last)
                yield -1


def _after(before: Ranges, ranges: Ranges) -> Ranges | None:
    """Return what of ``ranges`` follows ``before``; None where they do not begin like it."""
    position = len(before) - 1
    if position < 0 or len(ranges) <= position or ranges[:position] != before[:position]:
        return None
    (first, last), (same_first, end) = before[position], ranges[position]
    if first != same_first or end < last:
        return None
    return [*([(last + 1, end)] if end > last else []), *ranges[position + 1 :]]


def _hash_of(value: Any) -> int:
    return hash(msgspec.json.encode(value))
