"""Redaction: ``Redactor`` masks secrets in records, ``redact`` in one text. Start reading at ``engine.py``."""

from __future__ import annotations

import functools

from ag2obs.redaction.engine import Redactor
from ag2obs.redaction.finding import Finding, masked
from ag2obs.redaction.in_place import mask_in_place
from ag2obs.redaction.names import is_sensitive_name
from ag2obs.redaction.own_rules import OwnRules
from ag2obs.redaction.questions import asks_for_secret
from ag2obs.redaction.rules_file import read_rules_file

__all__ = [
    "Finding",
    "OwnRules",
    "Redactor",
    "asks_for_secret",
    "is_sensitive_name",
    "mask_in_place",
    "masked",
    "read_rules_file",
    "redact",
]


def redact(text: str) -> str:
    """Return ``text`` with every secret in it replaced by ``[REDACTED:rule]``."""
    return _default_redactor().redact_text(text)


@functools.cache
def _default_redactor() -> Redactor:
    return Redactor()
