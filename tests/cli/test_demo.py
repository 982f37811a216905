import json
import sys
from pathlib import Path

import pytest

from ag2obs import cli
from ag2obs.cli import demo_chat
from ag2obs.readers.summaries import summarize_runtime_file
from ag2obs.redaction import Redactor
from ag2obs.testing import ModelServer

LOG = Path("logs/logs/ag2_runtime.log")


def run(capsys):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["demo"])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def test_it_shows_a_chat_whose_log_agrees_with_the_model_server(capsys, monkeypatch):
    key = demo_chat.new_key()
    monkeypatch.setattr(demo_chat, "new_key", lambda: key)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert out.count(" equal") == 5
    assert "DIFFERENT" not in out
    assert f"log   {LOG.absolute()}" in out
    assert "no 12 characters of it" in out
    assert "(to chat_manager)" not in out, "AG2's own output is on the terminal"
    data = LOG.read_bytes()
    assert key.encode() not in data
    assert demo_chat.encoded(key).rstrip("=").encode() not in data
    totals = summarize_runtime_file(LOG)
    assert (totals.llm_calls, totals.tool_calls, totals.tool_failures, totals.redactions) == (6, 2, 1, 3)
    assert totals.cost_complete


def test_it_respects_the_users_settings_and_tells_of_its_own_session_only(capsys):
    Path(".env").write_text("AG2_RUNTIME_LOGGING=false\nAG2_RUNTIME_LOG_FILE=mine/runs.log\nAG2OBS_BUDGET_USD=0\n")
    assert run(capsys)[0] == 0
    code, out, _ = run(capsys)
    assert code == 0
    assert out.startswith("A group chat ran.")
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


@pytest.mark.parametrize("missing", ["autogen", "openai"])
def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    code, out, err = run(capsys)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert err.endswith("pip install 'ag2obs[demo]'\n")
    assert not LOG.exists()


def test_each_run_plants_a_key_of_its_own_that_looks_real():
    first, second = demo_chat.new_key(), demo_chat.new_key()
    assert first != second
    assert first not in json.dumps(Redactor().redact_text(f"my key is {first}"))
