"""Parsers of setting values: each turns a stripped text that is not empty into a value, or refuses it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

ON = ("true", "1", "on", "yes", "enabled")
OFF = ("false", "0", "off", "no", "disabled", "none")


class RefusedValueError(ValueError):
    """A parser refuses a value; the text says what is allowed."""


def switch(*more_on: str) -> Callable[[str], bool]:
    """Return a parser of on and off; ``more_on`` are further words for on."""
    on = (*ON, *more_on)

    def parse(text: str) -> bool:
        if text.lower() in on:
            return True
        if text.lower() in OFF:
            return False
        raise RefusedValueError(f"{_listed(on)}, or {_listed(OFF)}")

    return parse


def choice(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """Return a parser of one of the ``allowed`` words, in any case."""

    def parse(text: str) -> str:
        if text.lower() in allowed:
            return text.lower()
        raise RefusedValueError(_listed(allowed))

    return parse


def choices(allowed: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of several of the ``allowed`` words, separated by commas."""

    def parse(text: str) -> tuple[str, ...]:
        chosen = [item.strip().lower() for item in text.split(",") if item.strip()]
        if not set(chosen) <= set(allowed):
            raise RefusedValueError(f"a list, separated by commas, of {_listed(allowed)}")
        return tuple(dict.fromkeys(chosen))

    return parse


def levels_by_name(levels: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of pairs such as ``search=off``, separated by commas; the name ``*`` is all others."""

    def parse(text: str) -> tuple[str, ...]:
        chosen: dict[str, str] = {}
        for item in filter(None, (item.strip() for item in text.split(","))):
            name, _, level = (part.strip() for part in item.partition("="))
            is_name = name == "*" or (name != "" and "*" not in name)
            if not is_name or name in chosen or level.lower() not in levels:
                raise RefusedValueError(
                    f"pairs, separated by commas, of a tool and {_listed(levels)}, such as search=off,*=preview; each "
                    "tool once, and * alone for all others"
                )
            chosen[name] = level.lower()
        return tuple(f"{name}={level}" for name, level in chosen.items())

    return parse


def whole(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Return a parser of a whole number, bounds included."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if number < lowest or (highest is not None and number > highest):
            raise RefusedValueError(
                f"a whole number from {lowest}" + (f" to {highest}" if highest is not None else " up")
            )
        return number

    return parse


def money(text: str) -> Decimal:
    """Parse an amount in US dollars."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise RefusedValueError("an amount in US dollars such as 0.50, without a currency sign")
    return amount


def seconds(text: str) -> float:
    """Parse a number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise RefusedValueError("a number of seconds from 0 up")
    return number


def size(text: str) -> int:
    """Parse bytes: a plain number, or one with B, KB, MB, GB, TB (1000) or KiB, MiB, GiB, TiB (1024)."""
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)\s*(?:([kmgt]?)(i?)b?)", text, re.IGNORECASE | re.ASCII)
    if not match or (not match[2] and (match[3] or "." in match[1])):
        raise RefusedValueError("a size such as 200MB, 1GiB or a number of bytes")
    unit = (1024 if match[3] else 1000) ** " kmgt".index(match[2].lower() or " ")
    return int(Decimal(match[1]) * unit)


def path(text: str) -> Path:
    """Parse a path; ``~`` is the home folder. Whether it exists is seen by who opens it."""
    return Path(template(text))


def template(text: str) -> str:
    """Parse a path that may hold placeholders; ``log_paths`` checks those."""
    if "\0" in text:
        raise RefusedValueError("a path")
    return os.path.expanduser(text)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
