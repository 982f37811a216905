"""A budget's limits, what it refuses to be, and what its account says about the next call."""

from __future__ import annotations

import gc
import threading
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs import Budget, Settings
from ag2obs.budget import budget_of
from ag2obs.budget_account import Account
from ag2obs.errors import SettingsError
from ag2obs.process import Process

MODEL = ("openai", "gpt-4o")


@pytest.mark.parametrize("given", ["0.1", 0.1, Decimal("0.1")])
def test_money_is_taken_as_it_is_written(given: Any) -> None:
    assert Budget(usd=given).usd == Decimal("0.1")


def test_whole_numbers() -> None:
    budget = Budget(2, "1000", "stop", [1, 0.5, 0.5], "process")  # type: ignore[arg-type]  # as a user might
    assert (budget.usd, budget.tokens) == (Decimal(2), 1000)
    assert (budget.on_exceed, budget.thresholds, budget.scope) == ("stop", (0.5, 1.0), "process")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "give it usd, tokens or both"),
        ({"usd": "much"}, "budget usd is 'much'"),
        ({"usd": -1}, "budget usd is -1"),
        ({"usd": float("nan")}, "budget usd is nan"),
        ({"usd": float("inf")}, "budget usd is inf"),
        ({"usd": True}, "budget usd is True"),
        ({"tokens": 1.5}, "budget tokens is 1.5"),
        ({"tokens": -1}, "budget tokens is -1"),
        ({"usd": 1, "on_exceed": "explode"}, "use warn, throttle or stop"),
        ({"usd": 1, "scope": "world"}, "use session or process"),
        ({"usd": 1, "thresholds": ()}, "budget thresholds are ()"),
        ({"usd": 1, "thresholds": (50, 80)}, "above 0 and up to 1"),
        ({"usd": 1, "thresholds": (0,)}, "above 0 and up to 1"),
        ({"usd": 1, "thresholds": "0.5"}, "above 0 and up to 1"),
        ({"usd": 1, "thresholds": 0.5}, "above 0 and up to 1"),
        ({"usd": 1, "thresholds": (float("nan"),)}, "above 0 and up to 1"),
        ({"usd": 1, "thresholds": (True,)}, "above 0 and up to 1"),
    ],
)
def test_nonsense_is_refused(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Budget(**arguments)
    assert named in str(refused.value)


def test_a_key_in_the_wrong_place_is_not_repeated() -> None:
    key = "sk-" + "proj-" + "a1B2c3D4" * 6
    for arguments in ({"usd": key}, {"tokens": key}, {"usd": 1, "scope": key}, {"usd": 1, "thresholds": key}):
        with pytest.raises(SettingsError) as refused:
            Budget(**arguments)  # type: ignore[arg-type]
        assert key not in str(refused.value)


def test_a_budget_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Budget(usd=1).usd = Decimal(2)  # type: ignore[misc]


def test_the_settings_name_a_budget() -> None:
    assert budget_of(Settings()) is None
    assert budget_of(Settings(budget_on_exceed="stop")) is None
    environment = {"AG2OBS_BUDGET_USD": "0.50", "AG2OBS_BUDGET_TOKENS": "100", "AG2OBS_BUDGET_ON_EXCEED": "stop"}
    budget = budget_of(Settings.from_environment(environment, dotenv=False))
    assert budget is not None
    assert (budget.usd, budget.tokens, budget.on_exceed, budget.scope) == (Decimal("0.50"), 100, "stop", "session")


CHARGES = st.lists(
    st.tuples(st.none() | st.decimals(0, 2, places=4), st.integers(0, 500)),
    max_size=30,
)


@given(CHARGES, st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.booleans())
def test_each_threshold_is_told_once_and_when_it_is_reached(
    charges: list[tuple[Decimal | None, int]], thresholds: list[float], both: bool
) -> None:
    budget = Budget(usd=1, tokens=1000 if both else None, thresholds=thresholds)
    account = Account(budget)
    told: list[float] = []
    for usd, tokens in charges:
        told += account.charge(usd, tokens)
        state = account.state()
        spent = max(state.usd_spent, Decimal(state.tokens_spent) / 1000 if both else Decimal(0))
        assert told == [threshold for threshold in budget.thresholds if Decimal(str(threshold)) <= spent]
        assert state.reached == (told[-1] if told else None)
    assert account.state().usd_spent == sum(usd for usd, _ in charges if usd is not None)


def test_many_threads_are_told_each_threshold_once() -> None:
    account = Account(Budget(usd=1))
    told: list[float] = []

    def spend() -> None:
        for _ in range(100):
            told.extend(account.charge(Decimal("0.001"), 1))

    threads = [threading.Thread(target=spend) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0.5, 0.8, 1.0]
    assert (account.state().usd_spent, account.state().tokens_spent) == (Decimal("1.6"), 1600)


def test_stop_refuses_at_the_limit_and_not_before() -> None:
    account = Account(Budget(usd="0.3", on_exceed="stop", thresholds=(0.1,)))
    for _ in range(2):
        account.charge(Decimal("0.1"), 0)
    assert account.refuses(MODEL) is None
    account.charge(Decimal("0.1"), 0)
    assert account.refuses(MODEL) == "spent"
    assert account.refuses(MODEL) == "spent"
    assert account.state().refused == 2


def test_a_budget_of_nothing_refuses_the_first_call() -> None:
    assert Account(Budget(tokens=0, on_exceed="stop")).refuses(MODEL) == "spent"


@pytest.mark.parametrize("on_exceed", ["warn", "throttle"])
def test_only_stop_refuses(on_exceed: Any) -> None:
    account = Account(Budget(usd=1, on_exceed=on_exceed))
    account.charge(Decimal(5), 0)
    account.add_unpriced(MODEL)
    assert account.refuses(MODEL) is None


def test_stop_refuses_a_model_that_proved_unpriced_and_no_other() -> None:
    account = Account(Budget(usd=1, on_exceed="stop"))
    assert account.add_unpriced(MODEL)
    assert not account.add_unpriced(MODEL)
    assert account.refuses(MODEL) == "unpriced"
    assert account.refuses(("azure", "gpt-4o")) is None


def test_a_budget_of_tokens_needs_no_price() -> None:
    account = Account(Budget(tokens=100, on_exceed="stop"))
    assert not account.add_unpriced(MODEL)
    assert account.refuses(MODEL) is None


def test_waits_double_from_the_first_threshold_on() -> None:
    account = Account(Budget(usd=1, on_exceed="throttle", thresholds=(0.8, 0.5)))
    account.charge(Decimal("0.49"), 0)
    assert not account.throttles()
    account.charge(Decimal("0.01"), 0)
    assert account.throttles()
    assert [account.next_wait() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert account.state().waited_seconds == 183
    assert not Account(Budget(usd=0)).throttles()


def test_a_shared_account_lives_as_long_as_its_budget() -> None:
    process = Process()
    budget, twin = Budget(usd=1, scope="process"), Budget(usd=1, scope="process")
    assert process.account(budget) is process.account(budget)
    assert process.account(budget) is not process.account(twin)
    own = Budget(usd=1)
    assert process.account(own) is not process.account(own)
    del budget, twin
    gc.collect()
    assert len(process.accounts) == 0
