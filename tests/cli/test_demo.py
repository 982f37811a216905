import json
import sys
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.cli import demo_key
from ag2obs.readers.summaries import summarize_runtime_file
from ag2obs.redaction import Redactor
from ag2obs.testing import ModelServer

LOG = Path("logs/logs/ag2_runtime.log")
V1 = "Agents of AG2 v1 ran"
CLASSIC = "A group chat of AG2 Classic ran"


def run(capsys, *options):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["demo", *options])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


@pytest.mark.parametrize(("missing", "ran", "calls", "tools"), [(None, V1, 7, 4), ("ag2", CLASSIC, 6, 2)])
def test_it_runs_what_is_installed_and_its_log_agrees_with_the_model_server(
    capsys, monkeypatch, missing, ran, calls, tools
):
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    key = demo_key.new_key()
    monkeypatch.setattr(demo_key, "new_key", lambda: key)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert out.startswith(ran)
    assert out.count(" equal") == 5
    assert "DIFFERENT" not in out
    assert f"log   {LOG.absolute()}" in out
    assert "no 12 characters of it" in out
    assert "(to chat_manager)" not in out, "AG2's own output is on the terminal"
    data = LOG.read_bytes()
    assert key.encode() not in data
    assert demo_key.encoded(key).rstrip("=").encode() not in data
    totals = summarize_runtime_file(LOG)
    assert (totals.llm_calls, totals.tool_calls, totals.tool_failures, totals.redactions) == (calls, tools, 1, 3)
    assert totals.cost_complete


def test_it_respects_the_users_settings_and_tells_of_its_own_session_only(capsys):
    Path(".env").write_text(
        "AG2_RUNTIME_LOGGING=false\nAG2_RUNTIME_LOG_FILE=mine/runs.log\nAG2OBS_BUDGET_USD=0\nAG2OBS_PATCH=false\n"
    )
    for framework, ran in (("v1", V1), ("classic", CLASSIC)):
        code, out, _ = run(capsys, "--framework", framework)
        assert code == 0
        assert out.startswith(ran)
        assert "sessions 1\n" in out
    assert len(summarize_runtime_file("mine/runs.log").sessions) == 2
    assert not LOG.exists()


def test_a_log_that_differs_from_the_model_server_is_an_execution_error(capsys, monkeypatch):
    class Miscounting(ModelServer):
        def totals(self, tag=None):
            counted = super().totals(tag)
            counted.calls += 1
            return counted

    monkeypatch.setattr("ag2obs.cli.demo.ModelServer", Miscounting)
    code, out, _ = run(capsys)
    assert code == 2
    assert out.count("DIFFERENT") == 1


def test_a_key_in_the_log_is_an_execution_error(capsys, monkeypatch):
    monkeypatch.setattr(Redactor, "redact", lambda self, line: (line, 0))
    monkeypatch.setattr(Redactor, "known_spans", lambda self, chunk: [])
    code, out, _ = run(capsys)
    assert code == 2
    assert " OF IT\n" in out


@pytest.mark.parametrize(
    ("missing", "options", "told"),
    [
        (["openai"], [], "AG2 v1 or AG2 Classic"),
        (["ag2", "autogen"], [], "AG2 v1 or AG2 Classic"),
        (["ag2"], ["--framework", "v1"], "AG2 v1"),
        (["autogen"], ["--framework", "classic"], "AG2 Classic"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_installs_it(capsys, monkeypatch, missing, options, told):
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    code, out, err = run(capsys, *options)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert f"the demo runs {told} with" in err
    assert err.endswith("pip install 'ag2obs[demo]'\n")
    assert not LOG.exists()


def test_each_run_plants_a_key_of_its_own_that_looks_real():
    first, second = demo_key.new_key(), demo_key.new_key()
    assert first != second
    assert first not in json.dumps(Redactor().redact_text(f"my key is {first}"))
