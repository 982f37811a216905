"""What a session may cost, or several together, and what happens when that is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ag2obs.errors import SettingsError
from ag2obs.settings import ECHO_CHARACTERS, VARIABLES, Settings

OnExceed = Literal["warn", "throttle", "stop"]
Scope = Literal["session", "process"]

THRESHOLDS = (0.5, 0.8, 1.0)
SCOPES = ("session", "process")


@dataclass(frozen=True, eq=False, init=False)
class Budget:
    """A limit in US dollars, in tokens (input plus output), or both; whichever is reached first counts.

    Each of ``thresholds``, fractions of the limit, is told once. ``on_exceed`` says what else happens: ``warn``
    nothing; ``throttle`` makes each call wait from the first threshold on; ``stop`` refuses the next call with
    ``BudgetExceeded`` once the limit is reached. With ``scope="process"`` all sessions that were given the same
    object share it. Money is taken as it is written: 0.1 is a tenth.

    Raises SettingsError where a value is not allowed, or where there is neither a dollar nor a token limit.
    """

    usd: Decimal | None
    tokens: int | None
    on_exceed: OnExceed
    thresholds: tuple[float, ...]
    """Ascending, each once."""
    scope: Scope

    def __init__(
        self,
        usd: Decimal | int | float | str | None = None,
        tokens: int | str | None = None,
        on_exceed: OnExceed = "warn",
        thresholds: Iterable[float] = THRESHOLDS,
        scope: Scope = "session",
    ) -> None:
        if usd is None and tokens is None:
            raise SettingsError("a budget has no limit; give it usd, tokens or both")
        if scope not in SCOPES:
            raise SettingsError(f"budget scope is {_shown(scope)}, which is not allowed; use session or process")
        values = {
            "usd": _checked("usd", usd),
            "tokens": _checked("tokens", tokens),
            "on_exceed": _checked("on_exceed", on_exceed),
            "thresholds": _fractions(thresholds),
            "scope": scope,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


def budget_of(settings: Settings) -> Budget | None:
    """Return the budget of each session that the settings ask for, or None."""
    if settings.budget_usd is None and settings.budget_tokens is None:
        return None
    return Budget(settings.budget_usd, settings.budget_tokens, settings.budget_on_exceed)


def _checked(field: str, given: object) -> Any:
    """Return a value as the variable of the same meaning would have it."""
    if given is None:
        return None
    variable = next(variable for variable in VARIABLES if variable.field == f"budget_{field}")
    return variable.value(given, f"budget {field}")


def _fractions(given: object) -> tuple[float, ...]:
    fractions = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else []
    if not fractions or not all(_is_fraction(value) for value in fractions):
        raise SettingsError(
            f"budget thresholds are {_shown(given)}, which is not allowed; use fractions of the limit above 0 and "
            "up to 1, such as (0.5, 0.8, 1.0)"
        )
    return tuple(sorted({float(value) for value in fractions}))


def _is_fraction(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and 0 < value <= 1


def _shown(given: object) -> str:
    """Return a refused value for an error; a long one may be anything, so only its type is told."""
    text = repr(given)
    return text if len(text) <= ECHO_CHARACTERS + 2 else f"a {type(given).__name__} of {len(text)} characters"
