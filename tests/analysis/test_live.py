import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings

from ag2obs.analysis.live import EVENTS_KEPT, LiveFold
from ag2obs.events import Event, Usage
from ag2obs.readers import iter_events
from tests.analysis.random_runs import run, steps


def call(second, cost="0.01", **fields):
    at = f"2026-11-21T08:{second // 60:02}:{second % 60:02}.000000Z"
    return Event(
        v=1, ts=at, kind="llm.call", session="s", model="m", usage=Usage(input=90, output=10),
        cost_usd=cost and Decimal(cost), **fields,
    )  # fmt: skip


def view(*events, now=None):
    fold = LiveFold()
    for event in events:
        fold.add(event)
    return fold.result(now)


def test_the_last_minute_is_what_was_used_in_it():
    shown = view(call(0), call(50), call(70, cost=None), call(80, cached=True))
    assert (shown.tokens_per_minute, shown.usd_per_minute) == (200, Decimal("0.01"))
    later = view(call(0), call(50), now=datetime(2026, 11, 21, 8, 1, 30, tzinfo=UTC))
    assert (later.tokens_per_minute, later.usd_per_minute) == (100, Decimal("0.01"))
    assert view(call(0), now=datetime(2026, 11, 21, 9, tzinfo=UTC)).tokens_per_minute == 0


def test_only_the_last_events_are_kept():
    shown = view(*(call(second) for second in range(EVENTS_KEPT + 20)))
    assert len(shown.events) == EVENTS_KEPT
    assert shown.summary.llm_calls == EVENTS_KEPT + 20


@settings(max_examples=8)
@given(what=steps)
def test_live_equals_offline(what):
    with tempfile.TemporaryDirectory() as folder:
        live, offline = LiveFold(), LiveFold()
        for path in run(Path(folder, "log"), live, what):
            for event in iter_events(path):
                offline.add(event)
        assert live.result() == offline.result()
