import io
import json
import sys

import pytest

from ag2obs import cli
from ag2obs.scanning import Scan

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["scan", *map(str, arguments)])
    captured = capsys.readouterr()
    assert TOKEN not in captured.out + captured.err
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(f"one\nuse {TOKEN} now\n")
    return path


def test_findings_are_lines_and_exit_code_1(capsys, log):
    code, out, err = run(capsys, log)
    assert (code, err) == (1, "")
    assert out == f"{log}:2:5: github (format) use [REDACTED:github] now\n1 secret in 1 file, 53 bytes\n"


def test_nothing_found_is_exit_code_0(capsys, log):
    log.write_text("nothing here\n")
    assert run(capsys, log) == (0, "0 secrets in 1 file, 13 bytes\n", "")


def test_json_is_the_document_of_the_contract(capsys, log):
    code, out, err = run(capsys, log, "missing", "--json")
    document = json.loads(out)
    assert code == 2
    assert list(document) == ["schema", "findings", "files", "bytes", "allowed", "known", "unreadable"]
    assert (document["schema"], document["files"], document["bytes"]) == (1, 1, 53)
    assert document["unreadable"] == [{"path": "missing", "reason": "does not exist"}]
    (found,) = document["findings"]
    assert list(found) == ["path", "line", "column", "rule", "confidence", "excerpt", "fingerprint"]
    assert err == "ag2obs: missing cannot be scanned: does not exist\n"


@pytest.mark.parametrize("arguments", [[], ["--nonsense", "a"], ["missing"]])
def test_what_is_neither_clean_nor_found_is_exit_code_2(capsys, arguments):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert err.startswith("ag2obs: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError(), BrokenPipeError()])
def test_a_scan_that_fails_is_exit_code_2(capsys, monkeypatch, log, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(Scan, "findings", fail)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    assert run(capsys, log)[0] == 2


def test_help_is_exit_code_0(capsys):
    assert run(capsys, "--help")[0] == 0


def test_strict_and_exclude(capsys, log):
    log.write_text("He said password=" + TOKEN[4:] + " to me\n")
    assert run(capsys, log.parent)[0] == 0
    assert run(capsys, log.parent, "--strict")[0] == 1
    assert run(capsys, log.parent, "--strict", "--exclude", "*.log")[0] == 0


def test_standard_input(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(TOKEN.encode()))))
    code, out, _ = run(capsys, "-")
    assert code == 1
    assert out.startswith("-:1:1: github (format)")


def test_a_name_cannot_command_the_terminal(capsys, tmp_path):
    (tmp_path / "a\x1b[31m.log").write_text(TOKEN)
    assert "\x1b" not in run(capsys, tmp_path)[1]
