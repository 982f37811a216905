"""The one table of rules. To add a rule, add a row to the table of its topic: id, anchors, pattern, examples."""

from __future__ import annotations

from ag2obs.redaction.rule import Rule
from ag2obs.redaction.rules_clouds import CLOUD_RULES
from ag2obs.redaction.rules_context import CONTEXT_RULES
from ag2obs.redaction.rules_models import MODEL_RULES
from ag2obs.redaction.rules_platforms import PLATFORM_RULES

RULES: tuple[Rule, ...] = (*MODEL_RULES, *CLOUD_RULES, *PLATFORM_RULES, *CONTEXT_RULES)
