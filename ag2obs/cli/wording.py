"""How values are written for people: short, and never so short that they mislead."""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal

from ag2obs.analysis.summary.totals import Totals

UNKNOWN = "-"
NAMED_MODELS = 3

_FOUR_DIGITS = Context(prec=4)


def money(amount: Decimal) -> str:
    """Write dollars with cents from one dollar on, else with four significant digits: never ``$0.00`` for more."""
    if not amount.is_finite():
        return "unknown"
    if amount == 0:
        return "$0"
    if abs(amount) >= 1:
        return f"${amount:,.2f}"
    return f"${format(_FOUR_DIGITS.plus(amount).normalize(_FOUR_DIGITS), 'f')}"


def cost(totals: Totals) -> str:
    """Write what calls cost and what is missing from it: ``$0.0016 + 2 unpriced``, or ``unknown``."""
    if totals.cost_complete:
        return money(totals.cost_usd or Decimal(0))
    if totals.cost_usd is None:
        return "unknown"
    return f"{money(totals.cost_usd)} + {totals.unpriced_calls:,} unpriced"


def cost_sentence(totals: Totals) -> str:
    """Write the same with the names of unpriced models: ``$0.0016 + 2 calls unpriced (my-model)``."""
    if totals.cost_complete:
        return money(totals.cost_usd or Decimal(0))
    known = "cost unknown:" if totals.cost_usd is None else f"{money(totals.cost_usd)} +"
    names = [printable(name) for name in totals.unpriced_models[:NAMED_MODELS]]
    more = len(totals.unpriced_models) - len(names)
    listed = ", ".join(names) + (f" and {more:,} more" if more else "")
    return f"{known} {counted(totals.unpriced_calls, 'call')} unpriced ({listed})"


def counted(count: int, noun: str) -> str:
    """Write ``1 call`` or ``2,000 calls``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def duration(seconds: float | None) -> str:
    """Write seconds as ``850 ms``, ``4.2 s``, ``3 min 12 s`` or ``2 h 5 min``."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min"


def milliseconds(value: float | None) -> str:
    """Write milliseconds as a duration."""
    return duration(None if value is None else value / 1000)


def local_time(timestamp: str | None) -> str:
    """Write an event's time on this machine's clock to the second; the text itself where it is no time."""
    if not timestamp:
        return UNKNOWN
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return printable(timestamp)


def printable(text: str | None) -> str:
    """Return text of a log on one line and without control characters, which could command a terminal."""
    if not text:
        return UNKNOWN
    return "".join(character if character.isprintable() else " " for character in text)


def cut(text: str | None, length: int) -> str:
    """Return printable text of at most ``length`` characters, with ``...`` where some are missing."""
    shown = printable(text)
    return shown if len(shown) <= length else shown[: length - 3].rstrip() + "..."
