"""Cleaning shows first, deletes only what was asked for, and never what is open or no log."""

import gzip
import json
import os
import platform
import time
from pathlib import Path

import pytest

from ag2obs import ag2_logging_session, cli
from ag2obs.events import Event, encode
from ag2obs.settings import Settings

DAY = 86_400
OLD = "2026-10-01T08:00:00.000000Z"


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["clean", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(exit_info.value.code), captured.out, captured.err


def write(path, *sessions, days=0, ended=True, size=0, resource=None):
    """Write a log of closed sessions that was last changed so many days ago."""
    lines = []
    for session in sessions:
        at = f"2026-10-01T08:00:00.{session[-1]:0>6}Z"
        common = {"v": 1, "ts": at, "session": session}
        lines.append(encode(Event(kind="session.start", resource=resource, content="x" * size, **common)))
        lines += [encode(Event(kind="session.end", status="ok", **common))] if ended else []
    data = b"".join(line + b"\n" for line in lines)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(gzip.compress(data) if str(path).endswith(".gz") else data)
    os.utime(path, (time.time() - days * DAY,) * 2)


def going(out):
    return [Path(each["path"]).name for each in json.loads(out)["files"]]


def there(folder="logs"):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


def test_without_yes_nothing_is_deleted(capsys):
    write("logs/old.log", "s1", "s2", days=9)
    write("logs/new.log", "s3")
    code, out, err = run(capsys, "--older-than", "7d", "logs")
    assert (code, err) == (0, "")
    assert "1 file would be deleted" in out
    for shown in ("old.log", "9 days", "age", "would go"):
        assert shown in out
    assert "new.log" not in out
    assert there() == ["new.log", "old.log"]


def test_with_yes_it_is_deleted_and_emptied_folders_go(capsys):
    write("logs/a/b/old.log", "s1", days=9)
    write("logs/new.log", "s3")
    code, out, err = run(capsys, "--older-than", "7d", "--yes", "logs")
    assert (code, err) == (0, "")
    assert "1 file deleted" in out
    assert there() == ["new.log"]
    assert not Path("logs/a").exists()
    assert run(capsys, "--older-than", "7d", "--yes", "logs")[1] == "0 files deleted, 0 B\n"


def test_the_newest_sessions_are_kept(capsys):
    for number in range(1, 6):
        write(f"logs/{number}.log", f"s{number}", days=20)
    out = run(capsys, "--older-than", "7d", "--keep", "2", "--json", "logs")[1]
    assert going(out) == ["1.log", "2.log", "3.log"]
    assert {each["why"] for each in json.loads(out)["staying"]} == {"it holds one of the newest sessions"}


def test_the_oldest_go_until_the_rest_has_the_size(capsys):
    for number in range(1, 5):
        write(f"logs/{number}.log", f"s{number}", days=10 - number, size=1000)
    each = Path("logs/1.log").stat().st_size
    assert going(run(capsys, "--max-size", 2 * each, "--json", "logs")[1]) == ["1.log", "2.log"]
    assert going(run(capsys, "--max-size", "1GB", "--json", "logs")[1]) == []
    out = run(capsys, "--max-size", 2 * each, "--older-than", "204h", "--json", "logs")[1]
    assert [entry["reasons"] for entry in json.loads(out)["files"]] == [["age"], ["size"]]


def test_segments_go_oldest_first_and_leave_no_hole(capsys):
    write("logs/run.log.000001.gz", "s1", days=30)
    write("logs/run.log.000002", "s2", days=20)
    write("logs/run.log.000003", "s3", days=15)
    write("logs/run.log", "s4", days=10)
    assert going(run(capsys, "--older-than", "12d", "--json", "logs")[1]) == [
        "run.log.000001.gz", "run.log.000002", "run.log.000003",
    ]  # fmt: skip
    write("logs/run.log.000002", "s9", days=20)
    out = run(capsys, "--older-than", "7d", "--keep", "1", "--json", "logs")[1]
    assert going(out) == ["run.log.000001.gz"]
    whys = [each["why"] for each in json.loads(out)["staying"]]
    assert whys[0] == "it holds one of the newest sessions"
    assert all(why.startswith("an older file of its log stays: ") for why in whys[1:])


def test_a_segment_goes_with_its_compressed_copy(capsys):
    write("logs/run.log.000001", "s1", days=30)
    write("logs/run.log.000001.gz", "s1", days=30)
    write("logs/run.log", "s2")
    assert run(capsys, "--older-than", "7d", "--yes", "logs")[0] == 0
    assert there() == ["run.log"]


def test_a_folder_of_many_logs_is_listed_as_often_as_one_of_few(capsys, monkeypatch):
    listings = []
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda *path: listings.append(path) or listed(*path))
    counts = []
    for logs in (3, 30):
        for number in range(logs):
            write(f"logs/{number}.log", f"s{number}", days=9)
        listings.clear()
        assert run(capsys, "logs", "--older-than", "7d")[0] == 0
        counts.append(len(listings))
    assert counts[0] == counts[1]


def test_an_open_session_is_never_touched(capsys):
    settings = Settings.from_environment(
        {}, dotenv=False, enabled=True, patch=False, log_file="logs/live.log", late_seconds="0"
    )
    with ag2_logging_session("chat", "w", settings=settings):
        os.utime("logs/live.log", (time.time() - 30 * DAY,) * 2)
        code, out, _ = run(capsys, "--older-than", "7d", "--yes", "--json", "logs")
        assert code == 0
        assert going(out) == []
        assert json.loads(out)["staying"][0]["why"] == "a session has it open"
    os.utime("logs/live.log", (time.time() - 30 * DAY,) * 2)
    assert run(capsys, "--older-than", "7d", "--yes", "logs")[0] == 0
    assert there() == []


@pytest.mark.parametrize(("pid", "stays"), [(os.getpid(), True), (2**22 + 1, False)], ids=["alive", "gone"])
def test_a_session_whose_process_lives_is_open(capsys, pid, stays):
    write("logs/a.log", "s1", days=9, ended=False, resource={"host": platform.node(), "pid": pid})
    Path("logs/a.log").write_bytes(
        Path("logs/a.log").read_bytes().replace(b"2026-10-01T08:00:00", b"2099-10-01T08:00:00")
    )
    os.utime("logs/a.log", (time.time() - 9 * DAY,) * 2)
    assert (going(run(capsys, "--older-than", "7d", "--json", "logs")[1]) == []) is stays


def test_what_is_no_log_of_ours_stays(capsys):
    write("logs/old.log", "s1", days=9)
    stock = '{"invocation_id": "x", "client_id": 1, "wrapper_id": 2, "request": {}, "response": "r", "is_cached": 0}\n'
    for name, text in {"notes.txt": "Dear diary,\n", "runtime.log": stock, "empty.log": ""}.items():
        Path("logs", name).write_text(text)
        os.utime(f"logs/{name}", (0, 0))
    Path("outside.log").write_bytes(Path("logs/old.log").read_bytes())
    os.utime("outside.log", (0, 0))
    Path("logs/link.log").symlink_to(Path("outside.log").absolute())
    assert run(capsys, "--older-than", "7d", "--yes", "logs")[0] == 0
    assert there() == ["empty.log", "link.log", "notes.txt", "runtime.log"]
    assert Path("outside.log").exists()


def test_a_log_of_a_newer_schema_stays(capsys):
    Path("logs").mkdir()
    Path("logs/a.log").write_bytes(b'{"v":2,"kind":["new"],"session":"s"}\n')
    os.utime("logs/a.log", (0, 0))
    assert going(run(capsys, "--older-than", "7d", "--json", "--yes", "logs")[1]) == []
    assert there() == ["a.log"]


def test_files_that_cannot_be_deleted_are_told_one_by_one(capsys, monkeypatch):
    for name in ("a", "b", "c"):
        write(f"logs/{name}.log", name, days=9)

    unlink = Path.unlink

    def refused(path, **options):
        if path.name in ("a.log", "b.log"):
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", refused)
    code, out, err = run(capsys, "--older-than", "7d", "--yes", "logs")
    assert code == 1
    assert err.splitlines() == [
        f"ag2obs: {Path('logs', name)} was not deleted: Permission denied" for name in ("a.log", "b.log")
    ]
    assert "1 file deleted" in out


def test_the_configured_logs_are_cleaned(capsys, monkeypatch):
    monkeypatch.setenv("AG2_RUNTIME_LOG_FILE", "logs/run.log")
    write("logs/run.log", "s1", days=9)
    write("logs/other.log", "s2", days=9)
    assert run(capsys, "--older-than", "7d", "--yes")[0] == 0
    assert there() == ["other.log"]


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--keep", "3"], ["--older-than", "7"], ["--older-than", "-1d"], ["--older-than", "week"],
        ["--max-size", "much"], ["--max-size", "-1"], ["--keep", "-1", "--older-than", "1d"],
        ["--older-than", "1d", "missing"],
    ],
)  # fmt: skip
def test_what_is_not_understood_is_one_sentence(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("ag2obs: ")
    assert err.count("\n") == 1


def test_what_was_deleted_is_forgotten_by_the_index(capsys, monkeypatch):
    monkeypatch.setenv("AG2OBS_CACHE_DIR", "cache")
    for name in ("old", "new"):
        question = Event(
            v=1, ts=OLD, session=name, kind="message", id="m1", role="user", content=f"the {name} question"
        )
        end = Event(v=1, ts=OLD, session=name, kind="session.end", status="ok")
        Path("logs").mkdir(exist_ok=True)
        Path(f"logs/{name}.log").write_bytes(encode(question) + b"\n" + encode(end) + b"\n")
    os.utime("logs/old.log", (time.time() - 9 * DAY,) * 2)
    with pytest.raises(SystemExit):
        cli.main(["list", "logs"])
    index = Path("cache/index.sqlite")
    assert b"the old question" in index.read_bytes()
    assert run(capsys, "--older-than", "7d", "logs")[0] == 0
    assert b"the old question" in index.read_bytes()
    assert run(capsys, "--older-than", "7d", "--yes", "logs")[0] == 0
    assert b"the old question" not in index.read_bytes()
    assert b"the new question" in index.read_bytes()
