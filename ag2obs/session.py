"""A session: it gives events their place in the stream, redacts, prices, counts and writes them."""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ag2obs.analysis.summary import SummaryFold
from ag2obs.encoding import plain
from ag2obs.events import (
    SCHEMA,
    STATUS_CANCELLED,
    STATUS_ERROR,
    STATUS_OK,
    ErrorInfo,
    Event,
    encode,
    new_session_id,
    new_span_id,
    new_trace_id,
    timestamp,
)
from ag2obs.failures import describe
from ag2obs.log_paths import log_path
from ag2obs.message_index import MessageIndex
from ag2obs.process import PROCESS, REAPER
from ag2obs.redaction import is_sensitive_name, mask_in_place
from ag2obs.resource import resource
from ag2obs.routing import Anchor, Binding
from ag2obs.sinks.log_file import LogFile
from ag2obs.usage.prices import PriceBook

if TYPE_CHECKING:
    from ag2obs.analysis.summary import RuntimeSummary
    from ag2obs.settings import Settings

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
"""W3C Trace Context, level 1, version 00."""

OPEN, LEFT, FINISHED = "open", "left", "finished"


def bounded(value: object) -> Any:
    """Turn any object into bounded JSON data, values of sensitive field names masked."""
    return plain(value, mask_name=is_sensitive_name)


class Session:
    """One observed run. ``enabled`` is False, and every method still works, where logging is off.

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
    ) -> None:
        now = datetime.now(UTC)
        self.id = new_session_id(now)
        self.settings = settings
        self.chat_id = chat_id
        self.workflow = workflow
        self.enabled = settings.enabled
        self.state = OPEN
        self.trace, self._parent = _parse_traceparent(traceparent)
        self.span = new_span_id()
        self._info = dict(info or {})
        self._lock = threading.RLock()
        self._seq = 0
        self._failures = 0
        self._unattributed_before = PROCESS.unattributed
        self._dropped = 0
        self._late_events = False
        self._anchor: weakref.ref[Anchor] | None = None
        self._outcome: tuple[str, ErrorInfo | None] = (STATUS_OK, None)
        self._file = LogFile(self._path(now)) if settings.enabled else None
        self._fold = SummaryFold()
        self._messages = MessageIndex(bounded)
        self._prices = PriceBook(settings.prices) if settings.enabled else None
        self._seen: set[int] = set()

    def _path(self, now: datetime) -> Path:
        return log_path(
            self.settings.log_file,
            session_id=self.id,
            chat_id=self.chat_id,
            workflow=self.workflow,
            now=now,
            pid=os.getpid(),
        )

    @property
    def log_path(self) -> Path | None:
        """The file this session is written to; None where logging is off."""
        return self._file.path if self._file is not None else None

    @property
    def is_open(self) -> bool:
        """Whether the block has not been left."""
        return self.state == OPEN

    def accepts(self) -> bool:
        """Whether events are still recorded: until the block is left, and during the grace after it."""
        return self.enabled and self.state != FINISHED

    def summary(self) -> RuntimeSummary:
        """Return what was counted so far; valid during the session and after it."""
        with self._lock:
            return self._fold.result()

    def traceparent(self) -> str:
        """Return the W3C ``traceparent`` of this session, to hand to services that it calls."""
        return f"00-{self.trace}-{self.span}-01"

    def binding(self) -> Binding | None:
        """Return a binding to this session for a context that has none; None when its work is over."""
        anchor = self._anchor() if self._anchor is not None else None
        return None if anchor is None else Binding(anchor, self.span)

    def open(self, anchor: Anchor) -> None:
        """Open the log file and write ``session.start``; a file that cannot be opened is told once and counted."""
        self._anchor = weakref.ref(anchor)
        if not self.enabled:
            return
        self._redactor = PROCESS.learn_environment()
        self._redactor.learn_environment(self.settings.dotenv)
        self._learned = self._redactor.version
        self._unsure_bytes = 0
        PROCESS.add(self)
        self.record(
            Event(
                kind="session.start",
                span=self.span,
                parent=self._parent or "",
                event_type="session_start",
                session_info={"chat_id": self.chat_id, "workflow_name": self.workflow, **bounded(self._info)},
                resource=resource(),
                settings=self.settings.snapshot(),
            )
        )

    def record(self, event: Event) -> None:
        """Give ``event`` its place in the stream and write it."""
        with self._lock:
            if not self.accepts():
                return
            self._write([event])

    def record_call(self, event: Event, inputs: Sequence[object], outputs: Sequence[object]) -> None:
        """Record a model call with the messages it sent and got; new ones are written before it, in the same write."""
        with self._lock:
            if not self.accepts():
                return
            created: list[Event] = []
            event.id, event.input = self._messages.refer_history(inputs, created, event.agent)
            event.output = self._messages.refer(outputs, created) or None
            created.append(event)
            self._write(created)

    def record_delivery(self, event: Event, message: object, sender: str | None) -> None:
        """Record that an agent received ``message``, by reference where its content is known."""
        with self._lock:
            if not self.accepts():
                return
            created: list[Event] = []
            content = message.get("content") if isinstance(message, dict) else message
            number = self._messages.number_of_content(content)
            if number is None:
                number = self._messages.number(_as_received(message, sender), created)
            event.message = f"m{number}"
            created.append(event)
            self._write(created)

    def record_carrying(self, event: Event, content: object) -> None:
        """Record an event that carries ``content`` itself (a tool's result, a system message).

        Long content gets an id, by which later messages refer to it.
        """
        with self._lock:
            if not self.accepts():
                return
            event.id = self._messages.claim_content(content)
            self._write([event])

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

    def failure(self, error: BaseException) -> ErrorInfo:
        """Describe an exception; one that this session has seen keeps its id and is marked as a repeat."""
        return describe(error, self.id, self.next_failure_id)

    def next_failure_id(self) -> str:
        """Return an id for a failure that is not an exception object."""
        with self._lock:
            self._failures += 1
            return f"e{self._failures}"

    def knows(self, subject: object) -> bool:
        """Say whether ``first_sight`` was asked about this agent or wrapper."""
        return id(subject) in self._seen

    def first_sight(self, subject: object) -> bool:
        """Say once per agent or wrapper that it is new to this session, without keeping it alive."""
        key = id(subject)
        with self._lock:
            if key in self._seen:
                return False
            self._seen.add(key)
        try:
            # An id is free again when its object dies.
            weakref.finalize(subject, self._seen.discard, key).atexit = False
        except TypeError:
            self._seen.discard(key)
        return True

    def learn(self, configuration: object) -> None:
        """Make the secrets of a client configuration known, before anything of it is written."""
        structure = plain(configuration)
        if isinstance(structure, dict):
            self._redactor.learn_structure(structure)

    def leave(self, error: BaseException | None = None) -> None:
        """End the block: write ``session.end`` and mask what was learned since; late work has its grace.

        Never waits for work that goes on. Does nothing when called again.
        """
        with self._lock:
            if self.state != OPEN:
                return
            self._outcome = self._outcome_of(error)
            if self.enabled:
                self._write_end()
            self.state = LEFT
        if not self.enabled:
            self.state = FINISHED
            return
        anchor = self._anchor() if self._anchor is not None else None
        if anchor is None or self.settings.late_seconds <= 0:
            self.finish()
            return
        weakref.finalize(anchor, REAPER.poke, self.id).atexit = False
        del anchor
        REAPER.wait_for(self, self.settings.late_seconds)

    def finish(self) -> None:
        """Accept nothing more; what came late gets a new ``session.end``. Does nothing when called again."""
        with self._lock:
            if self.state == FINISHED:
                return
            if self._late_events:
                self._write_end()
            self.state = FINISHED
        PROCESS.remove(self)

    def _write(self, events: list[Event]) -> None:
        now = timestamp()
        for event in events:
            event.ts = now
            self._stamp(event)
        lines = [encode(event) for event in events]
        data = b"\n".join(lines)
        if self._redactor.redact(data)[1]:
            # Line by line, so that each tells how many secrets were masked in it.
            data = b"\n".join(self._masked(event, line) for event, line in zip(events, lines, strict=True))
        for event in events:
            self._fold.add(event)
        self._append(events, data)

    def _masked(self, event: Event, line: bytes) -> bytes:
        line, event.redactions = self._redactor.redact(line)
        return b'%s,"redactions":%d}' % (line[:-1], event.redactions) if event.redactions else line

    def _append(self, events: list[Event], lines: bytes) -> None:
        """Put the lines of ``events`` on file in one write."""
        file = self._file
        if file is None:
            return
        if self._redactor.version != self._learned:
            self._learned, self._unsure_bytes = self._redactor.version, file.mark()
        if not file.append(lines + b"\n"):
            self._dropped += len(events)
            PROCESS.guard.tell_once(
                f"write:{file.path}",
                f"the log {file.path} cannot be written ({file.last_error}); what is lost is counted",
            )

    def _stamp(self, event: Event) -> None:
        """Fill in the envelope: where in the stream the event stands, and whose it is."""
        self._seq += 1
        event.v = SCHEMA
        event.seq = self._seq
        event.session = self.id
        event.trace = self.trace
        event.chat_id = self.chat_id
        event.workflow = self.workflow
        if not event.span:
            event.parent = event.parent or self.span
        if self.state == LEFT:
            event.late = self._late_events = True

    def _write_end(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._write([Event(kind="drop", count=dropped, reason="write_failed")])
        status, error = self._outcome
        event = Event(kind="session.end", span=self.span, parent=self._parent or "", status=status, error=error)
        unattributed = PROCESS.unattributed - self._unattributed_before
        if unattributed:
            event.detail = {"process_unattributed": unattributed}
        event.ts = timestamp()
        self._stamp(event)
        event.redactions = self._mask_what_was_learned() + self._redactor.redact(encode(event))[1]
        # The totals of an end include the end itself.
        self._fold.add(event)
        event.totals = self._fold.result().to_dict()["totals"]
        self._append([event], self._redactor.redact(encode(event))[0])
        self._late_events = False
        if self._file is not None:
            self._file.sync()
            self._file.close()

    def _mask_what_was_learned(self) -> int:
        """Mask, in our own bytes on file, the secrets that became known after these bytes were written."""
        file, redactor = self._file, self._redactor
        if file is None:
            return 0
        if redactor.version != self._learned:
            self._learned, self._unsure_bytes = redactor.version, file.mark()
        masked = 0
        if self._unsure_bytes:
            with PROCESS.guard.protect("the closing pass over the log"):
                masked = file.mask_secrets(
                    redactor.known_spans, mask_in_place, redactor.overlap(), first_bytes=self._unsure_bytes
                )
            self._unsure_bytes = 0
        return masked

    def _outcome_of(self, error: BaseException | None) -> tuple[str, ErrorInfo | None]:
        if error is None:
            return STATUS_OK, None
        import asyncio

        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | GeneratorExit):
            return STATUS_CANCELLED, self.failure(error)
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return STATUS_OK, None
        return STATUS_ERROR, self.failure(error)


def _as_received(message: object, sender: str | None) -> dict[Any, Any]:
    """Return a message as the receiver keeps it in its history, so that it is the same one when it is resent."""
    shown = dict(message) if isinstance(message, dict) else {"content": message}
    if sender is not None:
        shown.setdefault("name", sender)
    if not shown.get("role"):
        shown["role"] = "assistant" if shown.get("tool_calls") or shown.get("function_call") else "user"
    return shown


def _parse_traceparent(header: str | None) -> tuple[str, str | None]:
    match = _TRACEPARENT.fullmatch(header.strip().lower()) if header else None
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return new_trace_id(), None
    return match[1], match[2]
