import decimal
from decimal import Decimal

import pytest

from ag2obs.analysis.summary.totals import Tally, money_text
from ag2obs.events import Accounting, ErrorInfo, Usage


def totals_of(*calls):
    tally = Tally()
    for call in calls:
        tally.add_call(call)
    return tally.totals()


def call(**fields):
    return Accounting(kind="llm.call", **{"model": "gpt-4o", "status": "ok", **fields})


TIMEOUT = ErrorInfo(id="e1", type="TimeoutError")
UNPRICED = call(model="my-model", usage=Usage(input=10, output=5), cost_reason="unknown_model")


def test_no_calls_cost_nothing_and_that_is_complete():
    totals = totals_of().to_dict()
    assert (totals["cost_usd"], totals["cost_complete"], totals["saved_usd"]) == ("0", True, "0")


def test_an_unpriced_call_leaves_the_known_part_and_names_its_model():
    totals = totals_of(call(usage=Usage(input=1), cost_usd=Decimal("0.25")), UNPRICED, UNPRICED).to_dict()
    assert totals["cost_usd"] == "0.25"
    assert totals["cost_complete"] is False
    assert totals["unpriced_calls"] == 2
    assert totals["unpriced_models"] == ["my-model"]


def test_cost_is_null_when_nothing_is_known():
    cached = call(cached=True, usage=Usage(input=10), cost_usd=Decimal(0), saved_usd=Decimal("0.5"))
    assert totals_of(UNPRICED, cached).to_dict()["cost_usd"] is None


def test_a_free_call_is_known_to_cost_nothing():
    totals = totals_of(call(usage=Usage(input=1), cost_usd=Decimal(0)))
    assert totals.cost_usd == 0
    assert totals.cost_complete


@pytest.mark.parametrize("usage", [None, Usage()])
def test_a_failure_without_usage_costs_nothing_and_is_not_unpriced(usage):
    totals = totals_of(call(status="error", error=TIMEOUT, usage=usage, cost_reason="failed"))
    assert (totals.llm_calls, totals.failed_calls, totals.unpriced_calls) == (1, 1, 0)
    assert totals.cost_usd == 0
    assert totals.cost_complete


def test_a_failure_that_used_tokens_is_unpriced_like_any_other():
    totals = totals_of(call(status="error", error=TIMEOUT, usage=Usage(input=7)))
    assert (totals.failed_calls, totals.unpriced_calls, totals.tokens.input) == (1, 1, 7)


def test_a_cancelled_call_did_not_fail_but_its_cost_is_not_known():
    totals = totals_of(call(status="cancelled", error=ErrorInfo(id="e1", type="CancelledError")))
    assert (totals.failed_calls, totals.unpriced_calls, totals.cost_usd) == (0, 1, None)


def test_cache_hits_count_as_calls_and_savings_but_in_no_tokens_and_no_cost():
    hit = call(cached=True, usage=Usage(input=100, output=50, cache_read=9), saved_usd=Decimal("0.001"))
    totals = totals_of(hit, hit, call(cached=True))
    assert (totals.llm_calls, totals.cached_calls, totals.tokens.total, totals.unpriced_calls) == (3, 3, 0, 0)
    assert totals.to_dict()["saved_usd"] == "0.002"
    assert totals.to_dict()["cost_usd"] == "0"


def test_savings_are_null_when_none_is_known():
    assert totals_of(call(cached=True)).saved_usd is None


def test_a_call_without_any_model_is_still_listed_as_unpriced():
    assert totals_of(call(model=None, usage=Usage(input=1))).unpriced_models == ["unknown"]


def test_tokens_keep_their_split():
    usage = Usage(input=100, output=50, cache_read=40, cache_write=30, reasoning=20)
    assert totals_of(call(usage=usage, cost_usd=Decimal(1))).to_dict()["tokens"] == {
        "input": 100, "output": 50, "cache_read": 40, "cache_write": 30, "reasoning": 20, "total": 150,
    }  # fmt: skip


@pytest.mark.parametrize("cost", ["NaN", "sNaN", "Infinity", "1e999999999"])
def test_a_nonsensical_cost_of_a_damaged_log_is_unpriced(cost):
    totals = totals_of(call(cost_usd=Decimal(cost), usage=Usage(input=1)), call(cost_usd=Decimal("0.5")))
    assert (totals.cost_usd, totals.unpriced_calls) == (Decimal("0.5"), 1)


def test_sums_are_exact_whatever_the_decimal_context_of_the_host_program():
    costs = [Decimal("0.000000123456789"), Decimal("1234567.89"), Decimal("0.1")]
    with decimal.localcontext(prec=3, traps=[decimal.Inexact, decimal.Rounded]):
        totals = totals_of(*(call(cost_usd=cost) for cost in costs))
        assert totals.to_dict()["cost_usd"] == "1234567.990000123456789"


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0.00157500", "0.001575"), ("100", "100"), ("0E-9", "0"), ("1E-8", "0.00000001"), ("1E+3", "1000")],
)
def test_money_is_a_plain_decimal_string(amount, written):
    assert money_text(Decimal(amount)) == written


def test_merged_tallies_are_the_sum_of_their_parts():
    tallies = []
    for part in range(3):
        tally = Tally()
        tally.add_call(call(usage=Usage(input=part), cost_usd=Decimal(part), ms=part * 2.5))
        tally.add_call(call(model=f"m{part}", usage=Usage(input=1)))
        tally.add_tool_call(Accounting(kind="tool.call", success=part > 0, ms=1))
        tallies.append(tally)
    merged = Tally()
    for tally in tallies:
        merged.merge(tally)
    whole = merged.totals()
    assert (whole.llm_calls, whole.tokens.input, whole.cost_usd) == (6, 6, 3)
    assert (whole.unpriced_models, whole.tool_calls, whole.tool_failures) == (["m0", "m1", "m2"], 3, 1)


def test_merging_forgets_none_of_the_sums():
    tally, merged = Tally(), Tally()
    for number, name in enumerate(Tally.__slots__, 1):
        setattr(tally, name, {"m"} if name == "unpriced_models" else type(getattr(tally, name))(number))
    merged.merge(tally)
    assert {name: getattr(merged, name) for name in Tally.__slots__} == {
        name: getattr(tally, name) for name in Tally.__slots__
    }
