"""Redaction: ``Redactor`` masks secrets in records, ``redact`` in one text. Start reading at ``engine.py``."""

from __future__ import annotations

import functools

from ag2obs.redaction.engine import Redactor
from ag2obs.redaction.finding import Finding, masked
from ag2obs.redaction.in_place import mask_in_place
from ag2obs.redaction.names import is_sensitive_name

__all__ = ["Finding", "Redactor", "is_sensitive_name", "mask_in_place", "masked", "redact"]


def redact(text: str) -> str:
    """Return ``text`` with every secret in it replaced by ``[REDACTED:rule]``."""
    return _default_redactor().redact_text(text)


@functools.cache
def _default_redactor() -> Redactor:
    return Redactor()
