"""What user code hands over, as events hold it: bounded plain data, labels, numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ag2obs.encoding import Limits, plain
from ag2obs.events import LONGEST_MILLISECONDS
from ag2obs.redaction import is_sensitive_name

LABEL_CHARACTERS = 200

_LABEL = Limits(text=LABEL_CHARACTERS, total=LABEL_CHARACTERS, nodes=20, depth=2)
_FIELDS = Limits(text=2_000, total=8_000, nodes=500, depth=10)
_GLIMPSE = Limits(text=2_000, total=8_000, nodes=200, depth=6)


def data(value: object) -> Any:
    """Return what user code records on purpose."""
    return plain(value, mask_name=is_sensitive_name)


def glimpse(value: object) -> Any:
    """Return the beginning of what a decorator came across: nobody chose to record it as a whole."""
    if value is None or type(value) is bool:
        return value
    return plain(value, limits=_GLIMPSE, mask_name=is_sensitive_name)


def fields(value: object) -> Any:
    """Return the fields of a context, which every event in it has."""
    return plain(value, limits=_FIELDS, mask_name=is_sensitive_name)


def label(value: object) -> str | None:
    """Return a name, an id or a role as a short text."""
    if value is None or (type(value) is str and len(value) <= LABEL_CHARACTERS):
        return value
    short = plain(value, limits=_LABEL)
    return short if isinstance(short, str) else str(short)


def number(value: object) -> float | None:
    """Return a finite number of any type that has one; None for everything else, which the data still tells."""
    if type(value) is int or type(value) is float:
        converted = _as_float(value)
    elif isinstance(value, bool | str | bytes) or value is None:
        return None
    else:
        converted = _as_float(value)
    return converted if converted is not None and math.isfinite(converted) else None


def milliseconds(value: float | None) -> float | None:
    """Return a duration as an event holds it: to the microsecond, None beyond what any program took."""
    return None if value is None or abs(value) > LONGEST_MILLISECONDS else round(value, 3)


def _as_float(value: Any) -> float | None:
    try:
        return float(value)
    except Exception:  # noqa: BLE001  # a type of the user's may raise anything
        return None


def state_of(value: object) -> object:
    """Return what an object holds, where the encoder would tell its class alone: an agent's own attributes."""
    if isinstance(value, Mapping | str | int | float | list | tuple | type | None) or not isinstance(
        converted := plain(value, limits=_LABEL), str
    ):
        return value
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return value
    return dict(attributes) if type(attributes) is dict and converted.startswith("<") else value
