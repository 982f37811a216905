"""Rewriting: what is masked, what stays, what is refused, and that nothing is ever half done."""

import contextlib
import fcntl
import gzip
import json
import os
import random
import sqlite3
import string
from pathlib import Path

import pytest
import zstandard

from ag2obs.redaction import Redactor, redact
from ag2obs.scanning import Refused, rewrite, rewriting, scan_paths, write_copy
from ag2obs.scanning.text import TextOfFile

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3
VALUE = "aB3dE6gH" + "9jK2xyz1"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "aB3d" * 16 + "\n-----END RSA " + "PRIVATE KEY-----"
LINES = [
    json.dumps({"v": 1, "content": f"use {TOKEN}", "api_key": VALUE}),
    f"He said password={VALUE} to me",
    f'{{"torn": "password": "{VALUE}',
    json.dumps({"v": 2, "password": 12345678, "nested": json.dumps({"token": TOKEN})}),
    KEY,
    "nothing here",
]


@pytest.fixture
def log():
    path = Path("a.log")
    path.write_text("\n".join(LINES) + "\n")
    path.chmod(0o640)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_987_654_321))
    return path


def only(path):
    """Return whether the file is alone in its folder."""
    return os.listdir(path.parent) == [path.name]


def test_what_redaction_masks_is_masked_line_by_line(log):
    result = rewrite(str(log), Redactor())
    text = log.read_text()
    assert text == "".join(redact(line) + "\n" for line in LINES)
    assert (result.secrets, result.other_names) == (text.count("[REDACTED"), 0)
    assert json.loads(text.splitlines()[3])["v"] == 2
    assert not scan_paths([log], strict=True).findings


def test_mode_and_times_stay(log):
    rewrite(str(log), Redactor())
    status = log.stat()
    assert (status.st_mode & 0o7777, status.st_mtime_ns) == (0o640, 1_600_000_000_987_654_321)
    assert only(log)


def test_masking_twice_changes_nothing(log):
    rewrite(str(log), Redactor())
    before = log.stat()
    assert rewrite(str(log), Redactor()).secrets == 0
    assert log.stat().st_ino == before.st_ino


def test_a_dry_run_counts_the_same_and_writes_nothing(log):
    before = log.read_bytes()
    counted = rewrite(str(log), Redactor(), dry_run=True).secrets
    assert log.read_bytes() == before
    assert counted == rewrite(str(log), Redactor()).secrets


def test_gzip_stays_gzip(log):
    log.write_bytes(gzip.compress(log.read_bytes()))
    rewrite(str(log), Redactor())
    assert gzip.decompress(log.read_bytes()).decode() == "".join(redact(line) + "\n" for line in LINES)


def test_a_link_stays_a_link(log):
    Path("folder").mkdir()
    link = Path("folder/link.log")
    link.symlink_to("../a.log")
    rewrite(str(link), Redactor())
    assert link.is_symlink()
    assert TOKEN not in log.read_text()


def test_hard_links_are_told(log):
    os.link(log, "b.log")
    assert rewrite(str(log), Redactor()).other_names == 1


def test_a_log_that_a_session_writes_to_is_refused(log):
    before = log.read_bytes()
    with open(log, "rb") as session:
        fcntl.flock(session, fcntl.LOCK_SH)
        with pytest.raises(Refused, match="open session"):
            rewrite(str(log), Redactor())
    assert log.read_bytes() == before
    assert only(log)


def test_a_file_that_changes_meanwhile_is_refused(log, monkeypatch):
    write = rewriting._copy_masked

    def append(target, *rest):
        with open(target, "a") as file:
            file.write("one more line\n")
        return write(target, *rest)

    monkeypatch.setattr(rewriting, "_copy_masked", append)
    with pytest.raises(Refused, match="changed"):
        rewrite(str(log), Redactor())
    assert log.read_text().endswith("one more line\n")
    assert only(log)


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "os.utime"])
def test_an_interrupt_leaves_the_original_alone(log, monkeypatch, step):
    before = log.read_bytes()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        rewrite(str(log), Redactor())
    assert log.read_bytes() == before
    assert only(log)


def test_databases_and_other_binary_files_are_refused_only_where_they_hold_secrets():
    for name, content in (("logs.db", TOKEN), ("clean.db", "nothing")):
        database = sqlite3.connect(name)
        with database:
            database.execute("create table t (c)")
            database.execute("insert into t values (?)", [content])
        database.close()
    Path("a.bin").write_bytes(b"\0" + TOKEN.encode())
    with pytest.raises(Refused, match="SQLite database with 1 secret,"):
        rewrite("logs.db", Redactor())
    with pytest.raises(Refused, match="binary file with 1 secret,"):
        rewrite("a.bin", Redactor())
    assert rewrite("clean.db", Redactor()).secrets == 0


def test_a_damaged_file_is_refused(log):
    log.write_bytes(gzip.compress(log.read_bytes() + os.urandom(10_000).hex().encode())[:-2_000])
    before = log.read_bytes()
    for dry_run in (True, False):
        with pytest.raises(Refused, match="damaged"):
            rewrite(str(log), Redactor(), dry_run=dry_run)
    assert log.read_bytes() == before


def test_secrets_in_a_long_line_are_masked_at_every_place(log):
    source = random.Random(1)
    words = []
    for _ in range(300):
        words += ["word" * source.randrange(2000), "ghp" + "_" + "".join(source.choices(string.ascii_letters, k=36))]
    log.write_text(json.dumps({"content": " ".join(words)}))
    assert rewrite(str(log), Redactor()).secrets == 300
    assert json.loads(log.read_text())["content"].count("[REDACTED:github]") == 300


@pytest.mark.parametrize(
    "compress", [gzip.compress, zstandard.ZstdCompressor().compress, bytes], ids=["gzip", "zstd", ""]
)
def test_with_the_same_length_everything_stays_at_its_place(log, compress):
    before = log.read_bytes()
    log.write_bytes(compress(before))
    assert rewrite(str(log), Redactor(), same_length=True).secrets > 5
    with contextlib.closing(TextOfFile(str(log))) as text:
        after = text.read(1 << 20)
    assert len(after) == len(before)
    assert VALUE.encode() not in after
    assert TOKEN.encode() not in after
    assert json.loads(after.splitlines()[0])["content"] == "use [REDACTED]" + "*" * (len(TOKEN) - 10)
    assert json.loads(after.splitlines()[3])["password"] == 11111111
    assert rewrite(str(log), Redactor(), same_length=True, dry_run=True).secrets == 0


def test_zstd_stays_zstd(log):
    log.write_bytes(zstandard.compress(log.read_bytes()))
    rewrite(str(log), Redactor())
    text = zstandard.ZstdDecompressor().decompressobj().decompress(log.read_bytes())
    assert text.decode() == "".join(redact(line) + "\n" for line in LINES)


def test_a_copy_is_masked_and_the_file_stays(log):
    before = log.read_bytes()
    Path("copy.log").write_text("something else")
    assert write_copy(str(log), "copy.log", Redactor()).secrets > 5
    status = os.stat("copy.log")
    assert Path("copy.log").read_text() == "".join(redact(line) + "\n" for line in LINES)
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o640, 1_600_000_000_987_654_321)
    assert log.read_bytes() == before


def test_a_copy_of_something_damaged_or_binary_is_refused_and_leaves_nothing(log):
    log.write_bytes(gzip.compress(log.read_bytes() + os.urandom(10_000).hex().encode())[:-2_000])
    Path("a.bin").write_bytes(b"\0" + TOKEN.encode())
    for name in ("a.log", "a.bin"):
        with pytest.raises(Refused):
            write_copy(name, "copy.log", Redactor())
    assert sorted(os.listdir()) == ["a.bin", "a.log"]


def left_by_a_killed_run(path, monkeypatch):
    """Return the file that a rewriting of ``path`` leaves behind which does not come to clean up."""
    before = set(os.listdir())
    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "_copy_masked", None)
        patch.setattr(os, "unlink", lambda _: None)
        with pytest.raises(TypeError):
            rewrite(str(path), Redactor())
    (leftover,) = set(os.listdir()) - before
    return Path(leftover)


def test_what_a_killed_run_left_is_removed_by_the_next_one(log, monkeypatch):
    leftovers = [left_by_a_killed_run(log, monkeypatch) for _ in range(2)]
    rewrite(str(log), Redactor())
    assert not any(path.exists() for path in leftovers)
    assert only(log)


def test_nothing_else_is_taken_for_what_a_killed_run_left(log, monkeypatch):
    long = "n" * 200
    for name in (long + "1", long + "2", "b.log"):
        Path(name).write_bytes(log.read_bytes())
    foreign = [left_by_a_killed_run(name, monkeypatch) for name in (long + "2", "b.log")]
    own = left_by_a_killed_run(long + "1", monkeypatch)
    named_alike = [Path(own.name.replace("ag2obs-sanitize", "ag2obs-sanitize.txt")), Path("x" + own.name)]
    named_alike += [Path(".a.log.aB3_x1yz.ag2obs-sanitize"), Path(f".{long[:100]}.abc_x1yz.ag2obs-sanitize")]
    for path in named_alike:
        path.write_text("somebody's")
    link = Path(own.name.replace(own.suffixes[-2], ".abcdefgh"))
    link.symlink_to(log)
    rewrite(long + "1", Redactor())
    assert not own.exists()
    assert all(path.exists() for path in (*foreign, *named_alike, link, log))
