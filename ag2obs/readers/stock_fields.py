"""Fields of the records in AG2's own logs, which may be anything: they are read as what they are hoped to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ag2obs.events import timestamp

Record = dict[str, Any]

_UNDECODABLE = (ValueError, RecursionError)


def decode(data: bytes | str) -> Any:
    """Return decoded JSON, or None for what is none. AG2 writes NaN, and half surrogate pairs."""
    try:
        return msgspec.json.decode(data)
    except _UNDECODABLE:
        try:
            return json.loads(data)
        except _UNDECODABLE:
            return None


def text(value: object) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def first_text(record: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of these fields that is a text."""
    return next((found for name in names if (found := text(record.get(name))) is not None), None)


def mapping(value: object) -> dict[str, Any]:
    """Return an object, also one that is written as JSON in a text; empty for anything else."""
    if isinstance(value, str):
        value = decode(value)
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def parsed(value: object) -> Any:
    """Return what a text holds as JSON; the text itself where it holds none, and any other value as it is."""
    if not isinstance(value, str):
        return value
    found = decode(value)
    return value if found is None else found


def identity(value: object) -> int | str | None:
    """Return a Python id, or None where there is none (AG2 writes an empty text then)."""
    return value if isinstance(value, int | str) and value and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """Return the moment that a text names; AG2 writes UTC without saying so."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def event_time(*values: object) -> str:
    """Return the first of these that names a moment as an event's ``ts``, empty where none does."""
    return next((timestamp(found) for value in values if (found := moment(value)) is not None), "")
