import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ag2obs import cli

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["sanitize", *arguments])
    captured = capsys.readouterr()
    assert TOKEN not in captured.out + captured.err
    return int(exit_info.value.code), captured.out, captured.err


@pytest.fixture(autouse=True)
def logs():
    Path("logs/old").mkdir(parents=True)
    Path("logs/a.log").write_text(f"use {TOKEN}\nand {TOKEN}\n")
    Path("logs/old/b.log").write_text(f"use {TOKEN}\n")
    Path("logs/clean.log").write_text("nothing\n")


def texts():
    return [path.read_text() for path in sorted(Path("logs").rglob("*.log"))]


def test_a_folder_is_masked(capsys):
    code, out, err = run(capsys, "logs")
    assert (code, err) == (0, "")
    assert out == "logs/a.log: 2 secrets masked\nlogs/old/b.log: 1 secret masked\n3 secrets masked in 2 of 3 files\n"
    assert texts() == ["use [REDACTED:github]\nand [REDACTED:github]\n", "nothing\n", "use [REDACTED:github]\n"]
    assert run(capsys, "logs")[1] == "0 secrets masked in 0 of 3 files\n"


def test_a_dry_run_says_what_would_be_masked(capsys):
    before = texts()
    code, out, _ = run(capsys, "logs", "--dry-run", "--json", "--exclude", "old")
    assert (code, texts()) == (0, before)
    assert json.loads(out) == {
        "schema": 1,
        "dry_run": True,
        "files": 2,
        "changed": [{"path": "logs/a.log", "secrets": 2}],
        "refused": [],
    }


def test_secrets_of_the_environment_are_masked_too(capsys, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "tanz-der-bienen")
    Path(".env").write_text("OTHER_SECRET=wiese-im-regen\n")
    Path("logs/a.log").write_text("tanz-der-bienen, wiese-im-regen\n")
    assert run(capsys, "logs/a.log")[0] == 0
    assert texts()[0] == "[REDACTED:SHOP_PASSWORD], [REDACTED:OTHER_SECRET]\n"


@pytest.mark.parametrize(("path", "reason"), [("missing", "does not exist"), ("a.gz", "damaged")])
def test_what_cannot_be_masked_is_told_and_the_rest_is_masked(capsys, path, reason):
    Path("a.gz").write_bytes(b"\x1f\x8b" + b"nonsense")
    code, out, err = run(capsys, path, "logs")
    assert code == 1
    assert reason in err
    assert err.count("\n") == 1
    assert "3 secrets masked" in out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-", "logs"),
        ("logs", "--output", "copy.log"),
        ("logs/a.log", "--output", "./logs/a.log"),
        ("logs/a.log", "--output", "copy.log", "--dry-run"),
        ("-", "--dry-run"),
    ],
)
def test_wrong_usage_is_exit_code_1(capsys, arguments):
    before = texts()
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert texts() == before


def test_a_pattern_that_the_shell_left_alone(capsys):
    assert "3 secrets masked in 2 of 3 files" in run(capsys, "logs/**/*.log")[1]


def test_a_copy(capsys):
    before = texts()
    assert run(capsys, "logs/a.log", "--output", "copy.txt", "--same-length")[0] == 0
    assert Path("copy.txt").read_text().startswith("use [REDACTED]****")
    assert (texts(), len(Path("copy.txt").read_text())) == (before, len(before[0]))


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_goes_masked_to_standard_output(compress):
    script = "from ag2obs.cli import main; main(['sanitize', '-'])"
    done = subprocess.run(
        [sys.executable, "-c", script], input=compress(f"use {TOKEN} now\n".encode()), capture_output=True, check=True
    )
    text = gzip.decompress(done.stdout) if compress is gzip.compress else done.stdout
    assert text == b"use [REDACTED:github] now\n"
    assert done.stderr == b"-: 1 secret masked\n1 secret masked in 1 of 1 file\n"


def test_a_terminated_run_leaves_nothing_behind(capsys, monkeypatch):
    def terminate(_):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("os.fsync", terminate)
    before = texts()
    handler = signal.getsignal(signal.SIGTERM)
    assert run(capsys, "logs")[0] == 4
    assert texts() == before
    assert sorted(os.listdir("logs")) == ["a.log", "clean.log", "old"]
    assert signal.getsignal(signal.SIGTERM) is handler


def test_hard_links_are_told(capsys):
    Path("logs/other.txt").hardlink_to("logs/a.log")
    assert "logs/a.log has 1 hard link" in run(capsys, "logs/a.log")[2]


def test_a_sanitized_log_is_forgotten_by_the_index(capsys, tmp_path, monkeypatch):
    """The first question of a session is kept there, and may have told a secret that nobody knew to be one."""
    monkeypatch.setenv("AG2OBS_CACHE_DIR", str(tmp_path / "cache"))
    question = {"v": 1, "ts": "2026-11-20T08:00:00.000000Z", "kind": "message", "session": "s", "role": "user"}
    Path("logs/a.log").write_text(json.dumps({**question, "content": "tanz-der-bienen"}) + "\n")
    with pytest.raises(SystemExit):
        cli.main(["list", "logs/a.log"])
    index = tmp_path / "cache" / "index.sqlite"
    assert b"tanz-der-bienen" in index.read_bytes()
    monkeypatch.setenv("SHOP_PASSWORD", "tanz-der-bienen")
    capsys.readouterr()
    assert run(capsys, "logs")[0] == 0
    assert b"tanz-der-bienen" not in index.read_bytes()
