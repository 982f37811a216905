"""What a check tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is; only a problem makes ``ag2obs doctor`` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Result:
    """One sentence about one thing, and where something is wrong, the command that mends it."""

    check: str
    status: Status
    sentence: str
    fix: str | None = None
