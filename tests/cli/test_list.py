import json
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.events import Event, Usage, encode


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["list", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, session, minute, question="What is AG2?", cost="0.00012345"):
    def event(kind, second, **fields):
        return Event(v=1, ts=f"2026-11-21T08:{minute:02}:{second:02}.000000Z", kind=kind, session=session, **fields)

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        for each in [
            event("session.start", 0, workflow="support", chat_id="chat_1"),
            event("message", 1, id="m1", role="system", content="Be kind."),
            event("message", 1, id="m2", role="user", content=question),
            event("llm.call", 2, model="m", usage=Usage(input=30, output=4), cost_usd=cost and Decimal(cost)),
            event("session.end", 4, status="ok"),
        ]:
            file.write(encode(each) + b"\n")
    return path


def test_sessions_are_listed_newest_first_with_what_they_are_about(capsys):
    write("logs/a.log", "first", 1)
    write("logs/b.log", "third", 3, question="Why\nnot?", cost=None)
    write("logs/b.log", "second", 2)
    code, out, err = run(capsys, "logs", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["schema"], document["total"]) == (1, 3)
    assert [row["session_id"] for row in document["sessions"]] == ["third", "second", "first"]
    assert document["sessions"][0] == {
        "session_id": "third",
        "chat_id": "chat_1",
        "workflow": "support",
        "status": "ok",
        "started": "2026-11-21T08:03:00.000000Z",
        "ended": "2026-11-21T08:03:04.000000Z",
        "wall_seconds": 4.0,
        "question": "Why not?",
        "llm_calls": 1,
        "tokens": {"input": 30, "output": 4, "cache_read": 0, "cache_write": 0, "reasoning": 0, "total": 34},
        "cost_usd": None,
        "cost_complete": False,
        "unpriced_calls": 1,
        "errors": 0,
    }


def test_the_text_shows_small_costs_and_cuts_only_the_question(capsys):
    write("a.log", "20261121T080000-aaaaaaaaaa", 1, question="Tell me everything about the weather " * 9)
    out = run(capsys, "a.log")[1]
    (row,) = [line for line in out.splitlines() if "20261121T080000-aaaaaaaaaa" in line]
    for shown in (
        "support",
        "chat_1",
        "$0.0001234",
        "34",
        "4.0 s",
        "ok",
        "Tell me everything about the weather",
        "...",
    ):
        assert shown in row


@pytest.mark.parametrize(("arguments", "shown"), [([], 20), (["--limit", "5"], 5), (["--limit", "0"], 25)])
def test_the_limit_shows_the_newest_and_says_that_there_are_more(capsys, arguments, shown):
    for number in range(25):
        write("a.log", f"session-{number:02}", number)
    rows = json.loads(run(capsys, "a.log", "--json", *arguments)[1])["sessions"]
    assert [row["session_id"] for row in rows] == [f"session-{number:02}" for number in range(24, 24 - shown, -1)]
    out = run(capsys, "a.log", *arguments)[1]
    assert out.count("session-") == shown
    assert (f"{25 - shown} older sessions not shown" in out) == (shown < 25)


def test_without_a_folder_the_configured_logs_are_listed(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "runs/{workflow}/{session_id}.log")
    write("runs/support/a.log", "one", 1)
    assert json.loads(run(capsys, "--json")[1])["total"] == 1


def test_a_missing_folder_is_one_sentence_and_exit_code_1(capsys):
    assert run(capsys, "missing") == (1, "", "ag2obs: missing does not exist\n")


@pytest.mark.parametrize("limit", ["-1", "many"])
def test_a_limit_that_is_none_is_refused(capsys, limit):
    code, out, err = run(capsys, "--limit", limit)
    assert (code, out) == (1, "")
    assert "--limit" in err
