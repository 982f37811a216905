"""What was spent of a budget, and what that means for the next call. Nothing here waits, warns or writes."""

from __future__ import annotations

import threading
from decimal import Decimal

from ag2obs.budget import Budget
from ag2obs.events import BudgetState
from ag2obs.usage.rates import EXACT_ARITHMETIC

FIRST_WAIT_SECONDS = 1
LONGEST_WAIT_SECONDS = 60

ModelKey = tuple[str | None, str | None]
"""Provider and requested model of a call."""


class Account:
    """Adds up what calls cost; shared by sessions where its budget says so. Thread-safe.

    Keeps what the budget says, not the budget itself: the process forgets a shared account when its budget is gone.
    """

    def __init__(self, budget: Budget) -> None:
        self.usd_limit = budget.usd
        self.tokens_limit = budget.tokens
        self.on_exceed = budget.on_exceed
        self.is_shared = budget.scope == "process"
        self._thresholds = budget.thresholds
        self._lock = threading.Lock()
        self._usd = Decimal(0)
        self._tokens = 0
        self._told = 0
        """How many of the thresholds have been told."""
        self._unpriced: set[ModelKey] = set()
        self._refused = 0
        self._waited = 0
        self._next_wait = FIRST_WAIT_SECONDS

    def charge(self, usd: Decimal | None, tokens: int) -> list[float]:
        """Add what a call cost, None where nobody knows; returns the thresholds that it reached, each only once."""
        with self._lock:
            if usd is not None:
                self._usd = EXACT_ARITHMETIC.add(self._usd, usd)
            self._tokens += tokens
            reached = [threshold for threshold in self._thresholds[self._told :] if self._reaches(threshold)]
            self._told += len(reached)
            return reached

    def add_unpriced(self, model: ModelKey) -> bool:
        """Note that a call of ``model`` cost what nobody knows; True the first time it matters to this budget."""
        with self._lock:
            if self.usd_limit is None or model in self._unpriced:
                return False
            self._unpriced.add(model)
            return True

    def refuses(self, model: ModelKey) -> str | None:
        """Say why the next call is not to be made: ``spent`` or ``unpriced``; None where it may. Counts refusals."""
        if self.on_exceed != "stop":
            return None
        with self._lock:
            reason = "spent" if self._reaches(1.0) else "unpriced" if model in self._unpriced else None
            if reason is not None:
                self._refused += 1
            return reason

    def throttles(self) -> bool:
        """Whether the next call is to wait: from the first threshold on."""
        if self.on_exceed != "throttle":
            return False
        with self._lock:
            return self._reaches(self._thresholds[0])

    def next_wait(self) -> int:
        """Return how many seconds the next call is to wait, twice as long each time, and count them as waited."""
        with self._lock:
            seconds = self._next_wait
            self._next_wait = min(2 * seconds, LONGEST_WAIT_SECONDS)
            self._waited += seconds
            return seconds

    def state(self) -> BudgetState:
        """Return limits and what was spent of them, as it is now."""
        with self._lock:
            reached = [threshold for threshold in self._thresholds if self._reaches(threshold)]
            return BudgetState(
                usd_limit=self.usd_limit,
                usd_spent=self._usd,
                tokens_limit=self.tokens_limit,
                tokens_spent=self._tokens,
                on_exceed=self.on_exceed,
                reached=reached[-1] if reached else None,
                refused=self._refused,
                waited_seconds=self._waited,
            )

    def _reaches(self, threshold: float) -> bool:
        """Whether this fraction of either limit is spent; exact, as the threshold is written."""
        fraction = Decimal(str(threshold))
        dollars, tokens = self.usd_limit, self.tokens_limit
        return (dollars is not None and self._usd >= EXACT_ARITHMETIC.multiply(fraction, dollars)) or (
            tokens is not None and self._tokens >= EXACT_ARITHMETIC.multiply(fraction, tokens)
        )
