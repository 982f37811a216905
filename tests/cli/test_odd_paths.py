"""Whatever a path is, every command reads it or says in a sentence why not."""

import json
import os
import sys
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.events import Event, encode

LINE = encode(Event(v=1, ts="2026-10-01T08:00:00.000000Z", kind="session.end", session="s1", status="ok")) + b"\n"

FOLDERS = (["list"], ["summary"], ["trends"], ["trends", "--sql"], ["clean", "--older-than", "0s", "--yes"])
SESSIONS = (
    ["open"], ["timeline"], ["tools"], ["errors"], ["cost"], ["compare", "--by", "model"], ["watch", "--once"],
    ["watch"],
)  # fmt: skip

every_command = pytest.mark.parametrize("command", [*FOLDERS, *SESSIONS], ids=" ".join)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(list(map(os.fspath, arguments)))
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.mark.parametrize("command", [*FOLDERS, *(each for each in SESSIONS if each[0] != "compare")], ids=" ".join)
def test_an_empty_path_is_not_the_current_directory(capsys, command):
    Path("run.log").write_bytes(LINE)
    code, out, err = run(capsys, *command, "")
    assert (code, out) == (1, "")
    assert "an empty" in err
    assert err.count("\n") == 1
    assert Path("run.log").exists()


@every_command
@pytest.mark.parametrize("where", ["folder", "name", "target"])
def test_a_name_that_is_too_long_is_one_sentence(capsys, monkeypatch, command, where):
    name = "x" * 300
    path = {"folder": f"{name}/run.log", "name": f"./{name}", "target": "./link"}[where]
    if where == "target":
        os.symlink(name, "link")
    code, out, err = run(capsys, *command, path)
    assert (code, out) == (1, "")
    assert "too long" in err
    assert err.count("\n") == 1


@every_command
def test_a_link_to_itself_is_one_sentence(capsys, command):
    os.symlink("loop", "loop")
    code, out, err = run(capsys, *command, "./loop")
    assert (code, out) == (1, "")
    assert "symbolic links" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [*FOLDERS, ["open"], ["timeline"], ["watch", "--once"]], ids=" ".join)
def test_a_link_to_nowhere_beside_a_log_is_passed_over(capsys, command):
    Path("logs").mkdir()
    Path("logs/run.log").write_bytes(LINE)
    os.symlink("loop", "logs/loop")
    os.symlink("x" * 300, "logs/long")
    code, out, err = run(capsys, *command, "logs")
    assert (code, err) == (0, "")
    assert out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
@pytest.mark.parametrize("json_too", [[], ["--json"]])
@pytest.mark.parametrize("command", [*FOLDERS, ["open"], ["timeline"], ["watch", "--once"]], ids=" ".join)
def test_a_name_that_is_no_text(capsysbinary, command, json_too):
    def run_binary(*arguments):
        code, out, err = run(capsysbinary, *arguments)
        return code, out, err.decode()

    Path("logs").mkdir()
    Path(os.fsdecode(b"logs/\xff.log")).write_bytes(LINE)
    name = os.fsdecode(b"logs/\xff.log")
    if "--sql" in command:
        sentence = "ag2obs: 1 log cannot be in the view: the name is not UTF-8\n"
        assert run_binary(*command, "logs") == (1, b"", sentence)
        return
    if "clean" not in command:
        assert run_binary(*command, *json_too, name)[::2] == (0, "")
        assert run_binary(*command, *json_too, "logs")[::2] == (0, "")
    code, out, err = run_binary(*command, *json_too, "logs")
    assert (code, err) == (0, "")
    if json_too:
        json.loads(out)
