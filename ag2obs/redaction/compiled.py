"""The table of rules made ready to run: one matcher of all anchors, one check for each of them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ag2obs.redaction import automaton
from ag2obs.redaction.boundaries import splits_escape, token_may_start
from ag2obs.redaction.placeholders import is_crossed_out
from ag2obs.redaction.rule import Check, Confidence, Rule, Span
from ag2obs.redaction.rules import RULES


@dataclass(frozen=True, slots=True)
class AnchoredRule:
    """A rule at one of its anchors."""

    rule: Rule
    check: Check
    follow: bytes | None
    """For each byte, whether it may follow the anchor."""
    is_context: bool


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
    check = rule.check or _pattern_check(rule)
    return AnchoredRule(rule, check, follow, rule.confidence is Confidence.CONTEXT)


def _pattern_check(rule: Rule) -> Check:
    pattern = re.compile((rule.pattern or "").encode())
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
