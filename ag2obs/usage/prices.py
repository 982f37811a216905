"""What a call cost: the config's own price, then the user's file, then the list prices.

A price is looked up once per provider and model; a call is then arithmetic. Each call is priced alone,
because tiers depend on the input of one call: prices may be added up, usage that is priced later may not.
A price that is not known is None with its reason, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from ag2obs.events import Usage
from ag2obs.usage.list_prices import ListedModel, find_listed_model
from ag2obs.usage.price_file import PriceFile, read_price_file
from ag2obs.usage.providers import provider_id, provider_of_model, without_prefix
from ag2obs.usage.quality import EXACT, combine
from ag2obs.usage.rates import EXACT_ARITHMETIC, Rates

CONFIG_PRICE = "config_price"
"""``cost_source`` of a price in AG2's config_list."""
PRICE_FILE = "price_file"
"""``cost_source`` of a price in the user's file."""
DECLARED_FREE = "declared_free"
"""``cost_source`` of a model that the user's file declares free."""

UNKNOWN_MODEL = "unknown_model"
"""``cost_reason`` where nothing has a price for the model, or for a kind of token that the call used."""
NO_USAGE = "no_usage"
"""``cost_reason`` where the call's tokens are not known."""
INVALID_USAGE = "invalid_usage"
"""``cost_reason`` where the call's tokens contradict each other."""

_MODELS_REMEMBERED = 4096
"""Enough for every model of a program; bounds the memory if a server answers with a new name each time."""

_SNAPSHOT = re.compile(r"[-@]\d{4}(-?\d{2}){0,2}")
"""What a provider adds to a model's name for one dated version of it: -2024-08-06, -20250929, -0709."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one call. ``usd`` is None where it is not known, and ``reason`` says why."""

    usd: Decimal | None
    source: str | None
    reason: str | None
    quality: str | None
    price_ref: str | None
    """Which price: ``openai/gpt-4o`` of the list, a name or pattern in the user's file."""


class PriceBook:
    """Prices calls; safe to use from several threads."""

    def __init__(self, path: Path | None) -> None:
        """Read the user's price file, if there is one. Raises SettingsError when it is wrong."""
        self._has_own = path is not None
        self._own = PriceFile() if path is None else read_price_file(path)
        self._listed: dict[tuple[str | None, str | None, str | None], ListedModel | None] = {}

    def price(
        self,
        *,
        provider: str | None,
        request_model: str | None,
        response_model: str | None,
        usage: Usage | None,
        quality: str,
        at: datetime,
        config_price: object = None,
    ) -> Cost:
        """Return what a call cost.

        ``provider`` is an id as in ``usage.providers``. ``quality`` is that of the usage: ``exact``, a bound,
        or ``estimate`` for tokens that were counted; prices that leave out a discount lower it further.
        ``at`` is the time of the call; a naive one is UTC. ``config_price`` is AG2's ``price`` field:
        ``[input, output]`` or one number for both, in US dollars per thousand tokens; anything else there
        is ignored.
        """
        declared = _config_rates(config_price)
        if declared is not None:
            return _charge(declared, usage, quality, CONFIG_PRICE, None)
        seller = provider_id(provider) if provider else None
        own = self._own_price(seller, request_model, response_model, usage, quality, at) if self._has_own else None
        if own is not None:
            return own
        listed = self._find(seller, request_model, response_model)
        if listed is None:
            return _unpriced(UNKNOWN_MODEL if _counted(usage) else NO_USAGE)
        return _charge(listed.rates_at(at), usage, quality, listed.source, listed.reference)

    def _own_price(
        self,
        seller: str | None,
        request_model: str | None,
        response_model: str | None,
        usage: Usage | None,
        quality: str,
        at: datetime,
    ) -> Cost | None:
        """Return what the user's file says, None where it says nothing of this call."""
        names = _own_names(self._own, request_model, response_model)
        for name in names:
            own = self._own.rates_of(name, seller, at)
            if own is not None:
                return _charge(own, usage, quality, PRICE_FILE, name)
        for name in names:
            pattern = self._own.free_pattern(name, seller)
            if pattern is not None:
                return Cost(Decimal(0), DECLARED_FREE, None, EXACT, pattern)
        return None

    def _find(self, provider: str | None, request_model: str | None, response_model: str | None) -> ListedModel | None:
        key = (provider, request_model, response_model)
        try:
            return self._listed[key]
        except KeyError:
            listed = self._look_up(provider, request_model, response_model)
        if len(self._listed) >= _MODELS_REMEMBERED:
            self._listed.clear()
        self._listed[key] = listed
        return listed

    def _look_up(
        self, provider: str | None, request_model: str | None, response_model: str | None
    ) -> ListedModel | None:
        for name in _listed_names(self._own, request_model, response_model):
            for seller, model in _offers(provider, name):
                listed = find_listed_model(seller, model)
                if listed is not None:
                    return listed
        return None


def _own_names(own: PriceFile, request_model: str | None, response_model: str | None) -> list[str]:
    """Return the names under which the user's file may know a call: the answering model, the requested one,
    and what their aliases stand for."""
    names = [name for name in dict.fromkeys((response_model, request_model)) if name]
    return names + [alias for name in names if (alias := own.alias_of(name))]


def _listed_names(own: PriceFile, request_model: str | None, response_model: str | None) -> list[str]:
    """Return the names to look for in the price list.

    The answering model decides. The requested one stands in for it only where the answer does not name a
    model, names a dated version of it, or the user gave the requested name an alias: a gateway that answers
    with another model must not be charged as the one that was asked for.
    """
    names = [response_model] if response_model else []
    if request_model and (
        not response_model or _is_snapshot(response_model, request_model) or own.alias_of(request_model)
    ):
        names.append(request_model)
    return [own.alias_of(name) or name for name in names]


def _is_snapshot(response_model: str, request_model: str) -> bool:
    answered, asked = response_model.lower(), request_model.lower()
    return answered.startswith(asked) and _SNAPSHOT.fullmatch(answered[len(asked) :]) is not None


def _offers(provider: str | None, name: str) -> list[tuple[str, str]]:
    """Return (provider, model) pairs to look up, best first: ``openai/gpt-4o`` is OpenRouter's own name for
    a model and everybody else's name for OpenAI's."""
    offers = [(provider, name)] if provider else []
    bare = without_prefix(name)
    told = provider_of_model(name) if bare != name or not provider else None
    if told or (provider and bare != name):
        offers.append((told or provider or "", bare))
    return offers


def _config_rates(price: object) -> Rates | None:
    """Read AG2's ``price``: US dollars per thousand tokens. None where there is none or it is no price."""
    if price is None or isinstance(price, (str, bytes)):
        return None
    pair = list(price) if isinstance(price, Sequence) else [price, price]
    if len(pair) != 2 or not all(type(value) in (int, float, Decimal) for value in pair):
        return None
    return _rates_of_pair(*pair)


@lru_cache(maxsize=256)
def _rates_of_pair(sent: float | Decimal, answered: float | Decimal) -> Rates | None:
    # A float is taken as it was written: 0.0025, not its binary neighbour.
    amounts = [Decimal(str(value)) for value in (sent, answered)]
    if not all(amount.is_finite() and amount >= 0 for amount in amounts):
        return None
    return Rates(*(EXACT_ARITHMETIC.scaleb(amount, 3) for amount in amounts))


def _counted(usage: Usage | None) -> bool:
    return usage is not None and usage.total != 0


def _charge(rates: Rates, usage: Usage | None, quality: str, source: str, reference: str | None) -> Cost:
    if usage is None or not _counted(usage):
        return _unpriced(NO_USAGE)
    try:
        usd = rates.cost(usage)
    except ValueError:
        return _unpriced(INVALID_USAGE)
    if usd is None:
        return _unpriced(UNKNOWN_MODEL)
    return Cost(usd, source, None, combine(quality, rates.quality(usage)), reference)


def _unpriced(reason: str) -> Cost:
    return Cost(None, None, reason, None, None)
