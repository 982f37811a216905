"""Private keys in PEM, whole or cut off, with real or escaped line breaks: one pass, never a search back."""

from __future__ import annotations

import re

from ag2obs.redaction.rule import Span

_LABEL = re.compile(rb"[A-Z0-9 %+]{0,40}?PRIVATE(?: |%20|\\+)KEY(?:(?: |%20|\\+)BLOCK)?-----")
_BREAK = rb"(?:\s|\\+[nrt]|\\+u000[aAdD]|%0[aAdD]|\\(?=\n))"
_HEADER_LINE = rb"(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n\r\\\"']{0,80}+"
_LEADING = re.compile(rb"(?:" + _BREAK + rb"|" + _HEADER_LINE + rb")*+")
_LINE = re.compile(rb"(?:[A-Za-z0-9+/=]|\\+/|\\+u002[bB]|%(?:2[BbFf]|3[Dd]))++" + _BREAK + rb"*+")
_END = re.compile(rb"-----END[ +%][A-Z0-9 %+]{0,56}?-----")
_LINE_COUNT = re.compile(rb"[ ]?([0-9]{1,4})" + _BREAK + rb"++")
_SHORTEST_FIRST_LINE = 16
_MOST_LINES = 1_000_000


def find_private_key(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the key from its BEGIN line to its END line, or as far as it goes."""
    label = _LABEL.match(data, end)
    if label is None:
        return []
    leading = _LEADING.match(data, label.end())
    return _key_lines(data, start, leading.end() if leading else label.end())


def find_putty_key(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the private lines of a key of PuTTY, which has no BEGIN line."""
    count = _LINE_COUNT.match(data, end)
    return _key_lines(data, count.end(), count.end(), int(count[1])) if count else []


def _key_lines(data: bytes, start: int, position: int, most: int = _MOST_LINES) -> list[Span]:
    first = position
    for _ in range(most):
        line = _LINE.match(data, position)
        if line is None:
            break
        if position == first and line.end() - position < _SHORTEST_FIRST_LINE:
            return []
        position = line.end()
        if len(line[0].split(maxsplit=1)[0]) < _SHORTEST_FIRST_LINE and data[position : position + 1] != b"-":
            break
    if position == first:
        return []
    footer = _END.match(data, position)
    if footer is not None:
        return [Span(start, footer.end())]
    return [Span(start, _before_break(data, position))]


_TRAILING_BREAK = re.compile(rb"[A-Za-z0-9+/=](" + _BREAK + rb"*+)\Z")


def _before_break(data: bytes, position: int) -> int:
    """Leave the line break after a key that is cut off; a break is at most some dozen bytes."""
    match = _TRAILING_BREAK.search(data, max(0, position - 64), position)
    return match.start(1) if match else position
