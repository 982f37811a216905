"""What a call would have cost under other conditions: without the history it resent, without a cache, as another model.

Every answer is priced by the same ``PriceBook`` as the call was, in Decimal; where the book does not tell, the
answer is None, never 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Context, Decimal

import msgspec

from ag2obs.events import Accounting, Usage
from ag2obs.usage.prices import CONFIG_PRICE, Cost, PriceBook
from ag2obs.usage.providers import provider_id
from ag2obs.usage.quality import EXACT

# As the money of totals: exact for any number of calls, and a nonsensical cost of a damaged log is refused.
MONEY = Context(prec=60, Emin=-60, Emax=60, traps=[])

CHEAPER_MODELS = {
    "openai": ("gpt-4.1-mini", "gpt-4o-mini", "gpt-5-mini", "gpt-5-nano"),
    "azure": ("gpt-4.1-mini", "gpt-4o-mini"),
    "anthropic": ("claude-sonnet-4-5", "claude-haiku-4-5"),
    "google": ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
    "mistral": ("mistral-medium-latest", "mistral-small-latest"),
    "groq": ("llama-3.1-8b-instant",),
    "x-ai": ("grok-3-mini", "grok-4-fast"),
    "cohere": ("command-r",),
    "aws": ("amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"),
}
"""By provider, small models that a call could be tried with; only those that the price list knows are shown."""


class Repricing:
    """Prices calls that were made as if they had been others."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices

    def history(self, event: Accounting, cost: Decimal, tokens: int) -> tuple[Decimal, bool]:
        """Return what ``tokens`` of history cost in a call of known ``cost``, and whether that rests on rates.

        Without rates it is their share of all tokens of the call.
        """
        usage = event.usage
        assert usage is not None
        if not tokens or not cost:
            return Decimal(0), True
        whole = self._of(event, usage)
        rest = _without(usage, tokens)
        left = self._of(event, rest) if rest.total else Decimal(0)
        if not whole or left is None:
            return MONEY.divide(MONEY.multiply(cost, tokens), usage.total), False
        return MONEY.divide(MONEY.multiply(cost, whole - left), whole), True

    def cache_savings(self, event: Accounting, cost: Decimal) -> Decimal | None:
        """Return what a provider's prompt cache saved in a call, less what writing to it cost; None without rates."""
        usage = event.usage
        assert usage is not None
        paid = self._of(event, usage)
        full = self._of(event, msgspec.structs.replace(usage, cache_read=0, cache_write=0, cache_write_1h=0))
        if paid is None or full is None:
            return None
        if not paid:
            return Decimal(0)
        return MONEY.divide(MONEY.multiply(cost, full - paid), paid)

    def as_model(self, event: Accounting, model: str) -> Cost:
        """Return what a call would have cost with ``model``: at its own provider, else at who sells that model."""
        at = _moment(event)
        own = self._cost(event.provider, model, event.usage, at)
        if own.usd is not None or own.reason != "unknown_model":
            return own
        return self._cost(None, model, event.usage, at)

    def _cost(self, provider: str | None, model: str, usage: Usage | None, at: datetime) -> Cost:
        return self._prices.price(
            provider=provider, request_model=model, response_model=None, usage=usage, quality=EXACT, at=at
        )

    def _of(self, event: Accounting, usage: Usage) -> Decimal | None:
        """Return the price of a call with other tokens; None where the book is not what the call was priced by."""
        if event.cost_source == CONFIG_PRICE:
            return None
        return self._prices.price(
            provider=event.provider,
            request_model=event.request_model,
            response_model=event.model,
            usage=usage,
            quality=EXACT,
            at=_moment(event),
        ).usd


def cheaper_models(provider: str | None) -> tuple[str, ...]:
    """Return small models of a provider."""
    return CHEAPER_MODELS.get(provider_id(provider), ()) if provider else ()


def known_cost(event: Accounting) -> Decimal | None:
    """Return what a call cost; None where that is not known, or is nonsense in a damaged log."""
    if event.cost_usd is None:
        return None
    cost = MONEY.plus(event.cost_usd)
    return cost if cost.is_finite() else None


def _without(usage: Usage, tokens: int) -> Usage:
    """Return ``usage`` without so many input tokens, the cached ones first: caches hold beginnings of histories."""
    left = room = max(0, usage.input - tokens)
    read = min(max(0, usage.cache_read - tokens), room)
    room -= read
    write = min(usage.cache_write, room)
    room -= write
    audio = min(usage.input_audio, room)
    room -= audio
    return msgspec.structs.replace(
        usage,
        input=left,
        cache_read=read,
        cache_write=write,
        cache_write_1h=min(usage.cache_write_1h, write),
        input_audio=audio,
        input_image=min(usage.input_image, room),
    )


def _moment(event: Accounting) -> datetime:
    """Return when a call was made, by which its price is found; now, where its event does not tell."""
    try:
        moment = datetime.fromisoformat(event.ts)
    except ValueError:
        return datetime.now(UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
