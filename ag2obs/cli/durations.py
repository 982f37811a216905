"""The values of options that name a length of time: ``5s``, ``250ms``, ``2m``, ``7d``."""

from __future__ import annotations

import re

import click

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|min|m|h|d|w)?", re.IGNORECASE | re.ASCII)


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """A number and its unit, as seconds. Without a unit it is seconds, unless ``unit_required``."""

    name = "duration"

    def __init__(self, *, unit_required: bool = False) -> None:
        self._unit_required = unit_required

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds that ``value`` says."""
        if isinstance(value, float):
            return value
        match = _FORM.fullmatch(str(value).strip())
        if match is None or (self._unit_required and match[2] is None):
            self.fail(f"{value!r} is no length of time; use a number and ms, s, m, h, d or w: 30s, 7d.", param, ctx)
        return float(match[1]) * _SECONDS[(match[2] or "s").lower()]
