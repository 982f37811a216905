from decimal import Decimal, localcontext

import pytest

from ag2obs.events import Usage
from ag2obs.usage.quality import combine
from ag2obs.usage.rates import Rates, Tiered

FULL = Rates(
    input=Decimal(3),
    output=Decimal(15),
    cache_read=Decimal("0.3"),
    cache_write=Decimal("3.75"),
    cache_write_1h=Decimal(6),
)
PLAIN = Rates(input=Decimal(3), output=Decimal(15))


def test_each_kind_is_charged_once():
    usage = Usage(input=1_000_000, output=100_000, cache_read=600_000, cache_write=300_000, cache_write_1h=100_000)
    # 100,000 fresh, 600,000 read, 200,000 written for minutes, 100,000 for an hour, 100,000 answered.
    assert FULL.cost(usage) == Decimal("0.3") + Decimal("0.18") + Decimal("0.75") + Decimal("0.6") + Decimal("1.5")


def test_kinds_without_a_rate_are_charged_as_what_they_are_part_of():
    usage = Usage(input=1000, output=100, cache_read=500, cache_write=300, reasoning=90, input_audio=10, output_audio=5)
    assert PLAIN.cost(usage) == PLAIN.cost(Usage(input=1000, output=100))


def test_a_tier_holds_for_all_tokens_of_the_call():
    rates = Rates(
        input=Tiered(Decimal("1.25"), ((200_000, Decimal("2.5")),)),
        output=Tiered(Decimal(10), ((200_000, Decimal(15)),)),
    )
    assert rates.cost(Usage(input=200_000, output=1000)) == Decimal("0.26")
    assert rates.cost(Usage(input=200_001, output=1000)) == Decimal("0.5150025")


def test_calls_are_priced_alone_because_of_tiers():
    rates = Rates(input=Tiered(Decimal("1.25"), ((200_000, Decimal("2.5")),)), output=Decimal(0))
    alone = sum((rates.cost(Usage(input=50_000)) or Decimal(0) for _ in range(5)), Decimal(0))
    together = rates.cost(Usage(input=250_000))
    assert (alone, together) == (Decimal("0.3125"), Decimal("0.625"))


def test_requests_are_charged_on_top():
    rates = Rates(input=Decimal(1), output=Decimal(1), request=Decimal(5))
    assert rates.cost(Usage(input=1000)) == Decimal("0.006")


def test_tokens_without_any_rate_have_no_cost():
    assert Rates().cost(Usage(input=1)) is None
    assert Rates(input=Decimal(1)).cost(Usage(input=1, output=1)) is None
    assert Rates(input=Decimal(1)).cost(Usage(input=1)) == Decimal("0.000001")


def test_the_precision_of_the_host_program_does_not_matter():
    with localcontext() as context:
        context.prec = 2
        assert FULL.cost(Usage(input=123_457, output=98_765)) == Decimal("1.851846")


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input=10, output=1, cache_read=11),
        Usage(input=10, output=1, cache_read=6, cache_write=5),
        Usage(input=10, output=1, cache_write=5, cache_write_1h=6),
        Usage(input=10, output=1, reasoning=2),
        Usage(input=10, output=1, output_audio=2),
        Usage(input=10, output=1, input_audio=6, input_image=5),
        Usage(input=-10, output=1),
        Usage(input=10, output=1, cache_read=-1),
    ],
)
@pytest.mark.parametrize("rates", [FULL, PLAIN])
def test_parts_larger_than_the_whole_are_refused(rates: Rates, usage: Usage):
    with pytest.raises(ValueError, match="exceed"):
        rates.cost(usage)


@pytest.mark.parametrize(
    ("rates", "usage", "quality"),
    [
        (PLAIN, Usage(input=10, output=1), "exact"),
        (PLAIN, Usage(input=10, output=1, cache_read=5), "upper_bound"),
        (PLAIN, Usage(input=10, output=1, cache_write=5), "lower_bound"),
        (PLAIN, Usage(input=10, output=1, cache_read=5, cache_write=5), "estimate"),
        (FULL, Usage(input=10, output=1, cache_read=5, cache_write=5, cache_write_1h=5), "exact"),
        (FULL, Usage(input=10, output=1, cache_read=5, input_audio=5), "exact"),
        (
            Rates(input=Decimal(1), cache_read=Decimal(1), input_audio=Decimal(3)),
            Usage(input=10, cache_read=5, input_audio=5),
            "upper_bound",
        ),
    ],
)
def test_quality(rates: Rates, usage: Usage, quality: str):
    assert rates.quality(usage) == quality


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("exact", "exact", "exact"),
        ("exact", "lower_bound", "lower_bound"),
        ("upper_bound", "exact", "upper_bound"),
        ("lower_bound", "lower_bound", "lower_bound"),
        ("lower_bound", "upper_bound", "estimate"),
        ("estimate", "upper_bound", "estimate"),
        ("exact", "estimate", "estimate"),
    ],
)
def test_the_worse_quality_wins(first: str, second: str, both: str):
    assert combine(first, second) == combine(second, first) == both
