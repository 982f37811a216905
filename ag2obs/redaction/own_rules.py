"""What users add to the rules: formats of their own, names of their own fields, and values that stay."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ag2obs.redaction.boundaries import splits_escape, token_may_start
from ag2obs.redaction.fields import find_field
from ag2obs.redaction.names import Sensitivity
from ag2obs.redaction.rule import Confidence, Left, Rule, Span

LONGEST_MATCH = 512
"""Bytes from its anchor on in which a user's pattern is matched; one that reaches the end of them is read on."""
_LONGEST_TOKEN = 64 << 10
_LONGEST_ALLOWED = 4 << 10
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# A quotation mark, a backslash or a line break may be the structure of JSON.
_ENDS_A_SECRET = re.compile(rb"[\"\\\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class OwnRules:
    """What the file that ``AG2OBS_RULES`` names says; an empty one says nothing."""

    rules: tuple[Rule, ...] = ()
    """Rows as in the built-in tables."""
    names: tuple[str, ...] = ()
    """Fields whose values are secrets."""
    allow: tuple[str, ...] = ()
    """Values that are never masked; ``*`` stands for any characters."""

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rows, and one for each name."""
        return (*self.rules, *(_field_rule(name) for name in self.names))


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """The check of a user's pattern: matched where its anchor is; the group ``secret`` or the whole is masked."""

    pattern: re.Pattern[bytes]

    def __call__(self, data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
        """Return the secret that begins at ``start``, up to what may be structure around it."""
        if not token_may_start(data, start, Left.WORD) or splits_escape(data, start):
            return []
        edge = start + LONGEST_MATCH
        match = self.pattern.match(data, start, edge)
        if match is not None and match.end() == edge < len(data):
            match = self.pattern.match(data, start, start + _LONGEST_TOKEN) or match
        if match is None:
            return []
        first, last = match.span("secret" if "secret" in self.pattern.groupindex else 0)
        if first < 0 or splits_escape(data, first):
            return []
        stop = _ENDS_A_SECRET.search(data, first, last)
        last = last if stop is None else stop.start()
        return [Span(first, last)] if last > first else []


@dataclass(frozen=True, slots=True)
class OwnField:
    """The check of a field name: the value of every field whose name is this one, or ends with it, is masked."""

    letters: str
    """The words of the name in lower case, without what stands between them."""

    def __call__(self, data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
        """Return the value of the field whose name has ``data[start:end]`` in it."""
        return find_field(data, start, end, is_json, self._sensitivity)

    def _sensitivity(self, name: bytes) -> Sensitivity:
        words = _words(name.decode("ascii", "replace"))
        is_it = any("".join(words[first:]) == self.letters for first in range(len(words)))
        return Sensitivity.SECRET if is_it else Sensitivity.NONE


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _field_rule(name: str) -> Rule:
    words = _words(name)
    return Rule(
        id="-".join(words)[:48],
        anchors=_spellings(words),
        check=OwnField("".join(words)),
        confidence=Confidence.CONTEXT,
        example=f'{{"{name}": "<12 a>7"}}',
        counter_example=f"the {name} of a person",
    )


def _spellings(words: Sequence[str]) -> tuple[str, ...]:
    """Return how a name is written in code: snake, kebab, dotted and camel case, in capitals and without a sign."""
    capitals = [word.capitalize() for word in words]
    plain = [sign.join(words) for sign in ("_", "-", ".", "")]
    return tuple(
        dict.fromkeys(
            [
                *plain,
                *(text.upper() for text in plain),
                *(sign.join(capitals) for sign in ("_", "-", ".", "")),
                words[0] + "".join(capitals[1:]),
                *(sign.join([capitals[0], *words[1:]]) for sign in ("_", "-")),
            ]
        )
    )


class AllowedValues:
    """Tells values that stay from others; a value may be written as in JSON."""

    def __init__(self, allow: Sequence[str]) -> None:
        self._exact = {form for entry in allow if "*" not in entry for form in _as_written(entry)}
        self._patterns = [entry.encode().split(b"*") for entry in allow if "*" in entry]

    def __bool__(self) -> bool:
        return bool(self._exact or self._patterns)

    def hold(self, value: bytes) -> bool:
        """Return whether ``value`` is one of them."""
        if len(value) > _LONGEST_ALLOWED:
            return False
        return value in self._exact or any(_has_parts(value, parts) for parts in self._patterns)


def _as_written(value: str) -> tuple[bytes, ...]:
    once = json.dumps(value, ensure_ascii=False)[1:-1]
    return value.encode(), once.encode(), json.dumps(once, ensure_ascii=False)[1:-1].encode()


def _has_parts(value: bytes, parts: Sequence[bytes]) -> bool:
    """Return whether ``value`` is these parts in order, with anything between them; linear, without backtracking."""
    first, last = parts[0], parts[-1]
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    position, end = len(first), len(value) - len(last)
    for part in parts[1:-1]:
        position = value.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


NO_OWN_RULES = OwnRules()
