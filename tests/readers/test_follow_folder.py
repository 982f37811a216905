import os
from contextlib import closing
from pathlib import Path

import pytest

from ag2obs.events import Event, encode, timestamp
from ag2obs.readers import follow_folder
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
