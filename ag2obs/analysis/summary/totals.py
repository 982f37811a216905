"""Sums over calls: what every ``totals`` of the summary contract holds, and the tally that makes it."""

from __future__ import annotations

from copy import copy
from decimal import Context, Decimal
from typing import Any

import msgspec

from ag2obs.events import STATUS_ERROR, Accounting

UNKNOWN_MODEL = "unknown"
"""Name of a model that neither the request nor the response told."""

# Money is added in a context of ours: the host program may have lowered the precision of its own or told it
# to raise. 60 digits add any number of calls exactly; the exponent bounds turn a nonsensical cost of a
# damaged log (1e999999999) into an infinity that is refused below, not a number with a billion zeros.
_MONEY = Context(prec=60, Emin=-60, Emax=60, traps=[])


def money_text(amount: Decimal | None) -> str | None:
    """Return ``amount`` as a plain decimal string without trailing zeros, or None for an unknown one."""
    return None if amount is None else format(_MONEY.normalize(amount), "f")


class Tokens(msgspec.Struct, frozen=True):
    """Tokens of calls that reached a provider; caches are inside ``input``, reasoning inside ``output``."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """Input plus output."""
        return self.input + self.output

    def to_dict(self) -> dict[str, int]:
        """Return the numbers under the keys of the summary contract."""
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "reasoning": self.reasoning,
            "total": self.total,
        }


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """One ``totals`` of the summary contract, with its keys as attributes."""

    llm_calls: int
    """All calls, cache hits and failures included."""
    cached_calls: int
    failed_calls: int
    tokens: Tokens
    """Without those of cache hits."""
    cost_usd: Decimal | None
    """The known part; 0 without calls that should cost something; None when no such call has a known cost."""
    cost_complete: bool
    unpriced_calls: int
    """Calls that cost something nobody knows: no cache hits, and no failures that used no tokens."""
    unpriced_models: list[str]
    saved_usd: Decimal | None
    """What cache hits would have cost, as far as known; None when it is known of none of them."""
    tool_calls: int
    tool_failures: int
    errors: int
    redactions: int
    events: int
    bad_lines: int
    """Lines of log files that hold no readable event; only the totals over everything know them."""
    dropped: int

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers under the keys of the summary contract, money as text."""
        return {
            "llm_calls": self.llm_calls,
            "cached_calls": self.cached_calls,
            "failed_calls": self.failed_calls,
            "tokens": self.tokens.to_dict(),
            "cost_usd": money_text(self.cost_usd),
            "cost_complete": self.cost_complete,
            "unpriced_calls": self.unpriced_calls,
            "unpriced_models": list(self.unpriced_models),
            "saved_usd": money_text(self.saved_usd),
            "tool_calls": self.tool_calls,
            "tool_failures": self.tool_failures,
            "errors": self.errors,
            "redactions": self.redactions,
            "events": self.events,
            "bad_lines": self.bad_lines,
            "dropped": self.dropped,
        }


class Tally(msgspec.Struct, array_like=True, gc=False):
    """Adds up events; one is kept per session, agent and model, so it holds numbers and model names only."""

    events: int = 0
    errors: int = 0
    redactions: int = 0
    dropped: int = 0
    llm_calls: int = 0
    cached_calls: int = 0
    failed_calls: int = 0
    priced_calls: int = 0
    unpriced_calls: int = 0
    saving_calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    tool_calls: int = 0
    tool_failures: int = 0
    model_ms: float = 0.0
    tool_ms: float = 0.0
    cost: Decimal = Decimal(0)
    saved: Decimal = Decimal(0)
    unpriced_models: set[str] = msgspec.field(default_factory=set)

    def add_call(self, event: Accounting) -> None:
        """Add one ``llm.call``."""
        self.llm_calls += 1
        if event.ms is not None:
            self.model_ms += event.ms
        failed = _failed(event)
        if failed:
            self.failed_calls += 1
        if event.cached:
            self.cached_calls += 1
            self._add_saving(event)
            return
        usage = event.usage
        if usage is not None:
            self.input += usage.input
            self.output += usage.output
            self.cache_read += usage.cache_read
            self.cache_write += usage.cache_write
            self.reasoning += usage.reasoning
        if event.cost_usd is not None:
            cost = _MONEY.add(self.cost, event.cost_usd)
            if cost.is_finite():
                self.cost = cost
                self.priced_calls += 1
                return
        if failed and (usage is None or not usage.total):
            return
        self.unpriced_calls += 1
        self.unpriced_models.add(event.model or event.request_model or UNKNOWN_MODEL)

    def _add_saving(self, event: Accounting) -> None:
        if event.saved_usd is None:
            return
        saved = _MONEY.add(self.saved, event.saved_usd)
        if saved.is_finite():
            self.saved = saved
            self.saving_calls += 1

    def add_tool_call(self, event: Accounting) -> None:
        """Add one ``tool.call``."""
        self.tool_calls += 1
        if tool_failed(event):
            self.tool_failures += 1
        if event.ms is not None:
            self.tool_ms += event.ms

    def copy(self) -> Tally:
        """Return another tally of the same events; to merge them into an empty one takes longer."""
        other = copy(self)
        other.unpriced_models = set(self.unpriced_models)
        return other

    def merge(self, other: Tally) -> None:
        """Add everything that ``other`` added up."""
        self.events += other.events
        self.errors += other.errors
        self.redactions += other.redactions
        self.dropped += other.dropped
        if other.tool_calls:
            self.tool_calls += other.tool_calls
            self.tool_failures += other.tool_failures
            self.tool_ms += other.tool_ms
        if other.llm_calls:
            self._merge_calls(other)

    def _merge_calls(self, other: Tally) -> None:
        self.llm_calls += other.llm_calls
        self.cached_calls += other.cached_calls
        self.failed_calls += other.failed_calls
        self.priced_calls += other.priced_calls
        self.unpriced_calls += other.unpriced_calls
        self.saving_calls += other.saving_calls
        self.input += other.input
        self.output += other.output
        self.cache_read += other.cache_read
        self.cache_write += other.cache_write
        self.reasoning += other.reasoning
        self.model_ms += other.model_ms
        self.cost = _MONEY.add(self.cost, other.cost)
        if other.saving_calls:
            self.saved = _MONEY.add(self.saved, other.saved)
        if other.unpriced_models:
            self.unpriced_models |= other.unpriced_models

    def totals(self, *, bad_lines: int = 0) -> Totals:
        """Return the sums as they are now."""
        return Totals(
            llm_calls=self.llm_calls,
            cached_calls=self.cached_calls,
            failed_calls=self.failed_calls,
            tokens=Tokens(self.input, self.output, self.cache_read, self.cache_write, self.reasoning),
            cost_usd=None if self.unpriced_calls and not self.priced_calls else self.cost,
            cost_complete=not self.unpriced_calls,
            unpriced_calls=self.unpriced_calls,
            unpriced_models=sorted(self.unpriced_models),
            saved_usd=None if self.cached_calls and not self.saving_calls else self.saved,
            tool_calls=self.tool_calls,
            tool_failures=self.tool_failures,
            errors=self.errors,
            redactions=self.redactions,
            events=self.events,
            bad_lines=bad_lines,
            dropped=self.dropped,
        )


def tool_failed(event: Accounting) -> bool:
    """Tell whether a ``tool.call`` failed; where ``success`` is not told, its status decides."""
    return event.success is False or (event.success is None and event.status == STATUS_ERROR)


def _failed(event: Accounting) -> bool:
    """Tell whether an ``llm.call`` failed. A cancelled call did not fail, and may have cost something."""
    return event.status == STATUS_ERROR or (event.status is None and event.error is not None)
