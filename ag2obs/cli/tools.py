"""``ag2obs tools``: what tools were called, how long they took, and why they failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import click
import msgspec

from ag2obs.analysis.tools.argument_patterns import ArgumentPattern
from ag2obs.analysis.tools.tool_types import ToolsReport, ToolStats
from ag2obs.analysis.tools.tools_fold import BY, ToolsFold
from ag2obs.cli import wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.sessions import add_sessions, sessions_argument

_COLUMNS: Mapping[str, Callable[[ToolStats], Any]] = MappingProxyType(
    {
        "name": lambda tool: tool.name,
        "agent": lambda tool: tool.agent or "",
        "session": lambda tool: tool.session or "",
        "type": lambda tool: tool.type,
        "server": lambda tool: tool.server or "",
        "calls": lambda tool: -tool.calls,
        "failures": lambda tool: -tool.failures,
        "time": lambda tool: -tool.seconds,
        "average": lambda tool: -(tool.average_ms or 0),
        "p50": lambda tool: -(tool.p50_ms or 0),
        "p90": lambda tool: -(tool.p90_ms or 0),
        "p99": lambda tool: -(tool.p99_ms or 0),
        "input": lambda tool: -tool.input_characters,
        "output": lambda tool: -tool.output_characters,
    }
)
"""What each column is sorted by: names from A to Z, numbers from the greatest on."""


@click.command("tools")
@sessions_argument
@click.option("--by", type=click.Choice(BY), help="One row for each tool and agent, or tool and session.")
@click.option("--sort", type=click.Choice(list(_COLUMNS)), default="time", show_default=True, help="Sort by a column.")
@click.option("--reverse", is_flag=True, help="Sort the other way round.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(sessions: tuple[str, ...], by: str | None, sort: str, reverse: bool, as_json: bool) -> int:
    """Show tools: calls, failures, time, sizes, and which arguments lead to failures.

    A SESSION is a session id or the beginning of one, a chat id, a path, or "latest", the default. Several of them
    make one report.

    Input and output are the characters of arguments and results. A type "agent" is a tool that ran another agent:
    its time includes that agent's. What failing calls have in common is told where other calls have it less often.
    """
    fold = ToolsFold(by)
    code, missing = add_sessions(fold, sessions)
    report = fold.result()
    tools = sorted(report.tools, key=_COLUMNS[sort])  # the order of equals is by time
    report = msgspec.structs.replace(report, tools=tools[::-1] if reverse else tools)
    if as_json:
        print_document({**report.to_dict(), "missing": missing})
    elif report.tools:
        _print(report)
    elif not code:
        click.echo("no tool was called")
    return code


def _print(report: ToolsReport) -> None:
    from ag2obs.cli.tables import print_table

    numbers = ("calls", "failed", "time", "average", "p50", "p90", "p99", "input", "output")
    division = (report.by,) if report.by is not None else ()
    servers = ("server",) if any(tool.server for tool in report.tools) else ()
    headings = ("tool", *division, "type", *servers, *numbers)
    rows = [
        (
            wording.printable(tool.name),
            *(wording.printable(getattr(tool, name)) for name in division),
            tool.type,
            *(wording.printable(tool.server) for _ in servers),
            f"{tool.calls:,}",
            f"{tool.failures:,}",
            wording.duration(tool.seconds),
            *map(wording.milliseconds, (tool.average_ms, tool.p50_ms, tool.p90_ms, tool.p99_ms)),
            f"{tool.input_characters:,}",
            f"{tool.output_characters:,}",
        )
        for tool in report.tools
    ]
    if len(rows) > 1:
        between = ("",) * (len(headings) - len(numbers) - 1)
        sums = (f"{report.calls:,}", f"{report.failures:,}", wording.duration(report.seconds))
        rows.append(("TOTAL", *between, *sums, *("",) * (len(numbers) - len(sums))))
    print_table(None, headings, rows, numbers=numbers)
    for tool in report.tools:
        if tool.failures:
            _print_failures(tool)


def _print_failures(tool: ToolStats) -> None:
    """Print what failing calls have in common, or the last of them where nothing stands out."""
    of = wording.printable(tool.agent or tool.session) if tool.agent or tool.session else ""
    whose = f" ({of})" if of else ""
    kinds = ", ".join(f"{count:,} {wording.printable(kind)}" for kind, count in tool.error_types.items())
    click.echo(f"{wording.printable(tool.name)}{whose}: {tool.failures:,} of {tool.calls:,} failed: {kinds}")
    for pattern in tool.patterns:
        click.echo(f"  {pattern_text(pattern)}")
    if not tool.patterns:
        for failed in tool.last_failures:
            told = wording.printable(f"{failed.arguments}  {failed.error}")
            click.echo(f"  {wording.local_time(failed.ts)}  {told}")
    if tool.unknown_arguments:
        click.echo(f"  the arguments of {wording.counted(tool.unknown_arguments, 'call')} are not whole on file")


def pattern_text(pattern: ArgumentPattern) -> str:
    """Write a pattern: ``3 of 3 failed with city="", 0 of 40 otherwise``."""
    name = wording.printable(pattern.argument)
    if pattern.argument is None:
        what = pattern.shape
    elif pattern.value is not None:
        what = f"{name}={wording.printable(pattern.value)}"
    elif pattern.shape == "missing":
        what = f"{name} missing"
    else:
        what = f"{name} being {pattern.shape}"
    about = "" if pattern.exact else ", as far as counted"
    return (
        f"{pattern.failures:,} of {pattern.calls:,} failed with {what}, "
        f"{pattern.other_failures:,} of {pattern.other_calls:,} otherwise{about}"
    )
