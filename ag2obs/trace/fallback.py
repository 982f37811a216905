"""The standard logger ``ag2obs.trace``: where user code records outside of sessions, if that was asked for."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import msgspec

from ag2obs.events import ErrorInfo, Event, encode
from ag2obs.failures import describe
from ag2obs.process import PROCESS
from ag2obs.trace.levels import level_number
from ag2obs.trace.values import LABEL_CHARACTERS

logger = logging.getLogger("ag2obs.trace")

LOGGING = "logging"
"""What stands for the id of a session outside of sessions."""

_TEXT_CHARACTERS = 2_000
"""Of an error's text, as in sessions."""


def log_event(event: Event) -> None:
    """Log an event without its secrets: a short text, and all of it as the record's ``event``."""
    number = level_number(event.level)
    if not logger.isEnabledFor(number):
        return
    line, _ = PROCESS.learn_environment().redact(encode(event))
    told: dict[str, Any] = msgspec.json.decode(line)
    logger.log(number, "%s", _text(told), extra={"event": told})


def failure(error: BaseException) -> ErrorInfo:
    """Describe an exception outside of sessions; one that was logged already is marked as a repeat."""
    numbers = itertools.count(1)
    info = describe(error, LOGGING, lambda: f"e{next(numbers)}")
    info.message = PROCESS.learn_environment().redact_text(info.message[: 10 * _TEXT_CHARACTERS])[:_TEXT_CHARACTERS]
    return info


def _text(told: dict[str, Any]) -> str:
    content = told.get("content")
    if told["kind"] == "log" and isinstance(content, str):
        return content
    words = [told["kind"], told.get("name"), told.get("status"), f"{told['ms']} ms" if "ms" in told else None]
    if told.get("value") is not None:
        words.append(f"{told['value']} {told.get('unit') or ''}".strip())
    error = told.get("error")
    if error is not None:
        words.append(f"{error['type']}: {error.get('message', '')}"[:LABEL_CHARACTERS])
    return " ".join(str(word) for word in words if word)
