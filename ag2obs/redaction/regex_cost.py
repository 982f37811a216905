"""What the structure of a user's regular expression tells: how long it can take at one place, and how it begins.

A repeat that can give back what it took is tried in as many ways as it has lengths, and repeats behind one another
multiply: ``(a+)+b`` doubles with every letter. The bound is rough and errs on the safe side. Possessive repeats
(``a++``) and atomic groups (``(?>...)``) never give back and so never multiply.
"""

from __future__ import annotations

import importlib
import itertools
import re
from typing import Any, NamedTuple

ENDLESS = 10**9
"""Counts are not told apart beyond this."""

_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")


class _Cost(NamedTuple):
    ways: int
    """In how many ways it can match at one place."""
    steps: int
    """How much work it is to try all of them."""


def steps_at_one_place(pattern: str, longest: int) -> int:
    """Return how many steps matching at one place takes at most, in a text of ``longest`` characters.

    Raises ``re.error`` for what is no regular expression.
    """
    return _sequence(_parsed(pattern), longest).steps


def plain_beginning(pattern: str) -> str:
    """Return the characters that every match of ``pattern`` begins with; empty where capitals do not matter.

    Raises ``re.error`` for what is no regular expression.
    """
    parsed = _parsed(pattern)
    if parsed.state.flags & re.IGNORECASE:
        return ""
    literals = itertools.takewhile(lambda item: str(item[0]) == "LITERAL", parsed)
    return "".join(chr(character) for _, character in literals)


def _parsed(pattern: str) -> Any:
    # The parser of re is private, and the same in Python 3.11 to 3.14; another one would be hundreds of lines.
    parser: Any = importlib.import_module("re._parser")
    return parser.parse(pattern)


def _sequence(items: Any, longest: int) -> _Cost:
    ways, steps = 1, 1
    for operation, argument in items:
        cost = _item(str(operation), argument, longest)
        steps = _capped(steps + ways * cost.steps)
        ways = _capped(ways * cost.ways)
    return _Cost(ways, steps)


def _item(operation: str, argument: Any, longest: int) -> _Cost:
    if operation in _REPEATS or operation == "POSSESSIVE_REPEAT":
        fewest, most, body = argument
        return _repeat(operation in _REPEATS, int(fewest), int(most), body, longest)
    if operation == "SUBPATTERN":
        return _sequence(argument[-1], longest)
    if operation == "BRANCH":
        costs = [_sequence(branch, longest) for branch in argument[1]]
        return _Cost(_capped(sum(cost.ways for cost in costs)), _capped(sum(cost.steps for cost in costs)))
    if operation == "ATOMIC_GROUP":
        return _Cost(1, _sequence(argument, longest).steps)
    if operation in ("ASSERT", "ASSERT_NOT"):
        return _Cost(1, _sequence(argument[1], longest).steps)
    if operation == "GROUPREF_EXISTS":
        branches = [_sequence(branch, longest) for branch in argument[1:] if branch is not None]
        return _Cost(_capped(sum(cost.ways for cost in branches)), _capped(sum(cost.steps for cost in branches)))
    return _Cost(1, longest if operation == "GROUPREF" else 1)


def _repeat(gives_back: bool, fewest: int, most: int, body: Any, longest: int) -> _Cost:
    most, fewest = min(most, longest), min(fewest, longest)
    inner = _sequence(body, longest)
    ways, steps = 0 if fewest else 1, 1
    power = 1
    for count in range(1, most + 1):
        steps = _capped(steps + power * inner.steps)
        power = _capped(power * inner.ways) if gives_back else 1
        if count >= fewest:
            ways = _capped(ways + power)
        if steps == ENDLESS:
            break
    return _Cost(max(ways, 1) if gives_back else 1, steps)


def _capped(count: int) -> int:
    return min(count, ENDLESS)
