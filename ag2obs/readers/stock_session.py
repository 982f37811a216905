"""What is known of one session of AG2's own logs: its agents, model clients and messages."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from ag2obs.encoding import plain
from ag2obs.events import Event
from ag2obs.message_index import MessageIndex
from ag2obs.readers.stock_fields import Record, event_time, first_text, identity, items, mapping, text
from ag2obs.redaction import is_sensitive_name

_TOOL_CALLS_REMEMBERED = 1000
"""Calls that a model asked for and whose execution has not been seen."""

_STATUSES = ("ok", "error", "cancelled")


def bounded(value: object) -> Any:
    """Turn a value of a log into bounded JSON data, values of sensitive field names masked."""
    return plain(value, mask_name=is_sensitive_name)


class Client(NamedTuple):
    """A model client as its log line tells it: its class, and the configuration it was made with."""

    id: int | str | None
    name: str | None
    configuration: dict[str, Any]


class ToolCall(NamedTuple):
    """A call that a model asked for."""

    id: str | None
    tool: str
    arguments: Any


class StockSession:
    """One session: gives its events their place, and remembers what later records refer to by Python ids.

    Python ids are those of this session: another one may use the same for something else.
    """

    def __init__(self, session_id: str, written_by: str) -> None:
        self.id = session_id
        self.written_by = written_by
        self.info: dict[str, Any] | None = None
        self.status: str | None = None
        self.has_records = False
        self.lost_before = 0
        """Records that AG2 lost before the first one that has a time."""
        self.threads: set[object] = set()
        """Threads in which its agents and clients were made."""
        self.messages = MessageIndex(bounded)
        self._created: set[tuple[object, str | None]] = set()
        self._agents: dict[object, str] = {}
        self._configurations: dict[object, list[dict[str, Any]]] = {}
        self._clients: dict[object, list[Client]] = {}
        self._asked: deque[ToolCall] = deque(maxlen=_TOOL_CALLS_REMEMBERED)
        self.last = ""
        """When its latest record was written, as an event's ``ts``."""
        self._count = 0
        self._failures = 0

    def placed(self, event: Event, ts: str) -> Event:
        """Return ``event`` with its place in this session."""
        self._count += 1
        self.last = max(self.last, ts)
        event.v, event.ts, event.seq, event.session = 1, ts, self._count, self.id
        if self.info is not None:
            event.chat_id = first_text(self.info, "chat_id")
            event.workflow = first_text(self.info, "workflow_name", "workflow")
        return event

    def start(self, ts: str) -> Event:
        """Return ``session.start``; ``ts`` is when the first record was written."""
        self.has_records = True
        info = bounded(self.info) if self.info is not None else None
        resource = {"written_by": self.written_by}
        return self.placed(
            Event(kind="session.start", event_type="session_start", session_info=info, resource=resource), ts
        )

    def end(self) -> Event:
        """Return ``session.end``, whose status is None where the log does not tell."""
        return self.placed(Event(kind="session.end", status=self.status), self.last)

    def describe(self, told: dict[str, Any]) -> None:
        """Take what a ``SESSION START`` or ``SESSION END`` line says."""
        info = mapping(told.get("session_info")) or told
        self.info = {**(self.info or {}), **{key: value for key, value in info.items() if value is not None}}
        status = text(told.get("status")) or text(info.get("status"))
        self.status = status if status in _STATUSES else self.status

    def add_wrapper(self, record: Record) -> None:
        """Remember the configurations of a wrapper."""
        wrapper = identity(record.get("wrapper_id"))
        listed = items(mapping(record.get("json_state")).get("config_list"))
        self._configurations[wrapper] = [entry for entry in listed if isinstance(entry, dict)]
        self._clients.pop(wrapper, None)

    def add_client(self, record: Record) -> None:
        """Remember a model client."""
        client = Client(
            identity(record.get("client_id")),
            first_text(record, "class", "model_client_class", "client_class"),
            mapping(record.get("json_state")),
        )
        self._clients.setdefault(identity(record.get("wrapper_id")), []).append(client)

    def add_agent(self, record: Record) -> Event | None:
        """Remember an agent; return ``agent.created`` the first time (base class and subclass both report it)."""
        name = first_text(record, "agent_name", "name")
        wrapper = identity(record.get("wrapper_id"))
        if wrapper is not None and name is not None:
            self._agents[wrapper] = name
        key = (identity(record.get("id")), name)
        if key in self._created:
            return None
        self._created.add(key)
        arguments = mapping(record.get("args"))
        detail = {"class": first_text(record, "agent_type", "agent_class", "class")}
        detail |= {key: bounded(arguments[key]) for key in ("description", "human_input_mode") if arguments.get(key)}
        event = Event(kind="agent.created", agent=name, detail=detail)
        event.content = bounded(arguments.get("system_message"))
        return event

    def agent_of(self, record: Record) -> str | None:
        """Return who made a call: the source that the record names, else the agent of its wrapper."""
        return first_text(record, "source_name") or self._agents.get(identity(record.get("wrapper_id")))

    def client_of(self, record: Record, model: str | None) -> tuple[Client | None, dict[str, Any]]:
        """Return the client that made a call and its configuration, as far as the log tells."""
        wrapper = identity(record.get("wrapper_id"))
        clients, configurations = self._clients.get(wrapper, []), self._configurations.get(wrapper, [])
        same = [client for client in clients if client.id == identity(record.get("client_id"))]
        index = next((at for at, entry in enumerate(configurations) if entry.get("model") == model), 0)
        client = next(iter(same or clients[index:] or clients), None)
        configuration = configurations[index] if index < len(configurations) else {}
        return client, {**configuration, **(client.configuration if client is not None else {})}

    def next_failure_id(self) -> str:
        """Return an id for one more failure."""
        self._failures += 1
        return f"e{self._failures}"

    def ask(self, calls: list[ToolCall]) -> None:
        """Remember the calls that a model asked for; a resent history repeats none."""
        self._asked.extend(calls)

    def asked(self, tool: str | None, arguments: object) -> ToolCall | None:
        """Return, once, the call that a model asked for with these arguments, which names the tool."""
        for call in self._asked:
            if tool in (None, call.tool) and call.arguments == arguments:
                self._asked.remove(call)
                return call
        return None


def record_time(record: Record) -> str:
    """Return when what a record tells was over."""
    return event_time(*(record.get(name) for name in ("end_time", "timestamp", "current_time", "start_time")))
