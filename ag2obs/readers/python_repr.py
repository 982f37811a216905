"""Reads the ``repr`` of Python objects as data, without evaluating anything.

AG2's file logger writes responses as ``str(response)``: ``ChatCompletion(id='..', choices=[Choice(..)], ..)``.
Pydantic models, dataclasses and ``SimpleNamespace`` look like calls with keywords, which become dictionaries;
``<bound method ...>`` and names become None. It takes linear time and no recursion; what is cut short or is no
repr is read as far as it goes.
"""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 100
"""Containers in each other; a response of a model has about ten. What is deeper is not read."""

CLASS = "__class__"
"""The key that holds the name of what a dictionary was made of; a dictionary itself has none."""

_TOKEN = re.compile(
    r"""
      \s*+ (?:
      (?P<string> [bBrRuU]{0,2} (?: '(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+)' | "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+)" ))
    | (?P<number> [-+]? (?: \d++ (?:\.\d*+)? (?:[eE][-+]?\d++)? | inf\b | nan\b ))
    | (?P<key> [^\W\d]\w*+ ) =
    | (?P<call> [^\W\d][\w.]*+ ) \(
    | (?P<name> [^\W\d][\w.]*+ )
    | (?P<open> [\[({] )
    | (?P<close> [\])}] )
    | (?P<opaque> < )
    | (?P<separator> [,:|] )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_ANGLES = re.compile(r"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[<>]""", re.DOTALL)

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"', "\n": ""}

_CONSTANTS = {"True": True, "False": False, "None": None}

_LONGEST_INTEGER = 400
"""Digits; converting longer ones takes quadratic time, and Python refuses it."""


class _Container:
    """A container that is being read, and the key that waits for its value."""

    __slots__ = ("key", "value", "waiting")

    def __init__(self, value: dict[str, Any] | list[Any]) -> None:
        self.value = value
        self.key: str | None = None
        self.waiting = False

    def put(self, item: Any) -> None:
        """Add a finished item: to a list, under the key that waits, or as a key itself."""
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.waiting:
            self.value[self.key or ""] = item
            self.waiting = False
        else:
            self.key = item if isinstance(item, str) else str(item)[:_LONGEST_INTEGER]

    def name(self, key: str | None) -> None:
        """Expect a value under ``key``; under the last item where it is None (a colon)."""
        if isinstance(self.value, dict):
            self.key = self.key if key is None else key
            self.waiting = self.key is not None


def read_repr(text: str) -> Any:
    """Return what ``text`` shows: dict, list, str, int, float, bool or None.

    A call such as ``Choice(index=0)`` is ``{"__class__": "Choice", "index": 0}``; its positional arguments are
    left out. Tuples are lists, sets empty. Of text that is cut or is no repr, what was read until there is returned.
    """
    root = _Container([])
    stack = [root]
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind, top = match.lastgroup, stack[-1]
        if kind in ("open", "call"):
            if len(stack) > DEEPEST:
                break
            value = _new(match, kind)
            top.put(value)
            stack.append(_Container(value))
        elif kind == "close":
            if len(stack) == 1:
                break
            stack.pop()
        elif kind == "key":
            top.name(match["key"])
        elif kind == "separator":
            if match["separator"] == ":":
                top.name(None)
        elif kind == "opaque":
            position = _end_of_opaque(text, position)
            top.put(None)
        else:
            top.put(_atom(match, kind))
        if len(stack) == 1 and kind != "separator":
            break
    values = root.value
    return values[0] if isinstance(values, list) and values else None


def _new(match: re.Match[str], kind: str | None) -> dict[str, Any] | list[Any]:
    if kind == "call":
        return {CLASS: match["call"]}
    return {} if match["open"] == "{" else []


def _atom(match: re.Match[str], kind: str | None) -> Any:
    if kind == "string":
        text = match["single"] if match["single"] is not None else match["double"]
        return unescaped(text) if "\\" in text else text
    if kind == "number":
        return _number(match["number"])
    return _CONSTANTS.get(match["name"])


def _number(digits: str) -> int | float | None:
    try:
        return int(digits) if len(digits) <= _LONGEST_INTEGER else None
    except ValueError:
        return float(digits)


def unescaped(text: str) -> str:
    """Return the text that ``repr`` wrote with backslashes."""
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 1:
        return _ESCAPED.get(code, match[0])
    number = int(code[1:], 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def _end_of_opaque(text: str, position: int) -> int:
    """Return where ``<...>`` ends, others inside it included."""
    depth = 1
    for match in _ANGLES.finditer(text, position):
        if match[0] in "<>":
            depth += 1 if match[0] == "<" else -1
            if not depth:
                return match.end()
    return len(text)
