"""Brings what structlog and loguru log into the session of the context that logs it; imports neither of them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ag2obs.process import PROCESS
from ag2obs.trace.levels import level_number
from ag2obs.trace.logging_handler import is_own
from ag2obs.trace.recording import emit
from ag2obs.trace.trace_logger import exception_of
from ag2obs.trace.values import data

_TOLD_ELSEWHERE = frozenset({"event", "level", "logger", "logger_name", "timestamp", "exc_info", "exception", "stack"})
"""Entries of structlog's event that are fields of ours, or say again what is one."""


def structlog_processor(logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> Any:
    """Record an event of structlog, and pass it on unchanged: put it into ``processors`` before the renderer.

    Before ``format_exc_info`` too, which makes a text of the exception.
    """
    with PROCESS.guard.protect("recording an event of structlog"):
        if PROCESS.sessions:
            _record_structlog(logger, method_name, event_dict)
    return event_dict


def _record_structlog(logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> None:
    name = event_dict.get("logger") or event_dict.get("logger_name") or getattr(logger, "name", None) or "structlog"
    message = event_dict.get("event")
    if is_own(name, message):
        return
    emit(
        "log",
        level_number(event_dict.get("level", method_name), level_number(method_name)),
        threshold=0,
        name=name,
        extra={
            key: value
            for key, value in dict(event_dict).items()
            if key not in _TOLD_ELSEWHERE and not str(key).startswith("_")
        },
        skipped=("structlog", "logging"),
        error=exception_of(event_dict.get("exc_info")),
        build=lambda: {"content": data(message)},
    )


def loguru_sink(message: Any) -> None:
    """Record a message of loguru: ``logger.add(loguru_sink)``, without ``enqueue``, which loses the context."""
    with PROCESS.guard.protect("recording a message of loguru"):
        record = message.record
        if not PROCESS.sessions or is_own(record["name"], record["message"]):
            return
        emit(
            "log",
            level_number(record["level"].no),
            threshold=0,
            name=record["name"],
            source=f"{record['file'].name}:{record['line']} {record['function']}",
            extra=record["extra"],
            error=record["exception"].value if record["exception"] is not None else None,
            build=lambda: {"content": data(record["message"])},
        )
