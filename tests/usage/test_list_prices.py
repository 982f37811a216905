from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest

from ag2obs.events import Usage
from ag2obs.usage.list_prices import find_listed_model

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
MILLION = 1_000_000

LIST_PRICES = """
openai     gpt-4o                                     2.5    10    1.25
openai     gpt-4o-2024-08-06                          2.5    10    1.25
openai     gpt-4o-2024-11-20                          2.5    10    1.25
openai     gpt-4o-2024-05-13                          5      15    -
openai     gpt-4o-mini                                0.15   0.6   0.075
openai     gpt-4o-mini-2024-07-18                     0.15   0.6   0.075
openai     gpt-4.1                                    2      8     0.5
openai     gpt-4.1-2025-04-14                         2      8     0.5
openai     gpt-4.1-mini                               0.4    1.6   0.1
openai     gpt-4.1-nano                               0.1    0.4   0.025
openai     o1                                         15     60    7.5
openai     o3                                         2      8     0.5
openai     o3-mini                                    1.1    4.4   0.55
openai     o3-mini-2025-01-31                         1.1    4.4   0.55
openai     o4-mini                                    1.1    4.4   0.275
openai     o4-mini-2025-04-16                         1.1    4.4   0.275
openai     gpt-5                                      1.25   10    0.125
openai     gpt-5-mini                                 0.25   2     0.025
openai     gpt-5-nano                                 0.05   0.4   0.005
openai     gpt-5.1                                    1.25   10    0.125
openai     gpt-4-turbo                                10     30    -
openai     gpt-4                                      30     60    -
openai     gpt-3.5-turbo                              0.5    1.5   -
openai     gpt-3.5-turbo-0125                         0.5    1.5   -
openai     ft:gpt-4o-mini-2024-07-18:acme::abc        0.3    1.2   -
openai     ft:gpt-4o-2024-08-06:acme::abc             3.75   15    -
azure      gpt-4o-2024-08-06                          2.5    10    1.25
azure      gpt-35-turbo                               0.5    1.5   -
anthropic  claude-3-5-sonnet-20241022                 3      15    0.3
anthropic  claude-3-7-sonnet-20250219                 3      15    0.3
anthropic  claude-sonnet-4-20250514                   3      15    0.3
anthropic  claude-sonnet-4-5                          3      15    0.3
anthropic  claude-3-5-haiku-20241022                  0.8    4     0.08
anthropic  claude-haiku-4-5                           1      5     0.1
anthropic  claude-3-opus-20240229                     15     75    1.5
anthropic  claude-opus-4-20250514                     15     75    1.5
anthropic  claude-opus-4-1                            15     75    1.5
anthropic  claude-opus-4-5                            5      25    0.5
google     gemini-1.5-pro                             1.25   5     -
google     gemini-2.0-flash                           0.1    0.4   -
google     gemini-2.5-pro                             1.25   10    -
google     gemini-2.5-flash                           0.3    2.5   -
google     gemini-2.5-flash-lite                      0.1    0.4   -
mistral    mistral-large-2411                         2      6     -
groq       llama-3.3-70b-versatile                    0.59   0.79  -
groq       llama-3.1-8b-instant                       0.05   0.08  -
aws        anthropic.claude-3-5-sonnet-20241022-v2:0  3      15    -
"""
"""Provider, model, and US dollars per million tokens of input, output and cached input, as the providers list
them; a dash where they list none or it is not certain."""

POINTS = [tuple(line.split()) for line in LIST_PRICES.strip().splitlines()]


def cost(provider: str, model: str, usage: Usage, moment: datetime = MOMENT) -> Decimal | None:
    listed = find_listed_model(provider, model)
    assert listed is not None, (provider, model)
    return listed.rates_at(moment).cost(usage)


@pytest.mark.parametrize(("provider", "model", "sent", "answered", "cached"), POINTS)
def test_list_price(provider: str, model: str, sent: str, answered: str, cached: str):
    # A thousand tokens stay below every tier.
    assert cost(provider, model, Usage(input=1000)) == Decimal(sent) / 1000
    assert cost(provider, model, Usage(output=1000)) == Decimal(answered) / 1000
    if cached != "-":
        assert cost(provider, model, Usage(input=1000, cache_read=1000)) == Decimal(cached) / 1000


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini-2031-01-01"),
        ("openai", "gpt-4o-mini-2024-07-18-acme"),
        ("openai", "gpt-4.10"),
        ("openai", "gpt-4o-nano"),
        ("openai", "o3-mini2"),
        ("anthropic", "claude-opus-4-10"),
        ("anthropic", "claude-sonnet-4-55"),
        ("azure", "my-gpt-4o"),
        ("azure", "prod-gpt-4o-mini"),
        ("azure", "gpt4o"),
        ("openai", "ft:gpt-4.1-2025-04-14:acme::abc"),
        ("openai", "my-model"),
        ("ollama", "llama3"),
        ("no-such-provider", "gpt-4o"),
    ],
)
def test_names_that_are_not_on_the_list(provider: str, model: str):
    assert find_listed_model(provider, model) is None


def test_fine_tuned_models_leave_out_the_cached_discount():
    listed = find_listed_model("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc")
    assert listed is not None
    usage = Usage(input=1000, output=10, cache_read=500)
    rates = listed.rates_at(MOMENT)
    assert rates.quality(usage) == "upper_bound"
    # OpenAI charges 0.15 for a cached million; the list charges the full 0.30.
    assert rates.cost(usage) == Decimal("0.000312")


def test_prices_follow_the_day():
    usage = Usage(input=MILLION)
    assert cost("openai", "o3", usage, datetime(2025, 6, 9, 23, 59, tzinfo=UTC)) == 10
    assert cost("openai", "o3", usage, datetime(2025, 6, 10, tzinfo=UTC)) == 2
    assert cost("openai", "o3", usage, datetime(2025, 6, 9, 23, 59)) == 10  # noqa: DTZ001 - a naive time is UTC


def test_prices_follow_the_time_of_day_for_one_look_up():
    listed = find_listed_model("deepseek", "deepseek-chat")
    assert listed is not None
    day = listed.rates_at(datetime(2025, 8, 1, 12, tzinfo=UTC))
    night = listed.rates_at(datetime(2025, 8, 1, 20, tzinfo=UTC))
    assert day.input != night.input
    assert listed.rates_at(datetime(2025, 8, 1, 13, tzinfo=UTC)) is day


@pytest.mark.parametrize(
    ("model", "tokens", "dollars"),
    [
        ("gemini-2.5-pro", 200_000, "0.25"),
        ("gemini-2.5-pro", 200_001, "0.5000025"),
        ("gemini-1.5-pro", 128_000, "0.16"),
        ("gemini-1.5-pro", 128_001, "0.3200025"),
    ],
)
def test_tiers(model: str, tokens: int, dollars: str):
    assert cost("google", model, Usage(input=tokens)) == Decimal(dollars)


def test_the_reference_and_the_source_name_what_was_used():
    listed = find_listed_model("azure", "gpt-4o-2024-08-06")
    assert listed is not None
    assert listed.reference == "azure/gpt-4o"
    assert listed.source == f"genai-prices@{genai_prices.__version__}"


USAGES = [
    Usage(input=1, output=1),
    Usage(input=1200, output=300),
    Usage(input=0, output=7),
    Usage(input=128_001, output=999),
    Usage(input=200_000, output=12_345),
    Usage(input=200_001, output=12_345),
    Usage(input=999_983, output=65_537, reasoning=65_000),
    Usage(input=1200, output=300, cache_read=1024, reasoning=256),
    Usage(input=250_000, output=300, cache_read=100_000, cache_write=50_000, cache_write_1h=20_000),
    Usage(input=2000, output=400, input_audio=1500, output_audio=300),
    Usage(input=2000, output=400, input_image=1500),
]

PROVIDERS = (
    "openai",
    "azure",
    "anthropic",
    "google",
    "aws",
    "mistral",
    "groq",
    "together",
    "cohere",
    "deepseek",
)


def listed_names() -> list[tuple[str, str]]:
    """Every model of the providers AG2 reaches most that has prices for plain input and output."""
    from genai_prices.data import providers
    from genai_prices.types import ModelPrice

    names = []
    for provider in providers:
        for model in provider.models if provider.id in PROVIDERS else ():
            prices = [model.prices] if isinstance(model.prices, ModelPrice) else [p.prices for p in model.prices]
            if all(price.input_mtok is not None and price.output_mtok is not None for price in prices):
                names.append((provider.id, model.id))
    return names


def test_equal_to_genai_prices_to_the_last_digit():
    compared = 0
    for provider, model in listed_names():
        listed = find_listed_model(provider, model)
        if listed is None:
            continue
        for usage in USAGES:
            expected = genai_prices.calc_price(
                genai_prices.Usage(
                    input_tokens=usage.input,
                    output_tokens=usage.output,
                    cache_read_tokens=usage.cache_read,
                    cache_write_tokens=usage.cache_write,
                    cache_write_1h_tokens=usage.cache_write_1h,
                    output_reasoning_tokens=usage.reasoning,
                    input_audio_tokens=usage.input_audio,
                    output_audio_tokens=usage.output_audio,
                    input_image_tokens=usage.input_image,
                ),
                model,
                provider_id=provider,
                genai_request_timestamp=MOMENT,
            ).total_price
            assert listed.rates_at(MOMENT).cost(usage) == expected, (provider, model, usage)
            compared += 1
    assert compared > 3000
