"""Brings the records of the standard ``logging`` into the session of the context that logs them."""

from __future__ import annotations

import logging
from typing import Any

from ag2obs.process import PROCESS
from ag2obs.trace.recording import emit
from ag2obs.trace.trace_logger import exception_of, message_text

_OWN_ATTRIBUTES = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"})
"""What every record has, and what formatters add; everything else came from ``extra``."""


def is_own(name: object, message: object) -> bool:
    """Whether a record is one of ag2obs itself: it is about the session's log, and must not lead into it again."""
    if isinstance(name, str) and (name == "ag2obs" or name.startswith("ag2obs.")):
        return True
    return isinstance(message, str) and message.startswith("ag2obs: ")


class LoggingHandler(logging.Handler):
    """A handler for ``logging``: each record is a ``log`` event of the session in whose context it is made.

    Its exception is an error of the session, and what came by ``extra`` are attributes. It has to run where the record
    is made, so not behind a ``QueueHandler``.
    """

    def createLock(self) -> None:  # noqa: N802  # of the standard library
        """Have no lock: sessions have theirs, and one of ours around it could wait for a thread that waits for us."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:  # type: ignore[override,unused-ignore]
        """Record what passes the handler's filters; never raises."""
        with PROCESS.guard.protect("recording a log record"):
            passed: Any = self.filter(record)
            if not passed:
                return False
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Record one record."""
        if is_own(record.name, record.msg) or not PROCESS.sessions:
            return
        emit(
            "log",
            record.levelno,
            threshold=0,
            name=record.name,
            source=f"{record.filename}:{record.lineno} {record.funcName}",
            extra={name: value for name, value in vars(record).items() if name not in _OWN_ATTRIBUTES},
            error=exception_of(record.exc_info),
            build=lambda: {"content": message_text(record.msg, _arguments(record))},
        )


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    """Return the arguments of a record's message; the one dictionary that ``logging`` unpacks is packed again."""
    arguments = record.args
    if arguments is None:
        return ()
    return arguments if isinstance(arguments, tuple) else (arguments,)
