"""The turns of a run in a form that can be compared with those of another run.

A turn is a message that nobody in the run wrote (the task, the system's), a model's answer, a tool's call, a delivered
message, a chosen speaker, a handoff or a human's input. Ids, times and tokens are not compared, because they differ
in every run; texts are kept as a hash and their beginning. What is kept grows with turns and, while a session goes on,
with its messages.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

import msgspec

from ag2obs.analysis.message_texts import ranges
from ag2obs.events import ErrorInfo, Event

SHOWN_CHARACTERS = 200

COMPARED = ("kind", "agent", "tool", "arguments", "content", "status")
"""The fields of a turn in which two runs can differ, in the order in which a difference is told."""

_NAMED = {"speaker.selected": "name", "handoff": "target", "agent.message": "target", "human.input": "name"}
"""What of these events tells who was meant; it is compared as the turn's content where they have no other."""


class Text(msgspec.Struct, frozen=True):
    """A text or plain data: two are equal where their hashes are."""

    shown: str = ""
    """Its beginning."""
    digest: bytes = b""

    def __bool__(self) -> bool:
        return bool(self.digest)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run."""

    seq: int
    kind: str
    agent: str | None = None
    tool: str | None = None
    arguments: Text = Text()
    content: Text = Text()
    status: str | None = None
    model: str | None = None

    def shape(self) -> tuple[str, str | None, str | None]:
        """Return what was done, by whom and with what tool or to whom, whatever was said."""
        return self.kind, self.agent, self.tool

    def identity(self) -> tuple[str, str | None, str | None, bytes, bytes, str | None]:
        """Return everything that is compared."""
        return self.kind, self.agent, self.tool, self.arguments.digest, self.content.digest, self.status

    def differences(self, other: Turn) -> list[str]:
        """Return the names of the fields in which two turns differ."""
        return [field for field in COMPARED if _compared(getattr(self, field)) != _compared(getattr(other, field))]

    def to_dict(self) -> dict[str, Any]:
        """Return the turn as JSON has it; texts are cut at ``SHOWN_CHARACTERS``."""
        values = {name: getattr(self, name) for name in ("seq", "kind", "agent", "tool", "status", "model")}
        return {**values, "arguments": self.arguments.shown or None, "content": self.content.shown or None}


class Room:
    """How many more turns may be kept of the sessions that share it."""

    def __init__(self, turns: int) -> None:
        self._left = turns
        self.refused = 0
        """Turns that were not kept."""

    def take(self) -> bool:
        """Tell whether there is room for one more turn, and use it."""
        if self._left:
            self._left -= 1
            return True
        self.refused += 1
        return False


class Turns:
    """The turns of one session, in the order of its events, as far as there is room."""

    def __init__(self, room: Room) -> None:
        self._found: list[Turn] = []
        self._room = room
        self._texts: dict[str, Text] = {}
        """Of every message and content that has an id."""
        self._written: set[bytes] = set()
        """Messages; what is written again, because the log was rotated, is no new turn."""
        self._waiting: dict[str, Turn] = {}
        """Messages that the next event may turn out to have written or delivered."""

    def add(self, event: Event) -> None:
        """Take one event in."""
        if event.kind == "message":
            self._add_message(event)
        elif event.kind == "llm.call":
            self._add_call(event)
        elif event.kind == "tool.call":
            self._tell_waiting()
            result = text_of(event.result)
            if event.id is not None:
                self._texts[event.id] = result
            # A tool that failed has often no result; why it failed is what it said then.
            said = result or (_text_of_error(event.error) if event.error is not None else result)
            self._tell(event, tool=event.tool or event.name, arguments=text_of(event.arguments), content=said)
        elif event.kind in _NAMED:
            self._add_named(event)
        elif event.kind == "session.end":
            self._tell_waiting()
            self._texts.clear()

    def turns(self) -> list[Turn]:
        """Return the turns so far."""
        return [*self._found, *self._waiting.values()]

    def _add_message(self, event: Event) -> None:
        text = self._texts.get(event.content_of, Text()) if event.content_of else text_of(event.content)
        calls = text_of(_without_ids(event.tool_calls)) if event.tool_calls else Text()
        if not text and event.full_length:
            text = text_of(f"{event.full_length} characters")
        if calls:
            text = _both(text, calls)
        if event.id is not None:
            self._texts[event.id] = text
        identity = f"{event.role}\0{event.name}".encode() + text.digest
        if identity in self._written:
            return
        self._written.add(identity)
        turn = Turn(seq=event.seq, kind="message", agent=event.name or event.role, content=text)
        self._waiting[event.id or f"seq {event.seq}"] = turn

    def _add_call(self, event: Event) -> None:
        answers = [self._texts.get(identity, Text()) for identity in _ids(event.output)]
        for identity in _ids(event.output):
            self._waiting.pop(identity, None)
        self._tell_waiting()
        content = Text()
        for answer in answers:
            content = _both(content, answer) if content else answer
        if event.error is not None:
            content = _text_of_error(event.error)
        self._tell(event, content=content, model=event.model or event.request_model)

    def _add_named(self, event: Event) -> None:
        if event.message is not None:
            self._waiting.pop(event.message, None)
        self._tell_waiting()
        named = getattr(event, _NAMED[event.kind])
        content = self._texts.get(event.message or "", Text()) or text_of(event.content)
        self._tell(event, tool=named, content=content)

    def _tell(self, event: Event, **fields: Any) -> None:
        self._keep(Turn(seq=event.seq, kind=event.kind, agent=event.agent, status=event.status, **fields))

    def _tell_waiting(self) -> None:
        """Count messages as turns that nobody in the run wrote."""
        for turn in self._waiting.values():
            self._keep(turn)
        self._waiting.clear()

    def _keep(self, turn: Turn) -> None:
        if self._room.take():
            self._found.append(turn)


def _text_of_error(error: ErrorInfo) -> Text:
    return text_of(f"{error.type}: {error.message}")


def text_of(value: Any) -> Text:
    """Return a text for plain data, in which the order of keys does not count."""
    if value is None or value == "":
        return Text()
    whole = value if isinstance(value, str) else msgspec.json.encode(value, order="deterministic").decode()
    shown = " ".join(whole[: SHOWN_CHARACTERS * 4].split())[:SHOWN_CHARACTERS]
    return Text(shown, hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest())


def _both(first: Text, second: Text) -> Text:
    shown = f"{first.shown} {second.shown}".strip()[:SHOWN_CHARACTERS]
    return Text(shown, hashlib.blake2b(first.digest + second.digest, digest_size=16).digest())


def _compared(value: Any) -> Any:
    return value.digest if isinstance(value, Text) else value


def _without_ids(calls: Any) -> Any:
    """Return what tool calls ask for: names and arguments, the arguments as data where they are JSON."""
    if not isinstance(calls, list):
        return calls
    asked = []
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            asked.append(call)
            continue
        arguments = function.get("arguments")
        # A model may answer anything: what is no JSON is compared as it is.
        with contextlib.suppress(ValueError, RecursionError):
            arguments = msgspec.json.decode(arguments) if isinstance(arguments, str) else arguments
        asked.append({"tool": function.get("name"), "arguments": arguments})
    return asked


def _ids(references: list[str] | None) -> list[str]:
    """Return the ids of an answer, which has a few messages at most."""
    found: list[str] = []
    for reference in references or ():
        few = [(start, end) for start, end in ranges([reference]) if end - start < 1000]
        named = [f"m{number}" for start, end in few for number in range(start, end + 1)]
        found += named or [reference.partition("-")[0]]
    return found
