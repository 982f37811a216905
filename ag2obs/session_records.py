"""What a session records: each event with its tags, after what has to stand before it, in one write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ag2obs.event_stream import EventStream
from ag2obs.events import Event
from ag2obs.in_order import InOrder
from ag2obs.message_index import MessageIndex, as_received
from ag2obs.routing import CURRENT, Fields
from ag2obs.session_texts import SessionTexts, bounded
from ag2obs.unwritten_stream import UnwrittenStream

if TYPE_CHECKING:
    from ag2obs.session_budget import SessionBudget


class SessionRecords(SessionTexts, ABC):
    """The part of a session that writes events, and the messages that they refer to."""

    budget: SessionBudget | None

    def __init__(self) -> None:
        super().__init__()
        self._in_order = InOrder(self._lock)
        self._messages = MessageIndex(bounded)
        self._stream: EventStream | UnwrittenStream | None = None
        self._tags: dict[str, Any] | None = None
        self._is_told = self._was_told = False
        """Whether ``session.start`` is in the file that is written to, and whether it was in any."""

    @abstractmethod
    def accepts(self) -> bool:
        """Whether events are still recorded."""

    @abstractmethod
    def _start_event(self) -> Event:
        """Return the ``session.start``."""

    @abstractmethod
    def _look_after_log(self) -> None:
        """Have closed files compressed or deleted."""

    def record(self, event: Event) -> None:
        """Give ``event`` its place in the stream and write it."""
        self._in_order.run(lambda: self._record(event))

    def _record(self, event: Event) -> None:
        if self.accepts():
            self._write([*self._beginning(), event])

    def record_call(self, event: Event, inputs: Sequence[object], outputs: Sequence[object]) -> None:
        """Record a model call with the messages it sent and got; new ones are written before it, in the same write.

        The budget is charged whether or not that can be written.
        """
        try:
            self._in_order.run(lambda: self._record_call(event, inputs, outputs))
        finally:
            if self.budget is not None:
                self.budget.charge(self, event)

    def _record_call(self, event: Event, inputs: Sequence[object], outputs: Sequence[object]) -> None:
        if not self.accepts():
            return
        created = self._beginning()
        event.id, event.input = self._messages.refer_history(inputs, created, event.agent)
        event.output = self._messages.refer(outputs, created) or None
        created.append(event)
        self._write(created)

    def record_delivery(self, event: Event, message: object, sender: str | None) -> None:
        """Record that an agent received ``message``, by reference where its content is known."""
        self._in_order.run(lambda: self._record_delivery(event, message, sender))

    def _record_delivery(self, event: Event, message: object, sender: str | None) -> None:
        if not self.accepts():
            return
        created = self._beginning()
        content = message.get("content") if isinstance(message, dict) else message
        number = self._messages.number_of_content(content)
        if number is None:
            number = self._messages.number(as_received(message, sender), created)
        event.message = f"m{number}"
        created.append(event)
        self._write(created)

    def record_carrying(self, event: Event, content: object) -> None:
        """Record an event that carries ``content`` itself (a tool's result, a system message).

        Long content gets an id, by which later messages refer to it.
        """
        self._in_order.run(lambda: self._record_carrying(event, content))

    def _record_carrying(self, event: Event, content: object) -> None:
        if self.accepts():
            created = self._beginning()
            event.id = self._messages.claim_content(content)
            self._write([*created, event])

    def _beginning(self) -> list[Event]:
        """Return what has to precede the next events: ``session.start`` where the file does not have it yet.

        So it is in a fresh segment of the log, whose reader has nothing else; messages are written anew there.
        """
        if self._stream is not None and self._stream.follow():
            self._is_told = False
            self._messages.forget()
            self._look_after_log()
        return [] if self._is_told else [self._start_event()]

    def _write(self, events: list[Event]) -> None:
        stream = self._stream
        assert stream is not None
        tags = self._tags_here()
        if tags is not None:
            for event in events:
                if event.tags is None:
                    event.tags = tags
        written = False
        try:
            written = stream.write(events)
        except Exception:
            stream.drop(len(events), "failed")
            raise
        finally:
            if written:
                self._is_told = self._was_told = True
            else:
                # The messages among them were not written: they are to be written when next referred to.
                self._messages.forget()

    def _tags_here(self) -> dict[str, Any] | None:
        """Return the tags of what is recorded in the calling context."""
        binding = CURRENT.get()
        if binding is None or binding.fields is None or binding.session is not self:
            return self._tags
        return self.tags_with(binding.fields)

    def tags_with(self, fields: Fields) -> dict[str, Any] | None:
        """Return the tags of what is recorded in a context with ``fields``."""
        return {**(self._tags or {}), **fields.tags} or None
