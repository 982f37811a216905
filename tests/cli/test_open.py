import json
import os
import sys
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.events import Event, encode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="each system has a viewer of its own")


OLD = "2026-11-20T08:00:00.000000Z"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["open", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture
def log(monkeypatch):
    """A log with one session, where the settings say, and no screen."""
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/run.log")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = Path("logs/run.log").absolute()
    path.parent.mkdir()
    path.write_bytes(encode(Event(v=1, ts=OLD, kind="session.end", session="run-1")) + b"\n")
    return path


@pytest.fixture
def viewer(monkeypatch):
    """A file manager that notes what it was asked to show."""
    Path("bin").mkdir()
    Path("bin/xdg-open").write_text(f'#!/bin/sh\necho "$1" > {Path("shown").absolute()}\n')
    Path("bin/xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{Path('bin').absolute()}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")


@pytest.mark.parametrize("argument", [[], ["latest"], ["run-1"], ["run"], ["./logs/run.log"]])
def test_without_a_screen_the_path_is_printed(capsys, log, argument):
    assert run(capsys, *argument) == (0, f"{log}\n", "")


def test_the_folder_is_shown(capsys, log, viewer):
    assert run(capsys, "run-1")[:2] == (0, f"{log}\n")
    assert Path("shown").read_text() == f"{log.parent}\n"


def test_the_file_is_shown_when_asked_for(capsys, log, viewer):
    document = json.loads(run(capsys, "--file", "--json")[1])
    assert document == {"schema": 1, "path": str(log), "opened": True}
    assert Path("shown").read_text() == f"{log}\n"


def test_a_viewer_that_fails_or_is_not_there_is_no_error(capsys, log, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run(capsys, "--json")[0] == 0


def test_a_chat_id_that_looks_like_a_secret_is_found_with_the_index_too(capsys, log):
    chat_id = "ghp" + "_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z0AbC"
    log.write_bytes(encode(Event(v=1, ts=OLD, kind="session.start", session="run-2", chat_id=chat_id)) + b"\n")
    for _ in range(2):
        assert run(capsys, chat_id) == (0, f"{log}\n", "")


@pytest.mark.parametrize("argument", ["logs", "logs/", "./logs", "logs/../logs"])
def test_a_folder_is_that_folder_however_it_is_named(capsys, log, argument):
    assert run(capsys, argument) == (0, f"{Path(argument).absolute()}\n", "")


@pytest.mark.parametrize("argument", ["empty", "empty/", "./empty"])
def test_an_empty_folder_is_a_folder(capsys, log, argument):
    Path("empty").mkdir()
    assert run(capsys, argument) == (0, f"{Path('empty').absolute()}\n", "")


def test_latest_is_the_latest_session_whatever_folders_there_are(capsys, log):
    Path("latest").mkdir()
    assert run(capsys, "latest")[1] == f"{log}\n"


def test_a_path_commands_no_terminal_and_is_exact_for_programs(capsysbinary, log, monkeypatch):
    name = os.fsdecode(b"a\x1b[31m\xff.log")
    log.rename(name)
    exact = os.fsencode(Path(name).absolute()) + b"\n"
    assert run(capsysbinary, f"./{name}")[1] == exact
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    assert run(capsysbinary, f"./{name}")[1] == exact.replace(b"\x1b", b" ").replace(b"\xff", b" ")


def test_an_unknown_session_is_one_sentence(capsys, log):
    code, out, err = run(capsys, "nobody")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
