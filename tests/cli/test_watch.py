import json
import os
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from ag2obs import cli
from ag2obs.analysis.live import LiveFold
from ag2obs.cli import watch, watch_view
from ag2obs.events import BudgetState, Event, Usage, encode, timestamp


def event(kind, **fields):
    return Event(v=1, ts=timestamp(), kind=kind, session="run-1", **fields)


def events():
    budget = BudgetState(usd_limit=Decimal("0.10"), tokens_limit=1000)
    return [
        event("session.start", workflow="support", chat_id="chat\x1b[2J", budget=budget),
        event("message", id="m1", role="user", content="hidden"),
        event(
            "llm.call", agent="bot\x07", model="gpt-4o", usage=Usage(input=190, output=10), cost_usd=Decimal("0.05"),
            ms=120, status="ok",
        ),
        event("tool.call", agent="bot\x07", tool="search", status="error", success=False, ms=5),
    ]  # fmt: skip


END = event("session.end", status="ok")


def write(path, *what):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.write(b"".join(encode(each) + b"\n" for each in what))


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["watch", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def view_of(*what):
    fold = LiveFold()
    for each in what:
        fold.add(each)
    return fold.result()


def drawn(view, *, width=120, height=40):
    console = Console(width=width, height=height, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    with console.file:
        console.print(watch_view.rendered(view, height))
    return console.export_text()


def test_the_view_shows_sessions_agents_budgets_and_events_without_control_characters():
    text = drawn(view_of(*events()))
    for shown in ("1 session", "200 tokens", "$0.05", "last minute: 200 tokens, $0.05", "support", "bot", "gpt-4o",
                  "search", "error", "50% of $0.1", "20% of 1,000 tokens"):  # fmt: skip
        assert shown in text
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "hidden" not in text


def test_a_low_terminal_shows_fewer_events_and_many_sessions_are_not_cut_silently():
    many = [
        Event(v=1, ts=f"2026-11-21T08:00:{number:02}.000000Z", kind="handoff", session=f"run-{number:02}")
        for number in range(20)
    ]
    text = drawn(view_of(*many), height=20)
    assert "12 older sessions not shown" in text
    assert text.count("handoff") == watch_view.FEWEST_EVENTS
    assert "run-19" in text


def test_once_prints_plain_lines(capsys):
    write("logs/a.log", *events())
    code, out, err = run(capsys, "logs", "--once")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("1 session   1 call   200 tokens   $0.05   last minute:")
    assert "llm.call  bot   gpt-4o  200 tokens  $0.05  120 ms" in out
    assert not any(character in out for character in "\x1b\x07")


def test_once_as_json(capsys):
    write("a.log", *events())
    document = json.loads(run(capsys, "./a.log", "--once", "--json")[1])
    assert document["schema"] == 1
    assert document["summary"]["totals"]["llm_calls"] == 1
    assert document["events"][1]["cost_usd"] == "0.05"


@pytest.mark.parametrize("name", ["./later.log", "./later/"])
def test_what_is_not_there_is_told_when_nothing_is_waited_for(capsys, name):
    assert run(capsys, name, "--once") == (1, "", f"ag2obs: {name} does not exist\n")


def test_logs_that_are_configured_need_not_exist_yet(capsys):
    assert run(capsys, "--once")[0] == 0


def test_a_log_that_is_not_there_yet_is_waited_for(capsys, monkeypatch):
    looks = []

    def look(seconds):
        looks.append(seconds)
        if len(looks) == 2:
            write("later.log", *events())
        if len(looks) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(watch.time, "sleep", look)
    assert "gpt-4o" in run(capsys, "./later.log")[1]


def test_a_session_is_watched_until_it_ends(capsys, monkeypatch):
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(watch, "_is_over", lambda view: view.summary.sessions[0].ended is not None)
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/run.log")
    write("logs/run.log", *events())
    timer = threading.Timer(0.2, write, ["logs/run.log", Event(v=1, kind="metric", session="other"), END])
    timer.start()
    code, out, _ = run(capsys, "run-1")
    timer.join()
    assert code == 0
    assert out.splitlines()[-1].split("  ")[1:] == ["session.end"]
    assert "metric" not in out


def test_a_session_whose_process_is_gone_is_over(capsys, monkeypatch):
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.0)
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/run.log")
    write("logs/run.log", *events())
    assert run(capsys, "latest")[0] == 0


def test_ctrl_c_exits_4(capsys, monkeypatch):
    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.time, "sleep", interrupted)
    write("a.log", *events())
    assert run(capsys, "./a.log")[0] == 4


def test_news_as_json_are_documents_on_lines(capsys, monkeypatch):
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.0)
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/run.log")
    write("logs/run.log", *events(), END)
    (line,) = run(capsys, "run-1", "--json")[1].splitlines()
    assert json.loads(line)["summary"]["sessions"][0]["status"] == "ok"


def test_what_cannot_be_read_is_told(capsys):
    write("a.log", *events())
    with open("a.log", "ab") as file:
        file.write(b"garbage\n")
    code, _, err = run(capsys, "./a.log", "--once")
    assert (code, err) == (0, "ag2obs: 1 line and 0 files cannot be read and are left out\n")


def test_an_unknown_session_is_one_sentence(capsys):
    code, out, err = run(capsys, "nobody")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["runtime.log", "a.log.000001"])
def test_what_does_not_grow_or_is_not_ours_is_one_sentence(capsys, name):
    stock = {"invocation_id": "x", "client_id": 1, "wrapper_id": 2, "request": {}, "response": "r", "is_cached": 0}
    Path(name).write_text(json.dumps(stock) + "\n")
    code, out, err = run(capsys, f"./{name}", "--once")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert name in err
