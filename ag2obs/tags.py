"""The tags of a session: ids that join its events with what is outside of ag2obs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag2obs.encoding import Limits, plain
from ag2obs.redaction import is_sensitive_name

NAMES = ("request_id", "user_id", "mission_id", "step_id")
"""Fields of a ``trace_context`` that are tags: every event inside has them, not only what user code records."""

_LIMITS = Limits(text=200, total=2_000, nodes=50, depth=2)
"""Tags are in every event: they are ids, not data."""


def tags_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` as bounded plain data, those of sensitive names masked."""
    tags = plain(dict(values), limits=_LIMITS, mask_name=is_sensitive_name)
    return tags if isinstance(tags, dict) else {}


def session_tags(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the tags of a session from what it was opened with; None where there are none."""
    given = info.get("tags")
    user = {"user_id": info["user_id"]} if info.get("user_id") is not None else {}
    tags = tags_of({**user, **(given if isinstance(given, Mapping) else {})})
    return tags or None
