"""Which files are scanned: patterns, what git ignores, and what is staged."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from ag2obs.scanning import GitFailed, Scan, find_files, find_staged_files

TOKEN = "ghp" + "_" + "aB3dE6gH9jK2" * 3


def names(files):
    return [os.path.relpath(file.path) for file in files]


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "me")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "me@example.com")
    git("init", "-q")


def test_patterns_are_expanded_where_the_shell_did_not():
    for name in ("logs/a.log", "logs/old/b.log", "logs/.hidden/c.log", "logs/d.txt", "[x].log", "x.log"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    assert names(find_files(["logs/**/*.log"])) == ["logs/.hidden/c.log", "logs/a.log", "logs/old/b.log"]
    assert names(find_files(["logs/*", "logs/a.log"], exclude=["old"])) == [
        "logs/.hidden/c.log", "logs/a.log", "logs/d.txt", "logs/old/b.log",
    ]  # fmt: skip
    assert names(find_files(["[x].log"])) == ["[x].log"]
    (missing,) = find_files(["none/*.log"])
    assert (missing.path, missing.reason) == ("none/*.log", "does not exist")


def test_what_git_ignores_is_left_out_on_request(repository):
    for name in (".gitignore", "a.log", "b.py", "deep/c.py", "deep/d.tmp", "gone.py", "skip/e.py", "ü ö.py"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("*.log\n")
    Path("deep/.gitignore").write_text("*.tmp\n")
    git("init", "-q", "inner")
    Path("inner/f.py").touch()
    Path("inner/g.log").touch()
    Path("link").symlink_to("b.py")
    git("add", "b.py", "gone.py")
    os.unlink("gone.py")
    kept = names(find_files(["."], ["skip"], respect_gitignore=True))
    assert kept == [".gitignore", "b.py", "deep/.gitignore", "deep/c.py", "inner/f.py", "inner/g.log", "ü ö.py"]
    assert names(find_files(["deep", "a.log"], respect_gitignore=True)) == ["deep/.gitignore", "deep/c.py", "a.log"]
    assert {"a.log", "deep/d.tmp"} < set(names(find_files(["."])))


def test_without_git_or_a_repository_it_says_so(repository, monkeypatch, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(GitFailed, match="not a git repository"):
        find_files([outside], respect_gitignore=True)
    monkeypatch.setenv("PATH", str(outside))
    with pytest.raises(GitFailed, match="not installed"):
        find_files(["."], respect_gitignore=True)
    with pytest.raises(GitFailed, match="not installed"):
        find_staged_files()


def test_what_is_staged_is_scanned_as_it_is_staged(repository, monkeypatch):
    Path("clean.py").write_text("nothing")
    Path("old.py").write_text(TOKEN)
    git("add", ".")
    git("commit", "-qm", "first")
    assert find_staged_files() == []
    Path("old.py").write_text("nothing any more")
    Path("sub").mkdir()
    Path("sub/new.py").write_text(TOKEN)
    Path("sub/new.gz").write_bytes(gzip.compress(TOKEN.encode()))
    Path("link").symlink_to("old.py")
    Path("not staged.py").write_text(TOKEN)
    git("add", "sub", "old.py", "link")
    git("rm", "-q", "clean.py")
    Path("sub/new.py").write_text("changed since then")
    scan = Scan(find_staged_files())
    assert [(found.path, found.line) for found in scan.findings()] == [("sub/new.gz", 1), ("sub/new.py", 1)]
    assert (scan.report.files, scan.report.unreadable) == (3, [])
    assert [file.path for file in find_staged_files(["sub"], exclude=["*.gz"])] == ["sub/new.py"]
    monkeypatch.chdir("sub")
    assert [file.path for file in find_staged_files()] == ["../old.py", "new.gz", "new.py"]


def test_staged_content_that_git_cannot_read_is_told(repository):
    Path("a.py").write_text(TOKEN)
    git("add", "a.py")
    (file,) = find_staged_files()
    Path(".git/objects", file.blob[:2], file.blob[2:]).unlink()
    scan = Scan([file])
    assert not list(scan.findings())
    assert [each.reason for each in scan.report.unreadable] == ["git could not read what is staged"]


def test_staged_files_in_a_folder_that_is_excluded(repository):
    Path("tests/data").mkdir(parents=True)
    Path("tests/data/a.py").write_text(TOKEN)
    git("add", ".")
    assert find_staged_files(exclude=["tests/data"]) == find_staged_files(exclude=["data"]) == []
