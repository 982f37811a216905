"""``ag2obs summary``: what runs did and cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import click

from ag2obs.analysis.summary.summary_fold import RuntimeSummary, SummaryFold
from ag2obs.analysis.summary.summary_types import SUMMARY_SCHEMA, SessionSummary
from ag2obs.analysis.summary.totals import Totals
from ag2obs.cli import wording
from ag2obs.cli.documents import encoded
from ag2obs.cli.logs import LogPath, add_logs

MOST_SESSIONS = 100
"""That are listed for people; ``--json`` has all."""


@click.command("summary")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=LogPath())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Sum up calls, tokens, cost, tools and errors.

    A PATH is a log file, or a folder for all logs in it; several of them make one summary. Without a PATH it is
    the configured log: AG2_RUNTIME_LOG_FILE, or all logs in its folder where every session has its own.

    A cost of "$0.0016 + 2 unpriced" is the known part: two calls cost something that no price list tells. Cache
    hits cost nothing and count no tokens.

    Of more than 100 sessions the newest are listed; all are in the sums, and in --json.

    A log that cannot be read is reported on standard error and left out; the others are summed up, and the
    exit code is 1.
    """
    fold = SummaryFold()
    code = add_logs(fold, paths)
    if not fold.is_empty:
        if as_json:
            _print_json(fold)
        else:
            listed = _Listed()
            _print(fold.whole(listed.add), listed)
    return code


def _print_json(fold: SummaryFold) -> None:
    """Print the summary contract, one session after the other: ten thousand of them would fill the memory."""
    written = 0

    def write(session: SessionSummary) -> None:
        nonlocal written
        click.echo((b"," if written else b"") + encoded(session.to_dict()), nl=False)
        written += 1

    click.echo(b'{"schema":%d,"sessions":[' % SUMMARY_SCHEMA, nl=False)
    whole = fold.whole(write)
    totals = {"sessions": written, **whole.totals_to_dict()}
    click.echo(b'],"totals":%s}' % encoded(totals))


class _Listed:
    """The sessions that a summary lists, the newest ones: of ten thousand nobody reads all."""

    def __init__(self) -> None:
        self.count = self.missing = 0
        self.newest: deque[SessionSummary] = deque(maxlen=MOST_SESSIONS)

    def add(self, session: SessionSummary) -> None:
        self.count += 1
        self.missing += session.missing
        self.newest.append(session)


def print_summary(summary: RuntimeSummary) -> None:
    """Print totals, sessions, agents, models and tools."""
    listed = _Listed()
    for session in summary.sessions:
        listed.add(session)
    _print(summary, listed)


def _print(summary: RuntimeSummary, listed: _Listed) -> None:
    from ag2obs.cli.tables import print_table

    for name, value in _headlines(summary, listed):
        click.echo(f"{name:<9}{value}")
    click.echo()
    earlier = listed.count - len(listed.newest)
    print_table(
        f"Sessions ({earlier:,} earlier ones are not listed)" if earlier else "Sessions",
        ("session", "status", "workflow", "chat", "wall", *_CALL_HEADINGS),
        [
            (
                wording.printable(session.session_id),
                wording.printable(session.status),
                wording.printable(session.workflow),
                wording.printable(session.chat_id),
                wording.duration(session.wall_seconds),
                *_call_cells(session.totals),
            )
            for session in listed.newest
        ],
        numbers=("wall", *_CALL_HEADINGS),
    )
    print_table(
        "Agents",
        ("agent", *_CALL_HEADINGS, "tool calls"),
        [
            (wording.printable(agent.name), *_call_cells(agent.totals), f"{agent.totals.tool_calls:,}")
            for agent in summary.agents
        ],
        numbers=(*_CALL_HEADINGS, "tool calls"),
    )
    print_table(
        "Models",
        ("model", "provider", *_CALL_HEADINGS),
        [
            (wording.printable(model.name), wording.printable(model.provider), *_call_cells(model.totals))
            for model in summary.models
        ],
        numbers=_CALL_HEADINGS,
    )
    print_table(
        "Tools",
        ("tool", "calls", "failed", "total", "p50", "p90", "p99"),
        [
            (
                wording.printable(tool.name),
                f"{tool.calls:,}",
                f"{tool.failures:,}",
                wording.duration(tool.seconds),
                *map(wording.milliseconds, (tool.p50_ms, tool.p90_ms, tool.p99_ms)),
            )
            for tool in summary.tools
        ],
        numbers=("calls", "failed", "total", "p50", "p90", "p99"),
    )


_CALL_HEADINGS = ("calls", "failed", "input", "output", "cost")


def _call_cells(totals: Totals) -> tuple[str, ...]:
    """Return the cells under ``_CALL_HEADINGS``."""
    tokens = totals.tokens
    return (
        f"{totals.llm_calls:,}",
        f"{totals.failed_calls:,}",
        f"{tokens.input:,}",
        f"{tokens.output:,}",
        wording.cost(totals),
    )


def _headlines(summary: RuntimeSummary, listed: _Listed) -> Iterator[tuple[str, str]]:
    """Yield name and value of each total; what was masked or lost is told only where there is some."""
    tokens = summary.tokens
    yield "sessions", f"{listed.count:,}"
    yield "calls", f"{summary.llm_calls:,} ({summary.cached_calls:,} cached, {summary.failed_calls:,} failed)"
    yield (
        "tokens",
        f"{tokens.input:,} input ({tokens.cache_read:,} cache read, {tokens.cache_write:,} cache write), "
        f"{tokens.output:,} output ({tokens.reasoning:,} reasoning)",
    )
    yield "cost", wording.cost_sentence(summary)
    if summary.cached_calls:
        saved = "unknown" if summary.saved_usd is None else wording.money(summary.saved_usd)
        yield "saved", f"{saved} by cache hits"
    yield "tools", f"{wording.counted(summary.tool_calls, 'call')} ({summary.tool_failures:,} failed)"
    yield "errors", f"{summary.errors:,}"
    if summary.redactions:
        yield "secrets", f"{summary.redactions:,} masked"
    if summary.dropped or listed.missing or summary.bad_lines:
        missing = f"{listed.missing:,} missing, " if listed.missing else ""
        dropped = wording.counted(summary.dropped, "event")
        yield "lost", f"{dropped} dropped, {missing}{wording.counted(summary.bad_lines, 'line')} unreadable"
