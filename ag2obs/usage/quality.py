"""How far a figure can be trusted: ``estimate`` < ``lower_bound`` or ``upper_bound`` < ``exact``."""

from __future__ import annotations

EXACT = "exact"
LOWER_BOUND = "lower_bound"
"""The true figure is this or more: part of the usage is not known."""
UPPER_BOUND = "upper_bound"
"""The true figure is this or less: a discount is not known."""
ESTIMATE = "estimate"
"""Tokens were counted or guessed, or parts that are not known pull both ways."""


def combine(first: str, second: str) -> str:
    """Return the quality of a figure that rests on two others; bounds that pull both ways make an estimate."""
    if first == second or second == EXACT:
        return first
    if first == EXACT:
        return second
    return ESTIMATE
