"""The cost report: what its parts say, and that they add up to the summary."""

from decimal import Decimal

import pytest

from ag2obs.analysis.cost.cost_fold import CostFold
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.events import STATUS_ERROR, STATUS_OK, Event, Usage
from ag2obs.usage.prices import PriceBook

AT = "2026-11-21T08:00:00.000000Z"


def event(kind, session="s1", **fields):
    return Event(v=1, ts=AT, kind=kind, session=session, **fields)


def message(number, text, session="s1", **fields):
    return event("message", session, id=f"m{number}", role="user", content=text, **fields)


def call(sent=None, *, model="gpt-4o", usage=None, priced=True, session="s1", **fields):
    """A call of OpenAI at its list price."""
    usage = Usage(input=1000, output=100) if usage is None else usage
    made = event(
        "llm.call", session, provider="openai", request_model=model, model=model, usage=usage,
        status=STATUS_OK, input=sent, **fields,
    )  # fmt: skip
    if priced and made.cost_usd is None:
        made.cost_usd, made.cost_source = price(made), "genai-prices"
    return made


def price(made, **changes):
    from datetime import datetime

    import msgspec

    usage = msgspec.structs.replace(made.usage, **changes)
    return PriceBook(None).price(
        provider="openai", request_model=made.model, response_model=made.model, usage=usage, quality="exact",
        at=datetime.fromisoformat(AT),
    ).usd  # fmt: skip


def report(*events, **options):
    fold = CostFold(**options)
    for each in events:
        fold.add(each)
    return fold.result()


def test_parts_add_up_to_the_summary_to_the_last_digit():
    events = [
        event("session.start"),
        call(agent="a"),
        call(agent="a", purpose="summary", cost_usd=Decimal("0.00000000000000000123456789")),
        call(agent="b", model="mine", priced=False),
        call(agent=None, model="gpt-4o-mini", usage=Usage(input=7, output=3, cache_read=5)),
        call(agent="b", cached=True, cost_usd=Decimal(0), saved_usd=Decimal("0.5")),
        call(agent="b", cost_usd=Decimal("1e999999")),
        event("llm.call", agent="b", status=STATUS_ERROR, model="gpt-4o", cost_reason="failed"),
        event("tool.call", agent="a", tool="t"),
    ]
    summary = SummaryFold()
    for each in events:
        summary.add(each)
    expected = summary.result().to_dict()["totals"]
    document = report(*events).to_dict()
    shared = [key for key in document["totals"] if key in expected]
    assert len(shared) == 9
    assert {key: document["totals"][key] for key in shared} == {key: expected[key] for key in shared}
    for parts in ("sessions", "agents", "models", "purposes"):
        totals = [part["totals"] for part in document[parts]]
        assert sum(each["llm_calls"] for each in totals) == expected["llm_calls"]
        assert sum(Decimal(each["cost_usd"] or 0) for each in totals) == Decimal(expected["cost_usd"])
        assert sum(each["unpriced_calls"] for each in totals) == expected["unpriced_calls"] == 2


def test_history_costs_what_the_call_would_have_cost_less_without_it():
    texts = [message(1, "x" * 484), message(2, "y" * 484), message(3, "z" * 984)]
    second = call(["m1-m3"], agent="a")
    totals = report(*texts, call(["m1-m2"], agent="a"), second).totals
    assert totals.history.resent_tokens == 500
    assert totals.history.new_tokens == 1500
    assert totals.history.usd == second.cost_usd - price(second, input=500)
    assert (totals.history.calls, totals.history.unknown_calls, totals.history.without_rates) == (2, 0, 0)
    assert totals.history.share == 0.25


def test_cached_history_is_as_cheap_as_cached_input():
    texts = [message(1, "x" * 984), message(2, "y" * 984)]
    usage = Usage(input=2000, output=10, cache_read=800)
    second = call(["m1-m2"], usage=usage)
    totals = report(*texts, call(["m1"], usage=Usage(input=1000, output=10)), second).totals
    # Of 1,000 resent tokens 800 came from the cache.
    assert totals.history.usd == second.cost_usd - price(second, input=1000, cache_read=0)
    assert totals.history.usd < price(second, input=1000, output=0, cache_read=0)
    assert totals.prompt_cache.saved_usd == price(second, cache_read=0) - second.cost_usd


def test_without_rates_history_has_its_share_of_the_tokens():
    texts = [message(1, "x" * 84)]
    made = {"usage": Usage(input=900, output=100), "cost_usd": Decimal(1), "cost_source": "config_price"}
    history = report(*texts, call(["m1"], **made), call(["m1"], **made)).totals.history
    assert (history.usd, history.without_rates) == (Decimal("0.9"), 1)


def test_unpriced_calls_make_history_incomplete_and_never_nothing():
    texts = [message(1, "x")]
    history = report(
        *texts, call(["m1"], model="mine", priced=False), call(["m1"], model="mine", priced=False)
    ).totals.history
    assert (history.usd, history.unpriced_calls, history.resent_tokens) == (None, 1, 1000)


def test_calls_without_ids_of_messages_are_told_apart():
    history = report(call(), call([])).totals.history
    assert (history.calls, history.unknown_calls, history.resent_tokens, history.usd) == (0, 2, 0, None)


def test_messages_of_one_session_are_no_history_of_another():
    totals = report(
        message(1, "x", "s1"), call(["m1"], session="s1"), message(1, "x", "s2"), call(["m1"], session="s2")
    ).totals
    assert totals.history.resent_tokens == 0


def test_history_is_told_for_each_agent():
    events = [message(1, "x" * 84), call(["m1"], agent="a"), call(["m1"], agent="b"), call(["m1"], agent="b")]
    agents = {part.name: part.totals.history.resent_tokens for part in report(*events).agents}
    assert agents == {"a": 0, "b": 2000}


def test_retries_are_failures_further_configurations_and_http_requests():
    failed = event("llm.call", status=STATUS_ERROR, model="gpt-4o", invocation="i1", attempts=3, cost_reason="failed")
    retries = report(failed, call(invocation="i1", attempts=1), call(invocation="i2", attempts=2)).totals.retries
    assert retries.http_retries == 3
    assert (retries.failed.llm_calls, retries.failed.cost_usd) == (1, 0)
    assert (retries.again.llm_calls, retries.again.cost_usd) == (1, call().cost_usd)


def test_purposes_are_told_apart():
    purposes = report(call(), call(purpose="speaker_selection"), call(purpose="summary")).purposes
    assert {part.name for part in purposes} == {"reply", "speaker_selection", "summary"}


def test_another_model_is_priced_with_the_same_tokens():
    (other,) = report(call(), call(), as_models=["gpt-4o-mini"]).alternatives
    assert (other.model, other.provider, other.calls, other.reasons) == ("gpt-4o-mini", None, 2, [])
    assert other.cost_usd == 2 * price(call(model="gpt-4o-mini"))
    assert other.instead_of_usd == 2 * call().cost_usd
    assert other.difference_usd == other.cost_usd - other.instead_of_usd


def test_a_model_of_another_provider_is_found_by_its_name():
    (other,) = report(call(), as_models=["claude-haiku-4-5"]).alternatives
    assert other.cost_usd == Decimal("0.0015")


def test_an_unknown_model_is_null_with_its_reason():
    (other,) = report(call(), as_models=["no-such-model"]).alternatives
    assert (other.cost_usd, other.unpriced_calls, other.reasons) == (None, 1, ["unknown_model"])
    assert (other.instead_of_usd, other.difference_usd) == (None, None)


def test_only_calls_with_a_price_both_ways_are_compared():
    (other,) = report(call(), call(model="mine", priced=False), as_models=["gpt-4o-mini"]).alternatives
    assert (other.calls, other.unpriced_calls) == (2, 0)
    assert (other.instead_of_usd, other.compared_calls) == (call().cost_usd, 1)
    assert other.difference_usd == price(call(model="gpt-4o-mini")) - call().cost_usd


def test_without_names_only_cheaper_models_of_the_provider_are_told():
    found = report(call(), call(model="mine", priced=False)).alternatives
    assert found
    assert {each.provider for each in found} == {"openai"}
    assert all(each.difference_usd < 0 for each in found)
    assert report(call(model="gpt-5-nano")).alternatives == []


def test_cache_hits_and_failures_are_no_calls_another_model_would_have_made():
    failed = event("llm.call", status=STATUS_ERROR, provider="openai", model="gpt-4o", cost_reason="failed")
    hit = call(cached=True, cost_usd=Decimal(0), saved_usd=Decimal("0.1"))
    (other,) = report(failed, hit, as_models=["gpt-4o-mini"]).alternatives
    assert (other.calls, other.cost_usd) == (0, None)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(input=-5, output=3),
        Usage(input=10, output=1, cache_read=50),
        Usage(input=2**62, output=2**62),
        Usage(input=10, cache_read=10),
        Usage(input=10, cache_write=10, cache_write_1h=4),
    ],
)
def test_odd_usage_of_a_damaged_log_breaks_nothing(usage):
    texts = [message(1, "x")]
    made = call(["m1"], usage=usage, cost_usd=Decimal("0.1"), cost_source="genai-prices")
    assert report(*texts, made, made).to_dict()["totals"]["llm_calls"] == 2


def test_nothing_is_nothing():
    document = report().to_dict()
    assert document["sessions"] == []
    assert document["totals"]["cost_usd"] == "0"
    assert document["totals"]["history"]["share"] is None


def test_what_was_sent_is_forgotten_of_sessions_that_ended_long_ago():
    """Ten thousand sessions in a log would fill the memory; a call after that says that its history is unknown."""
    sessions = [f"s{number}" for number in range(120)]
    events = [
        each
        for session in sessions
        for each in (
            message(1, "hello " * 50, session),
            call(["m1"], session=session),
            event("session.end", session, status=STATUS_OK),
        )
    ]
    late = [call(["m1"], session=session) for session in ("s0", "s119")]
    history = report(*events, *late).totals.history
    assert (history.calls, history.unknown_calls) == (121, 1)
    assert history.resent_tokens == 1000
