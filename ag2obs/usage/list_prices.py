"""The providers' list prices, from the package genai-prices. Importing it (0.1 s) waits for the first look-up."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from ag2obs.usage.rates import Rate, Rates, Tiered

if TYPE_CHECKING:
    from genai_prices.types import MatchLogic, ModelInfo, ModelPrice

_PRICE_KEYS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "input_image": "input_image_mtok",
    "request": "requests_kcount",
}
"""Our kinds of rates and what genai-prices calls them."""

_VERSION_AT_END = re.compile(r"[a-z.@-][1-9]\d?$")
"""A version number of one or two digits: the end of ``claude-opus-4-1``, not that of ``claude-sonnet-4-2025``."""


class ListedModel:
    """One model of the price list; its rates can depend on the day and the time of day of a call."""

    def __init__(self, model: ModelInfo, provider: str) -> None:
        from genai_prices import __version__

        self.reference = f"{provider}/{model.id}"
        self.source = f"genai-prices@{__version__}"
        self._model = model
        self._rates: dict[int, tuple[ModelPrice, Rates]] = {}

    def rates_at(self, moment: datetime) -> Rates:
        """Return the rates for a call at that moment; a naive one is UTC."""
        price = self._model.get_prices(moment)
        known = self._rates.get(id(price))
        if known is None:
            # The price is kept beside its rates, so that its id stays its own.
            known = self._rates[id(price)] = (price, _rates(price))
        return known[1]


def find_listed_model(provider: str, name: str) -> ListedModel | None:
    """Return the model that a provider sells under exactly that name or a dated form of it, or None."""
    import genai_prices

    try:
        found = genai_prices.calc_price(genai_prices.Usage(), name, provider_id=provider)
    except (LookupError, ValueError):
        return None
    match = found.model.match
    if match.is_match(name.lower()) and not _keeps_versions_whole(match, name.lower()):
        return None
    return ListedModel(found.model, found.provider.id)


def _rates(price: ModelPrice) -> Rates:
    values = {kind: getattr(price, key) for kind, key in _PRICE_KEYS.items()}
    request = values.pop("request")
    return Rates(
        **{kind: _rate(value) for kind, value in values.items()},
        request=request.base if hasattr(request, "base") else request,
    )


def _rate(value: object) -> Rate | None:
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        return Tiered(value.base, tuple((tier.start, tier.price) for tier in value.tiers))
    return value  # type: ignore[return-value]  # the other prices are Decimal or None


def _keeps_versions_whole(match: MatchLogic, name: str) -> bool:
    """Tell whether a name matches without being cut inside a version number.

    genai-prices matches many models by the beginning or a part of their names, by which a future
    ``claude-opus-4-10`` would be taken for ``claude-opus-4-1``. Beginnings of dates are meant to be cut.
    """
    from genai_prices.types import ClauseAnd, ClauseContains, ClauseOr, ClauseStartsWith

    if isinstance(match, ClauseOr):
        return any(_keeps_versions_whole(clause, name) for clause in match.or_)
    if isinstance(match, ClauseAnd):
        return all(_keeps_versions_whole(clause, name) for clause in match.and_)
    if not match.is_match(name):
        return False
    if isinstance(match, ClauseStartsWith):
        part = match.starts_with.lower()
    elif isinstance(match, ClauseContains):
        part = match.contains.lower()
    else:
        return True
    following = name[name.index(part) + len(part) :]
    return not (_VERSION_AT_END.search(part) and following[:1].isdigit())
