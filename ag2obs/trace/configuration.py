"""What holds for all user code of the process, as far as its loggers do not say otherwise."""

from __future__ import annotations

from typing import Literal

from ag2obs.errors import SettingsError
from ag2obs.process import PROCESS
from ag2obs.trace.levels import threshold


def configure(*, level: str | int = "NOTSET", fallback: Literal["none", "logging"] = "none") -> None:
    """Set the least level that is recorded, and where records go outside of sessions; without arguments the defaults.

    By default every level is recorded, and nothing outside of sessions. With ``fallback="logging"`` it goes to the
    standard logger ``ag2obs.trace``. Raises SettingsError for a value that is not allowed.
    """
    if fallback not in ("none", "logging"):
        raise SettingsError(f"fallback is {fallback!r}, which is not allowed; use none or logging")
    PROCESS.trace_level = threshold(level) or 0
    PROCESS.trace_fallback = fallback == "logging"
