"""Base64 of a known value inside a longer text: the groups of four characters that hold a part of it."""

from __future__ import annotations

import base64
import re

from ag2obs.redaction.boundaries import backslashes_before, splits_escape
from ag2obs.redaction.rule import Span

_CHARACTER = rb"(?:[A-Za-z0-9+/_-]|%2[BbFf])"
_PADDING = rb"(?:=|%3[Dd]|\\+u003[Dd])"
_BEFORE = re.compile(_CHARACTER + rb"\Z")
_LONGEST_CHARACTER = 3
_AFTER = {
    0: re.compile(rb""),
    2: re.compile(rb"%b(?:%b|%b)?" % (_CHARACTER, _PADDING, _CHARACTER)),
    3: re.compile(rb"%b(?:%b{2}|%b%b|%b{1,2})?" % (_CHARACTER, _PADDING, _CHARACTER, _PADDING, _CHARACTER)),
}


def inner_base64(raw: bytes) -> list[tuple[bytes, tuple[int, int]]]:
    """Return the characters that depend on ``raw`` alone, for its three positions in a longer text.

    With each, how many characters of its first and last group come before and after it.
    """
    inner = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        before = (0, 2, 3)[offset]
        after = (0, 3, 2)[(offset + len(raw)) % 3]
        inner.append((encoded[before : len(encoded) - after], (before, after)))
    return inner


def with_whole_groups(data: bytes, span: Span, outside: tuple[int, int]) -> Span:
    """Return ``span`` with what is left of its first and last group, which holds bits of the value, and padding.

    ``outside`` is what ``inner_base64`` returned with the form. No delimiter and no part of an escape is covered.
    """
    start = span.start
    for _ in range(outside[0]):
        character = _percent_before(data, start) or _BEFORE.search(data, max(0, start - 1), start)
        if character is None:
            break
        start = character.start()
    while start < span.start and (splits_escape(data, start) or backslashes_before(data, start) % 2):
        start += 1
    after = _AFTER[outside[1]].match(data, span.end)
    return Span(start, span.end if after is None else after.end())


def _percent_before(data: bytes, position: int) -> re.Match[bytes] | None:
    first = position - _LONGEST_CHARACTER
    return _BEFORE.fullmatch(data, first, position) if first >= 0 else None
