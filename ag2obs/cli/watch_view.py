"""How a live view is told in lines of any width. Texts of logs have no control characters here."""

from __future__ import annotations

from collections.abc import Iterator

from ag2obs.analysis.live import LiveEvent, LiveView
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.cli import wording

BAR_WIDTH = 20


def event_line(event: LiveEvent) -> str:
    """Return one event on one line."""
    return "  ".join(part for part, _ in event_parts(event))


def event_parts(event: LiveEvent) -> Iterator[tuple[str, bool]]:
    """Yield what is told about an event, and whether that is a text; the others are numbers, which must not be cut."""
    yield wording.local_time(event.ts)[-8:], False
    failed = event.status if event.status != "ok" else None
    for text in (event.kind, event.agent, event.what, failed, event.error):
        if text:
            yield wording.printable(text), True
    if event.tokens is not None:
        yield wording.counted(event.tokens, "token"), False
    if event.cost_usd is not None:
        yield wording.money(event.cost_usd), False
    if event.ms is not None:
        yield wording.milliseconds(event.ms), False


def headline_parts(view: LiveView) -> tuple[str, ...]:
    """Return the sums and what the last minute used."""
    summary = view.summary
    return (
        wording.counted(len(summary.sessions), "session"),
        wording.counted(summary.llm_calls, "call"),
        wording.counted(summary.tokens.total, "token"),
        wording.cost(summary),
        f"last minute: {wording.counted(view.tokens_per_minute, 'token')}, {wording.money(view.usd_per_minute)}",
    )


def budget_bar(session: SessionSummary) -> str | None:
    """Return how much of a session's budget is used, as a bar and in numbers; None without a budget."""
    parts = [f"{bar(used, BAR_WIDTH)} {used:.0%} of {limit}" for used, limit in used_budget(session)]
    return f"budget {wording.printable(session.session_id)}  {'   '.join(parts)}" if parts else None


def used_budget(session: SessionSummary) -> list[tuple[float, str]]:
    """Return the used part of each limit and the limit: by what an event told last, or by what was counted since."""
    totals, budget = session.totals, session.budget
    limits: list[tuple[float, str]] = []
    if budget is not None and budget.usd_limit:
        spent = max(budget.usd_spent, totals.cost_usd or budget.usd_spent)
        limits.append((float(spent / budget.usd_limit), wording.money(budget.usd_limit)))
    if budget is not None and budget.tokens_limit:
        used = max(budget.tokens_spent, totals.tokens.total)
        limits.append((used / budget.tokens_limit, wording.counted(budget.tokens_limit, "token")))
    return limits


def bar(used: float, width: int) -> str:
    """Draw the used part of a limit."""
    filled = min(width, max(0, round(used * width)))
    return "█" * filled + "░" * (width - filled)


def chat_name(session: SessionSummary) -> str:
    """Return the workflow and the chat of a session."""
    return wording.printable(" ".join(name for name in (session.workflow, session.chat_id) if name))


def plain_lines(view: LiveView) -> Iterator[str]:
    """Yield the whole view in lines: sums, sessions, budgets, last events."""
    yield "   ".join(headline_parts(view))
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
        chat_name(session),
        wording.printable(session.status),
        wording.duration(session.wall_seconds),
        wording.counted(totals.llm_calls, "call"),
        wording.counted(totals.tokens.total, "token"),
        wording.cost(totals),
        wording.counted(totals.errors, "error"),
    )
