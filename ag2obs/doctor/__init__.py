"""What may be wrong with an installation. A check is a function in one of these files and a row in ``CHECKS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ag2obs.doctor import extras, frameworks, installations, logs, prices_and_tokens
from ag2obs.doctor.result import Result, Status

__all__ = ["CHECKS", "Result", "Status", "examine"]

CHECKS: tuple[Callable[[], Iterable[Result]], ...] = (
    frameworks.python,
    installations.folders,
    installations.versions,
    frameworks.hooks,
    frameworks.patches,
    logs.settings,
    logs.rights,
    logs.disk,
    prices_and_tokens.list_prices,
    prices_and_tokens.own_prices,
    prices_and_tokens.tokenizers,
    extras.accelerator,
    extras.extras,
)
"""All checks, in the order in which they are told."""


def examine() -> list[Result]:
    """Run every check; a check that fails itself is a problem, and the others are run."""
    results: list[Result] = []
    for check in CHECKS:
        try:
            results += check()
        except Exception as error:  # noqa: BLE001 - whatever is broken here, the other checks are to be told
            name = check.__name__.replace("_", " ")
            results.append(Result(name, Status.PROBLEM, f"this check failed: {type(error).__name__}: {error}"))
    return results
