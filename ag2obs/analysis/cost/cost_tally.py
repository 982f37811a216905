"""What the cost report adds up for one group of calls: an agent, a model, a purpose, a session, or everything."""

from __future__ import annotations

from decimal import Decimal

from ag2obs.analysis.cost.cost_types import CostTotals, History, PromptCache, Retries
from ag2obs.analysis.cost.repricing import MONEY, Repricing, known_cost
from ag2obs.analysis.cost.resent import Resent
from ag2obs.analysis.summary.totals import Tally
from ag2obs.events import Accounting

_PLACES = Decimal("1e-12")
"""To which estimates in dollars are rounded; what was charged is not rounded."""


class CostTally:
    """Adds up calls. Holds numbers and names of models only, so one can be kept for every group."""

    __slots__ = (
        "_again",
        "_cache_known",
        "_cache_saved",
        "_cache_unknown",
        "_calls",
        "_failed",
        "_history_calls",
        "_history_priced",
        "_history_tokens",
        "_history_unknown",
        "_history_unpriced",
        "_history_usd",
        "_http_retries",
        "_new_tokens",
        "_without_rates",
    )

    def __init__(self) -> None:
        self._calls = Tally()
        self._failed = Tally()
        self._again = Tally()
        self._http_retries = 0
        self._history_calls = self._history_unknown = 0
        self._history_priced = self._history_unpriced = self._without_rates = 0
        self._history_tokens = self._new_tokens = 0
        self._history_usd = Decimal(0)
        self._cache_known = self._cache_unknown = 0
        self._cache_saved = Decimal(0)

    def add(self, event: Accounting, resent: Resent | None, repricing: Repricing, *, again: bool) -> None:
        """Add one ``llm.call``; ``again`` is one of an invocation that had been called before."""
        failed_before = self._calls.failed_calls
        self._calls.add_call(event)
        if self._calls.failed_calls > failed_before:
            self._failed.add_call(event)
        if again:
            self._again.add_call(event)
        if event.attempts is not None:
            self._http_retries += max(0, event.attempts - 1)
        usage = event.usage
        if event.cached or usage is None or usage.input <= 0:
            return
        cost = known_cost(event)
        if usage.cache_read or usage.cache_write:
            self._add_cache(None if cost is None else repricing.cache_savings(event, cost))
        if resent is None:
            self._history_unknown += 1
            return
        tokens = resent.tokens(usage.input)
        self._history_calls += 1
        self._history_tokens += tokens
        self._new_tokens += usage.input - tokens
        if cost is None:
            self._history_unpriced += tokens > 0
            return
        usd, rests_on_rates = repricing.history(event, cost, tokens)
        self._history_priced += 1
        self._history_usd = MONEY.add(self._history_usd, usd)
        self._without_rates += not rests_on_rates

    def _add_cache(self, saved: Decimal | None) -> None:
        if saved is None:
            self._cache_unknown += 1
        else:
            self._cache_known += 1
            self._cache_saved = MONEY.add(self._cache_saved, saved)

    @property
    def has_only_failures(self) -> bool:
        """Whether no call was answered."""
        return self._calls.failed_calls == self._calls.llm_calls

    def merge(self, other: CostTally) -> None:
        """Add everything that ``other`` added up."""
        for name in self.__slots__:
            mine, more = getattr(self, name), getattr(other, name)
            if isinstance(mine, Tally):
                mine.merge(more)
            elif isinstance(mine, Decimal):
                setattr(self, name, MONEY.add(mine, more))
            else:
                setattr(self, name, mine + more)

    def totals(self) -> CostTotals:
        """Return the sums as they are now."""
        failed, again = self._failed.totals(), self._again.totals()
        return CostTotals(
            calls=self._calls.totals(),
            history=History(
                calls=self._history_calls,
                unknown_calls=self._history_unknown,
                resent_tokens=self._history_tokens,
                new_tokens=self._new_tokens,
                usd=_sum(self._history_usd, self._history_priced, self._history_unpriced + self._history_unknown),
                unpriced_calls=self._history_unpriced,
                without_rates=self._without_rates,
            ),
            prompt_cache=PromptCache(
                saved_usd=_sum(self._cache_saved, self._cache_known, self._cache_unknown),
                unknown_calls=self._cache_unknown,
            ),
            retries=Retries(http_retries=self._http_retries, failed=failed, again=again),
        )


def _sum(amount: Decimal, known: int, unknown: int) -> Decimal | None:
    """Return a sum of estimates; None where there is something to add up, and nothing of it is known."""
    if unknown and not known:
        return None
    return amount.quantize(_PLACES, context=MONEY)
