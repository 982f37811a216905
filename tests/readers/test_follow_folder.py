import gzip
import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from ag2obs.events import Event, encode, timestamp
from ag2obs.readers import follow, follow_folder
from ag2obs.readers.follow_folder import FolderFollower


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch):
    monkeypatch.setattr(follow_folder, "LOOK_SECONDS", 0.0)


def write(path, *numbers):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        for number in numbers:
            file.write(encode(Event(v=1, ts=timestamp(), seq=number, kind="metric", session="s")) + b"\n")


def polled(follower):
    return sorted(event.seq for event in follower.poll())


def test_logs_that_come_and_logs_that_are_there():
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == []
        write("logs/a.log", 1)
        write("logs/deep/b.log", 2)
        Path("logs/notes.txt").write_text("Dear diary,\n")
        write("logs/.hidden/c.log", 9)
        assert polled(follower) == [1, 2]
        write("logs/a.log", 3)
        assert polled(follower) == [3]


def test_an_old_log_is_read_once_somebody_writes_to_it():
    write("logs/a.log", 1)
    os.utime("logs/a.log", (0, 0))
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == []
        write("logs/a.log", 2)
        assert polled(follower) == [1, 2]


def test_a_file_that_is_still_empty_is_looked_at_again():
    Path("logs").mkdir()
    Path("logs/a.log").touch()
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == []
        write("logs/a.log", 1)
        assert polled(follower) == [1]


def test_a_rotation_is_followed_and_its_segment_is_no_log_of_its_own():
    write("logs/a.log", 1)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        os.rename("logs/a.log", "logs/a.log.000001")
        write("logs/a.log", 2)
        assert polled(follower) == [2]
        assert polled(follower) == []


def test_a_renamed_file_is_not_read_again_and_what_is_added_to_it_is_read():
    write("logs/app.log", 1)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        os.rename("logs/app.log", "logs/app.log.1")
        write("logs/app.log.1", 2)
        assert polled(follower) == [2]
        write("logs/app.log", 3)
        for _ in range(follow.POLLS_AFTER_ROTATION + 2):
            read = polled(follower)
            assert read in ([3], [])
        write("logs/app.log.1", 4)
        write("logs/app.log", 5)
        assert polled(follower) == [4, 5]
        os.rename("logs/app.log.1", "logs/deep.log")
        assert polled(follower) == []


@pytest.mark.parametrize("name", ["a-hard.log", "z-hard.log"])
def test_a_second_name_of_a_file_is_not_followed(name):
    write("logs/app.log", 1)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        os.link("logs/app.log", f"logs/{name}")
        os.symlink("app.log", "logs/sym.log")
        write("logs/app.log", 2)
        assert polled(follower) == [2]
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1, 2]
        for number in (1, 2):
            os.rename("logs/app.log", f"logs/app.log.00000{number}")
            write("logs/app.log", 2 + number)
        assert polled(follower) == [3, 4]
        for _ in range(follow.POLLS_AFTER_ROTATION + 1):
            assert polled(follower) == []


def test_a_second_name_of_a_segment_is_not_read_again():
    write("logs/a.log", 1)
    os.rename("logs/a.log", "logs/a.log.000001")
    write("logs/a.log", 2)
    for name in ("0.log", "copy.log"):
        os.link("logs/a.log.000001", f"logs/{name}")
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1, 2]
        assert polled(follower) == []


def test_a_link_to_itself_is_passed_over():
    Path("loop.log").symlink_to("loop.log")
    assert list(FolderFollower(Path()).poll()) == []


def test_a_symbolic_link_to_the_newest_log_can_be_set_to_another():
    write("logs/run-1.log", 1)
    os.symlink("run-1.log", "logs/latest.log")
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        write("logs/run-2.log", 2)
        os.unlink("logs/latest.log")
        os.symlink("run-2.log", "logs/latest.log")
        write("logs/run-1.log", 3)
        assert polled(follower) == [2, 3]
        assert polled(follower) == []


@pytest.mark.parametrize("compressed", [False, True])
def test_segments_of_a_log_that_is_followed_are_read_however_old_they_are(compressed):
    for number in (1, 2):
        write("logs/a.log", number)
        segment = Path(f"logs/a.log.00000{number}")
        os.rename("logs/a.log", segment)
        if compressed:
            Path(f"{segment}.gz").write_bytes(gzip.compress(segment.read_bytes()))
            segment.unlink()
        else:
            os.utime(segment, (0, 0))
    write("logs/a.log", 3)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert [event.seq for event in follower.poll()] == [1, 2, 3]
        assert polled(follower) == []


def test_only_logs_of_ours_that_can_grow_are_followed():
    write("logs/a.log", 1)
    Path("logs/z.jsonl.gz").write_bytes(gzip.compress(Path("logs/a.log").read_bytes()))
    stock = {"invocation_id": "x", "client_id": 1, "wrapper_id": 2, "request": {}, "response": "r", "is_cached": 0}
    Path("logs/stock.log").write_text(json.dumps(stock) + "\n")
    os.mkfifo("logs/pipe")
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        assert (follower.bad_lines, follower.lost) == (0, 0)


def test_a_file_that_becomes_a_log_is_followed():
    write("logs/a.log", 1)
    whole = Path("logs/a.log").read_bytes()
    Path("logs/torn.log").write_bytes(whole[:20])
    Path("logs/other.log").write_text("Dear diary,\n" * 9000)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        Path("logs/torn.log").write_bytes(whole)
        os.unlink("logs/other.log")
        write("logs/other.log", 2)
        assert polled(follower) == [1, 2]


def test_a_log_that_cannot_be_read_for_a_moment_is_read_later():
    write("logs/a.log", 1)
    with closing(FolderFollower(Path("logs"))) as follower:
        assert polled(follower) == [1]
        os.rename("logs/a.log", "logs/a.log.000001")
        os.mkdir("logs/a.log")
        assert polled(follower) == []
        os.rmdir("logs/a.log")
        write("logs/a.log", 2)
        assert polled(follower) == [2]
