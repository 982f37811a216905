"""The user's own prices: the TOML file that ``AG2OBS_PRICES`` names. ``docs/prices.example.toml`` is one.

.. code-block:: toml

    # Models that cost nothing: a name, provider/name, or a pattern with * and ?.
    free = ["ollama/*", "llama3.1:8b"]

    # Deployment or gateway names and the model behind them.
    [aliases]
    "prod-gpt4o" = "gpt-4o"

    # US dollars per million tokens. input and output are required; the other kinds are charged as input or
    # output where they are left out: cache_read, cache_write, cache_write_1h, reasoning, input_audio,
    # output_audio, input_image.
    [prices."acme-chat"]
    input = 3.00
    output = 15.00
    cache_read = 0.30

    # Several prices of one model: by the day they start (UTC), by provider (ids as in usage.providers).
    [[prices."acme-code"]]
    input = 2.00
    output = 8.00
    [[prices."acme-code"]]
    from = 2026-07-01
    provider = "azure"
    input = 1.50
    output = 6.00

Names are compared without regard to case. Whatever is wrong with the file raises SettingsError, which names
the variable, the file, the place and what is allowed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NoReturn

from ag2obs.errors import SettingsError
from ag2obs.usage.rates import TOKEN_KINDS, Rates

_SECTIONS = ("free", "aliases", "prices")
_PRICE_KEYS = (*TOKEN_KINDS, "provider", "from")


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """One price of one model, for one provider or any, from one day on or always."""

    rates: Rates
    provider: str | None
    start: date | None


@dataclass(frozen=True, slots=True)
class PriceFile:
    """What the user's file says; an empty one says nothing. Names are in lower case."""

    prices: Mapping[str, tuple[OwnPrice, ...]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    def alias_of(self, model: str) -> str | None:
        """Return the model behind a deployment's or gateway's name."""
        return self.aliases.get(model.lower())

    def rates_of(self, model: str, provider: str | None, at: datetime) -> Rates | None:
        """Return the rates of a model on that day: the latest start wins, then the one that names the provider."""
        day = (at if at.tzinfo is None else at.astimezone(UTC)).date()
        valid = [
            price
            for price in self.prices.get(model.lower(), ())
            if price.provider in (None, provider) and (price.start is None or price.start <= day)
        ]
        if not valid:
            return None
        return max(valid, key=lambda price: (price.start or date.min, price.provider is not None)).rates

    def free_pattern(self, model: str, provider: str | None) -> str | None:
        """Return the entry of ``free`` that a model or its provider matches."""
        name = model.lower()
        forms = [name] if provider is None else [name, provider, f"{provider}/{name}"]
        return next((entry for entry in self.free if any(fnmatchcase(form, entry) for form in forms)), None)


def read_price_file(path: Path) -> PriceFile:
    """Read the user's price file. Raises SettingsError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        _refuse(
            path,
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            "a readable TOML file",
        )
    except UnicodeDecodeError:
        _refuse(path, "the file is not UTF-8", "TOML in UTF-8")
    except (tomllib.TOMLDecodeError, ArithmeticError) as error:
        _refuse(path, f"the file is not TOML: {error}", "TOML")
    for section in data:
        if section not in _SECTIONS:
            _refuse(path, section, "the sections " + ", ".join(_SECTIONS))
    return PriceFile(
        prices={name.lower(): _prices(path, name, entry) for name, entry in _table(path, data, "prices").items()},
        aliases={name.lower(): _alias(path, name, model) for name, model in _table(path, data, "aliases").items()},
        free=_free(path, data.get("free", [])),
    )


def _table(path: Path, data: dict[str, Any], section: str) -> dict[str, Any]:
    table = data.get(section, {})
    if not isinstance(table, dict):
        _refuse(path, section, f"a table: [{section}]")
    return table


def _alias(path: Path, name: str, model: object) -> str:
    if not isinstance(model, str) or not model:
        _refuse(path, f'aliases."{name}"', "the name of a model as text")
    return model


def _free(path: Path, entries: object) -> tuple[str, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, str) and entry for entry in entries):
        _refuse(path, "free", "a list of model names, provider names or patterns such as ollama/*")
    return tuple(entry.lower() for entry in entries)


def _prices(path: Path, name: str, entry: object) -> tuple[OwnPrice, ...]:
    place = f'prices."{name}"'
    if isinstance(entry, dict):
        return (_price(path, place, entry),)
    if not isinstance(entry, list) or not entry or not all(isinstance(item, dict) for item in entry):
        _refuse(path, place, f"a table [{place}] or a list of them [[{place}]]")
    return tuple(_price(path, f"{place}[{number}]", item) for number, item in enumerate(entry))


def _price(path: Path, place: str, entry: dict[str, Any]) -> OwnPrice:
    for key in entry:
        if key not in _PRICE_KEYS:
            _refuse(path, f"{place}.{key}", "the keys " + ", ".join(_PRICE_KEYS))
    for key in ("input", "output"):
        if key not in entry:
            _refuse(path, f"{place} has no {key}", "both input and output, in US dollars per million tokens")
    start = entry.get("from")
    if start is not None and (not isinstance(start, date) or isinstance(start, datetime)):
        _refuse(path, f"{place}.from", "a day such as 2026-07-01, without quotes")
    provider = entry.get("provider")
    if provider is not None and not isinstance(provider, str):
        _refuse(path, f"{place}.provider", "the id of a provider as text")
    rates = {kind: _rate(path, f"{place}.{kind}", entry[kind]) for kind in TOKEN_KINDS if kind in entry}
    return OwnPrice(Rates(**rates), provider.lower() if provider else None, start)


def _rate(path: Path, place: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        _refuse(path, place, "a number of US dollars per million tokens")
    rate = Decimal(value)
    if not rate.is_finite() or rate < 0:
        _refuse(path, place, "a number of US dollars per million tokens that is not negative")
    return rate


def _refuse(path: Path, problem: str, allowed: str) -> NoReturn:
    raise SettingsError(f"AG2OBS_PRICES: {path}: {problem}; allowed: {allowed}")
