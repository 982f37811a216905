"""The budget of one session: its calls are charged, and the next one is told of, delayed or refused."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from ag2obs.analysis.summary.totals import money_text
from ag2obs.budget_account import Account
from ag2obs.errors import BudgetExceeded
from ag2obs.events import STATUS_OK, BudgetState, Event
from ag2obs.guard import logger
from ag2obs.process import PROCESS
from ag2obs.usage.rates import EXACT_ARITHMETIC

if TYPE_CHECKING:
    from ag2obs.session_records import SessionRecords


class SessionBudget:
    """What a session does with its account, which other sessions may share.

    Charged are the calls that the session records: not those of a session inside it, which has a budget of its
    own or none.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._left = threading.Event()
        self._refusals_told: set[str] = set()

    def state(self) -> BudgetState:
        """Return limits and what was spent of them, as it is now."""
        return self._account.state()

    def end_waits(self) -> None:
        """Let calls that wait go on: their session was left."""
        self._left.set()

    def charge(self, session: SessionRecords, event: Event) -> None:
        """Charge a recorded call. One that failed or came from the cache has cost nothing."""
        if event.cached or event.status != STATUS_OK:
            return
        reached = self._account.charge(event.cost_usd, event.usage.total if event.usage is not None else 0)
        for threshold in reached:
            self._warn(session, self._threshold_text(threshold))
            state = msgspec.structs.replace(self._account.state(), reached=threshold)
            session.record(Event(kind="budget", reason="threshold", budget=state))
        if event.cost_usd is None and event.cost_reason is not None:
            model = (event.provider, event.request_model)
            if self._account.add_unpriced(model):
                self._warn(session, self._unpriced_text(event.request_model))
                session.record(self._event("unpriced", request_model=event.request_model))

    def before_call(self, session: SessionRecords, provider: str | None, model: str | None) -> None:
        """Wait, or raise BudgetExceeded, where the budget says so; called when nothing has been sent yet."""
        self._refuse(session, provider, model)
        if self._account.throttles() and not self._left.is_set():
            self._wait(session)

    async def before_async_call(self, session: SessionRecords, provider: str | None, model: str | None) -> None:
        """Do the same as ``before_call`` on an event loop, which goes on while the call waits."""
        self._refuse(session, provider, model)
        if self._account.throttles() and not self._left.is_set():
            await PROCESS.pause_async(self._left, self._told_wait(session))

    def _refuse(self, session: SessionRecords, provider: str | None, model: str | None) -> None:
        reason = self._account.refuses((provider, model))
        if reason is not None:
            with PROCESS.guard.protect("recording a refused call"):
                self._tell_refusal(session, reason, model)
            raise BudgetExceeded(session.redacted(f"{self._refusal_text(reason, model)} (session {session.chat_id})"))

    def _wait(self, session: SessionRecords) -> None:
        if _is_on_an_event_loop():
            PROCESS.guard.tell_once(
                "budget:event-loop",
                "a model call was made directly on an event loop, where a budget with throttle cannot make it wait; "
                "await AG2's async methods (a_initiate_chat, a_generate_reply), whose calls can wait",
            )
            session.record(self._event("throttled", ms=0.0))
            return
        PROCESS.pause(self._left, self._told_wait(session))

    def _told_wait(self, session: SessionRecords) -> float:
        """Record that a call is to wait; returns for how many seconds."""
        seconds = self._account.next_wait()
        session.record(self._event("throttled", ms=1000.0 * seconds))
        return seconds

    def _warn(self, session: SessionRecords, text: str) -> None:
        logger.warning("ag2obs: %s", session.redacted(f"{text} (session {session.chat_id})"))

    def _tell_refusal(self, session: SessionRecords, reason: str, model: str | None) -> None:
        """Record the first refusal of each kind; how many there were is in the state at the end."""
        if reason not in self._refusals_told:
            self._refusals_told.add(reason)
            session.record(self._event("refused", request_model=model if reason == "unpriced" else None))

    def _event(self, reason: str, *, request_model: str | None = None, ms: float | None = None) -> Event:
        return Event(kind="budget", reason=reason, budget=self._account.state(), request_model=request_model, ms=ms)

    def _threshold_text(self, threshold: float) -> str:
        percent = money_text(EXACT_ARITHMETIC.multiply(Decimal(str(threshold)), Decimal(100)))
        text = f"{percent} % of {self._limits()} is spent: {self._spent()}"
        if self._account.on_exceed == "throttle":
            return f"{text}; calls wait before they are made"
        return f"{text}; the next call is refused" if self._account.on_exceed == "stop" and threshold >= 1 else text

    def _unpriced_text(self, model: str | None) -> str:
        text = (
            f"the model {model} has no known price, so {self._limits()} does not count what it costs; "
            "name its price, or declare it free, in the file AG2OBS_PRICES"
        )
        return f"{text}; its next calls are refused" if self._account.on_exceed == "stop" else text

    def _refusal_text(self, reason: str, model: str | None) -> str:
        refused = "this model call was refused before it was sent"
        if reason == "unpriced":
            return f"{refused}: {self._unpriced_text(model)}"
        return f"{refused}: {self._limits()} is spent, {self._spent()} by now; raise it to go on"

    def _limits(self) -> str:
        state = self._account.state()
        amounts = [f"{money_text(state.usd_limit)} US dollars"] if state.usd_limit is not None else []
        amounts += [f"{state.tokens_limit:,} tokens"] if state.tokens_limit is not None else []
        shared = "shared " if self._account.is_shared else ""
        return f"the {shared}budget of {' and '.join(amounts)}"

    def _spent(self) -> str:
        state = self._account.state()
        amounts = [f"{money_text(state.usd_spent)} US dollars"] if state.usd_limit is not None else []
        amounts += [f"{state.tokens_spent:,} tokens"] if state.tokens_limit is not None else []
        return " and ".join(amounts)


def _is_on_an_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
