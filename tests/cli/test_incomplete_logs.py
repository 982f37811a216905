"""A log with a missing middle, or from a newer version, is read as far as it can be, and every command says so."""

import json
from pathlib import Path

import pytest

from ag2obs import cli, summarize_runtime_file
from ag2obs.log_analyzer import LogAnalyzer

KINDS = ("session.start", "llm.call", "tool.call", "error", "session.end")

COMMANDS = (
    ["summary"], ["list"], ["trends"], ["tools"], ["timeline"], ["timeline", "--agent", "a"], ["errors"], ["cost"],
    ["watch", "--once"],
)  # fmt: skip

NEWER = (
    "was written by a newer ag2obs (schema 99): what this version does not know of it is left out; "
    "update ag2obs to see all of it"
)


def write(*, schema=1, without=()):
    events = [
        {
            "v": schema, "ts": f"2026-11-21T08:00:0{seq}.000000Z", "seq": seq, "kind": kind, "session": "s",
            "agent": "a", "model": "m", "tool": "t", "ms": 1.0, "cost_usd": "0.5", "status": "ok", "new": {"x": 1},
        }
        for seq, kind in enumerate(KINDS, 1)
    ]  # fmt: skip
    Path("run.log").write_text("".join(json.dumps(event) + "\n" for event in events if event["seq"] not in without))


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main([*arguments, "run.log" if arguments[0] != "watch" else "./run.log"])
    out, err = capsys.readouterr()
    return exit_info.value.code, out, err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_newer_version_is_told(capsys, command):
    write(schema=99)
    for _ in range(2):  # the second time from the index
        code, out, err = run(capsys, *command)
        assert (code, bool(out)) == (0, True)
        assert err.count(NEWER) == 1, err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_log_of_this_version_is_no_matter(capsys, command):
    write()
    assert run(capsys, *command)[2] == ""


def test_programs_find_a_newer_version_in_their_log(caplog):
    write(schema=99)
    assert summarize_runtime_file("run.log").llm_calls == 1
    assert len(list(LogAnalyzer(Path("run.log")).events())) == len(KINDS)
    assert [record.getMessage() for record in caplog.records] == [f"ag2obs: run.log {NEWER}"] * 2


def test_events_that_are_missing_are_summed_up(capsys):
    write(without=(2, 3))
    assert "lost     0 events dropped, 2 missing, 0 lines unreadable" in run(capsys, "summary")[1]
    document = json.loads(run(capsys, "summary", "--json")[1])
    assert document["sessions"][0]["missing"] == 2
    assert summarize_runtime_file("run.log").missing == 2
    assert "missing" not in document["totals"]


def test_nothing_is_missing_of_a_whole_log(capsys):
    write()
    assert "lost" not in run(capsys, "summary")[1]
    assert "missing" not in json.loads(run(capsys, "summary", "--json")[1])["sessions"][0]


@pytest.mark.parametrize("command", [["cost"], ["tools"], ["errors"], ["compare", "--by", "model"]], ids=" ".join)
def test_reports_say_what_is_missing(capsys, command):
    write(without=(1, 4))
    code, _, err = run(capsys, *command)
    assert (code, err) == (
        0, "ag2obs: 2 events of session s are not in the logs that were read, and in no number here\n",
    )  # fmt: skip
    assert json.loads(run(capsys, *command, "--json")[1])["missing"] == 2
    write()
    assert json.loads(run(capsys, *command, "--json")[1])["missing"] == 0


@pytest.mark.parametrize("command", [["list"], ["trends"], ["watch", "--once"]], ids=" ".join)
def test_overviews_say_what_is_missing(capsys, command):
    write(without=(2, 4))
    for _ in range(2):  # the second time from the index
        code, out, err = run(capsys, *command)
        assert (code, bool(out)) == (0, True)
        assert err == "ag2obs: 2 events of session s are not in the logs that were read, and in no number here\n"


def test_a_comparison_says_what_is_missing_of_each_side(capsys):
    write(without=(4,))
    Path("run.log").rename("hole.log")
    write()
    code, out, err = run(capsys, "compare", "./hole.log", "--json")
    document = json.loads(out)
    assert (code, document["a"]["missing"], document["b"]["missing"]) == (0, 1, 0)
    assert err.count("1 event of session s") == 1


def test_drops_are_told_by_reports(capsys):
    write(without=(4,))
    lines = Path("run.log").read_text().splitlines(keepends=True)
    drop = {"v": 1, "ts": "2026-11-21T08:00:06.000000Z", "seq": 6, "kind": "drop", "session": "s", "count": 1}
    Path("run.log").write_text("".join([*lines, json.dumps(drop) + "\n"]))
    assert run(capsys, "cost")[2] == "ag2obs: 1 event was lost when it was recorded, and in no number here\n"


@pytest.mark.parametrize("command", ["cost", "tools", "errors"])
def test_what_is_named_twice_is_read_once(capsys, command):
    Path("logs").mkdir()
    write()
    Path("run.log").rename("logs/run.log")
    Path("run.log").symlink_to("logs/run.log")
    once = run(capsys, command, "--json")
    assert json.loads(once[1])["missing"] == 0
    assert run(capsys, command, "--json", "logs", "./run.log", "logs/run.log") == once
