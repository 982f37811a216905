"""The values of options that name a length of time (``5s``, ``250ms``, ``1h30m``, ``7d``) or a moment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import click

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_PART = re.compile(rf"{_NUMBER}\s*(ms|s|min|m|h|d|w)\s*", re.IGNORECASE | re.ASCII)
_FORM = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE | re.ASCII)
_BARE = re.compile(_NUMBER, re.ASCII)
_CLOCK_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?",
    re.IGNORECASE | re.ASCII,
)


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """Numbers and their units, the greatest first, as seconds: ``1h30m``.

    A single number without a unit is seconds, unless ``unit_required``.
    """

    name = "duration"

    def __init__(self, *, unit_required: bool = False) -> None:
        self._unit_required = unit_required

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds that ``value`` says."""
        if isinstance(value, float):
            return value
        seconds = seconds_in(str(value).strip(), unit_required=self._unit_required)
        if seconds is None:
            self.fail(f"{value!r} is no length of time; use numbers and ms, s, m, h, d or w: 30s, 1h30m.", param, ctx)
        return seconds


class DurationOrMoment(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """A length of time as seconds, or a date and time as a moment, on this machine's clock where no zone is told.

    ``through``: a moment is the end of the second or minute that it names, so that what happened in it is before it.
    """

    name = "time"

    def __init__(self, *, through: bool = False) -> None:
        self._through = through

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | datetime:
        """Return the seconds or the moment that ``value`` says."""
        if isinstance(value, float | datetime):
            return value
        text = str(value).strip()
        seconds = seconds_in(text)
        found = self._moment(text) if seconds is None else seconds
        if found is None:
            self.fail(
                f"{value!r} is no length of time and no date with a time; "
                "use 30s, 1h30m, 2026-10-01T08:00:10Z or '2026-10-01 08:00:10'.", param, ctx,
            )  # fmt: skip
        return found

    def _moment(self, text: str) -> datetime | None:
        match = _CLOCK_TIME.fullmatch(text)
        if match is None:
            return None
        unit = timedelta()
        if self._through and match["fraction"] is None:
            unit = timedelta(minutes=1) if match["seconds"] is None else timedelta(seconds=1)
        try:
            moment = datetime.fromisoformat(text).astimezone() + unit
            return moment - timedelta(microseconds=1) if unit else moment
        except (ValueError, OverflowError, OSError):
            return None


def seconds_in(text: str, *, unit_required: bool = False) -> float | None:
    """Return the length of time that ``text`` says, in seconds; None where it says none."""
    if _BARE.fullmatch(text) and not unit_required:
        return float(text)
    if _FORM.fullmatch(text) is None:
        return None
    parts = [(float(number), _SECONDS[unit.lower()]) for number, unit in _PART.findall(text)]
    if any(later[1] >= earlier[1] for earlier, later in pairwise(parts)):
        return None
    return sum(number * seconds for number, seconds in parts)
