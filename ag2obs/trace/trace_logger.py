"""What the loggers for user code share: whose they are, what they record, messages at any level."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from ag2obs.trace.levels import CRITICAL, DEBUG, ERROR, INFO, WARNING, level_number, threshold
from ag2obs.trace.recording import emit, is_wanted
from ag2obs.trace.values import data, label


class MessageOptions(TypedDict, total=False):
    """What goes with a message, as in the standard ``logging``."""

    extra: Mapping[str, Any] | None
    exc_info: object
    stacklevel: int
    stack_info: bool


class TraceLogger:
    """Records in the session of the context that calls it; it holds nothing open and may live as long as it likes.

    ``level`` is the least level that it records, by name or number; without it that of ``configure`` counts.
    """

    def __init__(
        self, name: str, agent_id: object = None, *, role: str | None = None, level: str | int | None = None
    ) -> None:
        self.name = name
        self._role = role or None
        self.agent_id = label(agent_id)
        self.threshold = threshold(level)

    def setLevel(self, level: str | int | None) -> None:  # noqa: N802  # as loggers of the standard library have it
        """Record from ``level`` on; None leaves it to ``configure``."""
        self.threshold = threshold(level)

    def debug(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message: see ``log``."""
        self._message(DEBUG, msg, args, options)

    def info(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message: see ``log``."""
        self._message(INFO, msg, args, options)

    def warning(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message: see ``log``."""
        self._message(WARNING, msg, args, options)

    def error(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message: see ``log``."""
        self._message(ERROR, msg, args, options)

    def critical(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message: see ``log``."""
        self._message(CRITICAL, msg, args, options)

    def exception(self, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message at ERROR with the exception that is being handled."""
        self._message(ERROR, msg, args, {"exc_info": True, **options})

    def log(self, level: str | int, msg: object, *args: object, **options: Unpack[MessageOptions]) -> None:
        """Record a message as the standard ``logging`` does: ``msg % args``, with the fields of ``extra``.

        ``exc_info`` is an exception, or True for the one that is being handled. ``stacklevel`` and ``stack_info`` are
        taken and have no effect: an event tells the place that called.
        """
        self._message(level_number(level), msg, args, options)

    def _message(self, level: int, msg: object, args: tuple[object, ...], options: MessageOptions) -> None:
        if not is_wanted(level, self.threshold):
            return
        self._emit(
            "log",
            level,
            name=self.name,
            extra=options.get("extra"),
            error=exception_of(options.get("exc_info")),
            build=lambda: {"content": message_text(msg, args)},
        )

    def _emit(self, kind: str, level: int, **fields: Any) -> None:
        if is_wanted(level, self.threshold):
            emit(kind, level, threshold=self.threshold, agent=self.agent_id, role=self._role, **fields)


def message_text(msg: object, args: tuple[object, ...]) -> Any:
    """Return ``msg % args`` as the standard ``logging`` makes it; both where they do not fit together."""
    if not args:
        return data(msg)
    try:
        values: Any = args[0] if len(args) == 1 and isinstance(args[0], Mapping) and args[0] else args
        return data(str(msg) % values)
    except Exception:  # noqa: BLE001  # a message that cannot be formatted is still a message
        return data({"message": msg, "arguments": args})


def exception_of(exc_info: object) -> BaseException | None:
    """Return the exception that ``exc_info`` means, as the standard ``logging`` takes it."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return next((part for part in exc_info if isinstance(part, BaseException)), None)
    return sys.exc_info()[1] if isinstance(exc_info, int) and exc_info else None
