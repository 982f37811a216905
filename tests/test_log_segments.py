"""The names of a log's segments."""

from __future__ import annotations

import re
from pathlib import Path

from ag2obs.log_segments import LogFiles, logs_below, partial_path, segment_number, segment_path, segments_of


def test_segments_are_the_numbered_siblings_oldest_first(tmp_path: Path) -> None:
    log = tmp_path / "ag2_runtime.log"
    segments = [
        segment_path(log, 1),
        segment_path(log, 2).with_name("ag2_runtime.log.000002.gz"),
        segment_path(log, 10),
    ]
    others = [
        "ag2_runtime.log",
        "ag2_runtime.log.bak",
        "ag2_runtime.log.000003.tmp",
        "other.log.000001",
        "ag2_runtime.log.1",
    ]
    for path in (*reversed(segments), *(tmp_path / name for name in others)):
        path.touch()
    assert segments_of(log) == segments


def test_a_number_outgrows_its_zeros(tmp_path: Path) -> None:
    log = tmp_path / "x"
    assert segment_number(log, segment_path(log, 1_234_567)) == 1_234_567


def test_a_segment_is_the_truth_while_its_compressed_copy_is_there_too(tmp_path: Path) -> None:
    log = tmp_path / "x"
    for name in ("x.000001.gz", "x.000001", "x.000002.zst", "x.000002", "x.000003.zst", "x.000003.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in segments_of(log)] == ["x.000001", "x.000002", "x.000003.gz"]


def test_logs_are_found_with_what_belongs_to_them(tmp_path: Path) -> None:
    """One name is a pattern for each level; what else is there, hidden files and links are left out."""
    for day in ("monday", "friday", ".monday", "MONDAY"):
        (tmp_path / day).mkdir()
        for name in ("a.log", "a.log.000001", "a.log.000001.gz", "b.log.000007", "c.txt", ".a.log.lock"):
            (tmp_path / day / name).touch()
    partial = partial_path(tmp_path / "monday" / "c.log.000002.zst")
    partial.touch()
    (tmp_path / "friday" / "d.log").mkdir()
    (tmp_path / "friday" / "e.log").symlink_to(tmp_path / "friday" / "a.log")
    (tmp_path / "sunday").symlink_to(tmp_path / "friday")
    found = {files.log: files for files in logs_below(tmp_path, (re.compile("[a-z]+"), re.compile("[a-z].log")))}

    a, b, c = (tmp_path / "monday" / f"{name}.log" for name in "abc")
    assert sorted(found) == sorted([a, b, c, *(tmp_path / "friday" / f"{name}.log" for name in "ab")])
    assert found[a].exists
    assert sorted(found[a].segments) == [segment_path(a, 1), a.with_name("a.log.000001.gz")]
    assert found[b] == LogFiles(b, segments=[segment_path(b, 7)])
    assert found[c] == LogFiles(c, partial=[partial])


def test_a_folder_that_is_not_there_has_no_logs(tmp_path: Path) -> None:
    assert logs_below(tmp_path / "none", (re.compile("a"),)) == []
