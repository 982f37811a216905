"""Every row's example is masked and its counter-example stays, in every surrounding."""

from __future__ import annotations

import json
import random
import re

import pytest

from ag2obs.redaction import Redactor
from ag2obs.redaction.rule import Confidence, Rule
from ag2obs.redaction.rules import RULES

from .contexts import AROUND_TOKEN
from .templates import fill

_TOKEN_RULES = [rule for rule in RULES if rule.confidence is not Confidence.CONTEXT]


def test_ids_are_unique_and_fit_into_a_marker() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]+", rule_id) for rule_id in ids)


def test_a_row_has_a_pattern_or_a_check() -> None:
    assert all((rule.pattern is None) != (rule.check is None) for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_example_is_masked_by_its_own_rule(rule: Rule, redactor: Redactor) -> None:
    text, parts = fill(rule.example, random.Random(rule.id))
    findings = redactor.find(text.encode())
    assert rule.id in {finding.rule for finding in findings}
    redacted = redactor.redact_text(text)
    assert not [part for part in parts if part in redacted]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_counter_example_stays(rule: Rule, redactor: Redactor) -> None:
    text, _ = fill(rule.counter_example, random.Random(rule.id))
    assert redactor.redact_text(text) == text


@pytest.mark.parametrize("rule", _TOKEN_RULES, ids=lambda rule: rule.id)
def test_token_is_masked_in_every_surrounding(rule: Rule, redactor: Redactor) -> None:
    for context, write in AROUND_TOKEN.items():
        text, parts = fill(rule.example, random.Random(rule.id + context))
        redacted = redactor.redact_text(write(text))
        assert not [part for part in parts if part in redacted], context
        assert redactor.redact_text(redacted) == redacted
        if context.startswith("json") or "escaped" in context:
            json.loads(redacted)


@pytest.mark.parametrize("rule_id", ["github", "openai-project", "jwt"])
def test_only_the_secret_is_replaced(rule_id: str, redactor: Redactor) -> None:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    text, _ = fill(rule.example, random.Random(1))
    assert redactor.redact_text(f"before {text}, after") == f"before [REDACTED:{rule_id}], after"
