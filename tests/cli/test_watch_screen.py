"""What is drawn fits the terminal, on any: no number is cut or wrapped, and the last events are there."""

import os
import re
from decimal import Decimal

import pytest
from rich.cells import cell_len
from rich.console import Console

from ag2obs.analysis.live import LiveFold
from ag2obs.cli.watch_screen import FEWEST_EVENTS, screen
from ag2obs.events import BudgetState, ErrorInfo, Event, Usage

SIZES = [(40, 24), (40, 30), (80, 24), (130, 40), (60, 12), (30, 10), (200, 60), (20, 8)]


def event(second, kind, session="20261121T080000-0123456789", **fields):
    ts = f"2026-11-21T08:{second // 60:02}:{second % 60:02}.000000Z"
    return Event(v=1, ts=ts, kind=kind, session=session, **fields)


def sessions(count, *, budget=None):
    """Sessions like those of the demo: four agents, a tool that fails."""
    for number in range(count):
        of = {"session": f"20261121T0800{number:02}-{number:010}"}
        start = number * 20
        yield event(start, "session.start", workflow="demo", chat_id="demo_chat", budget=budget, **of)
        for at, agent in enumerate(("support", "warehouse", "writer\x07", "資料庫代理人" * 3), start + 1):
            usage = Usage(input=1000 + at, output=52)
            yield event(
                at, "llm.call", agent=agent, model="gpt-4o-mini", usage=usage, cost_usd=Decimal("0.00268234"), ms=71.7,
                status="ok", **of,
            )  # fmt: skip
        yield event(
            start + 5, "tool.call", agent="warehouse", tool="find_order", success=False, status="error", ms=3.87,
            error=ErrorInfo(id="e1", type="LookupError", message="no order"), **of,
        )  # fmt: skip
        yield event(start + 6, "session.end", status="ok", **of)


def view_of(events):
    fold = LiveFold()
    for each in events:
        fold.add(each)
    return fold.result()


def drawn(view, width, height):
    """Return the rows as they stand on a terminal of that size."""
    with open(os.devnull, "w") as nowhere:
        console = Console(width=width, height=height, record=True, file=nowhere)
        console.print(screen(view, width, height))
        return console.export_text().splitlines()


BUDGET = BudgetState(usd_limit=Decimal("0.10"), tokens_limit=100_000)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("count", [1, 2, 20])
@pytest.mark.parametrize("budget", [None, BUDGET])
def test_every_screen_fits_and_ends_with_the_newest_events(width, height, count, budget):
    rows = drawn(view_of(sessions(count, budget=budget)), width, height)
    assert len(rows) < height
    assert all(cell_len(row.rstrip()) <= width for row in rows)
    assert "session.e" in rows[-1]
    assert "find_order  error" in rows[-2] or width < 60
    if height > 8:
        assert sum(bool(re.match(r"\d\d:\d\d:\d\d ", row)) for row in rows) >= FEWEST_EVENTS


@pytest.mark.parametrize(("width", "height"), [size for size in SIZES if size[0] >= 40 and size[1] >= 24])
@pytest.mark.parametrize("count", [1, 2])
def test_numbers_are_whole_or_not_there(width, height, count):
    view = view_of(sessions(count, budget=BUDGET))
    text = "\n".join(drawn(view, width, height))
    cost = {1: ("$0.01073", "4,218"), 2: ("$0.02146", "8,516")}[count]
    assert all(each in text for each in (*cost, "last minute: "))
    assert set(re.findall(r"\$[\d.]*", text)) <= {"$0.01073", "$0.02146", "$0.002682", "$0.005365", "$0.1"}
    assert len(re.findall(r"\d+% of \$0\.1", text)) == count
    assert len(re.findall(r"\d+% of 100,000 tokens", text)) == count


@pytest.mark.parametrize(("width", "height"), [(40, 24), (80, 24), (130, 40)])
def test_two_sessions_of_the_demo_are_readable(width, height):
    rows = drawn(view_of(sessions(2)), width, height)
    text = "\n".join(rows)
    for agent in ("support", "warehouse", "writer"):
        assert any(row.startswith(agent) for row in rows)
    assert "000001 " in text  # the ends of the ids, which differ
    assert "000000 " in text
    assert text.count("  ok ") + text.count("  ok\n") == 2
    assert sum("llm.call" in row or "session." in row for row in rows) >= 4


def test_a_wide_terminal_shows_all_columns():
    rows = drawn(view_of(sessions(2)), 130, 40)
    (headings,) = [row for row in rows if row.startswith("session ")]
    assert headings.split() == [
        "session", "workflow", "and", "chat", "status", "wall", "calls", "tokens", "cost", "errors"
    ]  # fmt: skip
    assert any(
        row.startswith("20261121T080000-0000000000  demo demo_chat") and row.endswith(" 1")
        for row in map(str.rstrip, rows)
    )


def test_the_view_shows_sessions_agents_budgets_and_events_without_control_characters():
    usage, budget = Usage(input=190, output=10), BudgetState(usd_limit=Decimal("0.10"), tokens_limit=1000)
    bot = {"agent": "bot\x07", "ms": 120}
    events = [
        event(0, "session.start", workflow="support", chat_id="chat\x1b[2J", budget=budget),
        event(1, "message", id="m1", role="user", content="hidden"),
        event(2, "llm.call", model="gpt-4o", usage=usage, cost_usd=Decimal("0.05"), status="ok", **bot),
        event(3, "tool.call", tool="search", status="error", success=False, **bot),
    ]
    text = "\n".join(drawn(view_of(events), 120, 40))
    for shown in ("1 session", "200 tokens", "$0.05", "last minute: 200 tokens, $0.05", "support", "bot", "gpt-4o",
                  "search", "error", "50% of $0.1", "20% of 1,000 tokens"):  # fmt: skip
        assert shown in text
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "hidden" not in text


def test_many_sessions_and_agents_are_not_cut_silently():
    many = [event(number, "handoff", session=f"run-{number:02}") for number in range(20)]
    many += [
        event(30 + number, "llm.call", session="run-19", agent=f"bot-{number}", model="m", cost_usd=Decimal(number))
        for number in range(12)
    ]
    text = "\n".join(drawn(view_of(many), 120, 40))
    assert "12 older sessions not shown  4 cheaper agents not shown" in text
    assert "run-19" in text
    assert "bot-11" in text
    low = "\n".join(drawn(view_of(many), 120, 14))
    shown = len(re.findall(r"^run-", low, re.M)), len(re.findall(r"^bot-", low, re.M))
    assert f"{20 - shown[0]} older sessions not shown  {12 - shown[1]} cheaper agents not shown" in low


def test_nothing_yet_is_drawn_too():
    assert drawn(view_of([]), 80, 24)[0].startswith("0 sessions  0 calls")
