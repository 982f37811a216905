"""The outcomes as a Markdown table, for the terminal and between the two markers of the README."""

from __future__ import annotations

from collections.abc import Mapping

from compat.environment import ROOT
from compat.outcome import Outcome

README = ROOT / "README.md"
BEGIN, END = "<!-- compat: written by make compat -->\n", "<!-- /compat -->"

_HEADINGS = ("environment", "openai", "Python", "passed", "failed", "skipped", "seconds")


def as_markdown(outcomes: Mapping[str, Outcome]) -> str:
    """Return the table, a row per environment, and under it why tests were skipped where any were."""
    rows = [
        (name, told.openai, told.python, told.passed, told.failed, told.skipped, round(told.seconds))
        for name, told in outcomes.items()
    ]
    lines = [_line(_HEADINGS), "|---|---|---|--:|--:|--:|--:|", *map(_line, rows)]
    skips = [f"- `{name}`, {reason}" for name, told in outcomes.items() for reason in _reasons(told)]
    return "\n".join([*lines, *(["", "Skipped:", "", *skips] if skips else []), ""])


def update_readme(outcomes: Mapping[str, Outcome]) -> None:
    """Replace what stands between the markers by the table. Raises ValueError where the README lacks them."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{README.name} has no lines {BEGIN.strip()} and {END}")
    README.write_text(f"{before}{BEGIN}\n{as_markdown(outcomes)}\n{END}{after}", encoding="utf-8")


def _line(cells: tuple[object, ...]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _reasons(outcome: Outcome) -> list[str]:
    return [f"{count} {'test' if count == 1 else 'tests'}: {reason}" for reason, count in outcome.reasons.items()]
