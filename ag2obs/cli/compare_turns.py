"""What ``ag2obs compare`` tells of turns: which are the same, and where runs or groups of runs part."""

from __future__ import annotations

import click

from ag2obs.analysis.compare.alignment import Alignment
from ag2obs.analysis.compare.compare_fold import MOST_TURNS
from ag2obs.analysis.compare.compare_types import Comparison, Divergence
from ag2obs.analysis.compare.groups import GroupDivergence
from ag2obs.analysis.compare.turns import Turn
from ag2obs.cli import wording

MOST_DIFFERENCES = 20
"""That are shown; ``--json`` has all."""

MOST_CHOICES = 5
"""Of each side, what most of its runs did."""


def print_turns(comparison: Comparison) -> None:
    """Print how the turns of two runs fit together, or where two groups of runs part."""
    left_out = sum(side.left_out_turns for side in (comparison.a, comparison.b))
    if left_out:
        click.echo(f"Of each side the first {MOST_TURNS:,} turns are compared; {left_out:,} are left out.")
    if comparison.alignment is None:
        _print_group_divergence(comparison.group_divergence)
    elif comparison.divergence is None:
        click.echo(f"All {wording.counted(comparison.alignment.same, 'turn')} are the same.\n")
    else:
        _print_differences(comparison, comparison.divergence, comparison.alignment)


def _print_differences(comparison: Comparison, divergence: Divergence, alignment: Alignment) -> None:
    """Print the turns that differ, each with its number, behind the last ones that are the same."""
    from ag2obs.cli.tables import print_table

    same = divergence.turn - 1
    what = "one of them is over" if divergence.fields == ["missing"] else f"other {' and '.join(divergence.fields)}"
    after = f"after {wording.counted(same, 'turn')} that are the same" if same else "from the first turn on"
    click.echo(f"The runs part at turn {divergence.turn:,}, {after}: {what}")
    (a,), (b,) = comparison.a.turns.values(), comparison.b.turns.values()
    rows = [_turn_row("=", same - len(divergence.before) + i, turn) for i, turn in enumerate(divergence.before, 1)]
    for difference in alignment.differences[:MOST_DIFFERENCES]:
        rows += [_turn_row("A", difference.a, a[difference.a - 1])] if difference.a is not None else []
        rows += [_turn_row("B", difference.b, b[difference.b - 1])] if difference.b is not None else []
    print_table(None, ("", "turn", "kind", "agent", "tool", "arguments", "content"), rows, numbers=("turn",))
    hidden = len(alignment.differences) - MOST_DIFFERENCES
    if hidden > 0:
        click.echo(f"{wording.counted(hidden, 'more difference')}; --json has all\n")
    click.echo(
        f"{wording.counted(alignment.same, 'turn')} the same, {alignment.count('changed'):,} changed, "
        f"{alignment.count('only_a'):,} only in A, {alignment.count('only_b'):,} only in B"
    )
    if not alignment.is_whole:
        click.echo("The runs differ over so many turns that some are set side by side by their numbers alone.")
    click.echo()


def _turn_row(side: str, number: int, turn: Turn) -> tuple[str, ...]:
    texts = (turn.agent, turn.tool, turn.arguments.shown, turn.content.shown)
    return side, f"{number:,}", wording.printable(turn.kind), *map(wording.printable, texts)


def _print_group_divergence(divergence: GroupDivergence | None) -> None:
    from ag2obs.cli.tables import print_table

    if divergence is None:
        click.echo("At every turn at least half of the runs of both sides do the same.\n")
        return
    share = f"{divergence.common_share:.0%} of the runs have it in common"
    click.echo(f"The groups part at turn {divergence.turn:,}, the first that less than half of the runs share: {share}")
    rows = [
        (side, f"{choice.runs:,}", wording.printable(choice.kind or "(over)"), *map(wording.printable, names))
        for side, choices in (("A", divergence.a), ("B", divergence.b))
        for choice in choices[:MOST_CHOICES]
        for names in ((choice.agent, choice.tool),)
    ]
    print_table(None, ("side", "runs", "kind", "agent", "tool"), rows, numbers=("runs",))
