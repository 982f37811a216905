"""``make compat``: its table, and where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat import table
from compat.outcome import Outcome

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
