"""The cost report of a live session is the one of its log."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ag2obs.analysis.cost.cost_fold import CostFold
from ag2obs.readers import iter_events
from tests.analysis.random_runs import run, steps


@settings(max_examples=15)
@given(what=steps, content=st.sampled_from(["full", "preview", "off"]), max_bytes=st.sampled_from([0, 0, 3000]))
def test_live_equals_offline(what, content, max_bytes):
    with tempfile.TemporaryDirectory() as folder:
        live, offline = CostFold(as_models=["gpt-4o-mini"]), CostFold(as_models=["gpt-4o-mini"])
        for path in run(Path(folder, "log"), live, what, content=content, max_bytes=max_bytes):
            for event in iter_events(path):
                offline.add(event)
        assert live.result() == offline.result()


def test_a_rotation_changes_no_history():
    from ag2obs.events import Event, Usage

    def call(*texts):
        def step(session):
            event = Event(kind="llm.call", agent="a", model="m", status="ok", usage=Usage(input=1000, output=1))
            session.record_call(event, [{"role": "user", "content": text} for text in texts], [])

        return step

    texts = [f"{number} " + "words " * 60 for number in range(12)]
    what = [call(*texts[: count + 1]) for count in range(len(texts))]
    with tempfile.TemporaryDirectory() as folder:
        whole, rotated = CostFold(), CostFold()
        assert len(run(Path(folder, "whole"), whole, what)) == 1
        assert len(run(Path(folder, "rotated"), rotated, what, max_bytes=3000)) > 2
        assert whole.result().totals == rotated.result().totals
        assert whole.result().totals.history.resent_tokens > 0
