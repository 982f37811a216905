"""The levels of what user code records: those of the standard ``logging``."""

from __future__ import annotations

from ag2obs.errors import SettingsError

DEBUG, INFO, WARNING, ERROR, CRITICAL = 10, 20, 30, 40, 50

_NUMBERS = {"DEBUG": DEBUG, "INFO": INFO, "WARNING": WARNING, "ERROR": ERROR, "CRITICAL": CRITICAL}
_ALSO = {"NOTSET": 0, "TRACE": 5, "SUCCESS": 25, "WARN": WARNING, "EXCEPTION": ERROR, "FATAL": CRITICAL}
"""Names that logging, structlog and loguru use beside the five."""


def level_name(number: int) -> str:
    """Return which of the five levels a number of ``logging`` or loguru belongs to."""
    if number < INFO:
        return "DEBUG"
    if number < WARNING:
        return "INFO"
    if number < ERROR:
        return "WARNING"
    return "ERROR" if number < CRITICAL else "CRITICAL"


def level_number(level: object, default: int = INFO) -> int:
    """Return the number of a level given by name or number; ``default`` for anything else."""
    known = _number(level)
    return default if known is None else known


def threshold(level: str | int | None) -> int | None:
    """Return the number of a level that somebody configured; raises SettingsError where it is none."""
    if level is None:
        return None
    number = _number(level)
    if number is None:
        raise SettingsError(f"the level is {level!r}, which is not allowed; use a number or {', '.join(_NUMBERS)}")
    return number


def _number(level: object) -> int | None:
    if isinstance(level, str):
        name = level.strip().upper()
        return _NUMBERS.get(name, _ALSO.get(name))
    return level if isinstance(level, int) and not isinstance(level, bool) else None
