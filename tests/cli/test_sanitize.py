import json
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


@pytest.mark.parametrize(("path", "reason"), [("missing", "does not exist"), ("-", "standard input")])
def test_what_cannot_be_masked_is_told_and_the_rest_is_masked(capsys, path, reason):
    code, out, err = run(capsys, path, "logs")
    assert code == 1
    assert reason in err
    assert err.count("\n") == 1
    assert "3 secrets masked" in out


def test_wrong_usage_is_exit_code_1(capsys):
    assert run(capsys)[0] == 1


def test_hard_links_are_told(capsys):
    Path("logs/other.txt").hardlink_to("logs/a.log")
    assert "logs/a.log has 1 hard link" in run(capsys, "logs/a.log")[2]
