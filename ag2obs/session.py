"""A session: it gives events their place in the stream, redacts, prices, counts and writes them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.encoding import plain
from ag2obs.event_stream import EventStream
from ag2obs.events import (
    STATUS_OK,
    ErrorInfo,
    Event,
    new_session_id,
    new_span_id,
)
from ag2obs.failures import is_control_flow, status_of
from ag2obs.in_order import InOrder
from ag2obs.message_index import MessageIndex
from ag2obs.process import PROCESS, REAPER
from ag2obs.resource import resource
from ag2obs.routing import Anchor, Binding, Fields
from ag2obs.session_budget import SessionBudget
from ag2obs.session_log import new_stream, session_redactor
from ag2obs.session_records import SessionRecords
from ag2obs.session_texts import bounded
from ag2obs.sightings import Sightings
from ag2obs.tags import session_tags
from ag2obs.traceparent import format_traceparent, is_traceparent, parse_traceparent
from ag2obs.usage.prices import PriceBook

if TYPE_CHECKING:
    from ag2obs.analysis.fold import Fold
    from ag2obs.analysis.summary.summary_fold import RuntimeSummary
    from ag2obs.budget import Budget
    from ag2obs.settings import Settings

OPEN, LEFT, FINISHED = "open", "left", "finished"


class Session(SessionRecords):
    """One observed run. ``enabled`` is False, and every method still works, where logging is off.

    A session with a budget is observed also then: it counts and prices, and writes no file.

    Use ``ag2_logging_session`` to get one; the methods from ``record`` on are for adapters.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        chat_id: str,
        workflow: str,
        info: Mapping[str, Any] | None = None,
        traceparent: str | None = None,
        budget: Budget | None = None,
    ) -> None:
        super().__init__()
        now = datetime.now(UTC)
        self.id = new_session_id(now)
        self.settings = settings
        self.chat_id = plain(chat_id)
        self.workflow = plain(workflow)
        self.enabled = settings.enabled
        self.state = OPEN
        self.trace, self._parent = parse_traceparent(traceparent)
        if traceparent and not is_traceparent(traceparent):
            PROCESS.guard.tell_once("traceparent", "a traceparent is not valid; the session has a trace of its own")
        self.span = new_span_id()
        self._info = dict(info or {})
        self._tags = session_tags(self._info)
        self._unattributed_before = PROCESS.unattributed
        self._anchor: weakref.ref[Anchor] | None = None
        self._outcome: tuple[str, ErrorInfo | None] = (STATUS_OK, None)
        self._resource: dict[str, Any] = {}
        self._is_ended = False
        """Whether the newest ``session.end`` is on file."""
        self._sightings = Sightings()
        self.budget = SessionBudget(PROCESS.account(budget)) if budget is not None else None
        self._prices: PriceBook | None = None
        if settings.enabled or budget is not None:
            self._redactor = session_redactor(settings, PROCESS.learn_environment())
            self._prices = PriceBook(settings.prices)
            self._stream = new_stream(
                settings,
                self._redactor,
                PROCESS.guard,
                now,
                session=self.id,
                trace=self.trace,
                span=self.span,
                chat_id=self.chat_id,
                workflow=self.workflow,
            )

    @property
    def log_path(self) -> Path | None:
        """The file this session is written to; None where logging is off."""
        return self._stream.path if self._stream is not None else None

    @property
    def is_open(self) -> bool:
        """Whether the block has not been left."""
        return self.state == OPEN

    @property
    def is_observed(self) -> bool:
        """Whether what runs in the block is counted: where logging is on, or there is a budget to hold."""
        return self._stream is not None

    def accepts(self) -> bool:
        """Whether events are still recorded: until the block is left, and during the grace after it."""
        return self.is_observed and self.state != FINISHED

    def summary(self) -> RuntimeSummary:
        """Return what was counted so far; valid during the session and after it."""
        with self._lock:
            summary = SummaryFold().result() if self._stream is None else self._stream.fold.result()
        return summary if self.budget is None else summary.with_budget(self.budget.state())

    def attach(self, fold: Fold) -> None:
        """Give ``fold`` the start of this session and every event from now on, as they stand on file.

        So it tells at any time what it would tell of the log; a session that writes none has nothing to give. A secret
        that is learned only later is masked in the log then, and not in what ``fold`` has kept. What ``fold`` raises
        goes to the guard, never into the workflow.
        """
        with self._lock:
            if isinstance(self._stream, EventStream):
                self._stream.attach(fold)

    def traceparent(self) -> str:
        """Return the W3C ``traceparent`` of this session, to hand to services that it calls."""
        return format_traceparent(self.trace, self.span)

    def binding(self) -> Binding | None:
        """Return a binding to this session for a context that has none; None when its work is over."""
        anchor = self._anchor() if self._anchor is not None else None
        return None if anchor is None else Binding(anchor, self.span)

    def tagged(self, fields: Fields | None) -> Fields | None:
        """Take over the tags of the context that enters this session, and return its fields with the session's own."""
        if fields is None:
            return None
        self._tags = {**fields.tags, **(self._tags or {})} or None
        return Fields(fields.attributes, self._tags or {})

    def open(self, anchor: Anchor) -> None:
        """Open the log file and write ``session.start``; a file that cannot be opened is told once and counted."""
        self._anchor = weakref.ref(anchor)
        if not self.is_observed:
            return
        PROCESS.add(self)
        self._resource = resource()
        self._in_order.run(lambda: self._write(self._beginning()))

    def _start_event(self) -> Event:
        return Event(
            kind="session.start",
            span=self.span,
            parent=self._parent or "",
            continued=self._was_told,
            event_type="session_start",
            session_info={"chat_id": self.chat_id, "workflow_name": self.workflow, **bounded(self._info)},
            resource=self._resource,
            settings=self.settings.snapshot(),
            budget=self.budget.state() if self.budget is not None else None,
        )

    def price(self, event: Event, quality: str, config_price: object = None) -> None:
        """Set the cost of a model call from its usage, models and time; unknown stays null with its reason."""
        if self._prices is None:
            return
        cost = self._prices.price(
            provider=event.provider,
            request_model=event.request_model,
            response_model=event.model,
            usage=event.usage,
            quality=quality,
            at=datetime.now(UTC),
            config_price=config_price,
        )
        if event.cached:
            event.cost_usd, event.cost_source, event.saved_usd = Decimal(0), "ag2_cache", cost.usd
            event.cost_quality = "exact"
            return
        event.cost_usd, event.cost_source = cost.usd, cost.source
        event.cost_quality, event.cost_reason = cost.quality, cost.reason

    def knows(self, subject: object) -> bool:
        """Say whether ``first_sight`` was asked about this agent or wrapper."""
        return self._sightings.knows(subject)

    def first_sight(self, subject: object) -> bool:
        """Say once per agent or wrapper that it is new to this session, without keeping it alive."""
        with self._lock:
            return self._sightings.first(subject)

    def leave(self, error: BaseException | None = None, status: str | None = None) -> None:
        """End the block: write ``session.end`` and mask what was learned since; late work has its grace.

        ``status`` is told instead of the outcome where nobody saw one. Never waits for work that goes on. Does
        nothing when called again.
        """
        if self.budget is not None:
            self.budget.end_waits()
        self._in_order.run(lambda: self._leave(error, status))

    def _leave(self, error: BaseException | None, status: str | None) -> None:
        if self.state != OPEN:
            return
        try:
            if self.is_observed:
                self._outcome = self._outcome_of(error) if status is None else (status, None)
                self._write_end()
        finally:
            self.state = LEFT
            if self._stream is not None:
                self._stream.late = True
            self._await_late_work()

    def _await_late_work(self) -> None:
        """Finish now where nothing can come any more, else when the grace is over or the last context is gone."""
        anchor = self._anchor() if self._anchor is not None else None
        if anchor is None or self.settings.late_seconds <= 0 or not self.is_observed:
            self.finish()
            return
        weakref.finalize(anchor, REAPER.poke, self.id).atexit = False
        del anchor
        REAPER.wait_for(self, self.settings.late_seconds)

    def finish(self) -> None:
        """Accept nothing more; what came late gets a new ``session.end``. Does nothing when called again."""
        self._in_order.run(self._finish)

    def _finish(self) -> None:
        if self.state == FINISHED:
            return
        stream = self._stream
        try:
            if stream is not None and (stream.late_events or not self._is_ended or stream.mask_what_was_learned()):
                self._write_end()
        finally:
            self.state = FINISHED
            if stream is not None:
                with PROCESS.guard.protect("closing a log"):
                    stream.close()
            # A context that some task still holds keeps this object, but not what it needed to record.
            self._messages, self._prices, self._sightings = MessageIndex(bounded), None, Sightings()
            PROCESS.remove(self)
            self._look_after_log()

    def _look_after_log(self) -> None:
        """Have closed files compressed or deleted, as the settings say; somebody else's thread does it."""
        if self.log_path is not None:
            PROCESS.upkeep.look_after(self.settings, self.log_path, PROCESS.guard)

    def abandon(self) -> None:
        """Record nothing more, and write nothing: this is the copy of a session in a forked process."""
        self._lock = threading.RLock()
        self._in_order = InOrder(self._lock)
        self.state = FINISHED
        self.budget = None
        if self._stream is not None:
            self._stream.close()

    def _write_end(self) -> None:
        if self._stream is None:
            return
        beginning = self._beginning()
        if beginning:
            self._write(beginning)
        status, error = self._outcome
        event = Event(kind="session.end", span=self.span, parent=self._parent or "", status=status, error=error)
        event.tags = self._tags
        event.budget = self.budget.state() if self.budget is not None else None
        unattributed = PROCESS.unattributed - self._unattributed_before
        if unattributed:
            event.detail = {"process_unattributed": unattributed}
        self._is_ended = self._stream.end(event)

    def _outcome_of(self, error: BaseException | None) -> tuple[str, ErrorInfo | None]:
        if error is None or (isinstance(error, SystemExit) and is_control_flow(error)):
            return STATUS_OK, None
        return status_of(error), self.failure(error)
