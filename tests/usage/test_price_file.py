from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs.errors import SettingsError
from ag2obs.usage.price_file import PriceFile, read_price_file

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "docs" / "prices.example.toml"


def read(tmp_path: Path, text: str) -> PriceFile:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return read_price_file(path)


def test_the_example_says_what_the_documentation_says():
    example = read_price_file(EXAMPLE)
    assert example.alias_of("PROD-gpt4o") == "gpt-4o"
    assert example.free_pattern("qwen3", "ollama") == "ollama/*"
    chat = example.rates_of("Acme-Chat", None, MOMENT)
    assert chat is not None
    assert (chat.input, chat.cache_read, chat.output_audio) == (Decimal(3), Decimal("0.3"), Decimal(20))


def test_prices_are_read_as_they_are_written(tmp_path: Path):
    rates = read(tmp_path, '[prices."m"]\ninput = 0.1\noutput = 1\n').rates_of("m", None, MOMENT)
    assert rates is not None
    assert str(rates.input) == "0.1"


DATED = """
[[prices.m]]
from = 2026-01-01
input = 2
output = 2
[[prices.m]]
from = 2026-07-01
input = 3
output = 3
[[prices.m]]
from = 2026-07-01
provider = "Azure"
input = 4
output = 4
"""


@pytest.mark.parametrize(
    ("moment", "provider", "price"),
    [
        (datetime(2025, 12, 31, tzinfo=UTC), None, None),
        (datetime(2026, 1, 1, tzinfo=UTC), None, 2),
        (datetime(2026, 6, 30, 23, tzinfo=UTC), "azure", 2),
        (datetime(2026, 7, 1, tzinfo=UTC), None, 3),
        (datetime(2026, 7, 1, tzinfo=UTC), "openai", 3),
        (datetime(2026, 7, 1, tzinfo=UTC), "azure", 4),
        (datetime.fromisoformat("2026-07-01T01:00:00+02:00"), None, 2),
    ],
)
def test_the_latest_start_wins(tmp_path: Path, moment: datetime, provider: str | None, price: int | None):
    rates = read(tmp_path, DATED).rates_of("m", provider, moment)
    assert (rates and rates.input) == price


@pytest.mark.parametrize(
    ("entry", "model", "provider", "free"),
    [
        ("llama3.1:8b", "Llama3.1:8B", None, True),
        ("llama3.1:8b", "llama3.1:8b", "openai", True),
        ("llama3.1:8b", "llama3.1:8b-instruct", None, False),
        ("ollama", "anything", "ollama", True),
        ("ollama/*", "anything", "ollama", True),
        ("ollama/*", "anything", None, False),
        ("local-*", "local-7b", None, True),
        ("openrouter/*:free", "meta-llama/llama-3:free", "openrouter", True),
        ("openrouter/*:free", "meta-llama/llama-3", "openrouter", False),
    ],
)
def test_free(tmp_path: Path, entry: str, model: str, provider: str | None, free: bool):
    found = read(tmp_path, f'free = ["{entry}"]').free_pattern(model, provider)
    assert found == (entry if free else None)


@pytest.mark.parametrize(
    ("text", "place", "allowed"),
    [
        ("free = [\n  1 2\n]", "not TOML", "line 2"),
        ('[price."m"]\ninput = 1\noutput = 1', "price", "free, aliases, prices"),
        ("prices = 3", "prices", "[prices]"),
        ("[prices]\nm = 3", 'prices."m"', "table"),
        ("[prices]\nm = []", 'prices."m"', "table"),
        ("[prices.m]\ninptu = 1\noutput = 1", 'prices."m".inptu', "cache_read"),
        ("[prices.m]\ninput = 1", 'prices."m" has no output', "both input and output"),
        ("[prices.m]\ninput = -1\noutput = 1", 'prices."m".input', "not negative"),
        ("[prices.m]\ninput = nan\noutput = 1", 'prices."m".input', "not negative"),
        ("[prices.m]\ninput = inf\noutput = 1", 'prices."m".input', "not negative"),
        ('[prices.m]\ninput = "1"\noutput = 1', 'prices."m".input', "a number"),
        ("[prices.m]\ninput = true\noutput = 1", 'prices."m".input', "a number"),
        ('[prices.m]\nfrom = "2026-01-01"\ninput = 1\noutput = 1', 'prices."m".from', "without quotes"),
        ("[prices.m]\nfrom = 2026-01-01T00:00:00Z\ninput = 1\noutput = 1", 'prices."m".from', "a day"),
        ("[prices.m]\nprovider = 1\ninput = 1\noutput = 1", 'prices."m".provider', "text"),
        (
            "[[prices.m]]\ninput = 1\noutput = 1\n[[prices.m]]\ninput = 1",
            'prices."m"[1] has no output',
            "both",
        ),
        ("[aliases]\nx = 3", 'aliases."x"', "text"),
        ('free = "ollama"', "free", "a list"),
        ("free = [1]", "free", "a list"),
    ],
)
def test_a_wrong_file_is_refused_by_name_place_and_what_is_allowed(tmp_path: Path, text: str, place: str, allowed: str):
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, text)
    message = str(refusal.value)
    assert message.startswith(f"AG2OBS_PRICES: {tmp_path / 'prices.toml'}: ")
    assert place in message
    assert allowed in message


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"AG2OBS_PRICES: .*none\.toml: the file cannot be read"):
        read_price_file(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    path = tmp_path / "prices.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_price_file(path)
