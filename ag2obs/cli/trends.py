"""``ag2obs trends``: how runs develop, over thousands of sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import click

from ag2obs.analysis.sequence_numbers import missing_told
from ag2obs.analysis.summary.totals import Totals
from ag2obs.analysis.trends.trends_fold import By, Trends, TrendsFold
from ag2obs.analysis.trends.unusual import RULE
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import LogPath, add_logs, logs_at

_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_DAYS = 30
_BAR_CHARACTERS = 20
_MEASURES = {"cost_usd": "cost", "llm_calls": "calls", "errors": "errors", "cost_usd_per_call": "cost per call"}


@click.command("trends")
@click.argument("folder", required=False, type=LogPath())
@click.option("--by", type=click.Choice(get_args(By)), default="day", show_default=True, help="What a row is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
@click.option("--sql", is_flag=True, help="Print the DuckDB statement for a view of all calls instead.")
def command(folder: Path | None, by: By, as_json: bool, sql: bool) -> int:
    """Show how calls, tokens, cost and errors develop.

    FOLDER is a folder of logs or one log file; without it the configured log, or its folder, is read. A session
    belongs to the day (UTC) on which it started. The small columns show the cost of the last 30 days, or the calls
    where nothing has a price.

    Unusual days are marked: days whose cost, calls, errors or cost per call exceed 1.5 times the median of the days
    with sessions in the 28 days before (at least 5), and lie more than 3 scaled median absolute deviations above it.

    With --sql nothing is read: "ag2obs trends --sql | duckdb" makes all calls a table of DuckDB.
    """
    paths = [folder] if folder is not None else []
    if sql:
        return _print_view(paths)
    fold = TrendsFold(by)
    code = add_logs(fold, paths)
    trends = fold.result()
    for sentence in missing_told(trends.missing):
        complain(sentence)
    if as_json:
        print_document(trends.to_dict())
    elif not fold.is_empty:
        _print(trends)
    return code


def _print_view(paths: list[Path]) -> ExitCode:
    from ag2obs.readers import open_log
    from ag2obs.readers.duckdb_view import calls_view
    from ag2obs.readers.event_log import EventLogReader

    logs = logs_at(paths)
    ours = [log for log in logs if isinstance(open_log(log), EventLogReader)]
    if len(ours) < len(logs):
        complain(f"{wording.counted(len(logs) - len(ours), 'log')} of other programs cannot be in the view")
    named = [log for log in ours if _is_text(str(log.absolute()))]
    if len(named) < len(ours):
        complain(f"{wording.counted(len(ours) - len(named), 'log')} cannot be in the view: the name is not UTF-8")
    if not named:
        return ExitCode.ERROR
    click.echo(calls_view(named), nl=False)
    return ExitCode.SUCCESS


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _print(trends: Trends) -> None:
    from ag2obs.cli.tables import print_table

    priced = any(row.totals.cost_usd for row in trends.rows)
    largest = max((_amount(row.totals, priced) for row in trends.rows), default=Decimal(0))
    marked = {day.day: "!" for day in trends.unusual} if trends.by == "day" else {}
    last = _newest_day({day for row in trends.rows for day in row.days})
    numbers = ("sessions", "calls", "failed", "errors", "input", "output", "cost", "time")
    print_table(
        None,
        (trends.by, "", *numbers, "" if trends.by == "day" else f"last {_SPARK_DAYS} days"),
        [
            (
                wording.printable(row.name),
                marked.get(row.name, ""),
                f"{row.sessions:,}",
                f"{row.totals.llm_calls:,}",
                f"{row.totals.failed_calls:,}",
                f"{row.totals.errors:,}",
                f"{row.totals.tokens.input:,}",
                f"{row.totals.tokens.output:,}",
                wording.cost(row.totals),
                wording.duration(row.seconds),
                "█" * int(_amount(row.totals, priced) * _BAR_CHARACTERS / (largest or 1))
                if trends.by == "day"
                else sparkline(row.days, last),
            )
            for row in trends.rows
        ],
        numbers=numbers,
    )
    for unusual in trends.unusual:
        click.echo(f"! {unusual.day}: {_MEASURES[unusual.what]} {unusual.value:.4g}, usually {unusual.median:.4g}")
    if trends.unusual:
        click.echo(f"  ({RULE})")


def _newest_day(days: set[str]) -> str:
    """Return the newest day, leaving out those in the future, which a wrong clock told, where there are others."""
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    dated = sorted(filter(_is_day, days))
    return max((day for day in dated if day <= tomorrow), default=dated[-1] if dated else "")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def sparkline(days: dict[str, Totals], last: str) -> str:
    """Return a character for each of the 30 days that end with ``last``; a day without sessions is a space."""
    try:
        end = date.fromisoformat(last)
        window = [(end - timedelta(days=back)).isoformat() for back in range(_SPARK_DAYS - 1, -1, -1)]
    except (ValueError, OverflowError):
        return ""
    priced = any(totals.cost_usd for totals in days.values())
    amounts = {day: _amount(totals, priced) for day, totals in days.items()}
    largest = max((amounts[day] for day in window if day in amounts), default=Decimal(0))
    return "".join(_spark(amounts[day], largest) if day in amounts else " " for day in window).lstrip()


def _amount(totals: Totals, priced: bool) -> Decimal:
    """Return what is drawn: the cost, or the calls where nothing has a price."""
    return (totals.cost_usd or Decimal(0)) if priced else Decimal(totals.llm_calls)


def _spark(amount: Decimal, largest: Decimal) -> str:
    if not largest:
        return _SPARKS[0]
    return _SPARKS[min(len(_SPARKS) - 1, int(amount * len(_SPARKS) / largest))]
