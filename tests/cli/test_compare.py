import json
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.cli import compare_turns
from ag2obs.events import Event, Usage, encode


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["compare", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, answer="yes", cost="0.001", status="ok", agent="bot"):
    session = Path(path).stem
    at = "2026-11-21T08:00:00.000000Z"
    common = {"v": 1, "ts": at, "session": session, "workflow": "w"}
    events = [
        Event(kind="message", id="m1", role="user", content="Shall we?", **common),
        Event(kind="message", id="m2", role="assistant", content=answer, **common),
        Event(
            kind="llm.call", agent=agent, model="gpt-4o", provider="openai", usage=Usage(input=10, output=2), ms=50,
            status="ok", output=["m2"], cost_usd=cost and Decimal(cost), **common,
        ),
        Event(kind="session.end", status=status, **common),
    ]  # fmt: skip
    Path(path).write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return f"./{path}"


def test_two_runs(capsys):
    code, out, err = run(capsys, write("a.log"), write("b.log", answer="no\x1b[2J", cost="0.002"))
    assert (code, err) == (0, "")
    assert "The runs part at turn 2, after 1 turn that are the same: other content" in out
    for shown in ("Shall we?", "yes", "no [2J", "+$0.001", "+100%", "gpt-4o"):
        assert shown in out
    assert "\x1b" not in out


def test_a_path_may_have_commas(capsys):
    Path("runs,old").mkdir()
    path = write("runs,old/a.log")
    assert run(capsys, path, write("b.log"))[::2] == (0, "")
    assert run(capsys, path, "./b.log,./b.log")[::2] == (0, "")
    assert run(capsys, "--by", "model", path)[::2] == (0, "")


def test_runs_that_are_the_same(capsys):
    out = run(capsys, write("a.log"), write("b.log"))[1]
    assert "All 2 turns are the same." in out


def test_every_turn_that_differs_is_shown_with_its_number(capsys):
    out = run(capsys, write("a.log"), write("b.log", answer="no"))[1]
    assert [line.split()[:3] for line in out.splitlines() if line.startswith((" =", " A", " B"))] == [
        ["=", "1", "message"], ["A", "2", "llm.call"], ["B", "2", "llm.call"],
    ]  # fmt: skip
    assert "1 turn the same, 1 changed, 0 only in A, 0 only in B" in out
    document = json.loads(run(capsys, "./a.log", "./b.log", "--json")[1])
    assert document["alignment"] == {
        "same": 1, "changed": 1, "only_a": 0, "only_b": 0, "whole": True,
        "differences": [{"how": "changed", "a": 2, "b": 2, "fields": ["content"]}],
    }  # fmt: skip


def test_of_many_differences_the_first_are_shown(capsys, monkeypatch):
    monkeypatch.setattr(compare_turns, "MOST_DIFFERENCES", 0)
    assert "1 more difference; --json has all" in run(capsys, write("a.log"), write("b.log", answer="no"))[1]


def test_where_groups_part(capsys):
    a, b = f"{write('a.log')},{write('b.log')}", write("c.log", agent="bad\x1b[2J")
    out = run(capsys, a, b)[1]
    assert "The groups part at turn 2, the first that less than half of the runs share: 0%" in out
    assert "bad [2J" in out
    assert "At every turn at least half of the runs" in run(capsys, a, write("d.log", answer="no"))[1]


def test_groups_of_runs_are_means_and_count_failures(capsys):
    a, b = f"{write('a.log')},{write('b.log', status='error', cost=None)}", write("c.log")
    code, out, _ = run(capsys, a, b)
    assert code == 0
    assert "A  2 runs: 1 error, 1 ok" in out
    assert "$0.001 ($0.001 to $0.001) + 1 unknown" in out
    document = json.loads(run(capsys, a, b, "--json")[1])
    assert document["schema"] == 1
    assert document["divergence"] is None
    assert document["a"]["statuses"] == {"error": 1, "ok": 1}


def test_models_of_all_named_runs(capsys):
    code, out, _ = run(capsys, "--by", "model", write("a.log"), write("b.log", cost=None), "--json")
    assert code == 0
    (group,) = json.loads(out)["groups"]
    assert (group["llm_calls"], group["sessions"], group["cost_per_call_usd"]) == (2, 2, "0.001")
    assert "$0.001 + 1 unpriced" in run(capsys, "--by", "model", "./a.log", "./b.log")[1]


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", "b", "c"], [",", "b"], ["missing.log", "a.log"]])
def test_wrong_sides_are_one_sentence(capsys, arguments):
    write("a.log")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert all(line.startswith("ag2obs: ") for line in err.splitlines())
    assert "Traceback" not in err
