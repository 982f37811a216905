"""How long things take, and how many a second: metrics of user code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ag2obs.events import LARGEST_COUNT, Event
from ag2obs.trace.block import Block, begin
from ag2obs.trace.decorators import performance_decorator
from ag2obs.trace.levels import DEBUG, INFO
from ag2obs.trace.milestones import Phase
from ag2obs.trace.process_resources import ResourceUsage, measure_resources
from ag2obs.trace.recording import emit
from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import label, milliseconds, number

F = TypeVar("F", bound=Callable[..., Any])


def measure_performance(
    operation: str, *, items: int | None = None, agent_id: object = None, **attributes: Any
) -> Measurement:
    """Return a block, for ``with`` and ``async with``, that is recorded as a metric: how long it took, how it ended.

    With ``items``, given here or set on what the ``with`` statement yields, also how many there were a second.
    """
    return Measurement(operation, attributes, agent=agent_id, items=items)


def resource_usage(agent_id: object = None) -> ResourceUsage:
    """Return CPU seconds and memory of this process, and record them as metrics."""
    return _record_resources(agent_id, None)


class Measurement(Phase):
    """A block that is recorded as a metric; ``items`` may be set inside."""

    kind = "metric"

    def __init__(self, *arguments: Any, items: int | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.items = items

    def _begin(self) -> Block | None:
        return begin(
            self.kind,
            self._level,
            threshold=self._threshold,
            agent=label(self._agent),
            name=label(self._name),
            extra=self._attributes,
            finish=self._tell_throughput,
        )

    def _tell_throughput(self, event: Event, result: Any, seconds: float) -> None:
        if self.items is not None:
            _set_throughput(event, self.items, seconds)


class PerformanceLogger(TraceLogger):
    """Records metrics: latencies, throughput, use of the machine, any number with its unit."""

    def __init__(self, agent_id: object = None, *, level: str | int | None = None) -> None:
        super().__init__("performance", agent_id, level=level)

    def log_metric(self, name: str, value: float, unit: str | None = None, **attributes: Any) -> None:
        """Record one number."""
        self._emit(
            "metric", INFO, name=name, extra=attributes, build=lambda: {"value": number(value), "unit": label(unit)}
        )

    def log_latency(self, operation: str, latency_ms: float, **attributes: Any) -> None:
        """Record how long something took, where somebody else has measured it."""
        self._emit(
            "metric", INFO, name=operation, extra=attributes, build=lambda: {"ms": milliseconds(number(latency_ms))}
        )

    def log_throughput(self, operation: str, items: int, seconds: float, **attributes: Any) -> None:
        """Record how many items were done in how many seconds."""
        self._emit(
            "metric", INFO, name=operation, extra=attributes, build=lambda: _throughput(number(items), number(seconds))
        )

    def log_resource_usage(self) -> ResourceUsage:
        """Record CPU seconds and memory of this process; returns them."""
        return _record_resources(self.agent_id, self.threshold)

    def measure_performance(self, operation: str, *, items: int | None = None, **attributes: Any) -> Measurement:
        """Return ``measure_performance(...)`` of this logger's agent."""
        return Measurement(operation, attributes, agent=self.agent_id, threshold=self.threshold, items=items)

    def trace_performance(self, operation: str | None = None) -> Callable[[F], F]:
        """Return the decorator ``trace_performance(...)`` of this logger's agent."""
        return performance_decorator(operation, self.agent_id, self.threshold, INFO)


def _throughput(items: float | None, seconds: float | None) -> dict[str, Any]:
    """Return the fields of a metric; no rate where no time passed."""
    if items is None or seconds is None:
        return {}
    rate = {"value": round(items / seconds, 3), "unit": "items/s"} if seconds > 0 else {}
    return {"ms": milliseconds(seconds * 1000), **_counted(items), **rate}


def _counted(items: float) -> dict[str, Any]:
    """Return how many there were; a number that is larger than an event's ``count`` may be is its ``detail``."""
    return {"count": int(items)} if abs(items) <= LARGEST_COUNT else {"detail": {"items": items}}


def _set_throughput(event: Event, items: object, seconds: float) -> None:
    for field, value in _throughput(number(items), seconds).items():
        setattr(event, field, value)


def _record_resources(agent: object, threshold: int | None) -> ResourceUsage:
    usage = measure_resources()
    for name, value, unit in (
        ("process.cpu", usage.cpu_seconds, "s"),
        ("process.memory", usage.memory_bytes, "bytes"),
        ("process.memory.peak", usage.peak_memory_bytes, "bytes"),
    ):
        if value is not None:
            emit(
                "metric",
                DEBUG if name.endswith("peak") else INFO,
                threshold=threshold,
                agent=agent,
                name=name,
                build=lambda value=value, unit=unit: {"value": float(value), "unit": unit},  # type: ignore[misc]
            )
    return usage
