"""Fills the templates of rules; the package does it too, for the rules of users."""

from __future__ import annotations

from ag2obs.redaction.templates import fill

__all__ = ["fill"]
