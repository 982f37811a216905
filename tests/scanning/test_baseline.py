"""The baseline: what is known stays known, what is new is told, and the file tells nothing."""

import json
import os
import random
import re
import string
from pathlib import Path

import pytest

from ag2obs.scanning import Baseline, BaselineError, Scan, ScanOptions, find_files, scan_paths


def token(seed):
    return "ghp" + "_" + "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=36))


def update(path, *paths):
    """Write a baseline of everything in ``paths``."""
    before = Baseline.read(path) if os.path.exists(path) else Baseline.new(path)
    scan = Scan(find_files(paths))
    after = before.updated(scan.findings(), scan.report, scan.files)
    after.write()
    return after


@pytest.fixture
def folder():
    """Twenty secrets in two files, and a baseline of them."""
    Path("logs").mkdir()
    for name, seeds in (("a.log", range(10)), ("b.log", range(10, 20))):
        Path("logs", name).write_text("".join(f"use {token(seed)} now\n" for seed in seeds))
    update("known.json", "logs")
    return Path("logs")


def new(*paths):
    report = scan_paths(paths or ["logs"], baseline="known.json")
    return [(each.path, each.line) for each in report.findings], report.known


def test_what_is_known_is_not_reported_and_what_is_new_is(folder):
    assert new() == ([], 20)
    with open(folder / "a.log", "a") as file:
        file.write(f"use {token(21)} now\n")
    assert new() == ([("logs/a.log", 11)], 20)


def test_a_secret_that_moved_within_its_file_is_known(folder):
    path = folder / "a.log"
    path.write_text("one more\n" * 7 + "".join(reversed(path.read_text().splitlines(keepends=True))))
    assert new() == ([], 20)


def test_one_more_of_a_known_secret_and_one_in_another_file_are_new(folder):
    (folder / "c.log").write_text(token(1))
    with open(folder / "a.log", "a") as file:
        file.write(token(1))
    assert new() == ([("logs/a.log", 11), ("logs/c.log", 1)], 20)


def test_it_is_the_same_from_another_folder_and_by_another_name(folder, monkeypatch):
    assert new(folder.resolve()) == ([], 20)
    monkeypatch.chdir(folder)
    assert not scan_paths(["a.log", "./b.log"], baseline="../known.json").findings


def test_it_tells_nothing_and_compares_line_by_line(folder):
    text = Path("known.json").read_text()
    assert not any(token(seed)[length : length + 4] in text for seed in range(20) for length in range(4, 36, 4))
    lines = text.splitlines()
    document = json.loads(text)
    assert list(document) == ["ag2obs_baseline", "salt", "known"]
    assert (document["ag2obs_baseline"], len(document["known"]), len(lines)) == (1, 20, 26)
    assert [list(each) for each in document["known"]] == [["path", "rule", "digest", "count"]] * 20
    assert document["known"] == sorted(document["known"], key=lambda each: (each["path"], each["rule"], each["digest"]))
    assert all(re.fullmatch("[0-9a-f]{8}", each["digest"]) for each in document["known"])


def test_every_baseline_has_a_salt_of_its_own(folder):
    update("other.json", "logs")
    first, second = (json.loads(Path(name).read_text()) for name in ("known.json", "other.json"))
    assert first["salt"] != second["salt"]
    assert not {each["digest"] for each in first["known"]} & {each["digest"] for each in second["known"]}


def test_it_scans_clean_itself(folder):
    assert not scan_paths(["known.json"], strict=True).findings
    assert scan_paths(["known.json", "logs"], baseline="known.json").files == 2


def test_an_update_keeps_the_salt_and_drops_what_is_gone(folder):
    before = Path("known.json").read_text().splitlines()
    path = folder / "a.log"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    os.unlink(folder / "b.log")
    assert len(update("known.json", "logs")) == 9
    after = Path("known.json").read_text().splitlines()
    assert before[1] == after[1]
    assert {line.rstrip(",") for line in after} < {line.rstrip(",") for line in before}


def test_an_update_of_one_file_keeps_the_entries_of_the_others(folder):
    (folder / "a.log").write_text("nothing\n")
    assert len(update("known.json", "logs/a.log")) == 10


def test_an_update_keeps_the_entries_of_what_cannot_be_read(folder):
    scan = Scan([*find_files(["logs/a.log"]), *find_files(["logs/b.log"])])
    findings = list(scan.findings())
    scan.report.unreadable += scan_paths(["missing"]).unreadable
    scan.report.unreadable[0] = type(scan.report.unreadable[0])("logs/b.log", "no")
    after = Baseline.read("known.json").updated(findings[:10], scan.report, scan.files)
    assert len(after) == 20


def test_it_keeps_its_mode_and_is_replaced_in_one_step(folder, monkeypatch):
    os.chmod("known.json", 0o640)
    update("known.json", "logs")
    assert os.stat("known.json").st_mode & 0o777 == 0o640
    before = Path("known.json").read_text()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        update("known.json", "logs/a.log")
    assert Path("known.json").read_text() == before
    assert sorted(os.listdir()) == ["known.json", "logs"]


SALT = "0" * 32
DAMAGED = [
    "",
    "[]",
    "{",
    "null",
    '"text"',
    "[" * 100_000,
    '{"ag2obs_baseline": 1}',
    '{"ag2obs_baseline": 1, "salt": "xyz", "known": []}',
    f'{{"ag2obs_baseline": 0, "salt": "{SALT}", "known": []}}',
    f'{{"ag2obs_baseline": 1, "salt": "{SALT}", "known": [{{"path": "a"}}]}}',
    f'{{"ag2obs_baseline": 1, "salt": "{SALT}", "known": [{{"path": "a", "rule": "b", "digest": 1, "count": 1}}]}}',
    f'{{"ag2obs_baseline": 1, "salt": "{SALT}", "known": [{{"path": "a", "rule": "b", "digest": "c", "count": 0}}]}}',
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_one_is_told(text):
    Path("known.json").write_text(text)
    with pytest.raises(BaselineError, match=r"known\.json is damaged"):
        Baseline.read("known.json")


def test_a_newer_and_a_missing_one_are_told():
    Path("known.json").write_text('{"ag2obs_baseline": 2, "entries": {}}')
    with pytest.raises(BaselineError, match="newer"):
        Baseline.read("known.json")
    with pytest.raises(BaselineError, match="does not exist"):
        Baseline.read("missing.json")


def test_one_that_cannot_be_written_is_told(folder):
    with pytest.raises(BaselineError, match="cannot be written"):
        Baseline.new("missing/known.json").write()


def test_names_that_are_no_text_are_known_too():
    name = os.fsdecode(b"caf\xe9.log")
    Path(name).write_text(token(1))
    update("known.json", name)
    assert new(name) == ([], 1)


def test_options_do_not_change_what_a_finding_is():
    Path("a.log").write_text(f"{token(1)} and password={token(2)[4:]}\n")
    update("known.json", "a.log")
    scan = Scan(find_files(["a.log"]), ScanOptions(strict=True), baseline=Baseline.read("known.json"))
    assert [found.confidence for found in scan.findings()] == ["context"]
