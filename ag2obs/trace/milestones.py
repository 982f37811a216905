"""Milestones, and phases: milestones that take a while."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ag2obs.trace.block import Block, BlocksInUse, begin
from ag2obs.trace.levels import INFO, level_number
from ag2obs.trace.recording import emit
from ag2obs.trace.values import label


def milestone(name: str, details: object = None, *, agent_id: object = None, level: str | int = INFO) -> None:
    """Record that something was reached: the start of a simulation, a checkpoint."""
    record_milestone(name, details, level_number(level), agent=agent_id)


def record_milestone(
    name: object, details: object, level: int, *, agent: object = None, threshold: int | None = None
) -> None:
    """Record a milestone of an agent, or of nobody."""
    emit("milestone", level, threshold=threshold, agent=agent, name=name, content=details)


def phase(name: str, /, **attributes: Any) -> Phase:
    """Return a block, for ``with`` and ``async with``: a milestone that has a duration and an outcome."""
    return Phase(name, attributes)


class Phase:
    """A block that is recorded as a milestone; what runs in it has its span as parent.

    One object may be used several times, also at once; each use is recorded.
    """

    kind = "milestone"

    def __init__(
        self,
        name: object,
        attributes: Mapping[str, Any] | None = None,
        *,
        agent: object = None,
        threshold: int | None = None,
        level: int = INFO,
    ) -> None:
        self._name = name
        self._attributes = attributes
        self._agent = agent
        self._threshold = threshold
        self._level = level
        self._in_use = BlocksInUse()

    def __enter__(self) -> Any:
        block = self._begin()
        self._in_use.add(block)
        if block is not None:
            block.resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block = self._in_use.take()
        if block is not None:
            block.__exit__(kind, error, traceback)

    async def __aenter__(self) -> Any:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _begin(self) -> Block | None:
        return begin(
            self.kind,
            self._level,
            threshold=self._threshold,
            agent=label(self._agent),
            name=label(self._name),
            extra=self._attributes,
        )
