"""Every example runs as a user runs it: as a program, in a folder of its own, without a key or a network."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ag2obs.events import Event, Usage, encode

EXAMPLES = Path(__file__).parent.parent / "examples"
LOG = "logs/logs/ag2_runtime.log"
LOGGED = {"AG2_RUNTIME_LOGGING": "true"}


def run(*command, **environment):
    """Run a program in the working directory; returns it with its output."""
    environ = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    return subprocess.run(
        [sys.executable, *command], env=environ | environment, capture_output=True, text=True, check=False
    )


def example(name, *arguments, **environment):
    return finished_example(name, *arguments, **environment).stdout


def finished_example(name, *arguments, **environment):
    finished = run(str(EXAMPLES / name), *arguments, **environment)
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr
    return finished


def summary(*paths):
    finished = run("-m", "ag2obs", "summary", *map(str, paths), "--json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_an_agent_that_traces_itself():
    out = example("trace_creator.py", **LOGGED)
    assert "post_3: Glaciers carve valleys. (post_3 was not published)" in out
    assert re.search(r"^\d+ events, 3 model calls, 3 errors$", out, re.MULTILINE)
    assert f"log: {Path(LOG).resolve()}" in out or f"log: {LOG}" in out
    events = [json.loads(line) for line in Path(LOG).read_bytes().splitlines()]
    spans = {event["span"]: event for event in events if "span" in event and "session" not in event["kind"]}
    for call in (event for event in events if event["kind"] == "llm.call"):
        around = []
        while call["parent"] in spans:
            call = spans[call["parent"]]
            around.append(call["name"] if "name" in call else call["kind"])
        assert around == ["agent.reply", "content_generation", "create_content", "round"]
    kinds = {event["kind"] for event in events if event.get("agent") == "creator_001"}
    assert kinds == {"log", "learning", "decision", "metric", "action", "state.change", "error", "milestone"}


@pytest.mark.parametrize("name", ["quickstart.py", "v1_quickstart.py"])
def test_quickstart_is_on_file_as_the_model_server_counted_it(name):
    out = example(name, **LOGGED)
    told = re.search(r"model server: (\d+) calls, (\d+) prompt and (\d+) completion tokens", out)
    assert told, out
    assert f"ag2obs:       {told[1]} calls, {told[2]} prompt and {told[3]} completion tokens, " in out
    totals = summary(LOG)["totals"]
    calls, prompt, completion = map(int, told.groups())
    assert (totals["llm_calls"], totals["tokens"]["input"], totals["tokens"]["output"]) == (calls, prompt, completion)
    assert totals["tool_calls"] == 1
    assert totals["cost_complete"] is True
    assert Decimal(totals["cost_usd"]) == Decimal(re.search(r"tokens, ([\d.]+) US dollars", out)[1])


def test_quickstart_runs_unlogged_and_says_so():
    out = example("quickstart.py")
    assert "model server: 2 calls" in out
    assert "was not logged" in out
    assert os.listdir() == []


def test_the_group_chat_tells_agents_and_handoffs():
    out = example("group_chat.py", **LOGGED)
    for line in ("triage    1 calls", "billing   1 calls", "handoff: triage -> billing (reply_result)"):
        assert line in out
    (session,) = summary(LOG)["sessions"]
    assert session["chat_id"] == "order_1042"
    assert {agent["name"]: agent["totals"]["llm_calls"] for agent in session["agents"]} == {
        "triage": 1,
        "billing": 1,
        "_Group_Tool_Executor": 0,
    }


def test_the_network_tells_agents_and_the_turn_that_failed():
    finished = finished_example("v1_network.py", **LOGGED)
    for line in (
        "support   3 calls (0 failed)",
        "scales    1 calls (1 failed)",
        "alert: turn_failed of scales (openai.",
    ):
        assert line in finished.stdout
    assert [line for line in finished.stdout.splitlines() if line.startswith("said: ")] == [
        "said: support", "said: warehouse", "said: support",
    ]  # fmt: skip
    assert "ag2obs: the turn of scales failed with openai.NotFoundError" in finished.stderr
    (session,) = summary(LOG)["sessions"]
    assert (session["status"], session["totals"]["errors"]) == ("ok", 1)


def test_a_plugin_observes_without_patches():
    out = example("v1_plugin.py", AG2OBS_PATCH="false", **LOGGED)
    assert "model server: 4 calls" in out
    (session,) = summary(LOG)["sessions"]
    assert {agent["name"]: agent["totals"]["llm_calls"] for agent in session["agents"]} == {
        "support": 2,
        "warehouse": 1,
    }


def test_concurrent_sessions_are_each_in_a_file_of_their_own():
    out = example("concurrent_sessions.py", **LOGGED)
    logs = list(Path("logs/chats").iterdir())
    assert len(logs) == 8
    lines = re.findall(r"(\d+) calls, (\d+) tokens \(model server: (\d+) calls, (\d+) tokens\) in (.+)", out)
    assert len(lines) == 8, out
    for calls, tokens, calls_told, tokens_told, log in lines:
        assert (calls, tokens) == (calls_told, tokens_told)
        (session,) = summary(log)["sessions"]
        assert session["totals"]["tokens"]["total"] == int(tokens)
    assert len({tokens for _, tokens, *_ in lines}) == 8


def test_the_budget_ends_the_chat():
    out = example("budget.py", **LOGGED)
    assert "BudgetExceeded: this model call was refused before it was sent" in out
    assert "model server: 4 calls" in out
    assert re.search(r"ag2obs:       4 calls, 0\.00216\d* of 0\.002 US dollars, 1 call refused", out), out
    (session,) = summary(LOG)["sessions"]
    assert (session["totals"]["llm_calls"], session["totals"]["failed_calls"]) == (4, 0)
    assert (session["budget"]["refused"], session["budget"]["usd_spent"]) == (1, session["totals"]["cost_usd"])


def write_log(name, **call):
    fields = {"model": "gpt-4o", "usage": Usage(input=1, output=1), "cost_usd": Decimal("0.02"), "status": "ok", **call}
    at = "2026-11-21T08:00:00.000000Z"
    events = [
        Event(v=1, ts=at, kind="session.start", session="s1"),
        Event(v=1, ts=at, kind="llm.call", session="s1", **fields),
        Event(v=1, ts=at, kind="session.end", session="s1", status="ok"),
    ]
    Path(name).write_bytes(b"".join(encode(event) + b"\n" for event in events))


@pytest.mark.parametrize(
    ("call", "limits", "problem"),
    [
        ({}, [], None),
        ({}, ["--max-usd", "0.01"], "it cost 0.02 US dollars, the limit is 0.01"),
        ({"cost_usd": None}, [], "1 calls have no known price (gpt-4o)"),
        ({"status": "error"}, [], "1 model calls failed, 0 may"),
        ({"status": "error"}, ["--max-failed-calls", "1"], None),
    ],
)
def test_the_build_fails_where_a_limit_is_not_kept(call, limits, problem):
    write_log("a.log", **call)
    finished = run(str(EXAMPLES / "summary_in_ci.py"), "a.log", *limits)
    assert finished.returncode == (problem is not None)
    assert finished.stderr == (f"FAILED: {problem}\n" if problem else "")


def test_the_build_fails_without_a_log():
    finished = run(str(EXAMPLES / "summary_in_ci.py"), "none.log")
    assert (finished.returncode, finished.stderr) == (1, "none.log does not exist\n")


def test_every_example_is_run_here():
    tests = Path(__file__).read_text(encoding="utf-8")
    programs = {path.name for path in EXAMPLES.glob("*.py")} - {"example_model.py"}
    assert {name for name in programs if f'"{name}"' not in tests} == set()
