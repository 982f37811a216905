"""How a live view is drawn: as tables on a terminal, as plain lines elsewhere. Texts of logs have no control
characters here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ag2obs.analysis.live import LiveEvent, LiveView
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.cli import wording
from ag2obs.events import BudgetState

if TYPE_CHECKING:
    from rich.console import RenderableType

SESSIONS_SHOWN = 8
AGENTS_SHOWN = 8
FEWEST_EVENTS = 4
BAR_WIDTH = 20


def event_line(event: LiveEvent) -> str:
    """Return one event on one line."""
    parts = [
        wording.local_time(event.ts)[-8:],
        *(wording.printable(part) for part in (event.kind, event.agent) if part),
    ]
    parts += _details(event)
    return "  ".join(parts)


def _details(event: LiveEvent) -> list[str]:
    details = [wording.printable(event.what)] if event.what else []
    if event.tokens is not None:
        details.append(wording.counted(event.tokens, "token"))
    if event.cost_usd is not None:
        details.append(wording.money(event.cost_usd))
    if event.ms is not None:
        details.append(wording.milliseconds(event.ms))
    if event.status not in (None, "ok"):
        details.append(wording.printable(event.status))
    if event.error:
        details.append(wording.printable(event.error))
    return details


def headline(view: LiveView) -> str:
    """Return the sums and what the last minute used."""
    summary = view.summary
    return (
        f"{wording.counted(len(summary.sessions), 'session')}   {wording.counted(summary.llm_calls, 'call')}   "
        f"{wording.counted(summary.tokens.total, 'token')}   {wording.cost(summary)}   "
        f"last minute: {wording.counted(view.tokens_per_minute, 'token')}, {wording.money(view.usd_per_minute)}"
    )


def budget_bar(session: SessionSummary) -> str | None:
    """Return how much of a session's budget is used, as a bar and in numbers; None without a budget."""
    budget = session.budget
    if budget is None:
        return None
    parts = [f"{_bar(used)} {used:.0%} of {limit}" for used, limit in _used(session, budget)]
    return f"budget {wording.printable(session.session_id)}  {'   '.join(parts)}" if parts else None


def _used(session: SessionSummary, budget: BudgetState) -> Iterator[tuple[float, str]]:
    """Yield the used part of each limit: by what an event told last, or by what was counted since."""
    totals = session.totals
    if budget.usd_limit:
        spent = max(budget.usd_spent, totals.cost_usd or budget.usd_spent)
        yield float(spent / budget.usd_limit), wording.money(budget.usd_limit)
    if budget.tokens_limit:
        used = max(budget.tokens_spent, totals.tokens.total)
        yield used / budget.tokens_limit, wording.counted(budget.tokens_limit, "token")


def _bar(used: float) -> str:
    filled = min(BAR_WIDTH, max(0, round(used * BAR_WIDTH)))
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def plain_lines(view: LiveView) -> Iterator[str]:
    """Yield the whole view in lines: sums, sessions, budgets, last events."""
    yield headline(view)
    for session in view.summary.sessions:
        yield "  ".join(_session_cells(session))
        bar = budget_bar(session)
        if bar is not None:
            yield bar
    for event in view.events:
        yield event_line(event)


def _session_cells(session: SessionSummary) -> tuple[str, ...]:
    totals = session.totals
    return (
        wording.printable(session.session_id),
        wording.printable(" ".join(name for name in (session.workflow, session.chat_id) if name)),
        wording.printable(session.status),
        wording.duration(session.wall_seconds),
        wording.counted(totals.llm_calls, "call"),
        wording.counted(totals.tokens.total, "token"),
        wording.cost(totals),
        wording.counted(totals.errors, "error"),
    )


def rendered(view: LiveView, height: int) -> RenderableType:
    """Return what is drawn on a terminal of so many lines: the newest sessions, dearest agents and last events."""
    from rich.console import Group
    from rich.text import Text

    sessions = view.summary.sessions[-SESSIONS_SHOWN:][::-1]
    agents = sorted(view.summary.agents, key=lambda agent: (-(agent.totals.cost_usd or 0), -agent.totals.tokens.total))
    parts: list[Any] = [Text(headline(view), style="bold", no_wrap=True, overflow="ellipsis")]
    parts.append(_table(_SESSION_HEADINGS, [_session_cells(session) for session in sessions]))
    hidden = len(view.summary.sessions) - len(sessions)
    if hidden:
        parts.append(Text(f"{wording.counted(hidden, 'older session')} not shown"))
    bars = [bar for session in sessions if (bar := budget_bar(session)) is not None]
    parts += [Text(bar, no_wrap=True) for bar in bars]
    rows = [
        (
            wording.printable(agent.name),
            wording.counted(agent.totals.llm_calls, "call"),
            wording.counted(agent.totals.tokens.total, "token"),
            wording.cost(agent.totals),
            wording.counted(agent.totals.tool_calls, "tool call"),
        )
        for agent in agents[:AGENTS_SHOWN]
    ]
    if rows:
        parts.append(_table(("agent", "calls", "tokens", "cost", "tools"), rows))
    if len(agents) > AGENTS_SHOWN:
        parts.append(Text(f"{wording.counted(len(agents) - AGENTS_SHOWN, 'cheaper agent')} not shown"))
    used = 8 + len(sessions) + len(rows) + len(bars) + bool(hidden)
    left = max(FEWEST_EVENTS, height - used - 1)
    parts += [Text(event_line(event), no_wrap=True, overflow="ellipsis") for event in view.events[-left:]]
    return Group(*parts)


_SESSION_HEADINGS = ("session", "workflow and chat", "status", "wall", "calls", "tokens", "cost", "errors")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    numbers = ("wall", "calls", "tokens", "cost", "errors", "tools")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
