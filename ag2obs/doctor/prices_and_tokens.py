"""How old the price list is, and whether tokens can be counted where a provider does not tell them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from ag2obs.doctor.distributions import version_of
from ag2obs.doctor.result import Result, Status
from ag2obs.errors import SettingsError
from ag2obs.settings import Settings
from ag2obs.usage.counting import ESTIMATE, count_tokens
from ag2obs.usage.price_file import read_price_file

_OLD_DAYS = 90
"""Providers change a price or bring a model out every few weeks."""

_DATE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)|date(?:time)?\((20\d\d), (\d\d?), (\d\d?)")

_MODELS = {"o200k_base": "gpt-4o", "cl100k_base": "gpt-4"}
"""The encodings of OpenAI's models, and a model of each."""


def list_prices(today: date | None = None, data_file: Path | None = None) -> Iterator[Result]:
    """Tell the version of the price list and the newest day its data mentions, which is its age or a little more."""
    fix = "pip install -U genai-prices"
    file = data_file or _data_file()
    version = version_of("genai-prices") or "of no known version"
    if file is None or not file.is_file():
        yield Result("prices", Status.PROBLEM, "the price list genai-prices is not installed", fix)
        return
    newest = newest_day(file.read_text(encoding="utf-8"), today or datetime.now(UTC).date())
    if newest is None:
        yield Result("prices", Status.OK, f"the price list is genai-prices {version}; its data have no date")
        return
    sentence = f"the price list is genai-prices {version}, with data up to {newest}"
    if ((today or datetime.now(UTC).date()) - newest).days > _OLD_DAYS:
        yield Result("prices", Status.WARNING, f"{sentence}: newer models have no price", fix)
    else:
        yield Result("prices", Status.OK, sentence)


def newest_day(text: str, today: date) -> date | None:
    """Return the newest day that is mentioned and not in the future; None where there is none."""
    days: list[date] = []
    for found in _DATE.finditer(text):
        try:
            days.append(date(*(int(part) for part in found.groups() if part)))
        except ValueError:
            continue  # 2026-13-45 is a number, not a day
    return max((day for day in days if day <= today), default=None)


def _data_file() -> Path | None:
    spec = importlib.util.find_spec("genai_prices")
    return None if spec is None or spec.origin is None else Path(spec.origin).with_name("data.py")


def own_prices() -> Iterator[Result]:
    """Tell whether the file of own prices can be read, where there is one."""
    try:
        path = Settings.from_environment().prices
        if path is not None:
            read_price_file(path)
            yield Result("prices", Status.OK, f"your own prices are read from {path}")
    except SettingsError as error:
        yield Result("prices", Status.PROBLEM, str(error))


def tokenizers() -> Iterator[Result]:
    """Tell how tokens are counted where a provider reports none. Nothing is downloaded."""
    ways = {encoding: count_tokens("some text", model)[1] for encoding, model in _MODELS.items()}
    estimated = [encoding for encoding, way in ways.items() if way == ESTIMATE]
    if estimated:
        names = " and ".join(estimated)
        load = "; ".join(f"tiktoken.get_encoding('{encoding}')" for encoding in estimated)
        sentence = f"tokens that a provider does not report are estimated: the files of {names} are not on this machine"
        yield Result("tokens", Status.WARNING, sentence, f'python -c "import tiktoken; {load}"')
    else:
        told = ", ".join(f"{encoding} by {way}" for encoding, way in ways.items())
        yield Result("tokens", Status.OK, f"tokens that a provider does not report are counted: {told}")
