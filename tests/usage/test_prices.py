import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from autogen.oai.client import OAI_PRICE1K

from ag2obs.errors import SettingsError
from ag2obs.events import Usage
from ag2obs.usage.prices import Cost, PriceBook

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
USAGE = Usage(input=1000, output=100)


def price(
    book: PriceBook | None = None,
    *,
    provider: str | None = "openai",
    request: str | None = None,
    response: str | None = None,
    usage: Usage | None = USAGE,
    quality: str = "exact",
    at: datetime = MOMENT,
    config_price: object = None,
) -> Cost:
    return (book or PriceBook(None)).price(
        provider=provider,
        request_model=request,
        response_model=response,
        usage=usage,
        quality=quality,
        at=at,
        config_price=config_price,
    )


def book(tmp_path: Path, text: str) -> PriceBook:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return PriceBook(path)


def test_a_listed_model():
    cost = price(request="gpt-4o-mini", response="gpt-4o-mini-2024-07-18")
    assert cost.usd == Decimal("0.00021")
    assert cost.source is not None
    assert cost.source.startswith("genai-prices@0.2")
    assert (cost.reason, cost.quality, cost.price_ref) == (None, "exact", "openai/gpt-4o-mini")


def test_the_answering_model_is_priced_and_not_the_requested_one():
    assert price(request="gpt-4o", response="gpt-4o-mini").usd == Decimal("0.00021")
    assert price(provider="azure", request="my-deployment", response="gpt-4o-2024-08-06").usd == Decimal("0.0035")


def test_another_model_than_the_requested_one_is_not_charged_as_it():
    assert price(request="gpt-4o", response="llama-3-70b").reason == "unknown_model"


@pytest.mark.parametrize("response", [None, "", "gpt-4o-2031-01-01", "gpt-4o-20310101"])
def test_the_requested_model_stands_in_for_an_answer_without_one_and_for_its_dated_versions(
    response: str | None,
):
    assert price(request="gpt-4o", response=response).usd == Decimal("0.0035")


@pytest.mark.parametrize("response", ["gpt-4o-mini-2031-01-01", "gpt-4o-ultra", "gpt-4o1"])
def test_a_longer_name_is_no_dated_version(response: str):
    assert price(request="gpt-4o", response=response).reason == "unknown_model"


@pytest.mark.parametrize(
    ("provider", "model", "reference"),
    [
        ("openai", "openai/gpt-4o", "openai/gpt-4o"),
        (None, "openai/gpt-4o", "openai/gpt-4o"),
        (None, "gpt-4o", "openai/gpt-4o"),
        ("openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o"),
        ("google", "models/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("gcp.gemini", "gemini-2.5-pro", "google/gemini-2.5-pro"),
        (
            "bedrock",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (None, "groq/llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
    ],
)
def test_names_with_a_provider(provider: str | None, model: str, reference: str):
    assert price(provider=provider, request=model).price_ref == reference


@pytest.mark.parametrize(
    ("provider", "model"),
    [("ollama", "llama3.1:8b"), ("ollama", "gpt-4o"), (None, "llama3"), (None, None), ("x", "y")],
)
def test_what_nothing_knows_has_no_cost(provider: str | None, model: str | None):
    assert price(provider=provider, request=model) == Cost(None, None, "unknown_model", None, None)


def test_a_model_that_is_listed_without_prices_has_no_cost():
    # GitHub Copilot sells by subscription; whisper by the hour.
    assert price(provider="github-copilot", request="gpt-4o").reason == "unknown_model"
    assert price(provider="groq", request="whisper-large-v3").reason == "unknown_model"


@pytest.mark.parametrize("usage", [None, Usage()])
@pytest.mark.parametrize("config_price", [None, [0.001, 0.002]])
def test_without_usage_there_is_no_cost(usage: Usage | None, config_price: object):
    cost = price(request="gpt-4o", usage=usage, config_price=config_price)
    assert (cost.usd, cost.reason) == (None, "no_usage")


@pytest.mark.parametrize("config_price", [None, [0.001, 0.002]])
def test_usage_that_contradicts_itself_has_no_cost(config_price: object):
    cost = price(request="gpt-4o", usage=Usage(input=10, output=1, cache_read=20), config_price=config_price)
    assert (cost.usd, cost.reason) == (None, "invalid_usage")


@pytest.mark.parametrize(
    ("config_price", "dollars"),
    [
        ([0.001, 0.002], "0.0012"),
        ((0.001, 0.002), "0.0012"),
        ([1, Decimal("0.1")], "1.01"),
        (0.001, "0.0011"),
        (0, "0"),
        ([0, 0], "0"),
    ],
)
def test_the_config_price_comes_first(tmp_path: Path, config_price: object, dollars: str):
    own = book(tmp_path, 'free = ["gpt-4o"]')
    cost = price(own, request="gpt-4o", config_price=config_price)
    assert (cost.usd, cost.source) == (Decimal(dollars), "config_price")


@pytest.mark.parametrize(
    "config_price",
    [
        [],
        [1],
        [1, 2, 3],
        [1, None],
        [True, 1],
        [-1, 1],
        [float("nan"), 1],
        ["1", "2"],
        "12",
        True,
        {"input": 1},
        object(),
    ],
)
def test_what_is_no_price_is_passed_over(config_price: object):
    assert price(request="gpt-4o-mini", config_price=config_price).usd == Decimal("0.00021")


OWN = """
free = ["llama3", "ollama/*"]
[aliases]
"prod" = "gpt-4o"
"team-claude" = "anthropic/claude-sonnet-4-5"
[prices."gpt-4o-mini"]
input = 1
output = 1
[prices."prod-special"]
input = 2
output = 2
[[prices."dated"]]
from = 2026-06-01
input = 5
output = 5
"""


def test_the_users_price_comes_before_the_list(tmp_path: Path):
    cost = price(book(tmp_path, OWN), request="gpt-4o-mini")
    assert (cost.usd, cost.source, cost.price_ref) == (Decimal("0.0011"), "price_file", "gpt-4o-mini")


def test_the_users_price_for_a_deployment_comes_before_the_list_price_of_the_model_behind_it(tmp_path: Path):
    cost = price(book(tmp_path, OWN), provider="azure", request="prod-special", response="gpt-4o-2024-08-06")
    assert (cost.usd, cost.source) == (Decimal("0.0022"), "price_file")


def test_the_users_price_for_the_requested_name_holds_for_its_dated_version(tmp_path: Path):
    cost = price(book(tmp_path, OWN), request="gpt-4o-mini", response="gpt-4o-mini-2024-07-18")
    assert cost.source == "price_file"


def test_aliases(tmp_path: Path):
    own = book(tmp_path, OWN)
    assert price(own, provider="azure", request="PROD").price_ref == "azure/gpt-4o"
    assert price(own, provider="azure", request="prod", response="prod").price_ref == "azure/gpt-4o"
    assert price(own, provider="openai", request="team-claude").price_ref == "anthropic/claude-sonnet-4-5"
    # What answered is the truth where it is known.
    assert price(own, provider="azure", request="prod", response="gpt-4o-mini").source == "price_file"


def test_a_dated_price_does_not_hold_before_its_day(tmp_path: Path):
    own = book(tmp_path, OWN)
    assert price(own, request="dated").usd == Decimal("0.0055")
    assert price(own, request="dated", at=datetime(2026, 5, 31, tzinfo=UTC)).reason == "unknown_model"


def test_declared_free_is_zero_even_without_usage(tmp_path: Path):
    own = book(tmp_path, OWN)
    free = Cost(Decimal(0), "declared_free", None, "exact", "ollama/*")
    assert price(own, provider="ollama", request="qwen3") == free
    assert price(own, provider="ollama", request="qwen3", usage=None) == free
    assert price(own, provider=None, request="llama3").source == "declared_free"
    assert price(own, provider=None, request="llama4").usd is None


def test_a_wrong_file_is_refused_when_the_book_is_opened(tmp_path: Path):
    with pytest.raises(SettingsError, match="AG2OBS_PRICES"):
        book(tmp_path, "[prices.m]\ninput = 1")


def test_prices_follow_the_call_and_not_the_first_look_up():
    own = PriceBook(None)
    million = Usage(input=1_000_000)
    assert price(own, request="o3", usage=million).usd == 2
    assert price(own, request="o3", usage=million, at=datetime(2025, 6, 1, tzinfo=UTC)).usd == 10
    assert price(own, request="o3", usage=million).usd == 2


def test_calls_add_up_and_usage_does_not():
    own = PriceBook(None)
    calls = [price(own, provider="google", request="gemini-2.5-pro", usage=Usage(input=50_000, output=100)).usd] * 5
    whole = price(own, provider="google", request="gemini-2.5-pro", usage=Usage(input=250_000, output=500)).usd
    assert sum(usd for usd in calls if usd is not None) == Decimal("0.3175")
    assert whole == Decimal("0.6325")


@pytest.mark.parametrize(
    ("quality", "usage", "result"),
    [
        ("exact", USAGE, "exact"),
        ("estimate", USAGE, "estimate"),
        ("lower_bound", USAGE, "lower_bound"),
        ("upper_bound", USAGE, "upper_bound"),
        ("exact", Usage(input=1000, output=100, cache_read=500), "upper_bound"),
        ("lower_bound", Usage(input=1000, output=100, cache_read=500), "estimate"),
    ],
)
def test_the_quality_of_the_cost_is_the_worst_of_what_it_rests_on(quality: str, usage: Usage, result: str):
    assert price(request="m", usage=usage, quality=quality, config_price=[1, 1]).quality == result


@pytest.mark.parametrize("model", ["gpt-4o", "o1", "o3"])
def test_ag2s_own_prices_are_not_taken_over(model: str):
    sent, answered = OAI_PRICE1K[model]
    ag2 = (sent * USAGE.input + answered * USAGE.output) / 1000
    ours = price(request=model).usd
    assert ours is not None
    assert float(ours) != pytest.approx(ag2)


def test_the_memory_of_names_is_bounded():
    own = PriceBook(None)
    for number in range(5000):
        price(own, provider="no-such-provider", request=f"m{number}")
    assert len(own._listed) <= 4096


def test_the_price_list_is_imported_with_the_first_look_up():
    program = (
        "import sys; from datetime import datetime, UTC; from ag2obs.events import Usage;"
        "from ag2obs.usage.prices import PriceBook; book = PriceBook(None);"
        "assert 'genai_prices' not in sys.modules;"
        "book.price(provider=None, request_model='m', response_model=None, usage=Usage(input=1),"
        " quality='exact', at=datetime.now(UTC), config_price=[1, 1]);"
        "assert 'genai_prices' not in sys.modules;"
        "book.price(provider='openai', request_model='gpt-4o', response_model=None, usage=Usage(input=1),"
        " quality='exact', at=datetime.now(UTC));"
        "assert 'genai_prices' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
