"""This project keeps its own rule: no file of it holds what the scan takes for a secret, tests included."""

from pathlib import Path

from ag2obs.scanning import scan_paths

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("ag2obs", "benchmarks", "docs", "examples", "tests")


def test_nothing_in_this_repository_looks_like_a_secret():
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".env"]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    files = [path for path in files if path.is_file()]
    report = scan_paths(files)
    assert len(files) > 400
    assert [(finding.path, finding.line, finding.rule) for finding in report.findings] == []
