"""Rules that an engine has beyond the table: personal data and users' own. Only who asks for them pays for them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ag2obs.redaction import automaton
from ag2obs.redaction.bare_numbers import NUMBER, JsonStrings, number_span
from ag2obs.redaction.compiled import AnchoredRule, anchored_rule
from ag2obs.redaction.finding import Finding
from ag2obs.redaction.lines import Lines
from ag2obs.redaction.rule import Rule, Span

_STRUCTURE = re.compile(rb"[\[\]{},:]|true|false|null")


class _Place(NamedTuple):
    start: int
    end: int
    entry: AnchoredRule


class AddedRules:
    """Finds what the rules of a small table find; what they mask never breaks JSON."""

    def __init__(self, rules: Sequence[Rule], *, accelerated: bool) -> None:
        entries = [(rule, anchored_rule(rule)) for rule in rules]
        by_anchor: dict[str, list[AnchoredRule]] = {}
        for rule, entry in entries:
            for anchor in rule.anchors:
                by_anchor.setdefault(anchor, []).append(entry)
        self._anchored = tuple(by_anchor.values())
        self._matcher = (
            automaton.build([anchor.encode() for anchor in by_anchor], accelerated=accelerated) if by_anchor else None
        )
        self._shaped = [(re.compile(rule.shape.encode()), entry) for rule, entry in entries if rule.shape is not None]

    def find(self, data: bytes, is_json: bool) -> list[Finding]:
        """Return what is found in one document; findings may overlap."""
        judge = _Judge(data, is_json)
        found: list[Finding] = []
        for start, end, entry in self._places(data):
            found += judge.findings(entry, start, end)
        return found

    def find_in_lines(self, data: bytes, first_is_json: bool | None) -> list[Finding]:
        """Return what is found in text of many lines, each judged by itself; findings may overlap."""
        lines = Lines(data, first_is_json)
        judge = _Judge(b"", False)
        found: list[Finding] = []
        for start, end, entry in self._places(data):
            lines.go_to(start)
            if judge.data is not lines.text:
                judge = _Judge(lines.text, lines.is_json)
            first = lines.start
            found += [
                finding._replace(start=first + finding.start, end=first + finding.end)
                for finding in judge.findings(entry, start - first, end - first)
            ]
        return found

    def _places(self, data: bytes) -> list[_Place]:
        """Return where the rules have to look, in order."""
        size = len(data)
        places = [place for pattern, entry in self._shaped for place in _shapes(pattern, entry, data)]
        if self._matcher is not None:
            places += [
                _Place(start, end, entry)
                for index, start, end in self._matcher.hits(data)
                for entry in self._anchored[index]
                if entry.follow is None or end == size or entry.follow[data[end]]
            ]
        places.sort(key=_by_start)
        return places


@functools.lru_cache(maxsize=16)
def added_rules(rules: tuple[Rule, ...], accelerated: bool) -> AddedRules:
    """Return the rules ready to run; built once for all engines of a process that ask for the same."""
    return AddedRules(rules, accelerated=accelerated)


def _by_start(place: _Place) -> tuple[int, int]:
    return place.start, place.end


def _shapes(pattern: re.Pattern[bytes], entry: AnchoredRule, data: bytes) -> Iterator[_Place]:
    match = pattern.search(data)
    while match is not None:
        yield _Place(match.start(), match.end(), entry)
        match = pattern.search(data, max(match.end(1), match.start() + 1))


class _Judge:
    """Runs the checks at the places of one document, in order."""

    def __init__(self, data: bytes, is_json: bool) -> None:
        self.data = data
        self._is_json = is_json
        self._strings = JsonStrings(data) if is_json else None
        self._done: dict[str, int] = {}
        """By rule, where what it found last ends: a token that repeats its own prefix is checked once."""

    def findings(self, entry: AnchoredRule, start: int, end: int) -> list[Finding]:
        """Return what a rule finds at one of its places."""
        rule = entry.rule
        if start < self._done.get(rule.id, 0):
            return []
        found: list[Finding] = []
        for span in entry.check(self.data, start, end, self._is_json):
            safe = span if span.quote else self._within_json(span)
            if safe is not None:
                found.append(Finding(safe.start, safe.end, rule.id, rule.confidence, safe.quote))
                self._done[rule.id] = safe.end
        return found

    def _within_json(self, span: Span) -> Span | None:
        """Return the span as it can be masked: a number with a quotation mark, structure not at all."""
        start, end, _ = span
        secret = self.data[start:end]
        if NUMBER.fullmatch(secret):
            return number_span(self.data, start, end, self._strings)
        if self._strings is not None and _STRUCTURE.search(secret) and not self._strings.hold(start):
            return None
        return span
