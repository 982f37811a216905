import gzip
import json
import os
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.cli import watch
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
    assert run(capsys, name, "--once") == (1, "", f"ag2obs: {Path(name)} does not exist\n")


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
    assert (code, err) == (0, "ag2obs: 1 line of a.log cannot be read and are left out\n")


def test_an_unknown_session_is_one_sentence(capsys):
    code, out, err = run(capsys, "nobody")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


STOCK = {"invocation_id": "x", "client_id": 1, "wrapper_id": 2, "request": {}, "response": "r", "is_cached": 0}


def write_files_that_do_not_grow():
    write("a.log.000001", *events(), END)
    Path("runtime.log").write_text(json.dumps(STOCK) + "\n")
    Path("z.jsonl.gz").write_bytes(gzip.compress(Path("a.log.000001").read_bytes()))


@pytest.mark.parametrize("name", ["runtime.log", "a.log.000001", "z.jsonl.gz"])
def test_what_does_not_grow_or_is_not_ours_is_one_sentence(capsys, name):
    write_files_that_do_not_grow()
    code, out, err = run(capsys, f"./{name}")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert name in err
    assert "ag2obs watch --once" in err


@pytest.mark.parametrize("name", ["runtime.log", "a.log.000001", "z.jsonl.gz"])
def test_once_reads_what_does_not_grow(capsys, name):
    write_files_that_do_not_grow()
    code, out, err = run(capsys, f"./{name}", "--once")
    assert (code, err) == (0, "")
    assert out.startswith("1 session   1 call ")


def test_a_session_in_a_file_that_does_not_grow_is_refused(capsys, monkeypatch):
    write_files_that_do_not_grow()
    Path("a.log.000001").unlink()
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "z.jsonl.gz")
    assert run(capsys, "run-1")[:2] == (1, "")


def totals(capsys, command, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main([command, *arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert not exit_info.value.code
    return document["totals"] if command == "summary" else document["summary"]["totals"]


@pytest.mark.parametrize("target", [[], ["logs"], ["logs/l.log"]])
def test_once_counts_what_summary_counts(capsys, monkeypatch, target):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/l.log")
    for number in (1, 2, 3):
        write(f"logs/l.log.00000{number}", *events())
    write("logs/l.log", *events())
    Path("logs/runtime.log").write_text(json.dumps(STOCK) + "\n")
    for name in os.listdir("logs"):
        os.utime(f"logs/{name}", (0, 0))
    counted = totals(capsys, "summary", *target)
    assert counted["llm_calls"] == (5 if target == ["logs"] else 4)
    assert totals(capsys, "watch", "--once", *target) == counted


def test_once_reads_the_others_when_one_cannot_be_read(capsys):
    write("logs/a.log", *events())
    Path("logs/b.log.gz").write_bytes(b"\x1f\x8bgarbage")
    code, out, err = run(capsys, "logs", "--once")
    assert code == 1
    assert out.startswith("1 session   1 call ")
    assert "b.log.gz" in err
    assert err.count("\n") == 1


def test_a_configured_log_is_watched_with_its_segments(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/l.log")
    write("logs/l.log.000001", *events())
    write("logs/l.log", *events())

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.time, "sleep", interrupted)
    _, out, _ = run(capsys)
    assert out.count("llm.call") == 2


def test_the_help_says_how_old_logs_of_a_folder_may_be(capsys):
    assert "10 minutes" in run(capsys, "--help")[1]
