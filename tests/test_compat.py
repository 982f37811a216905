"""``make compat``: what each environment runs, its table, and where that is written."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from compat import environment, table
from compat.environment import Environment, read_environments
from compat.outcome import Outcome, last_outcome, run_tests

PASSED = Outcome(
    "0.9.10", "3.54.0", "3.11.2", passed=170, failed=0, skipped=3, seconds=99.6, reasons={"no run_iter": 3}
)


def test_the_table_has_a_row_an_environment_and_says_why_tests_were_skipped() -> None:
    failed = Outcome("0.11.5", "1.109.1", "3.11.2", passed=172, failed=1, skipped=0, seconds=100, reasons={})
    lines = table.as_markdown({"ag2-0.9.10": PASSED, "ag2-0.11.5": failed}).splitlines()
    assert lines[2:] == [
        "| ag2-0.9.10 | 3.54.0 | 3.11.2 | 170 | 0 | 3 | 100 |",
        "| ag2-0.11.5 | 1.109.1 | 3.11.2 | 172 | 1 | 0 | 100 |",
        "",
        "Skipped:",
        "",
        "- `ag2-0.9.10`, 3 tests: no run_iter",
    ]


def test_only_what_is_between_the_markers_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{table.BEGIN}\nold\n\n{table.END}\n\nafter\n", encoding="utf-8")
    monkeypatch.setattr(table, "README", readme)
    for _ in range(2):
        table.update_readme({"ag2-0.9.10": PASSED})
    new = table.as_markdown({"ag2-0.9.10": PASSED})
    assert readme.read_text(encoding="utf-8") == f"before\n\n{table.BEGIN}\n{new}\n{table.END}\n\nafter\n"
    readme.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"README\.md has no lines"):
        table.update_readme({})


def test_each_framework_has_its_own_tests_in_every_environment() -> None:
    v1, both = "tests/integration/v1", "tests/integration/test_both_frameworks.py"
    ran = {each.name: (each.package, each.tests, each.ignored) for each in read_environments()}
    assert len(ran) == 8
    providers = f"{v1}/test_providers.py"
    assert ran.pop("providers-ag2-1.2.1") == ("ag2", (providers,), ())
    assert ran.pop("autogen-0.14.1") == ("autogen", ("tests/integration",), (v1,))  # it has both frameworks
    classic = ("autogen", ("tests/integration",), (v1, both))
    assert ran == {name: ("ag2", (v1,), (providers,)) if name.startswith("ag2-1") else classic for name in ran}
    for each in read_environments():
        assert f"=={each.version}" in each.requirements[0]


def test_a_run_tells_the_version_of_the_framework_it_was_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append([str(part) for part in command])
        for part in commands[-1]:
            if part.startswith("--junitxml="):
                report = '<suite><testsuite tests="3" failures="1" errors="0" skipped="0" time="2.5"/></suite>'
                Path(part.partition("=")[2]).write_text(report, encoding="utf-8")
        return subprocess.CompletedProcess(command, 1, stdout='noise\n["1.2.1", "3.54.0", "3.11.7"]\n')

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(environment, "FOLDER", tmp_path)
    (tmp_path / "ag2-1.2.1").mkdir()
    row = Environment("ag2-1.2.1", "ag2", requirements=(), tests=("tests/here",), ignored=("tests/here/not",))
    outcome = run_tests(row, [])
    tests, versions = commands
    assert tests[-2:] == ["--ignore=tests/here/not", "tests/here"]
    assert versions[-1] == "ag2"
    assert (outcome.framework, outcome.passed, outcome.failed) == ("1.2.1", 2, 1)
    assert last_outcome(row) == outcome
    run_tests(row, ["tests/here/one.py"])
    assert commands[2][-1] == "tests/here/one.py"
