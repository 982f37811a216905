import json

import pytest

from ag2obs import cli
from ag2obs.events import encode
from tests.analysis.making import event, failure, numbered


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["tools", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path="a.log", *more):
    calls = [
        event("session.start"),
        *[event("tool.call", 1, agent="a", tool="slow", ms=900.0, success=True, arguments={"x": n}) for n in range(2)],
        *[event("tool.call", 2, agent="b", tool="quick", ms=1.0, success=True, arguments={"c": str(n)})
          for n in range(9)],
        *[event("tool.call", 3, agent="a", tool="quick", ms=2.0, success=False, arguments={"c": ""}, error=failure())
          for _ in range(3)],
        *more,
    ]  # fmt: skip
    with open(path, "wb") as file:
        file.writelines(encode(each) + b"\n" for each in numbered(*calls))
    return path


def names(capsys, *arguments):
    return [tool["name"] for tool in json.loads(run(capsys, write(), "--json", *arguments)[1])["tools"]]


def test_the_table_and_what_failing_calls_share(capsys):
    code, out, err = run(capsys, write())
    assert (code, err) == (0, "")
    row = next(line for line in out.splitlines() if line.startswith(" quick"))
    assert row.split()[:6] == ["quick", "function", "12", "3", "15", "ms"]
    assert "TOTAL" in out
    assert "quick: 3 of 12 failed: 3 ValueError" in out
    assert '3 of 3 failed with c="", 0 of 9 otherwise' in out


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        ([], ["slow", "quick"]),
        (["--sort", "calls"], ["quick", "slow"]),
        (["--sort", "failures"], ["quick", "slow"]),
        (["--sort", "name"], ["quick", "slow"]),
        (["--sort", "p90", "--reverse"], ["quick", "slow"]),
        (["--sort", "calls", "--reverse"], ["slow", "quick"]),
    ],
)
def test_sorting(capsys, arguments, order):
    assert names(capsys, *arguments) == order


def test_by_agent(capsys):
    document = json.loads(run(capsys, write(), "--by", "agent", "--json")[1])
    assert (document["schema"], document["by"], document["totals"]["calls"]) == (1, "agent", 14)
    rows = [(tool["name"], tool["agent"], tool["calls"]) for tool in document["tools"]]
    assert rows == [("slow", "a", 2), ("quick", "b", 9), ("quick", "a", 3)]
    assert " agent " in run(capsys, write(), "--by", "agent")[1]


def test_an_mcp_tool_shows_its_server(capsys):
    out = run(capsys, write("a.log", event("tool.call", tool="mcp__files__read")))[1]
    assert "server" in out
    assert "files" in out


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_no_tools(capsys, arguments):
    with open("a.log", "wb") as file:
        file.write(encode(event("session.start")) + b"\n")
    code, out, _ = run(capsys, "a.log", *arguments)
    assert code == 0
    assert json.loads(out)["tools"] == [] if arguments else out == "no tool was called\n"


def test_control_characters_do_not_reach_the_terminal(capsys):
    hostile = event(
        "tool.call", tool="\x1b[31mx", success=False, error=failure("\x07", kind="\x1b[2J"), arguments="\x1b]0;"
    )
    assert "\x1b" not in run(capsys, write("a.log", hostile))[1]


def test_a_missing_log_is_one_sentence_and_no_document(capsys):
    code, out, err = run(capsys, "./missing.log", "--json")
    assert code == 1
    assert out == ""
    assert err.startswith("ag2obs: ")
    assert err.count("\n") == 1
