"""The W3C trace of requests, and ids that every event of a session carries."""

from __future__ import annotations

from email.message import Message
from types import MappingProxyType
from typing import Any

import pytest

from ag2obs.trace import AgentLogger, extract, inject, phase, trace_context
from tests.trace.conftest import Log

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = f"00-{TRACE}-{SPAN}-01"
agent = AgentLogger("a1")


def test_a_trace_goes_through_a_session(log: Log) -> None:
    with log.session(traceparent=extract({"TraceParent": HEADER})) as session:
        assert inject() == {"traceparent": session.traceparent()}
        with phase("call"):
            headers = {"Accept": "*/*", "Traceparent": "old"}
            assert inject(headers) is headers
    start, block = log.one("session.start"), log.one("milestone")
    assert (start["trace"], start["parent"]) == (TRACE, SPAN)
    assert headers == {"Accept": "*/*", "traceparent": f"00-{TRACE}-{block['span']}-01"}
    assert inject({"a": "b"}) == {"a": "b"}


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": HEADER},
        {"Traceparent": f" {HEADER.upper()} "},
        [(b"host", b"x"), (b"traceparent", HEADER.encode())],
        {"HTTP_TRACEPARENT": HEADER, "wsgi.input": object()},
        MappingProxyType({"traceparent": f"cc-{TRACE}-{SPAN}-01-what-comes-later"}),
    ],
)
def test_a_header_is_found(headers: Any, log: Log) -> None:
    with log.session(traceparent=extract(headers)):
        pass
    assert log.one("session.start")["trace"] == TRACE


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01", HEADER + "-x",
     f"cc-{TRACE}-{SPAN}-01x", b"\xff", 5],
)  # fmt: skip
def test_a_malformed_traceparent_is_ignored_with_one_warning(
    header: Any, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    assert extract({"traceparent": header}) is None
    for _ in range(2):
        with log.session(traceparent=header):
            pass
    assert all(event["trace"] not in ("", TRACE) for event in log.all())
    assert caplog.text.count("a traceparent is not valid") == (1 if header else 0)


def test_headers_that_are_none() -> None:
    assert extract(None) is None
    assert extract([]) is None
    assert inject(None) == {}


def test_tags_are_in_every_event(log: Log) -> None:
    with log.session(tags={"team": "red", "mission_id": 7}, user_id="u1"):
        agent.info("one")
        with trace_context(step_id="s1", mission_id=8, other="x"), trace_context(agent, "block", request_id="r1"):
            agent.info("two")
    own = {"team": "red", "mission_id": 7, "user_id": "u1"}
    start, one, two, block, end = log.all()
    assert [event["tags"] for event in (start, one, end)] == [own, own, own]
    assert two["tags"] == block["tags"] == {**own, "mission_id": 8, "step_id": "s1", "request_id": "r1"}
    assert two["attributes"] == {"other": "x"}
    assert start["session_info"]["tags"] == {"team": "red", "mission_id": 7}


def test_a_request_around_sessions_tags_them(log: Log) -> None:
    with trace_context(request_id="r1", user_id="of the request"):
        with log.session("first"):
            agent.info("x")
        with log.session("second", user_id="u2"):
            agent.info("x")
    with log.session("third"):
        agent.info("x")
    tags = {event["chat_id"]: event.get("tags") for event in log.events()}
    assert tags == {
        "first": {"request_id": "r1", "user_id": "of the request"},
        "second": {"request_id": "r1", "user_id": "u2"},
        "third": None,
    }


def test_no_tags_cost_nothing_and_many_are_bounded(log: Log) -> None:
    with log.session("none", tags={}):
        agent.info("x")
    assert "tags" not in log.one()
    with log.session("many", tags={f"t{n}": "word " * 1000 for n in range(1000)}):
        agent.info("x")
    (event,) = log.events(chat_id="many")
    assert len(str(event["tags"])) < 5_000


def test_headers_of_the_standard_library_are_read() -> None:
    headers = Message()
    headers["Traceparent"] = f"00-{'a' * 32}-{'b' * 16}-01"
    assert extract(headers) == headers["traceparent"]  # type: ignore[arg-type]
