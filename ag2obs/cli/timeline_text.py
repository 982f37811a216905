"""Prints timelines and journeys as lines of text; without ``rich``, because a timeline is to open at once."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence

import click

from ag2obs.analysis.timeline.journey import AgentJourney
from ag2obs.analysis.timeline.timeline_types import Timeline, TimelineRow, TimelineSession
from ag2obs.cli import wording

_LONGEST_NAME = 28
_NARROWEST_TEXT = 30


def print_timeline(timeline: Timeline) -> None:
    """Print where the time of each session went, and the rows."""
    for number, session in enumerate(timeline.sessions, 1):
        _print_session(session, number if len(timeline.sessions) > 1 else None)
        _print_time(session, f": {_spent(session)}")
    _print_rows(timeline.rows, timeline.sessions, timeline.earlier_rows, partial=timeline.partial)


def print_journey(journey: AgentJourney) -> None:
    """Print what an agent's journey adds up to, and its rows."""
    totals = journey.totals
    tokens = totals.tokens
    lines = [
        ("agent", f"{wording.printable(journey.agent)}, {wording.counted(len(journey.sessions), 'session')}"),
        ("messages", f"{journey.messages_received:,} received, {journey.messages_sent:,} sent"),
        (
            "model",
            f"{wording.counted(totals.llm_calls, 'call')} ({totals.failed_calls:,} failed), "
            f"{tokens.input:,} + {tokens.output:,} tokens, {wording.cost_sentence(totals)}, "
            f"{wording.duration(journey.model_seconds)}",
        ),
        (
            "tools",
            f"{wording.counted(totals.tool_calls, 'call')} ({totals.tool_failures:,} failed), "
            f"{wording.duration(journey.tool_seconds)}",
        ),
        (
            "did",
            f"{wording.counted(journey.decisions, 'decision')}, {wording.counted(journey.actions, 'action')}, "
            f"{wording.counted(journey.errors, 'error')}",
        ),
    ]
    if journey.gaps:
        lines.append(("silence", f"{wording.counted(journey.gaps, 'gap')}, {wording.duration(journey.silent_seconds)}"))
    for name, value in lines:
        click.echo(f"{name:<9}{value}")
    for number, session in enumerate(journey.sessions, 1):
        _print_session(session, number if len(journey.sessions) > 1 else None)
        _print_time(session, "")  # where the session's time went is mostly not of this agent
    _print_rows(journey.rows, journey.sessions, journey.earlier_rows, partial=journey.partial)


def _print_session(session: TimelineSession, number: int | None) -> None:
    label = "" if number is None else f"[{number}] "
    what = ", ".join(
        f"{name} {wording.printable(value)}"
        for name, value in (("workflow", session.workflow), ("chat", session.chat_id), ("status", session.status))
        if value
    )
    click.echo(f"session  {label}{wording.printable(session.session_id)}  {what}")


def _spent(session: TimelineSession) -> str:
    model, tools, people, waiting = map(
        wording.duration,
        (session.model_seconds, session.tool_seconds, session.human_seconds, session.waiting_seconds),
    )
    human = f", {people} people" if session.human_seconds else ""
    return f"{model} model, {tools} tools{human}, {waiting} waiting"


def _print_time(session: TimelineSession, spent: str) -> None:
    """Print when a session was, what its time was ``spent`` on, and what of it is lost."""
    click.echo(f"time     {wording.local_time(session.started)}, {wording.duration(session.wall_seconds)} wall{spent}")
    if session.missing or session.dropped:
        click.echo(f"lost     {session.missing:,} missing, {session.dropped:,} dropped")


def _print_rows(
    rows: Sequence[TimelineRow], sessions: Sequence[TimelineSession], earlier: int, *, partial: bool
) -> None:
    click.echo()
    if partial:
        click.echo("(the end of the log; sums are of what was read, --last 0 shows all of it)")
    elif earlier:
        click.echo(f"({wording.counted(earlier, 'earlier row')} not shown; --last 0 shows all)")
    if not rows:
        click.echo("no event is like that")
        return
    numbers = {session.session_id: f"[{number}]" for number, session in enumerate(sessions, 1)}
    cells = [
        (
            (numbers.get(row.session, ""),) if len(numbers) > 1 else (),
            _time(row),
            wording.cut(row.agent, _LONGEST_NAME) if row.agent else "",
            wording.printable(row.did or row.kind),
            wording.milliseconds(row.ms) if row.ms is not None else "",
        )
        for row in rows
    ]
    lines = [(*session, time, agent, kind, ms) for session, time, agent, kind, ms in cells]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    right = {len(widths) - 4, len(widths) - 1}
    columns = _terminal_columns()
    for row, line in zip(rows, lines, strict=True):
        before = "  ".join(
            _padded(cell, width, right=index in right)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        _print_row(row, before, sum(widths) + 2 * len(widths), columns)


def _print_row(row: TimelineRow, before: str, indent: int, columns: int | None) -> None:
    text = wording.printable(row.text) if row.text else ""
    if row.status not in (None, "ok"):
        text = f"[{wording.printable(row.status)}] {text}"
    lines = [text]
    if columns is not None and columns - indent >= _NARROWEST_TEXT:
        lines = textwrap.wrap(text, columns - indent, break_on_hyphens=False) or [""]
    line = f"{before}  {lines[0]}".rstrip()
    whole = "\n".join([line, *(" " * indent + more for more in lines[1:])])
    if row.status == "error":
        whole = click.style(whole, fg="red")
    elif row.mark:
        whole = click.style(whole, fg="yellow")
    click.echo(whole)  # without colour where this is no terminal


def _time(row: TimelineRow) -> str:
    if row.at_seconds is None:
        return wording.local_time(row.ts)
    return f"{row.at_seconds:+,.3f} s"


def _terminal_columns() -> int | None:
    """Return how wide lines may be; None where they may have any length."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return None


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
