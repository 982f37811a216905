"""``trace_context``: fields that everything recorded inside a block has, and the block itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ag2obs.events import Event
from ag2obs.frames import caller
from ag2obs.process import PROCESS
from ag2obs.routing import Fields, fields_of
from ag2obs.tags import NAMES, tags_of
from ag2obs.trace.block import Block, BlocksInUse
from ag2obs.trace.levels import INFO, level_name
from ag2obs.trace.recording import binding_in, is_wanted
from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import fields as plain_fields
from ag2obs.trace.values import label


def trace_context(logger: TraceLogger | str | None = None, name: str | None = None, /, **fields: Any) -> TraceContext:
    """Return a block, for ``with`` and ``async with``: what user code records inside has ``fields`` as attributes.

    ``request_id``, ``user_id``, ``mission_id`` and ``step_id`` are tags, which every event inside has, also those of
    AG2 and of a session that is entered inside. With a ``name`` the block is recorded itself, as a milestone with its
    duration and outcome, and is the parent of what happens inside; with an agent logger it is that agent's.
    """
    if isinstance(logger, str) and name is None:
        logger, name = None, logger
    return TraceContext(logger if isinstance(logger, TraceLogger) else None, name, fields)


class TraceContext:
    """Fields for a block; one object may be used several times, also at once."""

    def __init__(self, logger: TraceLogger | None, name: object, fields: Mapping[str, Any]) -> None:
        self._logger = logger
        self._name = name
        self._fields = fields
        self._in_use = BlocksInUse()

    def __enter__(self) -> TraceContext:
        with PROCESS.guard.protect("entering a trace context"):
            block = self._begin()
            self._in_use.add(block)
            block.resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block = self._in_use.take()
        if block is None:
            return
        block.suspend()
        # Fields alone are no level of the program that an exception could be told at.
        block.end(error if self._name is not None else None)

    async def __aenter__(self) -> TraceContext:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _begin(self) -> Block:
        session = PROCESS.of_context() if PROCESS.sessions else None
        binding = binding_in(session)
        fields = _inside(fields_of(binding), self._fields)
        if session is None and not PROCESS.trace_fallback:
            return Block(None, Event(kind="milestone"), None, fields=fields, is_silent=True)
        logger = self._logger
        event = Event(
            kind="milestone",
            agent=logger.agent_id if logger is not None else None,
            role=getattr(logger, "agent_role", None) or None,
            name=label(self._name),
            level=level_name(INFO),
            source=caller(),
            attributes=dict(fields.attributes) or None,
            tags=session.tags_with(fields) if session is not None else None,
        )
        threshold = logger.threshold if logger is not None else None
        is_silent = self._name is None or not is_wanted(INFO, threshold)
        return Block(session, event, binding, fields=fields, is_silent=is_silent)


def _inside(around: Fields | None, own: Mapping[str, Any]) -> Fields:
    """Return the fields of a context inside another."""
    known = {name: value for name, value in own.items() if name in NAMES and value is not None}
    attributes = plain_fields({name: value for name, value in own.items() if name not in NAMES})
    tags = tags_of(known) if known else {}
    if around is not None:
        attributes, tags = {**around.attributes, **attributes}, {**around.tags, **tags}
    return Fields(attributes, tags)
