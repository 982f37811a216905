"""``ag2obs compare``: two runs or groups of runs, or models, agents and workflows, side by side."""

from __future__ import annotations

import os
from decimal import Decimal

import click

from ag2obs.analysis.compare.compare_fold import GROUPINGS, GroupsFold, RunsFold, compare
from ag2obs.analysis.compare.compare_types import Comparison, Group, Runs
from ag2obs.cli import wording
from ag2obs.cli.compare_turns import print_turns
from ag2obs.cli.documents import print_document
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.sessions import add_sessions


@click.command("compare")
@click.argument("sides", nargs=-1, metavar="A B")
@click.option(
    "--by", type=click.Choice(GROUPINGS), help="Set models, agents or workflows of the named sessions side by side."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(sides: tuple[str, ...], by: str | None, as_json: bool) -> int:
    """Set two runs side by side.

    A and B are sessions (an id, the beginning of one, a chat id, a path, or latest) or several of them, separated by
    commas. Numbers of several runs are means of a run; runs that failed are counted like the others.

    Where A and B are one run each, their turns are aligned: what was done, by whom, with which tool and arguments, and
    what was said. Ids, times and tokens do not count. Turns of agents that work at the same time come in another order
    in each run. Groups part at the first turn that less than half of their runs have in common: what was done, by whom
    and with which tool, whatever was said.

    With --by the sides are any number of sessions, whose calls are grouped.
    """
    if by is not None:
        return _compare_groups(by, [name for side in sides for name in _names(side)], as_json=as_json)
    if len(sides) != 2:
        raise click.UsageError("name two sides, A and B, or use --by.")
    code = ExitCode.SUCCESS
    found: list[Runs] = []
    for side in sides:
        fold = RunsFold()
        code = max(code, add_sessions(fold, _names(side)).code)
        found.append(fold.result())
    if not all(side.summary.sessions for side in found):
        return code
    comparison = compare(*found)
    if as_json:
        print_document(comparison.to_dict())
    else:
        _print(comparison)
    return code


def _names(side: str) -> list[str]:
    """Return the sessions of one side; a path that exists is one, whatever commas it has."""
    if os.path.exists(side):
        return [side]
    names = [name.strip() for name in side.split(",") if name.strip()]
    if not names:
        raise click.UsageError("a side of the comparison names no session.")
    return names


def _compare_groups(by: str, sessions: list[str], *, as_json: bool) -> int:
    fold = GroupsFold(by)
    code, missing = add_sessions(fold, sessions)
    result = fold.result()
    if as_json and (result.groups or code == ExitCode.SUCCESS):
        print_document({**result.to_dict(), "missing": missing})
    elif result.groups:
        _print_groups(None, by, [("", group) for group in result.groups])
    elif code == ExitCode.SUCCESS:
        click.echo("no model was called")
    return code


def _print(comparison: Comparison) -> None:
    for name, side in (("A", comparison.a), ("B", comparison.b)):
        click.echo(f"{name}  {_side(side)}")
    click.echo()
    print_turns(comparison)
    _print_measures(comparison)
    sides = (("A", comparison.a), ("B", comparison.b))
    _print_groups("Models", "model", [(name, group) for name, side in sides for group in side.models])
    _print_tools(comparison)
    _print_errors(comparison)


def _side(side: Runs) -> str:
    sessions = side.summary.sessions
    statuses = ", ".join(f"{count:,} {wording.printable(status)}" for status, count in side.statuses.items())
    if len(sessions) == 1:
        (session,) = sessions
        names = [name for name in (session.workflow, session.chat_id) if name]
        return wording.printable(f"{session.session_id}  {' '.join(names)}  {session.status or 'status unknown'}")
    return f"{wording.counted(len(sessions), 'run')}: {statuses}"


_LABELS = {
    "llm_calls": "model calls",
    "failed_calls": "failed calls",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd": "cost",
    "wall_seconds": "wall time",
    "model_seconds": "model time",
    "tool_seconds": "tool time",
    "tool_calls": "tool calls",
    "tool_failures": "tool failures",
    "errors": "errors",
}


def _print_measures(comparison: Comparison) -> None:
    from ag2obs.cli.tables import print_table

    single = all(len(side.summary.sessions) == 1 for side in (comparison.a, comparison.b))
    differences = comparison.differences()
    rows = []
    for name, label in _LABELS.items():
        cells = [_measure_cell(side, name, single=single) for side in (comparison.a, comparison.b)]
        mean = comparison.a.measures[name].mean
        rows.append((label, *cells, *_difference_cells(name, differences[name], mean)))
    numbers = ("A", "B", "difference", "in percent")
    print_table(
        "Numbers" if single else "Numbers, mean of a run (least to most)", ("", *numbers), rows, numbers=numbers
    )


def _measure_cell(side: Runs, name: str, *, single: bool) -> str:
    spread = side.measures[name]
    if single and name == "cost_usd":
        return wording.cost(side.summary)
    if spread.mean is None:
        return "unknown"
    shown = _amount(name, spread.mean)
    if not single:
        assert spread.least is not None
        assert spread.most is not None
        shown += f" ({_amount(name, spread.least)} to {_amount(name, spread.most)})"
        shown += f" + {spread.unknown:,} unknown" if spread.unknown else ""
    return shown


def _difference_cells(name: str, difference: Decimal | float | None, mean: Decimal | float | None) -> tuple[str, str]:
    if difference is None:
        return wording.UNKNOWN, wording.UNKNOWN
    if not difference:
        return "=", "="
    sign = "+" if difference > 0 else "-"
    percent = f"{float(difference) / float(mean):+.0%}" if mean else wording.UNKNOWN
    return (
        f"{sign}{_amount(name, difference.copy_abs() if isinstance(difference, Decimal) else abs(difference))}",
        percent,
    )


def _amount(name: str, value: Decimal | float) -> str:
    if isinstance(value, Decimal):
        return wording.money(value)
    if name.endswith("_seconds"):
        return wording.duration(value)
    return f"{value:,.10g}" if value == int(value) else f"{value:,.1f}"


def _print_groups(title: str | None, heading: str, groups: list[tuple[str, Group]]) -> None:
    from ag2obs.cli.tables import print_table

    has_sides = any(side for side, _ in groups)
    has_providers = heading == "model"
    numbers = ("runs", "calls", "failed", "tokens/call", "cost/call", "cost", "p50", "p90")
    rows = []
    for side, group in sorted(groups, key=lambda pair: (pair[1].name, pair[1].provider or "", pair[0])):
        per_call, tokens = group.cost_per_call, group.tokens_per_call
        rows.append(
            (
                wording.printable(group.name),
                *((wording.printable(group.provider),) if has_providers else ()),
                *((side,) if has_sides else ()),
                f"{group.sessions:,}",
                f"{group.totals.llm_calls:,}",
                f"{group.totals.failed_calls:,}" + ("" if not group.failure_rate else f" ({group.failure_rate:.0%})"),
                wording.UNKNOWN if tokens is None else f"{tokens:,.0f}",
                "unknown" if per_call is None else wording.money(per_call),
                wording.cost(group.totals),
                wording.milliseconds(group.p50_ms),
                wording.milliseconds(group.p90_ms),
            )
        )
    headings = (heading, *(("provider",) if has_providers else ()), *(("side",) if has_sides else ()), *numbers)
    print_table(title, headings, rows, numbers=numbers)


def _print_tools(comparison: Comparison) -> None:
    from ag2obs.cli.tables import print_table

    rows = [
        (wording.printable(tool.name), side, f"{tool.calls:,}", f"{tool.failures:,}", wording.duration(tool.seconds))
        for side, runs in (("A", comparison.a), ("B", comparison.b))
        for tool in runs.summary.tools
    ]
    numbers = ("calls", "failed", "total")
    print_table("Tools", ("tool", "side", *numbers), sorted(rows), numbers=numbers)


def _print_errors(comparison: Comparison) -> None:
    from ag2obs.cli.tables import print_table

    a, b = comparison.a.error_types, comparison.b.error_types
    rows = [(wording.printable(name), f"{a.get(name, 0):,}", f"{b.get(name, 0):,}") for name in sorted({*a, *b})]
    print_table("Errors", ("type", "A", "B"), rows, numbers=("A", "B"))
