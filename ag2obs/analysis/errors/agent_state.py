"""The last known state of an agent, from what it recorded of its changes."""

from __future__ import annotations

from typing import Any

from ag2obs.analysis.texts import text_of
from ag2obs.events import Event

MOST_FIELDS = 100
_TEXT = 200


class AgentState:
    """Fields and their values; of more than 100 fields the oldest are forgotten."""

    __slots__ = ("_fields", "seq")

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self.seq: int | None = None

    def add(self, event: Event) -> None:
        """Take a ``state.change`` or ``state.snapshot``."""
        content = event.content
        if not isinstance(content, dict):
            return
        self.seq = event.seq
        if event.kind == "state.snapshot":
            self._fields = {}
            self._set(content)
            return
        changed, added, removed = (content.get(key) for key in ("changed", "added", "removed"))
        if isinstance(changed, dict):
            self._set({key: value.get("new") if isinstance(value, dict) else value for key, value in changed.items()})
        if isinstance(added, dict):
            self._set(added)
        for key in removed if isinstance(removed, dict | list) else ():
            if isinstance(key, str):
                self._fields.pop(key, None)

    def _set(self, values: dict[str, Any]) -> None:
        for key, value in values.items():
            self._fields[key] = text_of(value, _TEXT)
        while len(self._fields) > MOST_FIELDS:
            del self._fields[next(iter(self._fields))]

    def as_text(self) -> dict[str, str]:
        """Return the fields, their values as text."""
        return dict(self._fields)
