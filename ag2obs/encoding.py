"""The total encoder: any Python object as bounded plain data that JSON can hold.

It runs inside other people's programs on whatever they pass around, so it calls no code of theirs: no
``__repr__``, ``__str__``, ``__iter__`` or property, which may be slow, have side effects or tell a secret.
Data is read from where the interpreter keeps it; what is no data becomes a marker of its type.
"""

from __future__ import annotations

import datetime
import enum
import functools
import itertools
import math
import types
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from ag2obs.stored_fields import MISSING, field_names, function_name, stored, type_name

MASK = "[REDACTED:field-name]"
"""Replaces the value of a field whose name is sensitive."""

HIDDEN = "<hidden>"
"""Replaces a field that its class keeps out of its own repr."""

KEY_CHARACTERS = 500
INT_BITS = 512
"""A longer integer is described: printing takes quadratic time and is refused beyond 4,300 digits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one ``plain()``; its JSON has at most ``6 * total + 200 * nodes`` bytes (plus 5 kB)."""

    text: int = 1_000_000
    """Characters of one string."""
    total: int = 4_000_000
    """Characters of all strings and keys together."""
    nodes: int = 50_000
    """Values, at all levels together."""
    depth: int = 40


DEFAULT = Limits()


def plain(value: object, *, limits: Limits = DEFAULT, mask_name: Callable[[str], bool] | None = None) -> Any:
    """Return ``value`` as str, int, float, bool, None, list and dict with str keys; never raise.

    A string that needs no change is returned itself. Where ``mask_name`` says that the name of a dict key
    or field is sensitive, a string, number, bytes or list under it becomes ``MASK``.
    """
    try:
        if type(value) is str and len(value) <= limits.text:
            return value if value.isascii() else _encodable(value)
        return _Walk(limits, mask_name).node(value, limits.depth)
    except RecursionError:
        return "<depth>"
    except Exception:  # noqa: BLE001 - whatever the object does, its host must not notice
        return "<unprintable>"


_LONGEST_WORD = 4_096
"""Characters; longer than the tokens of any provider (AWS session tokens have about 1,000)."""


def _before_a_word(value: str, kept: int) -> int:
    """Return where to cut so that no word, which may be a secret, is cut in two.

    Of a run without spaces that is longer than any secret, as much as a secret may have is cut away too.
    """
    start = max(0, kept - _LONGEST_WORD)
    last = max(value.rfind(space, start, kept) for space in " \n\t")
    return last if last >= 0 else start


class _Walk:
    """One walk over one object, with what is left of its limits."""

    __slots__ = ("chars", "mask_name", "nodes", "path", "text")

    def __init__(self, limits: Limits, mask_name: Callable[[str], bool] | None) -> None:
        self.text = limits.text
        self.chars = limits.total
        self.nodes = limits.nodes
        self.mask_name = mask_name
        self.path: set[int] = set()

    def node(self, value: Any, depth: int) -> Any:
        """Convert any value. Exact types come first: they are most of what there is, and cannot misbehave."""
        self.nodes -= 1
        kind = type(value)
        if kind is str:
            return self.string(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else _long_integer(value)
        if kind is float:
            return value if math.isfinite(value) else _not_finite(value)
        if kind is dict or kind is list:
            return self.container(value, kind, depth)
        try:
            return self.other(value, kind, depth)
        except Exception:  # noqa: BLE001 - one object that misbehaves must not cost the rest
            return self.string(f"<unprintable: {type_name(kind)}>")

    def string(self, value: str) -> str:
        size = len(value)
        if size <= self.text and size <= self.chars:
            self.chars -= size
            return value if value.isascii() else _encodable(value)
        kept = _before_a_word(value, max(0, min(self.text, self.chars)))
        self.chars -= kept
        return f"{_encodable(value[:kept])}...[cut: {size} characters]"

    def other(self, value: Any, kind: type, depth: int) -> Any:
        """Convert what is not JSON already."""
        for base, convert in _ATOMS:
            if issubclass(kind, base):
                return self.node(convert(value), depth)
        for base, describe in _MARKERS:
            if issubclass(kind, base):
                return self.string(f"<{describe(value)}>")
        if issubclass(kind, BaseException):
            return self.exception(value, kind, depth)
        if issubclass(kind, _CONTAINERS) or field_names(kind):
            return self.container(value, kind, depth)
        return self.string(f"<{type_name(kind)}>")

    def container(self, value: Any, kind: type, depth: int) -> Any:
        """Convert a value that holds others, unless it is being converted already or too deep."""
        if depth <= 0:
            return "<depth>"
        identity = id(value)
        if identity in self.path:
            return "<cycle>"
        self.path.add(identity)
        try:
            if issubclass(kind, dict):
                return self.mapping(self.dict_items(value), dict.__len__(value), depth)
            if issubclass(kind, list):
                return self.sequence(list.__getitem__(value, slice(self.nodes)), list.__len__(value), depth)
            if issubclass(kind, tuple):
                return self.sequence(tuple.__getitem__(value, slice(self.nodes)), tuple.__len__(value), depth)
            if issubclass(kind, _CONTAINERS):
                return self.unindexed(value, kind, depth)
            return self.fields(value, kind, depth)
        finally:
            self.path.discard(identity)

    def dict_items(self, value: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """Return the items that fit. A copy is one step, in which no other thread can change the dict."""
        if type(value) is dict and len(value) <= self.nodes:
            return value.copy().items()
        return _first(lambda: dict.items(value), self.nodes)

    def mapping(self, items: Iterable[tuple[Any, Any]], size: int, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        mask_name = self.mask_name
        for key, item in items:
            if self.nodes <= 0 or self.chars < 0:
                break
            name = key if type(key) is str and len(key) <= KEY_CHARACTERS and key.isascii() else self.key(key)
            self.chars -= len(name)
            converted = self.node(item, depth - 1)
            if mask_name is not None and _maskable(converted) and _says_yes(mask_name, name):
                converted = MASK
            while name in result:  # 1 and "1", or long keys that begin alike
                name = f"{name}#{len(result)}"
            result[name] = converted
        if len(result) < size:
            result["<cut>"] = f"{size - len(result)} more"
        return result

    def sequence(self, items: Iterable[Any], size: int, depth: int) -> list[Any]:
        result: list[Any] = []
        for item in items:
            if self.nodes <= 0:
                break
            result.append(self.node(item, depth - 1))
        if len(result) < size:
            result.append(f"<cut: {size - len(result)} more>")
        return result

    def unindexed(self, value: Any, kind: type, depth: int) -> list[Any]:
        """Convert a deque, or a set: sorted, so that equal sets read the same in every process."""
        base: Any = next(known for known in _CONTAINERS if issubclass(kind, known))
        result = self.sequence(_first(lambda: base.__iter__(value), self.nodes), base.__len__(value), depth)
        return result if base is deque else sorted(result, key=repr)

    def fields(self, value: Any, kind: type, depth: int) -> dict[str, Any]:
        """Convert a dataclass, a pydantic model or a msgspec struct."""
        items = [(name, stored(value, kind, name) if shown else HIDDEN) for name, shown in field_names(kind).items()]
        extra = stored(value, kind, "__pydantic_extra__")
        if type(extra) is dict:
            items += extra.copy().items()
        items = [item for item in items if item[1] is not MISSING]
        return self.mapping(items, len(items), depth)

    def exception(self, value: BaseException, kind: type, depth: int) -> dict[str, Any]:
        arguments = BaseException.__dict__["args"].__get__(value)
        told = [str(self.node(argument, min(depth, 2))) for argument in arguments[:20]]
        return {"type": self.string(type_name(kind)), "message": self.string(", ".join(told))}

    def key(self, key: Any) -> str:
        """Return any dict key as text."""
        if type(key) is tuple:
            text = "(" + ", ".join(str(self.node(item, 1)) for item in key[:20]) + ")"
        else:
            text = str(self.node(key, 1))
        if len(text) > KEY_CHARACTERS:
            return f"{text[: _before_a_word(text, KEY_CHARACTERS)]}...[cut: {len(text)} characters]"
        return text


def _encodable(text: str) -> str:
    """Return ``text`` without lone surrogates, which UTF-8 cannot hold; pairs of them become characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _long_integer(value: int) -> str:
    bits = value.bit_length()
    return str(value) if bits <= INT_BITS else f"<int: {bits} bits>"


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _maskable(converted: Any) -> bool:
    kind = type(converted)
    return bool(converted) if kind is str or kind is list else kind is int or kind is float


def _says_yes(mask_name: Callable[[str], bool], name: str) -> bool:
    try:
        return mask_name(name)
    except Exception:  # noqa: BLE001 - in doubt a value is masked
        return True


def _first(items: Callable[[], Iterable[Any]], count: int) -> list[Any]:
    """Return the first items of a container that another thread may be changing."""
    for _ in range(10):
        try:
            return list(itertools.islice(items(), count))
        except RuntimeError:  # changed in the middle of it
            continue
    return []


def _enum_value(value: Any) -> Any:
    """Return the value of a member that is also a str or int, as JSON would hold it, else ``Class.NAME``."""
    if isinstance(value, (str, int)):
        return value._value_  # type: ignore[union-attr]  # every Enum member has it
    return f"{type_name(type(value)).rpartition('.')[2]}.{value._name_}"


def _partial_name(value: Any) -> str:
    function = functools.partial.__dict__["func"].__get__(value)
    known = isinstance(function, (types.FunctionType, types.BuiltinFunctionType))
    return f"partial: {function_name(function) if known else type_name(type(function))}"


_CONTAINERS = (set, frozenset, deque, dict, list, tuple)

_ATOMS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (enum.Enum, _enum_value),
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (Decimal, Decimal.__str__),
    (uuid.UUID, uuid.UUID.__str__),
    (datetime.datetime, datetime.datetime.isoformat),
    (datetime.date, datetime.date.isoformat),
    (datetime.time, datetime.time.isoformat),
    (datetime.timedelta, datetime.timedelta.__str__),
    (PurePath, PurePath.__str__),
    (complex, complex.__repr__),
    (range, range.__repr__),
)
"""Values that have a plain form, by the method of the known base, whatever a subclass overrides."""

_MARKERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bytes, lambda value: f"bytes: {bytes.__len__(value)}"),
    (bytearray, lambda value: f"bytes: {bytearray.__len__(value)}"),
    (memoryview, lambda value: f"bytes: {value.nbytes}"),
    (type, lambda value: f"class: {type_name(value)}"),
    (types.FunctionType, lambda value: f"function: {function_name(value)}"),
    (types.BuiltinFunctionType, lambda value: f"function: {function_name(value)}"),
    (functools.partial, _partial_name),
)
"""Values whose type alone says too little."""
