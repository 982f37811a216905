"""How a live view is drawn on a terminal: every line is one row of it, and there are no more than it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from ag2obs.analysis.live import LiveEvent, LiveView
from ag2obs.analysis.summary.summary_types import AgentSummary, SessionSummary
from ag2obs.cli import wording
from ag2obs.cli.fitted_lines import Column, as_many_as_fit, cut, packed, table_lines
from ag2obs.cli.watch_view import BAR_WIDTH, bar, chat_name, event_parts, headline_parts, used_budget

SESSIONS_SHOWN = 8
AGENTS_SHOWN = 8
FEWEST_EVENTS = 4
LEAST_BAR = 6
SHORT_ID = 8


def screen(view: LiveView, width: int, height: int) -> Group:
    """Return what is drawn on a terminal of that size: sums, budgets, newest sessions, dearest agents, last events.

    Where there is not room for all, there are fewer agents and sessions; the last events always stay.
    """
    room = max(2, height - 1)  # with the last line, what is printed in the end would scroll the first one away
    fewest = min(FEWEST_EVENTS, len(view.events), room - 1)
    top = _above_the_events(view, width, room - fewest)
    left = room - len(top)
    return Group(*top, *(_event(event, width) for event in view.events[-left:]))


def _above_the_events(view: LiveView, width: int, room: int) -> list[Text]:
    """Return as much as there is room for of what stands above the events."""
    agents = sorted(view.summary.agents, key=lambda agent: (-(agent.totals.cost_usd or 0), -agent.totals.tokens.total))
    sessions = view.summary.sessions[::-1]
    head = [_row(line, "bold") for line in packed(headline_parts(view), width)]
    lines: list[Text] = []
    for gap, sessions_shown, agents_shown in _layouts(len(sessions), len(agents)):
        shown = sessions[:sessions_shown]
        lines = [*head, *_budgets(shown, width)]
        for block in (_sessions(shown, width), _agents(agents[:agents_shown], width)):
            lines += [*gap, *block] if block else []
        hidden = (
            (len(sessions) - sessions_shown, "older session"),
            (len(agents) - agents_shown, "cheaper agent"),
        )
        told = [f"{wording.counted(count, noun)} not shown" for count, noun in hidden if count]
        lines += [_row(line, "dim") for line in packed(told, width)]
        lines += gap
        if len(lines) <= room:
            return lines
    return lines[:room]


def _layouts(sessions: int, agents: int) -> Iterator[tuple[list[Text], int, int]]:
    """Yield what stands between two blocks, and how many sessions and agents are shown: ever less."""
    sessions, agents = min(sessions, SESSIONS_SHOWN), min(agents, AGENTS_SHOWN)
    yield [Text()], sessions, agents
    while agents or sessions > 1:
        yield [], sessions, agents
        if agents >= sessions:
            agents -= 1
        else:
            sessions -= 1
    yield [], sessions, agents


def _sessions(sessions: Sequence[SessionSummary], width: int) -> list[Text]:
    totals = [session.totals for session in sessions]
    columns = (
        Column("session", [wording.printable(session.session_id) for session in sessions], is_id=True),
        Column("workflow and chat", [chat_name(session) for session in sessions]),
        Column("status", [wording.printable(session.status) for session in sessions]),
        Column("wall", [wording.duration(session.wall_seconds) for session in sessions], is_number=True),
        Column("calls", [f"{each.llm_calls:,}" for each in totals], is_number=True),
        Column("tokens", [f"{each.tokens.total:,}" for each in totals], is_number=True),
        Column("cost", [wording.cost(each) for each in totals], is_number=True),
        Column("errors", [f"{each.errors:,}" for each in totals], is_number=True),
    )
    return _table(columns, width, ("workflow and chat", "wall", "calls", "errors", "tokens", "cost", "status"))


def _agents(agents: Sequence[AgentSummary], width: int) -> list[Text]:
    totals = [agent.totals for agent in agents]
    columns = (
        Column("agent", [wording.printable(agent.name) for agent in agents]),
        Column("calls", [f"{each.llm_calls:,}" for each in totals], is_number=True),
        Column("tokens", [f"{each.tokens.total:,}" for each in totals], is_number=True),
        Column("cost", [wording.cost(each) for each in totals], is_number=True),
        Column("tools", [f"{each.tool_calls:,}" for each in totals], is_number=True),
    )
    return _table(columns, width, ("tools", "calls", "tokens", "cost"))


def _table(columns: Sequence[Column], width: int, dropped_first: Sequence[str]) -> list[Text]:
    if not columns[0].cells:
        return []
    headings, *rows = table_lines(columns, width, dropped_first)
    return [_row(headings, "bold"), *map(_row, rows)]


def _budgets(sessions: Sequence[SessionSummary], width: int) -> list[Text]:
    """Return the budget of each session that has one; the numbers are there on any terminal."""
    return [
        _row(line)
        for session in sessions
        if (limits := used_budget(session))
        for line in _budget_lines(wording.printable(session.session_id), limits, width)
    ]


def _budget_lines(session_id: str, limits: Sequence[tuple[float, str]], width: int) -> list[str]:
    """Return one line, or where there is no room for the bars one for each limit."""
    short = cut(session_id, SHORT_ID, is_id=True)
    labels = (f"budget {session_id}", f"budget {short}", short)
    texts = [f"{used:.0%} of {limit}" for used, limit in limits]
    for label in labels:
        taken = len(f"{label}  ") + sum(map(len, texts)) + len(texts) + 3 * (len(texts) - 1)
        bar_width = min(BAR_WIDTH, (width - taken) // len(texts))
        if bar_width >= LEAST_BAR:
            shown = [f"{bar(used, bar_width)} {text}" for (used, _), text in zip(limits, texts, strict=True)]
            return [f"{label}  {'   '.join(shown)}"]
    if len(limits) > 1:
        return [line for limit in limits for line in _budget_lines(session_id, [limit], width)]
    return [f"{short}  {texts[0]}"]


def _event(event: LiveEvent, width: int) -> Text:
    is_failed = event.error is not None or event.status not in (None, "ok")
    return _row(as_many_as_fit(event_parts(event), width), "red" if is_failed else "")


def _row(line: str, style: str = "") -> Text:
    """Return a line that stays one where a terminal is narrower than anything that fits."""
    return Text(line, style, no_wrap=True, overflow="ellipsis")
