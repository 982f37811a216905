"""The table of rules made ready to run: one matcher of all anchors, one check for each of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from ag2obs.redaction import automaton
from ag2obs.redaction.boundaries import bytes_before, splits_escape, token_may_start
from ag2obs.redaction.placeholders import is_crossed_out
from ag2obs.redaction.rule import Check, Confidence, Rule, Span
from ag2obs.redaction.rules import RULES

LONG_TOKEN = 1_000
"""Bytes of a secret in which its rule does not look again: a token that repeats its own prefix is judged once."""


@dataclass(frozen=True, slots=True)
class AnchoredRule:
    """A rule at one of its anchors."""

    rule: Rule
    check: Check
    follow: bytes | None
    """For each byte, whether it may follow the anchor."""
    is_context: bool
    before: bytes = b""
    """For each byte, whether it may precede the anchor: 0 no, 1 yes, 2 as ``check`` says."""
    match: Callable[[bytes, int, int], object] | None = None
    """Where the pattern can be matched before ``check`` is called: most anchors are judged by it alone."""

    def is_ruled_out(self, data: bytes, start: int, end: int, limit: int) -> bool:
        """Return whether ``check`` would find nothing in ``data[:limit]``, as far as can be told at little cost."""
        if self.follow is not None and end < limit and not self.follow[data[end]]:
            return True
        if self.match is None:
            return False
        before = self.before[data[start - 1]] if start else 1
        return before == 0 or (before == 1 and self.match(data, start, limit) is None)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """``anchored[index]`` are the rules of literal ``index`` of the matcher."""

    matcher: automaton.Matcher
    anchored: tuple[tuple[AnchoredRule, ...], ...]


@functools.cache
def compiled_rules(accelerated: bool) -> CompiledRules:
    """Return the compiled table; built once per process, at first use."""
    by_anchor: dict[str, list[AnchoredRule]] = {}
    for rule in RULES:
        compiled = anchored_rule(rule)
        for anchor in rule.anchors:
            by_anchor.setdefault(anchor, []).append(compiled)
    return CompiledRules(
        automaton.build([anchor.encode() for anchor in by_anchor], accelerated=accelerated),
        tuple(tuple(rules) for rules in by_anchor.values()),
    )


def anchored_rule(rule: Rule) -> AnchoredRule:
    """Make one row ready to run."""
    follow = None if rule.follow is None else bytes(byte in rule.follow for byte in range(256))
    is_context = rule.confidence is Confidence.CONTEXT
    if rule.check is not None:
        return AnchoredRule(rule, rule.check, follow, is_context)
    pattern = re.compile((rule.pattern or "").encode())
    check = _pattern_check(rule, pattern)
    if rule.lead or rule.spans_lines:
        return AnchoredRule(rule, check, follow, is_context)
    return AnchoredRule(rule, check, follow, is_context, bytes_before(rule.left), pattern.match)


def _pattern_check(rule: Rule, pattern: re.Pattern[bytes]) -> Check:
    group: int | str = "secret" if "secret" in pattern.groupindex else 0
    needs_mixture = rule.confidence is Confidence.SHARED_PREFIX
    lead, left = rule.lead, rule.left

    def check(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
        first = start - lead
        if first < 0 or not token_may_start(data, first, left):
            return []
        match = pattern.match(data, first)
        if match is None:
            return []
        secret = match[group]
        if is_crossed_out(secret) or splits_escape(data, first) or (needs_mixture and not _is_mixed(secret)):
            return []
        return [Span(*match.span(group))]

    return check


def _is_mixed(token: bytes) -> bool:
    """Tell a key with a short prefix from a word: it has digits, or capitals in the middle."""
    body = token[3:]
    if any(0x30 <= byte <= 0x39 for byte in body):
        return True
    return sum(0x41 <= byte <= 0x5A for byte in body) >= 4 and sum(0x61 <= byte <= 0x7A for byte in body) >= 4
