"""The one table of rules. To add a rule, add a row to the table of its topic: id, anchors, pattern, examples."""

from __future__ import annotations

from ag2obs.redaction.rule import Rule
from ag2obs.redaction.rules_ai_tools import AI_TOOL_RULES
from ag2obs.redaction.rules_calls import CALL_RULES
from ag2obs.redaction.rules_clouds import CLOUD_RULES
from ag2obs.redaction.rules_commands import COMMAND_RULES
from ag2obs.redaction.rules_commerce import COMMERCE_RULES
from ag2obs.redaction.rules_context import CONTEXT_RULES
from ag2obs.redaction.rules_databases import DATABASE_RULES
from ag2obs.redaction.rules_developer_tools import DEVELOPER_TOOL_RULES
from ag2obs.redaction.rules_hosting import HOSTING_RULES
from ag2obs.redaction.rules_messaging import MESSAGING_RULES
from ag2obs.redaction.rules_models import MODEL_RULES
from ag2obs.redaction.rules_notations import NOTATION_RULES
from ag2obs.redaction.rules_observability import OBSERVABILITY_RULES
from ag2obs.redaction.rules_packages import PACKAGE_RULES
from ag2obs.redaction.rules_platforms import PLATFORM_RULES
from ag2obs.redaction.rules_programs import PROGRAM_RULES
from ag2obs.redaction.rules_services import SERVICE_RULES
from ag2obs.redaction.rules_vaults import VAULT_RULES

RULES: tuple[Rule, ...] = (
    *MODEL_RULES,
    *AI_TOOL_RULES,
    *CLOUD_RULES,
    *HOSTING_RULES,
    *DATABASE_RULES,
    *PLATFORM_RULES,
    *PACKAGE_RULES,
    *OBSERVABILITY_RULES,
    *MESSAGING_RULES,
    *SERVICE_RULES,
    *VAULT_RULES,
    *DEVELOPER_TOOL_RULES,
    *COMMERCE_RULES,
    *COMMAND_RULES,
    *CONTEXT_RULES,
    *NOTATION_RULES,
    *PROGRAM_RULES,
    *CALL_RULES,
)
