"""A log is followed without losing or doubling an event, whatever happens to its file."""

import gzip
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ag2obs import Settings, ag2_logging_session
from ag2obs.errors import LogFormatError
from ag2obs.events import Event, encode, timestamp
from ag2obs.readers import follow
from ag2obs.readers.follow import LogFollower


@pytest.fixture
def log(tmp_path):
    return tmp_path / "run.log"


@pytest.fixture
def followers():
    """Make followers that are closed in the end."""
    made = []

    def make(*arguments, **options):
        made.append(LogFollower(*arguments, **options))
        return made[-1]

    yield make
    for follower in made:
        follower.close()


def line(number, text=""):
    return encode(Event(v=1, ts=timestamp(), seq=number, kind="metric", session="s", content=text)) + b"\n"


def write(path, *numbers, text=""):
    with open(path, "ab") as file:
        file.write(b"".join(line(number, text) for number in numbers))


def polled(follower):
    return [event.seq for event in follower.poll()]


def rotate(log, number, *, compressed=False):
    """Rename the log to its next segment, as a full log is."""
    segment = log.with_name(f"{log.name}.{number:06}")
    log.rename(segment)
    if compressed:
        log.with_name(segment.name + ".gz").write_bytes(gzip.compress(segment.read_bytes()))
        segment.unlink()


def test_a_log_that_is_not_there_yet_is_waited_for(log, followers):
    follower = followers(log)
    assert polled(follower) == []
    write(log, 1, 2)
    assert polled(follower) == [1, 2]
    assert polled(follower) == []
    write(log, 3)
    assert polled(follower) == [3]


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path, followers):
    follower = followers(tmp_path / "later" / "run.log")
    assert polled(follower) == []
    (tmp_path / "later").mkdir()
    write(tmp_path / "later" / "run.log", 1)
    assert polled(follower) == [1]


@pytest.mark.parametrize("cut", [1, 10, 60, -1])
def test_a_line_without_its_end_is_read_when_it_is_whole(log, followers, cut):
    follower = followers(log)
    write(log, 1)
    torn = line(2, "x" * 50)
    with open(log, "ab") as file:
        file.write(torn[:cut])
    assert polled(follower) == [1]
    assert polled(follower) == []
    with open(log, "ab") as file:
        file.write(torn[cut:])
    assert polled(follower) == [2]
    assert follower.bad_lines == 0


def test_a_torn_line_and_what_another_writer_puts_behind_it(log, followers):
    follower = followers(log)
    with open(log, "ab") as file:
        file.write(line(1)[:30])
        assert polled(follower) == []
        file.write(b"")
    with open(log, "ab") as file:
        file.write(line(2) + b"\n" + b"garbage\n" + line(3))
    assert polled(follower) == [2, 3]
    assert follower.bad_lines == 2


def test_a_long_line_that_comes_in_pieces(log, followers, monkeypatch):
    monkeypatch.setattr(follow, "BLOCK_BYTES", 64)
    follower = followers(log)
    write(log, 1, 2, text="x" * 500)
    write(log, 3)
    assert polled(follower) == [1, 2, 3]


@pytest.mark.parametrize("compressed", [False, True])
def test_rotation_by_rename(log, followers, compressed):
    follower = followers(log)
    write(log, 1, 2)
    assert polled(follower) == [1, 2]
    write(log, 3)
    rotate(log, 1, compressed=compressed)
    write(log, 4)
    assert polled(follower) == [3, 4]
    write(log, 5)
    assert polled(follower) == [5]


@pytest.mark.parametrize("compressed", [False, True])
def test_several_rotations_between_two_looks(log, followers, compressed):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    write(log, 2)
    for number in (1, 2, 3):
        rotate(log, number, compressed=compressed)
        write(log, number * 10, number * 10 + 1)
    assert polled(follower) == [2, 10, 11, 20, 21, 30, 31]
    assert follower.lost == 0


def test_between_rename_and_the_new_file_there_is_nothing_to_wait_for(log, followers):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    rotate(log, 1)
    assert polled(follower) == []
    assert polled(follower) == []
    write(log, 2)
    assert polled(follower) == [2]


def test_what_a_slow_writer_puts_into_the_old_file_is_read_too(log, followers):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    rotate(log, 1)
    write(log, 2)
    assert polled(follower) == [2]
    write(log.with_name("run.log.000001"), 3)
    assert polled(follower) == [3]
    for _ in range(follow.POLLS_AFTER_ROTATION + 1):
        assert polled(follower) == []
    write(log, 4)
    assert polled(follower) == [4]


def test_a_segment_that_is_deleted_before_it_was_seen_is_counted(log, followers):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    for number in (1, 2, 3):
        rotate(log, number)
        write(log, number * 10)
    log.with_name("run.log.000002").unlink()
    assert polled(follower) == [20, 30]
    assert follower.lost == 1


def test_a_damaged_segment_is_counted_and_not_the_end(log, followers):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    for number in (1, 2):
        rotate(log, number, compressed=True)
        write(log, number * 10)
    damaged = log.with_name("run.log.000002.gz")
    damaged.write_bytes(damaged.read_bytes()[:20])
    assert polled(follower) == [20]
    assert follower.lost == 1


@pytest.mark.parametrize("segments", [False, True])
def test_what_was_rotated_before_is_read_when_asked_for(log, followers, segments):
    write(log, 1)
    rotate(log, 1, compressed=True)
    write(log, 2)
    rotate(log, 2)
    write(log, 3)
    follower = followers(log, segments=segments)
    assert polled(follower) == ([1, 2, 3] if segments else [3])
    rotate(log, 3)
    write(log, 4)
    assert polled(follower) == [4]


@pytest.mark.parametrize("more", [[], [2], list(range(2, 40))])
def test_a_log_that_is_emptied_is_read_from_its_beginning(log, followers, more):
    follower = followers(log)
    write(log, 0, 1)
    assert polled(follower) == [0, 1]
    os.truncate(log, 0)
    write(log, *more)
    assert polled(follower) == more
    write(log, 99)
    assert polled(follower) == [99]


def test_a_log_that_is_replaced_by_another_file(log, followers, tmp_path):
    follower = followers(log)
    write(log, 1)
    assert polled(follower) == [1]
    write(tmp_path / "other", 2)
    os.replace(tmp_path / "other", log)
    assert polled(follower) == [2]


def test_masking_in_place_is_not_a_new_file(log, followers):
    follower = followers(log)
    write(log, 1, text="secret")
    assert polled(follower) == [1]
    log.write_bytes(log.read_bytes().replace(b"secret", b"******"))
    write(log, 2)
    assert polled(follower) == [2]


def test_nothing_is_read_where_nothing_is_new(log, followers, monkeypatch):
    follower = followers(log)
    write(log, *range(50))
    assert len(polled(follower)) == 50
    read = []
    original = follow._OpenFile._at
    monkeypatch.setattr(
        follow._OpenFile, "_at", lambda self, at, length: read.append(length) or original(self, at, length)
    )
    for _ in range(5):
        assert polled(follower) == []
    assert sum(read) <= 5 * follow.HEAD_BYTES
    read.clear()
    write(log, 51)
    assert polled(follower) == [51]
    assert sum(read) < 300


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_cannot_be_followed_is_one_sentence(log, followers, kind):
    Path.mkdir(log) if kind == "folder" else os.mkfifo(log)
    with pytest.raises(LogFormatError):
        polled(followers(log))


_ACTIONS = st.lists(
    st.tuples(st.sampled_from(["write", "tear", "rotate", "rotate compressed", "poll"]), st.integers(1, 4)), max_size=30
)


@settings(max_examples=60)
@given(actions=_ACTIONS)
def test_whatever_happens_every_event_comes_once_and_in_order(actions, tmp_path_factory):
    log = tmp_path_factory.mktemp("follow") / "run.log"
    follower = LogFollower(log)
    assert polled(follower) == []
    log.touch()
    assert polled(follower) == []
    written, got, segments, rest = 0, [], 0, b""
    for action, count in actions:
        if action == "poll":
            got += polled(follower)
            continue
        if action.startswith("rotate"):
            if rest or not log.stat().st_size:
                continue  # a writer rotates between whole lines, and nothing that is empty
            segments += 1
            rotate(log, segments, compressed=action.endswith("compressed"))
            log.touch()
            continue
        with open(log, "ab") as file:
            for _ in range(count):
                written += 1
                file.write(rest + line(written))
                rest = b""
            if action == "tear":
                written += 1
                torn = line(written)
                file.write(torn[: 10 * count])
                rest = torn[10 * count :]
    if rest:
        with open(log, "ab") as file:
            file.write(rest)
    got += polled(follower)
    follower.close()
    assert got == list(range(1, written + 1))
    assert (follower.bad_lines, follower.lost) == (0, 0)


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_session_that_rotates_and_compresses_its_log_is_followed(log, is_slow):
    """Only what is deleted before it is read is lost, and that is counted."""
    given = Settings.from_environment(
        {}, dotenv=False, enabled=True, patch=False, log_file=str(log), log_max_bytes="4000", log_backups="1",
        log_compression="gzip", late_seconds="0",
    )  # fmt: skip
    follower = LogFollower(log)
    seen = []
    with closing(follower), ag2_logging_session("chat", "rotating", settings=given) as session:
        seen += follower.poll()
        for number in range(200):
            session.record(Event(kind="metric", value=number, content="x" * 300))
            if number % (60 if is_slow else 3) == 0:
                seen += follower.poll()
        seen += follower.poll()
    numbers = [event.seq for event in seen]
    assert numbers == sorted(set(numbers))
    assert follower.bad_lines == 0
    assert (follower.lost > 0) == (len(numbers) < numbers[-1])
    assert is_slow or not follower.lost


def test_a_segment_that_is_compressed_after_it_was_listed(log, followers, monkeypatch):
    follower = followers(log)
    write(log, 1, 2)
    assert polled(follower) == [1, 2]
    rotate(log, 1)
    write(log, 3, 4)
    rotate(log, 2)
    write(log, 5)
    listed = follower._segments()

    def late():
        for segment in (path for paths in listed.values() for path in paths if path.exists()):
            Path(f"{segment}.gz").write_bytes(gzip.compress(segment.read_bytes()))
            segment.unlink()
        return listed

    monkeypatch.setattr(follower, "_segments", late)
    assert polled(follower) == [3, 4, 5]
    assert follower.lost == 0
