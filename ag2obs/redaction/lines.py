"""Secrets in text of many lines, each line judged by itself: one may be JSON, the next one prose.

One pass of the matcher over all of it is several times as fast as one per line; a line is cut out only where an
anchor is. Nothing but a private key goes on over a line break, so a quotation mark that is never closed cannot
swallow the lines that follow.
"""

from __future__ import annotations

from ag2obs.redaction.compiled import LONG_TOKEN, CompiledRules
from ag2obs.redaction.finding import Finding
from ag2obs.redaction.known_values import KnownValues
from ag2obs.redaction.quoting import is_json_document
from ag2obs.redaction.rule import Confidence


class Lines:
    """Cuts out the line around a place; places must be asked for in order."""

    def __init__(self, data: bytes, first_is_json: bool | None) -> None:
        self._data = data
        self._first_is_json = first_is_json
        self.start = self._end = -1
        self.text = b""
        self.is_json = False

    def go_to(self, place: int) -> None:
        """Make the line around ``place`` the current one."""
        if place < self._end:
            return
        data = self._data
        self.start = data.rfind(b"\n", 0, place) + 1
        self._end = data.find(b"\n", place)
        if self._end < 0:
            self._end = len(data)
        self.text = data[self.start : self._end]
        known = self._first_is_json if self.start == 0 else None
        self.is_json = is_json_document(self.text) if known is None else known


def find_in_lines(data: bytes, rules: CompiledRules, first_is_json: bool | None) -> list[Finding]:
    """Return what the rules find; findings may overlap."""
    lines = Lines(data, first_is_json)
    size = len(data)
    found: list[Finding] = []
    context_end = line_end = 0
    judged: dict[str, int] = {}
    for index, start, end in rules.matcher.hits(data):
        for entry in rules.anchored[index]:
            if start >= line_end:
                line_end = data.find(b"\n", start)
                line_end = size if line_end < 0 else line_end
            if (judged and start < judged.get(entry.rule.id, 0)) or entry.is_ruled_out(data, start, end, line_end):
                continue
            if start < context_end and entry.is_context:
                continue
            lines.go_to(start)
            rule = entry.rule
            first = 0 if rule.spans_lines else lines.start
            text = data if rule.spans_lines else lines.text
            for span in entry.check(text, start - first, end - first, lines.is_json):
                found.append(Finding(first + span.start, first + span.end, rule.id, rule.confidence, span.quote))
                if not rule.stands_apart:
                    context_end = max(context_end, first + span.end)
                if span.end - span.start > LONG_TOKEN:
                    judged[rule.id] = first + span.end
    return found


def find_known_in_lines(data: bytes, known: KnownValues, first_is_json: bool | None) -> list[Finding]:
    """Return where known values occur; findings may overlap."""
    lines = Lines(data, first_is_json)
    found: list[Finding] = []
    done = -1
    for span, name in known.find(data, False):
        if b"\n" in data[span.start : span.end]:
            found.append(Finding(span.start, span.end, name, Confidence.FORMAT))
            continue
        lines.go_to(span.start)
        if lines.start == done:
            continue
        done = lines.start
        found += [
            Finding(done + inner.start, done + inner.end, name, Confidence.FORMAT, inner.quote)
            for inner, name in known.find(lines.text, lines.is_json)
        ]
    return found
