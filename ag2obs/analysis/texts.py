"""Content of events as short text on one line, without characters that could command a terminal."""

from __future__ import annotations

from typing import Any

import msgspec

CUT = "..."
"""Stands at the end of a text of which more is on file."""


def one_line(text: str) -> str:
    """Return ``text`` without line ends and control characters, each run of them as one space."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return " ".join("".join(character if character.isprintable() else " " for character in line).split())


def cut(text: str, length: int) -> str:
    """Return ``text`` on one line and at most ``length`` characters long; where some are missing it ends so."""
    # More than is kept is looked at, because a line of it may be mostly white space.
    line = one_line(text[: 4 * length + 64])
    if len(line) <= length and len(text) <= 4 * length + 64:
        return line
    return line[: max(0, length - len(CUT))].rstrip() + CUT


def text_of(value: Any, length: int) -> str:
    """Return content in any form as short text: of a message in parts its texts, of other data its JSON."""
    return cut(whole_text_of(value), length)


def whole_text_of(value: Any) -> str:
    """Return content in any form as text, with its line ends."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        return " ".join(map(_text_of_part, value))
    return json_of(value)


def json_of(value: Any) -> str:
    """Return data as JSON."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return "<not shown>"


def characters(value: Any) -> int:
    """Return the length of a text, or that of a structure's JSON; 0 for nothing."""
    if value is None:
        return 0
    return len(value) if isinstance(value, str) else len(json_of(value))


def _text_of_part(part: dict[str, Any]) -> str:
    text = part.get("text", part.get("content"))
    return text if isinstance(text, str) else f"[{part['type']}]"
