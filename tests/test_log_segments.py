"""The names of a log's segments."""

from __future__ import annotations

from pathlib import Path

from ag2obs.log_segments import segment_number, segment_path, segments_of


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
