"""What the cost report holds: the typed form of what ``ag2obs cost --json`` prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from ag2obs.analysis.summary.totals import Totals, money_text

COST_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""

_TOTALS = (
    "llm_calls",
    "cached_calls",
    "failed_calls",
    "tokens",
    "cost_usd",
    "cost_complete",
    "unpriced_calls",
    "unpriced_models",
    "saved_usd",
)
"""The keys of the summary's totals that are about calls; they mean the same here."""

_SPENT = ("llm_calls", "tokens", "cost_usd", "cost_complete", "unpriced_calls")


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What sending messages again cost: an estimate, for tokens are shared out by the lengths of messages."""

    calls: int
    """Calls of which all that they sent is known."""
    unknown_calls: int
    """Calls of which the log does not tell that; their tokens are in neither number."""
    resent_tokens: int
    new_tokens: int
    usd: Decimal | None
    """What would not have been paid without the resent tokens; None where no such call has a known cost."""
    unpriced_calls: int
    """Calls that resent something at a cost that nobody knows."""
    without_rates: int
    """Calls whose part of ``usd`` is the share of the resent in all tokens, for want of the model's rates."""

    @property
    def share(self) -> float | None:
        """The part of input tokens that was sent again; None without any."""
        whole = self.resent_tokens + self.new_tokens
        return round(self.resent_tokens / whole, 4) if whole else None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        return {"estimate": True, **msgspec.structs.asdict(self), "usd": money_text(self.usd), "share": self.share}


class PromptCache(msgspec.Struct, frozen=True, kw_only=True):
    """What reading input from providers' caches saved, less what writing to them cost more."""

    saved_usd: Decimal | None
    unknown_calls: int
    """Calls with cached input whose rates are not known."""

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        return {"saved_usd": money_text(self.saved_usd), "unknown_calls": self.unknown_calls}


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """What trying again cost. A failed call that was itself a second try is in both ``failed`` and ``again``."""

    http_retries: int
    """HTTP requests beyond the first of their call: providers charge for none of them that failed."""
    failed: Totals
    again: Totals
    """Calls of further configurations, or of the same, after the first one of an invocation."""

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        return {
            "http_retries": self.http_retries,
            "failed": _part(self.failed, _SPENT),
            "again": _part(self.again, _SPENT),
        }


class CostTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a group of calls cost, and what for."""

    calls: Totals
    """As in the summary; only what is about calls is counted."""
    history: History
    prompt_cache: PromptCache
    retries: Retries

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        return {
            **_part(self.calls, _TOTALS),
            "history": self.history.to_dict(),
            "prompt_cache": self.prompt_cache.to_dict(),
            "retries": self.retries.to_dict(),
        }


class CostPart(msgspec.Struct, frozen=True):
    """One agent, model, purpose or session; ``name`` is None where calls do not tell."""

    name: str | None
    totals: CostTotals
    provider: str | None = None
    """Of a model."""


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """What calls would have cost with another model, had it used the same tokens."""

    model: str
    provider: str | None
    """Whose calls are meant; None for all."""
    calls: int
    cost_usd: Decimal | None
    """The known part; None where nothing is known."""
    unpriced_calls: int
    reasons: list[str]
    """Why calls have no price with this model."""
    compared_calls: int
    """Calls that have a price both ways: what follows is of these alone."""
    instead_of_usd: Decimal | None
    """What they cost; None where there are none."""
    difference_usd: Decimal | None
    """What they would have cost more (less where it is negative)."""

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        money = {name: money_text(getattr(self, name)) for name in ("cost_usd", "instead_of_usd", "difference_usd")}
        return {**msgspec.structs.asdict(self), **money}


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where the money of the given sessions went."""

    totals: CostTotals
    sessions: list[CostPart]
    agents: list[CostPart]
    models: list[CostPart]
    purposes: list[CostPart]
    """``reply`` is an agent's own answer; others are ``speaker_selection``, ``summary`` and the like."""
    alternatives: list[Alternative]

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs cost --json`` prints, without ``missing``: what a log lacks."""
        return {
            "schema": COST_SCHEMA,
            "sessions": [{"session_id": part.name, "totals": part.totals.to_dict()} for part in self.sessions],
            "totals": self.totals.to_dict(),
            "agents": [{"name": part.name, "totals": part.totals.to_dict()} for part in self.agents],
            "models": [
                {"name": part.name, "provider": part.provider, "totals": part.totals.to_dict()} for part in self.models
            ],
            "purposes": [{"name": part.name, "totals": part.totals.to_dict()} for part in self.purposes],
            "alternatives": [alternative.to_dict() for alternative in self.alternatives],
        }


def _part(totals: Totals, keys: tuple[str, ...]) -> dict[str, Any]:
    values = totals.to_dict()
    return {key: values[key] for key in keys}
