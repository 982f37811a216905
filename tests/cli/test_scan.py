import io
import json
import sys

import pytest

from ag2obs import cli
from ag2obs.scanning import Scan, WorkerLost

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


def test_the_baseline_makes_the_second_run_clean_and_a_new_secret_fails(capsys, log):
    known = log.parent / "known.json"
    assert run(capsys, log.parent, "--baseline", known)[0] == 2
    code, out, err = run(capsys, log.parent, "--baseline", known, "--update-baseline")
    assert (code, out, err) == (0, f"1 finding in the baseline {known}, 0 before\n", "")
    code, out, _ = run(capsys, log.parent, "--baseline", known)
    assert (code, out) == (0, "0 secrets in 1 file, 53 bytes, 1 more in the baseline\n")
    log.write_text(log.read_text() + "and " + TOKEN[::-1][:36].join(["ghp" + "_", "\n"]))
    assert run(capsys, log.parent, "--baseline", known)[0] == 1
    document = json.loads(run(capsys, log.parent, "--baseline", known, "--json")[1])
    assert (len(document["findings"]), document["known"]) == (1, 1)


@pytest.mark.parametrize("text", ["", '{"ag2obs_baseline": 2}'])
def test_a_baseline_that_is_damaged_or_newer_is_exit_code_2_and_stays(capsys, log, text):
    known = log.parent / "known.json"
    known.write_text(text)
    for more in ([], ["--update-baseline"]):
        code, out, err = run(capsys, log, "--baseline", known, *more)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert known.read_text() == text


def test_an_update_needs_a_baseline(capsys, log):
    assert run(capsys, log, "--update-baseline")[0] == 2


def test_an_allow_comment_in_source_code_is_counted(capsys, log):
    source = log.with_name("a.py")
    source.write_text(f"{TOKEN} # ag2obs:allow\n")
    assert run(capsys, source)[:2] == (0, "0 secrets in 1 file, 56 bytes, 1 more allowed by a comment\n")
    assert run(capsys, source, "--ignore-allow")[0] == 1


def test_findings_and_an_unreadable_file_are_exit_code_2(capsys, log):
    assert run(capsys, log, "missing")[0] == 2


def test_json_is_one_document_whatever_is_found(capsys, log):
    log.write_text(f"{TOKEN}\n{TOKEN}\n")
    outputs = [run(capsys, log, *form)[1] for form in (["--json"], ["--format", "json"])]
    assert outputs[0] == outputs[1]
    assert [found["line"] for found in json.loads(outputs[0])["findings"]] == [1, 2]
    log.write_text("nothing")
    assert json.loads(run(capsys, log, "--json")[1])["findings"] == []


def test_a_worker_that_is_lost_is_exit_code_2(capsys, monkeypatch, log):
    def lose(*_):
        raise WorkerLost("a process was ended")

    monkeypatch.setattr("ag2obs.scanning.scan.scan_in_processes", lose)
    log.with_name("b.log").touch()
    assert run(capsys, log.parent, "--jobs", "2")[::2] == (2, "ag2obs: a process was ended\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_own_rules_and_personal_data_are_found_where_they_are_asked_for(capsys, monkeypatch, log, jobs):
    log.write_text("door-code-4711 is for me@company.org\n")
    log.with_name("b.log").write_text(f"use {TOKEN} now\n")
    assert run(capsys, log.parent, "--jobs", jobs)[0] == 1
    rules = log.parent.parent / "rules.toml"
    rules.write_text(
        f'allow = ["{TOKEN[:8]}*"]\n[[rules]]\nid = "door"\nanchors = ["door-code-"]\n'
        "pattern = 'door-code-[0-9]{4}'\nexample = 'door-code-1234'\ncounter_example = 'door-code-none'\n"
    )
    monkeypatch.setenv("AG2OBS_RULES", str(rules))
    monkeypatch.setenv("AG2OBS_PII", "email")
    code, out, err = run(capsys, log.parent, "--jobs", jobs)
    assert (code, err) == (1, "")
    assert [line.split()[1] for line in out.splitlines()[:-1]] == ["door", "email"]
    rules.write_text("nonsense")
    code, out, err = run(capsys, log.parent, "--jobs", jobs)
    assert (code, out, err.count("\n")) == (2, "", 1)
