import random
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs.errors import LogFormatError
from ag2obs.events import Event, Usage, encode
from ag2obs.readers.summaries import summarize_autogen_runtime_file, summarize_runtime_file


def event(kind, session, second, **fields):
    return Event(v=1, ts=f"2026-11-21T08:00:{second:02}.000000Z", kind=kind, session=session, **fields)


def session_events(name, calls):
    usage = Usage(input=100, output=20)
    return [
        event("session.start", name, 0, workflow="w", content="not read"),
        *(event("llm.call", name, 1, model="m", usage=usage, cost_usd=Decimal("0.001")) for _ in range(calls)),
        event("session.end", name, 5, status="ok"),
    ]


def write(path, events, extra=b""):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(b"".join(encode(each) + b"\n" for each in events) + extra)
    return path


def test_sixty_four_sessions_in_one_shared_file_are_kept_apart():
    calls = {f"session-{number:02}": number for number in range(64)}
    queues = [session_events(name, count) for name, count in calls.items()]
    mixed = []
    chance = random.Random(1)
    while queues:
        queue = chance.choice(queues)
        mixed.append(queue.pop(0))
        queues = [left for left in queues if left]
    summary = summarize_runtime_file(write("shared.log", mixed))
    assert {session.session_id: session.totals.llm_calls for session in summary.sessions} == calls
    assert {session.totals.cost_usd for session in summary.sessions} == {
        Decimal(count) / 1000 for count in calls.values()
    }
    assert summary.to_dict()["totals"]["sessions"] == 64
    assert (summary.llm_calls, summary.cost_usd) == (sum(calls.values()), Decimal(sum(calls.values())) / 1000)
    assert {session.status for session in summary.sessions} == {"ok"}


def test_one_path_several_paths_and_folders_in_any_type():
    one = write("logs/one.log", session_events("a", 1))
    write("logs/two.log", session_events("b", 2))
    for paths, calls in [
        (one, 1),
        (Path(one), 1),
        ([one, Path("logs/two.log")], 3),
        ("logs", 3),
        (iter(["logs", one]), 3),
    ]:
        assert summarize_runtime_file(paths).llm_calls == calls


def test_a_session_that_goes_on_in_another_file_is_one_session_in_either_order():
    events = session_events("a", 4)
    first, second = write("x.log.1", events[:3]), write("x.log", events[3:])
    summaries = [summarize_runtime_file(paths) for paths in ([first, second], [second, first])]
    assert summaries[0].to_dict() == summaries[1].to_dict()
    (session,) = summaries[0].sessions
    assert (session.totals.llm_calls, session.status, session.wall_seconds) == (4, "ok", 5)


def test_unreadable_lines_are_counted_in_the_totals():
    summary = summarize_runtime_file(write("x.log", session_events("a", 1), extra=b'garbage\n{"v":1,"ki'))
    assert (summary.bad_lines, summary.events, summary.sessions[0].totals.bad_lines) == (2, 3, 0)


@pytest.mark.parametrize("path", ["missing.log", ["good.log", "missing.log"]])
def test_a_path_that_cannot_be_read_is_an_error(path):
    write("good.log", session_events("a", 1))
    with pytest.raises(LogFormatError, match=r"^missing\.log does not exist$"):
        summarize_runtime_file(path)


def test_the_old_name_is_the_same_function():
    assert summarize_autogen_runtime_file is summarize_runtime_file
