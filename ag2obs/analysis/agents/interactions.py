"""Interactions of agents with each other and with content: how many, between whom, and what went viral."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import msgspec

from ag2obs.analysis.agents.activity import count
from ag2obs.events import Event

__all__ = ["InteractionsFold", "InteractionsReport"]

MOST_CONTENTS = 10_000
TOP = 20
_MEASURES = ("likes", "shares", "comments", "views")


class ViralContent(msgspec.Struct, frozen=True):
    """One piece of content and what was done with it."""

    content_id: str
    interactions: int
    measures: dict[str, float]
    """The highest ``likes``, ``shares``, ``comments`` and ``views`` that were told of it."""


class InteractionsReport(msgspec.Struct, frozen=True, kw_only=True):
    """All interactions."""

    total_interactions: int
    interaction_types: dict[str, int]
    pairs: dict[str, int]
    """``a -> b``: who interacted with whom; the first 1,000 pairs."""
    agents: dict[str, int]
    top_viral_content: list[ViralContent]
    """The 20 with the most interactions."""
    content_not_counted: int
    """Interactions with content beyond 10,000 ids."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as data."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


class _Content(NamedTuple):
    interactions: int
    measures: dict[str, float]


class InteractionsFold:
    """Adds up the ``interaction`` events; of content the first 10,000 ids are counted."""

    def __init__(self) -> None:
        self._total = self._not_counted = 0
        self._types: Counter[str] = Counter()
        self._pairs: Counter[str] = Counter()
        self._agents: Counter[str] = Counter()
        self._contents: dict[str, _Content] = {}

    def add(self, event: Event) -> None:
        """Take an ``interaction`` in."""
        if event.kind != "interaction":
            return
        self._total += 1
        count(self._types, event.name or "unknown")
        if event.agent:
            count(self._agents, event.agent)
        if event.agent and event.target:
            count(self._pairs, f"{event.agent} -> {event.target}")
        told = event.arguments if isinstance(event.arguments, dict) else {}
        identity = told.get("content_id", (event.attributes or {}).get("content_id"))
        if isinstance(identity, str | int) and not isinstance(identity, bool):
            self._add_content(str(identity), told)

    def _add_content(self, identity: str, told: dict[str, Any]) -> None:
        known = self._contents.get(identity)
        if known is None:
            if len(self._contents) >= MOST_CONTENTS:
                self._not_counted += 1
                return
            known = _Content(0, {})
        for name in _MEASURES:
            value = told.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                known.measures[name] = max(value, known.measures.get(name, value))
        self._contents[identity] = _Content(known.interactions + 1, known.measures)

    def result(self) -> InteractionsReport:
        """Return the report on everything added so far."""
        top = sorted(
            self._contents.items(), key=lambda one: (-one[1].interactions, -sum(one[1].measures.values()), one[0])
        )
        return InteractionsReport(
            total_interactions=self._total,
            interaction_types=dict(self._types.most_common()),
            pairs=dict(self._pairs.most_common()),
            agents=dict(self._agents.most_common()),
            top_viral_content=[ViralContent(name, one.interactions, dict(one.measures)) for name, one in top[:TOP]],
            content_not_counted=self._not_counted,
        )
