import json
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.events import Event, Usage, encode
from ag2obs.readers.summaries import summarize_runtime_file


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["summary", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, session="s1", **call):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    at = "2026-11-21T08:00:00.000000Z"
    fields = {
        "model": "gpt-4o",
        "usage": Usage(input=1200, output=34),
        "cost_usd": Decimal("0.0016"),
        "ms": 900,
        **call,
    }
    events = [
        Event(v=1, ts=at, kind="session.start", session=session, workflow="support", chat_id="chat_1"),
        Event(v=1, ts=at, kind="llm.call", session=session, agent="planner", status="ok", **fields),
        Event(v=1, ts=at, kind="tool.call", session=session, agent="planner", tool="search", ms=20, success=False),
        Event(v=1, ts=at, kind="session.end", session=session, status="ok"),
    ]
    Path(path).write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def test_json_is_exactly_the_summary_of_the_library(capsys):
    write("a.log", "s1")
    write("b.log", "s2", cost_usd=None, model="my-model")
    code, out, err = run(capsys, "a.log", "b.log", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == summarize_runtime_file(["a.log", "b.log"]).to_dict()
    assert out.count("\n") == 1


def test_the_text_tells_what_is_known_and_what_is_not(capsys):
    write("a.log", "s1")
    write("b.log", "s2", cost_usd=None, model="my-model")
    code, out, _ = run(capsys, "a.log", "b.log")
    assert code == 0
    assert "cost     $0.0016 + 1 call unpriced (my-model)\n" in out
    assert "tokens   2,400 input (0 cache read, 0 cache write), 68 output (0 reasoning)\n" in out
    for shown in ("s1", "s2", "support", "chat_1", "planner", "search", "my-model", "20 ms"):
        assert shown in out
    assert "lost" not in out


def test_a_folder_stands_for_the_logs_in_it(capsys):
    write("logs/a.log", "s1")
    write("logs/deep/b.log", "s2")
    Path("logs/notes.txt").write_text("Dear diary,\n")
    assert json.loads(run(capsys, "logs", "--json")[1])["totals"]["sessions"] == 2


@pytest.mark.parametrize(("template", "sessions"), [("logs/a.log", 1), ("logs/{session_id}.log", 2)])
def test_without_a_path_the_configured_log_is_read(capsys, monkeypatch, template, sessions):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", template)
    write("logs/a.log", "s1")
    write("logs/b.log", "s2")
    assert json.loads(run(capsys, "--json")[1])["totals"]["sessions"] == sessions


def test_without_a_path_and_without_a_log_it_says_where_it_looked(capsys):
    code, out, err = run(capsys)
    assert (code, out) == (1, "")
    assert err.startswith("ag2obs: there is no log in ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.log", None, "ag2obs: missing.log does not exist\n"),
        ("empty.log", b"", "ag2obs: empty.log is empty: no session has been logged in it\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\xff", "ag2obs: picture.png is not a log that can be read: "
         "none of its lines is an event\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_summed_up_is_one_sentence_and_exit_code_1(capsys, name, content, sentence):
    if content is not None:
        Path(name).write_bytes(content)
    assert run(capsys, name) == (1, "", sentence)
    assert run(capsys, name, "--json") == (1, "", sentence)


def test_one_unreadable_log_among_several_is_reported_and_left_out(capsys):
    write("good.log")
    Path("empty").mkdir()
    code, out, err = run(capsys, "missing.log", "good.log", "empty", "--json")
    assert code == 1
    assert json.loads(out) == summarize_runtime_file("good.log").to_dict()
    assert sorted(err.splitlines()) == ["ag2obs: missing.log does not exist", "ag2obs: no file in empty is a log"]


def test_what_was_lost_or_masked_is_told(capsys):
    write("a.log")
    with open("a.log", "ab") as file:
        file.write(encode(Event(v=1, kind="drop", session="s1", count=3, redactions=2)) + b"\ngarbage\n")
    out = run(capsys, "a.log")[1]
    assert "lost     3 events dropped, 1 line unreadable\n" in out
    assert "secrets  2 masked\n" in out


def test_a_name_in_a_log_cannot_command_the_terminal(capsys):
    write("a.log", model="evil\x1b]0;title\x07[bold]")
    out = run(capsys, "a.log")[1]
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]" in out


def test_of_many_sessions_the_newest_are_listed_and_all_are_counted(capsys, monkeypatch):
    monkeypatch.setattr("ag2obs.cli.summary.MOST_SESSIONS", 3)
    events = (
        {"v": 1, "ts": f"2026-11-21T08:00:0{number}.000000Z", "seq": 2, "kind": "llm.call", "session": f"s{number}"}
        for number in range(5)
    )
    Path("run.log").write_text("".join(json.dumps(event) + "\n" for event in events))
    with pytest.raises(SystemExit):
        cli.main(["summary", "run.log"])
    out = capsys.readouterr().out
    assert "sessions 5" in out
    assert "calls    5 (0 cached, 0 failed)" in out
    assert "5 missing" in out
    assert "Sessions (2 earlier ones are not listed)" in out
    assert [name for name in ("s0", "s1", "s2", "s3", "s4") if f" {name} " in out] == ["s2", "s3", "s4"]
