import gzip
import os
from pathlib import Path

import pytest

from ag2obs.errors import LogFormatError
from ag2obs.events import Event, encode
from ag2obs.readers import open_log
from ag2obs.readers.find import configured_logs, expand, find_logs, find_session, with_new_segments
from ag2obs.settings import Settings


def write_log(path, *sessions, changed=None):
    """Write one event for each (session id, second of its start)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        encode(Event(v=1, ts=f"2026-11-21T08:00:{second:02}.000000Z", kind="session.start", session=session))
        for session, second in sessions
    ]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    if changed is not None:
        moment = 1_795_248_000 + changed  # 2026-11-21T08:00:00Z
        os.utime(path, (moment, moment))
    return path


def names(paths):
    return [path.name for path in paths]


PER_SESSION = Settings(log_file="logs/{session_id}.log")
SHARED = Settings(log_file="logs/shared.log")


def test_logs_of_a_folder_are_found_by_content_oldest_change_first():
    write_log("logs/new.log", ("b", 5), changed=50)
    write_log("logs/deep/old.anything", ("a", 1), changed=10)
    write_log("logs/.hidden/other.log", ("c", 1))
    Path("logs/notes.log").write_text("Dear diary,\n")
    Path("logs/empty.log").touch()
    Path("logs/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    os.mkfifo("logs/pipe.log")
    assert names(find_logs(Path("logs"))) == ["old.anything", "new.log"]


def test_a_missing_folder_is_an_error():
    with pytest.raises(LogFormatError, match="does not exist"):
        find_logs(Path("logs"))


def test_a_file_that_may_not_be_read_is_not_passed_over(monkeypatch):
    secret = write_log("logs/secret.log", ("a", 1))
    real = os.open

    def refuse(path, *args, **kwargs):
        if Path(path).name == secret.name:
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    assert find_logs(Path("logs")) == [secret]


def test_configured_logs_of_a_shared_file_are_it_and_its_rotated_segments():
    write_log("logs/shared.log", ("c", 3), changed=30)
    write_log("logs/shared.log.000001", ("a", 1), changed=10)
    write_log("logs/other.log", ("x", 1))
    write_log("logs/shared.logbook", ("y", 1))
    assert names(configured_logs(SHARED)) == ["shared.log.000001", "shared.log"]


def test_configured_logs_of_a_template_are_all_in_its_folder():
    write_log("logs/b.log", ("b", 2), changed=20)
    write_log("logs/deep/a.log", ("a", 1), changed=10)
    assert names(configured_logs(PER_SESSION)) == ["a.log", "b.log"]


@pytest.mark.parametrize("settings", [SHARED, PER_SESSION])
def test_there_are_no_configured_logs_before_the_first_session(settings):
    assert configured_logs(settings) == []


def test_expanding_keeps_a_file_once_however_often_and_by_whatever_name_it_is_given():
    log = write_log("logs/a.log", ("a", 1))
    os.link(log, "again.log")
    assert names(expand(["logs", log, "./logs/a.log", "again.log", "missing.log"])) == ["a.log", "missing.log"]


def test_naming_a_log_means_its_segments_too_and_naming_a_segment_means_that_one():
    for number, name in enumerate(["a.log.000002", "a.log.000010", "a.log.1000000", "a.log", "a.log.old"]):
        write_log(f"logs/{name}", (name, number))
    compressed = Path("logs/a.log.000001.gz")
    compressed.write_bytes(gzip.compress(Path("logs/a.log").read_bytes()))
    segments = ["a.log.000001.gz", "a.log.000002", "a.log.000010", "a.log.1000000"]
    assert names(expand(["logs/a.log"])) == [*segments, "a.log"]
    assert names(expand(["logs/a.log.000002"])) == ["a.log.000002"]
    assert names(expand(["logs"])) == ["a.log.old", *segments, "a.log"]
    os.symlink("logs/a.log", "link.log")
    assert names(expand(["link.log"])) == [*segments, "link.log"]
    os.remove("logs/a.log")
    assert names(expand(["logs/a.log"])) == segments


def test_a_segment_that_is_just_being_compressed_is_read_once_and_found_afterwards():
    log = write_log("logs/a.log", ("b", 2))
    segment = write_log("logs/a.log.000001", ("a", 1))
    segment.with_name("a.log.000001.gz").write_bytes(gzip.compress(segment.read_bytes()))
    segment.with_name(".a.log.000002.gz.tmp").write_bytes(gzip.compress(segment.read_bytes()))
    for listed in (expand([log]), expand(["logs"]), configured_logs(Settings(log_file="logs/a.log"))):
        assert names(listed) == ["a.log.000001", "a.log"]
    segment.unlink()
    assert [event.session for event in open_log(segment).iter_accounting()] == ["a"]


def test_a_session_that_goes_on_in_another_segment_did_not_start_there():
    write_log("logs/shared.log.000001", ("long", 1), ("short", 4))
    goes_on = Event(v=1, ts="2026-11-21T08:00:09.000000Z", kind="session.start", session="long", continued=True)
    Path("logs/shared.log").write_bytes(encode(goes_on) + b"\n")
    assert find_session("latest", SHARED).session_id == "short"
    assert names(find_session("long", SHARED).paths) == ["shared.log.000001", "shared.log"]
    write_log("logs/shared.log.000001", ("long", 1))
    found = find_session("latest", SHARED)
    assert (found.session_id, names(found.paths)) == ("long", ["shared.log.000001", "shared.log"])


def test_expanding_a_folder_without_logs_is_an_error():
    os.mkdir("logs")
    with pytest.raises(LogFormatError, match="no file in logs is a log"):
        expand(["logs"])


@pytest.fixture
def three_sessions():
    write_log("logs/one.log", ("20261121T080001-aaaa", 1), changed=40)
    write_log("logs/two.log", ("20261121T080003-abcd", 3), ("20261121T080002-bbbb", 2), changed=20)


@pytest.mark.usefixtures("three_sessions")
class TestFindSession:
    def test_by_id_and_by_unique_prefix(self):
        for argument in ("20261121T080002-bbbb", "20261121T080002"):
            found = find_session(argument, PER_SESSION)
            assert (names(found.paths), found.session_id) == (["two.log"], "20261121T080002-bbbb")

    def test_a_prefix_of_several_sessions_is_refused_with_examples(self):
        with pytest.raises(LogFormatError, match="3 sessions begin with '2026', such as 20261121T080001-aaaa"):
            find_session("2026", PER_SESSION)

    def test_an_id_that_begins_another_id_means_itself(self):
        write_log("logs/three.log", ("20261121T080001-aaaa-2", 9))
        assert names(find_session("20261121T080001-aaaa", PER_SESSION).paths) == ["one.log"]

    def test_an_unknown_id_is_refused(self):
        with pytest.raises(LogFormatError, match="no session begins with 'nope'"):
            find_session("nope", PER_SESSION)

    def test_latest_is_the_session_that_started_last_not_the_file_changed_last(self):
        found = find_session("latest", PER_SESSION)
        assert (names(found.paths), found.session_id) == (["two.log"], "20261121T080003-abcd")

    def test_latest_does_not_read_files_older_than_it(self):
        write_log("logs/ancient.log", ("z", 1), changed=-500)
        with open("logs/ancient.log", "r+b") as file:
            file.seek(-4, os.SEEK_END)
            file.write(b"####")  # were it read, nothing in it could be
        os.utime("logs/ancient.log", (0, 0))
        assert find_session("latest", PER_SESSION).session_id == "20261121T080003-abcd"

    def test_latest_of_a_rotated_log_is_read_from_all_its_files_oldest_first(self):
        write_log("logs/shared.log.000001", ("s", 4), changed=10)
        write_log("logs/shared.log", ("s", 5), changed=11)
        found = find_session("latest", SHARED)
        assert (names(found.paths), found.session_id) == (["shared.log.000001", "shared.log"], "s")

    def test_a_path_means_every_session_in_it(self):
        found = find_session("logs/two.log", PER_SESSION)
        assert (names(found.paths), found.session_id) == (["two.log"], None)


def test_without_any_log_the_message_says_where_it_looked():
    with pytest.raises(LogFormatError, match=r"there is no log in .*logs yet"):
        find_session("latest", PER_SESSION)


@pytest.mark.parametrize("named", ["logs", "logs/shared.log", "link.log"])
def test_a_log_that_is_rotated_while_others_are_read_loses_nothing(named):
    write_log("logs/shared.log.000001", ("a", 1), changed=10)
    write_log("logs/shared.log", ("b", 2), changed=20)
    os.symlink("logs/shared.log", "link.log")
    found = with_new_segments(expand([named]))
    assert next(found).name == "shared.log.000001"
    os.rename("logs/shared.log", "logs/shared.log.000002")
    write_log("logs/shared.log", ("c", 3), changed=30)
    Path("logs/shared.log.000003").write_text("of somebody else")
    rest = [{read.session for read in open_log(path).iter_accounting()} for path in found]
    assert rest == [{"b"}, {"c"}]
