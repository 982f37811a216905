"""How the events of a log hang together: who is whose parent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ag2obs import Session, ag2_logging_session
from tests.integration.conftest import Log
from tests.integration.workflows import quiet


@contextmanager
def observed(log: Log) -> Iterator[Session]:
    """Run a block in a session, and see afterwards that its events are one tree."""
    with quiet(), ag2_logging_session("chat", "events", settings=log.settings()) as session:
        yield session
    assert_one_tree(log.events())


def assert_one_tree(events: list[dict[str, Any]]) -> None:
    """Assert that every event of one session descends from its start."""
    root = events[0]
    assert root["kind"] == "session.start"
    for event in events:
        if event["kind"] not in ("session.start", "session.end"):
            assert ancestors(events, event)[-1]["span"] == root["span"], event


def ancestors(events: list[dict[str, Any]], event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return parent, grandparent and so on up to the start; every one of them has to be on file, and only once."""
    by_span = {one["span"]: one for one in events if "span" in one and one["kind"] != "session.end"}
    assert len(by_span) == sum("span" in one and one["kind"] != "session.end" for one in events)
    found: list[dict[str, Any]] = []
    while event["kind"] != "session.start":
        event = by_span[event["parent"]]
        assert event not in found
        found.append(event)
    return found


def parent(log: Log, event: dict[str, Any]) -> dict[str, Any]:
    """Return the event inside which this one happened."""
    return ancestors(log.events(), event)[0]
