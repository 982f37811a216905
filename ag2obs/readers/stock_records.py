"""Turns the records of AG2's own loggers, lines of the file or rows of the database, into events.

A record without a session id belongs to the session that began last, unless the objects it names (wrapper or
agent, by their Python ids) are another session's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ag2obs.events import STATUS_OK, Accounting, Event, encode
from ag2obs.message_index import as_received
from ag2obs.readers.stock_calls import call_events
from ag2obs.readers.stock_fields import Record, event_time, first_text, identity, mapping, parsed, text
from ag2obs.readers.stock_session import StockSession, bounded, record_time
from ag2obs.redaction import Redactor
from ag2obs.settings import Settings
from ag2obs.usage.prices import PriceBook

LOST = "ag2_logger_failed"
"""``reason`` of a ``drop``: AG2's own logger could not write something."""

_E = TypeVar("_E", Accounting, Event)


class StockRecords:
    """The records of one log in their order, as events of its sessions.

    ``by_identity`` says that a record belongs to
    the session of the objects it names; otherwise only where that session ran in another process than the one
    that began last, because one process may use its agents in several sessions one after the other.
    """

    def __init__(self, path: Path, *, written_by: str, by_identity: bool) -> None:
        """Read the user's own prices, if there are any; raises SettingsError where a setting is wrong."""
        self._prices = PriceBook(Settings.from_environment().prices)
        self._written_by = written_by
        self._unnamed = f"{path.name}-{hashlib.sha256(str(path.absolute()).encode('utf-8', 'replace')).hexdigest()[:8]}"
        """The id of a session for which the log has none."""
        self._by_identity = by_identity
        self._redactor = Redactor()
        self._sessions: dict[str, StockSession] = {}
        self._current: StockSession | None = None
        self._homes: dict[object, StockSession] = {}
        """The session in which an agent or wrapper was made last, by its Python id."""

    def begin(self, session_id: str) -> None:
        """Begin a session, to which the records belong that follow."""
        self._current = self._session(session_id)

    def describe(self, told: dict[str, Any], *, starts: bool) -> None:
        """Take what a ``SESSION START`` or ``SESSION END`` line tells; a start begins a session if records precede."""
        current = self._current
        if starts and (current is None or current.has_records or current.info is not None):
            info = mapping(told.get("session_info")) or told
            named = first_text(info, "session_id", "run_id")
            self.begin(named or (f"{self._unnamed}-{len(self._sessions)}" if self._sessions else self._unnamed))
        self._redactor.learn_structure(told)
        (self._current or self._session(self._unnamed)).describe(told)

    def lost(self) -> Iterator[Event]:
        """Yield a ``drop``: AG2's logger says that it could not write a record.

        What it lost before the first record is told together, when that gives the session a time.
        """
        session = self._current or self._session(self._unnamed)
        if session.has_records:
            yield session.placed(Event(kind="drop", count=1, reason=LOST), session.last)
        else:
            session.lost_before += 1

    def add(self, record: Record) -> Iterator[Event] | None:
        """Return the events of one record; None for an object that is none of AG2's."""
        translate = next((translate for mark, translate in _KINDS if mark in record), None)
        return None if translate is None else self._events(record, translate)

    def end(self) -> Iterator[Event]:
        """Yield the end of every session, and the start of those without a record."""
        for session in self._sessions.values():
            yield from self._started(session, "")
            yield session.end()

    def accounting(self, event: Event) -> Accounting:
        """Return an event without its content and without secrets."""
        return self._redacted(msgspec.convert(event, Accounting, from_attributes=True), _accounting_decoder)

    def whole(self, event: Event) -> Event:
        """Return an event without secrets."""
        return self._redacted(event, _event_decoder)

    def _redacted(self, event: _E, decoder: msgspec.json.Decoder[_E]) -> _E:
        data, count = self._redactor.redact(encode(event))
        return decoder.decode(data) if count else event

    def _events(
        self, record: Record, translate: Callable[[StockRecords, StockSession, Record], list[Event]]
    ) -> Iterator[Event]:
        session = self._session_of(record)
        ts = record_time(record)
        yield from self._started(session, event_time(record.get("start_time")) or ts)
        for event in translate(self, session, record):
            yield session.placed(event, ts)

    def _started(self, session: StockSession, ts: str) -> Iterator[Event]:
        if session.has_records:
            return
        yield session.start(ts)
        if session.lost_before:
            yield session.placed(Event(kind="drop", count=session.lost_before, reason=LOST), ts)

    def _session(self, session_id: str) -> StockSession:
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = StockSession(session_id, self._written_by)
        return session

    def _session_of(self, record: Record) -> StockSession:
        named = text(record.get("session_id"))
        names = [identity(record.get(field)) for field in ("wrapper_id", "source_id", "id")]
        if named is not None:
            if named not in self._sessions:
                self.begin(named)
            session = self._session(named)
            session.threads.add(identity(record.get("thread_id")))
            self._homes.update((name, session) for name in names if name is not None)
            return session
        if self._current is None:
            self.begin(self._unnamed)
        current = self._current
        assert current is not None
        home = next((self._homes[name] for name in names if name in self._homes), current)
        return home if self._by_identity or _other_process(home, current) else current

    def _wrapper(self, session: StockSession, record: Record) -> list[Event]:
        self._redactor.learn_structure(mapping(record.get("json_state")))
        session.add_wrapper(record)
        return []

    def _client(self, session: StockSession, record: Record) -> list[Event]:
        self._redactor.learn_structure(mapping(record.get("json_state")))
        session.add_client(record)
        return []

    def _agent(self, session: StockSession, record: Record) -> list[Event]:
        self._redactor.learn_structure(mapping(mapping(record.get("args")).get("llm_config")))
        created = session.add_agent(record)
        return [] if created is None else [created]

    def _completion(self, session: StockSession, record: Record) -> list[Event]:
        return call_events(record, session, self._prices)

    def _event(self, session: StockSession, record: Record) -> list[Event]:
        """A received message is a delivery, a final reply a reply; that a reply function had none is no news."""
        name, told = text(record.get("event_name")), mapping(record.get("json_state"))
        agent = first_text(record, "source_name")
        if name == "received_message":
            created: list[Event] = []
            sender = first_text(told, "sender")
            number = session.messages.number(as_received(told.get("message"), sender), created)
            return [*created, Event(kind="agent.message", agent=agent, sender=sender, message=f"m{number}")]
        if name == "reply_func_executed":
            final = bool(told.get("final"))
            return [Event(kind="agent.reply", agent=agent, name=first_text(told, "reply_func_name"))] if final else []
        return [Event(kind="milestone", agent=agent, name=name, detail=bounded(told))]

    def _code_point(self, session: StockSession, record: Record) -> list[Event]:
        point, agent = first_text(record, "code_point"), first_text(record, "source_name")
        return [Event(kind="milestone", agent=agent, name=point, detail=bounded(mapping(record.get("info"))))]

    def _function_use(self, session: StockSession, record: Record) -> list[Event]:
        """Only calls that returned are logged; the file logger leaves out the tool's name and the call's id."""
        tool, arguments = first_text(record, "function_name"), parsed(record.get("input_args"))
        asked = session.asked(tool, arguments)
        event = Event(kind="tool.call", agent=first_text(record, "source_name"), tool=tool, success=True)
        event.status = STATUS_OK
        if asked is not None:
            event.tool, event.call_id = asked.tool, asked.id
        event.arguments, event.result = bounded(arguments), bounded(parsed(record.get("returns")))
        return [event]


_KINDS: tuple[tuple[str, Callable[[StockRecords, StockSession, Record], list[Event]]], ...] = (
    ("invocation_id", StockRecords._completion),
    ("event_name", StockRecords._event),
    ("code_point", StockRecords._code_point),
    ("agent_name", StockRecords._agent),
    ("input_args", StockRecords._function_use),
    ("client_id", StockRecords._client),
    ("wrapper_id", StockRecords._wrapper),
)
"""What tells the kinds of records apart: the first of these fields that is there."""

_accounting_decoder = msgspec.json.Decoder(Accounting)
_event_decoder = msgspec.json.Decoder(Event)


def _other_process(session: StockSession, current: StockSession) -> bool:
    """Tell whether two sessions are known to have made their agents in different processes, by their threads."""
    return bool(session.threads) and bool(current.threads) and session.threads.isdisjoint(current.threads)
