"""Numbers outside of strings: masking one makes it a string, with the quotation mark of its depth."""

from __future__ import annotations

import re

from ag2obs.redaction.rule import Span

NUMBER = re.compile(rb"[0-9.eE+-]+")
_ESCAPE_OR_QUOTE = re.compile(rb"\\.|\"", re.DOTALL)
_NUMBERS = rb"(?:\[(?:[ \t0-9.,eE+-]|\\+[nrt])*)"
# In JSON within a string: the value of a field, or an element of an array of numbers.
_IN_A_FIELD = re.compile(rb"(?P<quote>\\*[\"'])[ \t]*:[ \t]*" + _NUMBERS + rb"?\Z")
_IN_AN_ARRAY = re.compile(rb"(?P<slashes>\\*)\"" + _NUMBERS + rb"\Z")
_AFTER_NUMBER = re.compile(rb"(?:[ \t]|\\+[nrt])*(?:[,}\]]|\Z)")
_LONGEST_LEAD = 200
"""Bytes before a number that are looked at."""


class JsonStrings:
    """Tells whether places in a JSON document are inside a string; cheap for places asked for in order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._begin_again()

    def _begin_again(self) -> None:
        self._seen = 0
        self._since = 0
        """Nothing changes between here and ``_seen``."""
        self._inside = False

    def hold(self, place: int) -> bool:
        """Return whether ``place`` is inside a string."""
        if place < self._since:
            self._begin_again()
        if place <= self._seen:
            return self._inside
        for match in _ESCAPE_OR_QUOTE.finditer(self._data, self._seen, place):
            self._inside ^= match[0] == b'"'
            self._since = match.end()
        begins_an_escape = self._since < place and self._data[place - 1] == 0x5C
        self._seen = place - 1 if begins_an_escape else place
        return self._inside


def number_span(data: bytes, start: int, end: int, strings: JsonStrings | None) -> Span | None:
    """Keep JSON valid where a value made of digits occurs as a bare number, at any depth of escaping."""
    if data[max(0, start - 1) : start].isdigit() or data[end : end + 1].isdigit():
        return None
    if strings is not None and not strings.hold(start):
        part_of_a_number = NUMBER.match(data, max(0, start - 1), start) or NUMBER.match(data, end, end + 1)
        return None if part_of_a_number else Span(start, end, b'"')
    if not _AFTER_NUMBER.match(data, end):
        return Span(start, end)
    first = max(0, start - _LONGEST_LEAD)
    field = _IN_A_FIELD.search(data, first, start)
    if field is not None:
        return Span(start, end, field["quote"])
    array = _IN_AN_ARRAY.search(data, first, start)
    # The array is one level below the string that it is the text of.
    return Span(start, end) if array is None else Span(start, end, array["slashes"] * 2 + b'\\"')
