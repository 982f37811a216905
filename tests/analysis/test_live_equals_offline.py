"""Every fold tells live what it tells of the file."""

import pytest
from hypothesis import HealthCheck, given, settings

from ag2obs.analysis.agents.activity import ActivityFold
from ag2obs.analysis.agents.interactions import InteractionsFold
from ag2obs.analysis.agents.learning import LearningFold
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.errors.failure_events import FailureListFold
from ag2obs.analysis.errors.issue import IssueFold
from ag2obs.analysis.timeline.event_filter import EventFilter
from ag2obs.analysis.timeline.journey import JourneyFold, JourneysFold
from ag2obs.analysis.timeline.timeline_fold import TimelineFold
from ag2obs.analysis.tools.tools_fold import ToolsFold
from tests.analysis.making import run, runs

FOLDS = {
    "tools": ToolsFold,
    "tools by agent": lambda: ToolsFold("agent"),
    "tools by session": lambda: ToolsFold("session"),
    "timeline": TimelineFold,
    "timeline, filtered": lambda: TimelineFold(EventFilter(statuses=("error",), text="city"), last=5, gaps=0.001),
    "journey": lambda: JourneyFold("planner", gaps=1.0),
    "journeys": JourneysFold,
    "errors": ErrorsFold,
    "errors, explained": lambda: ErrorsFold("e1"),
    "failures": FailureListFold,
    "activity": ActivityFold,
    "learning": LearningFold,
    "interactions": InteractionsFold,
    "issue": lambda: IssueFold("planner finds no city"),
}


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recorded=runs)
def test_live_equals_offline(tmp_path, recorded):
    live = {name: make() for name, make in FOLDS.items()}
    on_file = run(tmp_path, recorded, *live.values())
    for name, make in FOLDS.items():
        offline = make()
        for event in on_file:
            offline.add(event)
        assert live[name].result() == offline.result(), name
