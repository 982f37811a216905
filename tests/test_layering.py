"""The dependency rule of the package: data flows one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ag2obs"

LEAVES = {
    "errors",
    "events",
    "settings",
    "setting_values",
    "log_paths",
    "files",
    "log_segments",
    "guard",
    "encoding",
    "stored_fields",
    "failures",
    "frames",
    "testing",
}

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "events": set(),
    "guard": {"errors"},
    "encoding": {"stored_fields"},
    "stored_fields": set(),
    "failures": {"events", "frames"},
    "frames": set(),
    "tags": {*LEAVES, "redaction"},
    "trace": {*LEAVES, "log_analyzer", "process", "redaction", "routing", "session", "tags", "traceparent"},
    "setting_values": {"errors"},
    "settings": {"errors", "setting_values"},
    "log_paths": {"errors"},
    "log_segments": set(),
    "files": {"errors"},
    "testing": set(),
    "budget": {"errors", "settings"},
    "budget_account": {"budget", "events", "usage"},
    "session_budget": {*LEAVES, "analysis", "budget_account", "process", "session_records", "usage"},
    "unwritten_stream": {"analysis", "events"},
    "message_index": {"events"},
    "redaction": LEAVES,
    "usage": LEAVES,
    "content": {*LEAVES, "redaction"},
    "analysis": {*LEAVES, "usage"},
    "sinks": {*LEAVES},
    "readers": {*LEAVES, "analysis", "message_index", "redaction", "usage"},
    "index": {*LEAVES, "analysis", "readers", "redaction"},
    "log_analyzer": {*LEAVES, "analysis", "readers"},
    "scanning": {*LEAVES, "redaction"},
    "cleaning": {*LEAVES, "analysis", "readers", "sinks"},
    "doctor": {*LEAVES, "adapters", "process", "readers", "redaction", "usage"},
    "resource": {"__init__"},
    "in_order": set(),
    "sightings": set(),
    "traceparent": {"events"},
    "routing": {"session"},  # for type checking only; see test_session_is_not_imported_by_what_it_uses
    "process": {"budget", "budget_account", "guard", "routing", "redaction", "session", "sinks"},
    "event_stream": {*LEAVES, "analysis", "content", "redaction", "sinks"},
    "session_log": {*LEAVES, "content", "event_stream", "redaction", "sinks", "unwritten_stream"},
    "session_texts": {*LEAVES, "redaction"},
    "session_records": {
        *LEAVES, "event_stream", "in_order", "message_index", "routing", "session_budget", "session_texts",
        "unwritten_stream",
    },
    "session": {
        "budget", "session_budget", "session_log", "session_records", "session_texts", "event_stream",
        *LEAVES, "analysis", "in_order", "message_index", "process", "redaction", "resource", "routing", "sightings",
        "tags", "traceparent", "usage",
    },
    "adapters": {*LEAVES, "process", "routing", "session", "session_texts", "usage"},
    "logging_session": {*LEAVES, "adapters", "budget", "process", "routing", "session"},
}  # fmt: skip
"""What each part may import; ``cli`` and the package itself may import everything, and nothing imports them."""


def part_of(module: str) -> str:
    """Return the part of the package a dotted module name belongs to."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def imports(path: Path, *, type_checking: bool = True) -> set[str]:
    """Return the parts of the package that a file imports."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set()
    if not type_checking:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                skipped |= {id(child) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {part_of(alias.name) for alias in node.names if alias.name.split(".")[0] == "ag2obs"}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ag2obs":
            names = [node.module] if node.module != "ag2obs" else [f"ag2obs.{alias.name}" for alias in node.names]
            found |= {part_of(name) for name in names}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return found


def files() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_part_imports_only_what_it_may_know(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    part = relative.parts[0].removesuffix(".py")
    if part in ("cli", "__init__", "__main__"):
        return
    assert part in ALLOWED, f"{part} is new: say in ALLOWED what it may import"
    assert imports(path) - {part} <= ALLOWED[part]


def test_session_is_not_imported_by_what_it_uses() -> None:
    for name in ("routing", "process", "session_budget"):
        assert "session" not in imports(PACKAGE / f"{name}.py", type_checking=False)


def test_a_file_has_one_subject() -> None:
    too_long = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert {path: lines for path, lines in too_long.items() if lines > 400} == {}
